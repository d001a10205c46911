import { FeewardenError } from '../../core/errors.js';
import type { Cursors } from '../cursor.js';
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

/** How a list that is read whole is cut into pages. */
export interface SmallList<R, P> {
  readonly cursors: Cursors<P>;
  positionOf(row: R): P;
  /** Where the rows behind a position begin; -1 when no row of this list ever had it. */
  startBehind(rows: readonly R[], position: P): number;
}

/** A page of a list that is read whole: all that is left when no limit was asked for. Throws `bad_cursor`. */
export function pageOfSmall<R, P>(
  rows: readonly R[],
  {
    limit = Number.POSITIVE_INFINITY,
    cursor,
  }: { readonly limit?: number | undefined; readonly cursor?: string | undefined },
  list: SmallList<NoInfer<R>, P>,
): { readonly items: R[]; readonly nextCursor: string | null; readonly total: number | null } {
  const position = list.cursors.read({}, cursor);
  const start = position === null ? 0 : list.startBehind(rows, position);
  if (start < 0) throw new FeewardenError('bad_cursor');
  const page = cutPage(rows.slice(start), limit);
  return {
    items: [...page.rows],
    nextCursor: page.last && list.cursors.write({}, list.positionOf(page.last)),
    total: position === null ? rows.length : null,
  };
}

/** For lists whose rows are never removed: the next page begins behind the name of the last row. */
export function behindName<R>(nameOf: (row: R) => string): (rows: readonly R[], position: string) => number {
  return (rows, position) => {
    const at = rows.findIndex((row) => nameOf(row) === position);
    return at < 0 ? -1 : at + 1;
  };
}

/** For what is asked for as of a moment. */
export function nothingKnown(): FeewardenError {
  return new FeewardenError('not_found', 'Nothing was known of the institution then.');
}
