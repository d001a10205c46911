import type { EventData } from '../events/event.js';
import { isNewer, type Told } from './rows.js';

export type Profile = EventData['institution.upserted'];

/** What is known of an institution: its tellings from old to new, field by field; `licence` and lists are replaced whole. */
export function mergeProfile(tellings: readonly (Told & { readonly data: Profile })[]): Profile | null {
  const inOrder = [...tellings].sort((a, b) => (isNewer(a, b) ? 1 : -1));
  return inOrder.length === 0 ? null : (Object.assign({}, ...inOrder.map((telling) => telling.data)) as Profile);
}
