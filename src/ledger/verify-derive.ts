import { dayOf, formatDay } from '../core/time.js';
import { toDbTime } from '../db/pool.js';
import { canonicalJson } from '../events/canonical.js';
import { split2 } from './flush.js';
import { isRefundOpen, refundContract } from './refunds.js';
import { releaseDiffers } from './releases.js';
import type { VerifiedTable } from './sql/read-tables.js';
import type { Entry, InstitutionBooks } from './working-set.js';

/** The rows that the events give, as text by key: the same text that `readTable` makes of the database's rows. */
export function derivedTables(books: InstitutionBooks): Record<VerifiedTable, ReadonlyMap<string, string>> {
  return {
    balances: mapOf(books.balances, ([key, sum]) => {
      const [account, sub] = split2(key);
      return sum.debitFen === 0n && sum.creditFen === 0n
        ? null
        : [text(account, sub), text(sum.debitFen, sum.creditFen)];
    }),
    turnovers: mapOf(books.turnovers, ([key, sum]) => {
      const [day, rest] = split2(key);
      const [account, sub] = split2(rest);
      return sum.debitFen === 0n && sum.creditFen === 0n
        ? null
        : [text(formatDay(Number(day)), account, sub), text(sum.debitFen, sum.creditFen)];
    }),
    tallies: mapOf(books.tallies, ([key, count]) => {
      const [day, metric] = split2(key);
      return count === 0 ? null : [text(formatDay(Number(day)), metric), text(count)];
    }),
    lines: mapOf(books.lines, ([key, line]) => {
      const values = [
        line.paidFen,
        line.confirmedFen,
        line.refundedFen,
        line.releasedFen,
        line.confirmedHoursHundredths,
      ];
      if (values.every((value) => BigInt(value) === 0n)) return null;
      return [
        text(key),
        text(...values, line.paidFen > line.confirmedFen + line.refundedFen, line.releasedFen > line.confirmedFen),
      ];
    }),
    ...derivedRegisters(books),
    displaced_events: mapOf(books.displaced, ({ seq }) => [text(seq), text()]),
  };
}

/** The same of the registers. */
function derivedRegisters(
  books: InstitutionBooks,
): Record<'contracts' | 'payments' | 'credits' | 'refunds' | 'releases', ReadonlyMap<string, string>> {
  return {
    contracts: mapOf(books.contracts.rows, ([, row]) => [
      text(row.contractId),
      text(
        toDbTime(row.at),
        row.source,
        row.id,
        formatDay(dayOf(row.at)),
        row.data.learnerHash,
        row.data.periodTo,
        Math.round(row.data.hoursPaid * 100),
        Math.round((row.data.hoursGifted ?? 0) * 100),
        sortedJson(JSON.stringify(row.data)),
      ),
    ]),
    payments: mapOf(books.payments.rows, ([, row]) => [
      text(row.paymentId),
      text(
        row.told?.amountFen ?? null,
        row.told ? toDbTime(row.told.at) : null,
        row.told ? formatDay(dayOf(row.told.at)) : null,
        row.told?.source ?? null,
        row.told?.id ?? null,
        row.told?.contractId ?? null,
        row.told?.payee ?? null,
        row.told?.channel ?? null,
        row.told?.loan ?? false,
        row.reversedFen,
        row.namedBy.length > 0 ? JSON.stringify(row.namedBy) : null,
        row.matchedBy?.credit ?? null,
        row.matchedBy ? formatDay(row.matchedBy.on) : null,
        row.namedBy.length > 0 || row.matchedBy !== null,
      ),
    ]),
    credits: mapOf(books.credits.rows, ([, row]) => [
      text(row.accountId, row.bankTxnId),
      text(
        row.amountFen,
        formatDay(row.bookedOn),
        toDbTime(row.at),
        row.source,
        row.id,
        row.namesPayments,
        row.matchedPayment,
      ),
    ]),
    refunds: mapOf(books.refunds.rows, ([, row]) => [
      text(row.refundId),
      text(
        refundContract(row),
        JSON.stringify(row),
        row.paid.reduce((sum, part) => sum + BigInt(part.amountFen), 0n),
        isRefundOpen(row),
        row.requested ? formatDay(dayOf(row.requested.at)) : null,
      ),
    ]),
    releases: mapOf(books.releases.rows, ([, row]) => [
      text(row.instructionId),
      text(
        row.lines ? sortedJson(JSON.stringify(row.lines)) : null,
        row.debits.length > 0 ? JSON.stringify(row.debits) : null,
        releaseDiffers(row),
      ),
    ]),
  };
}

export function entryKey(seq: number, line: number): string {
  return text(seq, line);
}

export function entryValue(no: number, entry: Entry): string {
  return text(no, entry.account, entry.sub, formatDay(entry.day), entry.debitFen, entry.creditFen);
}

/** Values as one comparable text; sums of any size keep all digits. */
export function text(...values: readonly (string | number | bigint | boolean | null)[]): string {
  return JSON.stringify(values.map((value) => (value === null || typeof value === 'boolean' ? value : String(value))));
}

/**
 * JSON with its keys in order: fields that the contract does not know are kept as the source sent them, and their order says nothing. What
 * the program would write otherwise was altered, and stays as it is.
 */
export function sortedJson(json: string): string {
  try {
    const value: unknown = JSON.parse(json);
    return JSON.stringify(value) === json ? canonicalJson(value) : json;
  } catch {
    return json;
  }
}

function mapOf<T>(rows: Iterable<T>, entry: (row: T) => [string, string] | null): ReadonlyMap<string, string> {
  const map = new Map<string, string>();
  for (const row of rows) {
    const pair = entry(row);
    if (pair) map.set(pair[0], pair[1]);
  }
  return map;
}
