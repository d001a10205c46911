import { FeewardenError } from '../../core/errors.js';
import type { Api, ApiDeps, ApiLimits } from '../deps.js';
import type { ApiMetrics } from '../metrics.js';

/** What a file of routes gets. */
export interface RouteContext {
  readonly deps: ApiDeps;
  readonly limits: ApiLimits;
  readonly metrics: ApiMetrics;
}

export type AddRoutes = (app: Api, context: RouteContext) => void;

/** One row more than the page is asked for: it says whether there is a next page. */
export function cutPage<R>(
  rows: readonly R[],
  limit: number,
): { readonly rows: readonly R[]; readonly last: R | null } {
  const page = rows.slice(0, limit);
  return { rows: page, last: rows.length > limit ? page[page.length - 1]! : null };
}

/** For what is asked for as of a moment. */
export function nothingKnown(): FeewardenError {
  return new FeewardenError('not_found', 'Nothing was known of the institution then.');
}
