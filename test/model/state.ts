import type { EventType } from '../../src/events/event.js';
import { EVENT_TYPES } from '../../src/events/list.js';
import { rematchAll } from '../../src/ledger/match.js';
import { isRefundOpen, refundContract } from '../../src/ledger/refunds.js';
import type { RefundRow } from '../../src/ledger/rows.js';
import type { InstitutionBooks } from '../../src/ledger/working-set.js';
import { tellings } from '../../src/model/books-rows.js';
import type { Model } from '../../src/model/model.js';

/**
 * Everything the books of an institution hold, as plain values with sorted keys, so that two ways of getting there compare.
 * Rows that are zero throughout are left out: they say nothing, and whether they exist depends on the order of arrival.
 */
export interface BooksState {
  readonly events: number;
  readonly newestAt: number | null;
  readonly balances: Rows;
  readonly turnovers: Rows;
  readonly tallies: Rows;
  readonly lines: Rows;
  readonly contracts: Rows;
  readonly payments: Rows;
  readonly credits: Rows;
  readonly refunds: Rows;
  readonly releases: Rows;
  /** Identities of the facts that are kept out, and of the accepted ones whose place another telling took. */
  readonly keptOut: readonly string[];
  readonly displaced: readonly string[];
}
export type Rows = Readonly<Record<string, unknown>>;

/** The model's books in that shape; brings the matching up to date. */
export function modelState(model: Model, institutionId: string): BooksState {
  const books = model.set.institution(institutionId);
  rematchAll(books, model.calendar);
  return {
    events: books.eventCount - books.displaced.size,
    newestAt: books.newestAt,
    balances: sumRows(books.balances),
    turnovers: sumRows(books.turnovers),
    tallies: rows([...books.tallies].filter(([, count]) => count !== 0)),
    lines: rows([...books.lines].map(([key, line]) => [key, lineOf(line)])),
    contracts: rows([...books.contracts.rows]),
    payments: rows([...books.payments.rows]),
    credits: rows([...books.credits.rows]),
    refunds: rows([...books.refunds.rows].map(([key, row]) => [key, refundOf(row)])),
    releases: rows([...books.releases.rows]),
    keptOut: [...books.keptOut.values()].flatMap((list) => list.map((kept) => identity(kept.event))).sort(),
    displaced: [...books.displaced].map(identity).sort(),
  };
}

/** What must not depend on the order of arrival: all of it but which of the tellings that do not stand were accepted. */
export function settled(state: BooksState): object {
  const { keptOut, displaced, ...rest } = state;
  return { ...rest, notStanding: [...keptOut, ...displaced].sort() };
}

/** Per type the tellings that stand. */
export function standingTellings(books: InstitutionBooks): Record<string, string[]> {
  const result: Record<string, string[]> = {};
  for (const { type } of EVENT_TYPES) {
    const told = tellings(books, type as EventType).map((entry) =>
      JSON.stringify([entry.key, entry.at, entry.source, entry.id, entry.data]),
    );
    if (told.length > 0) result[type] = told.sort();
  }
  return result;
}

export function sumRows(sums: ReadonlyMap<string, { debitFen: bigint; creditFen: bigint }>): Rows {
  return rows(
    [...sums]
      .filter(([, sum]) => sum.debitFen !== 0n || sum.creditFen !== 0n)
      .map(([key, sum]) => [key, `${sum.debitFen}|${sum.creditFen}`]),
  );
}

export interface LineAmounts {
  readonly paidFen: bigint;
  readonly confirmedFen: bigint;
  readonly refundedFen: bigint;
  readonly releasedFen: bigint;
  readonly confirmedHoursHundredths: number;
}

/** Null when nothing is on the line. */
export function lineOf(line: LineAmounts): string | null {
  const text = `${line.paidFen}|${line.confirmedFen}|${line.refundedFen}|${line.releasedFen}|${line.confirmedHoursHundredths}`;
  return text === '0|0|0|0|0' ? null : text;
}

export function refundOf(row: RefundRow): object {
  return { ...row, contractId: refundContract(row), open: isRefundOpen(row) };
}

/** Sorted by key; entries that are null are no rows. */
export function rows(entries: readonly (readonly [string, unknown])[]): Rows {
  return Object.fromEntries(entries.filter(([, row]) => row !== null).sort((a, b) => (a[0] < b[0] ? -1 : 1)));
}

export function identity(event: { readonly source: string; readonly id: string }): string {
  return `${event.source} ${event.id}`;
}
