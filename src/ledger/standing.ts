import { isReversed } from './registers.js';
import { isNewer, type StoredEvent } from './rows.js';
import type { InstitutionBooks } from './working-set.js';

/**
 * The telling by which a fact of money is booked: of the accepted ones that no reversal names the smallest by time, then
 * source and id, so that it does not matter which of them arrived first. All of them tell the same amounts. `key`: see `typeKey`.
 */
export function standingOf(books: InstitutionBooks, key: string): StoredEvent | undefined {
  let standing: StoredEvent | undefined;
  for (const stored of books.byKey.get(key) ?? [])
    if (!isReversed(books, stored) && (standing === undefined || isNewer(standing, stored))) standing = stored;
  return standing;
}
