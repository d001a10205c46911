import type { EventData, EventType } from '../events/event.js';
import { eventTypeNumber } from '../events/list.js';
import type { BooksRows } from '../ledger/quantities.js';
import { isRefundOpen, refundContract } from '../ledger/refunds.js';
import { isReversed } from '../ledger/registers.js';
import { isNewer, type StoredEvent, type Told } from '../ledger/rows.js';
import type { InstitutionBooks } from '../ledger/working-set.js';

/** The model's rows, in the shape in which PostgreSQL's are read. Matching must be up to date (`rematchAll`). */
export function booksRowsOf(books: InstitutionBooks): BooksRows {
  return {
    institutionId: books.id,
    eventCount: books.eventCount - books.displaced.size,
    balances: [...books.balances.values()],
    unearnedFen: books.unearnedFen,
    activeLearners: activeLearners(books),
    accounts: newest(books, 'account.registered').map((entry) => entry.data),
    guarantees: newest(books, 'guarantee.registered').map((entry) => entry.data),
    reported: newestEndOfDay(books),
    payments: [...books.payments.rows.values()],
    refunds: [...books.refunds.rows.values()]
      .filter(isRefundOpen)
      .map((refund) => ({ refund, contract: books.contracts.get(refundContract(refund))?.data ?? null })),
  };
}

/** Distinct learners with a contract that has an unearned amount. */
export function activeLearners(books: InstitutionBooks): number {
  const learners = new Set<string>();
  for (const line of books.openLines) {
    if (!line.startsWith('c:')) continue;
    const contract = books.contracts.get(line.slice(2));
    if (contract) learners.add(contract.data.learnerHash);
  }
  return learners.size;
}

export interface ModelEntry<T extends EventType> extends Told {
  readonly type: T;
  readonly key: string;
  readonly data: EventData[T];
}

/** Per key of a type the newest telling that stands. */
export function newest<T extends EventType>(books: InstitutionBooks, type: T): ModelEntry<T>[] {
  const entries: ModelEntry<T>[] = [];
  for (const list of listsOf(books, type)) {
    const entry = newestOf<T>(books, list);
    if (entry) entries.push(entry);
  }
  return entries;
}

/** Of tellings about one thing the newest that stands. */
export function newestOf<T extends EventType>(
  books: InstitutionBooks,
  list: readonly StoredEvent[],
): ModelEntry<T> | null {
  const standing = standingEntries<T>(books, list);
  return standing.length === 0 ? null : standing.reduce((a, b) => (isNewer(b, a) ? b : a));
}

/** All tellings of a type that stand. */
export function tellings<T extends EventType>(books: InstitutionBooks, type: T): ModelEntry<T>[] {
  return listsOf(books, type).flatMap((list) => standingEntries<T>(books, list));
}

function newestEndOfDay(books: InstitutionBooks): Map<string, EventData['custody.balance_reported']> {
  const result = new Map<string, EventData['custody.balance_reported']>();
  for (const entry of newest(books, 'custody.balance_reported')) {
    if (entry.data.kind !== 'end_of_day') continue;
    const best = result.get(entry.data.accountId);
    if (!best || entry.data.asOf > best.asOf) result.set(entry.data.accountId, entry.data);
  }
  return result;
}

function listsOf(books: InstitutionBooks, type: EventType): readonly StoredEvent[][] {
  return books.byType.get(eventTypeNumber(type))?.lists ?? [];
}

/** Of tellings about one thing those that stand, in no order. */
export function standingEntries<T extends EventType>(
  books: InstitutionBooks,
  list: readonly StoredEvent[],
): ModelEntry<T>[] {
  return list
    .filter((stored) => !isReversed(books, stored) && !books.displaced.has(stored))
    .map((stored) => ({
      type: stored.event!.type as T,
      key: stored.key,
      at: stored.event!.at,
      source: stored.source,
      id: stored.id,
      data: stored.event!.data as EventData[T],
    }));
}
