import type { Calendar } from '../core/calendar.js';
import { type Day, dayOf } from '../core/time.js';
import { type CreditRow, joinKey, type PaymentRow } from './rows.js';
import type { InstitutionBooks, Register } from './working-set.js';

/** A credit looks for its payment among those of this many working days (the event contract). */
export const MATCH_WORKING_DAYS = 5;
/** Calendar days that surely hold MATCH_WORKING_DAYS working days, the longest public holidays included. */
export const MATCH_DAYS_MAX = 40;

/**
 * Settles unnamed credits of one amount again, from `fromDay` on: each takes the oldest payment of equal amount of the
 * last 5 working days that no credit names, that is not wholly reversed, and whose payee is the credit's account or not
 * told. Credits go by day booked, then time. Equal times are told apart by business ids, never by who told them. The result is a function of the set of payments and credits, never of their
 * order of arrival: a change on a day can only move matches of that day and later.
 */
export function rematch(books: InstitutionBooks, amountFen: number, fromDay: Day, calendar: Calendar): void {
  const { payments: paymentIds, credits: creditKeys } = books.ofAmount(amountFen);
  // A credit that was corrected keeps its key and has another amount.
  const credits = rowsOf(books.credits, creditKeys).filter(
    (credit) => credit.amountFen === amountFen && !credit.namesPayments && credit.bookedOn >= fromDay,
  );
  const payments = rowsOf(books.payments, paymentIds).filter(
    (row) => row.told?.amountFen === amountFen && dayOf(row.told.at) >= fromDay - MATCH_DAYS_MAX,
  );
  const free = payments.filter((row) => isCandidate(row, fromDay)).sort(byAge);
  const matches = new Map<string, { credit: string; on: Day }>();
  for (const credit of credits.sort(byDayThenTime)) {
    const key = joinKey(credit.accountId, credit.bankTxnId);
    const at = free.findIndex((row) => fits(row, credit, calendar));
    const matched = at < 0 ? null : free.splice(at, 1)[0]!.paymentId;
    if (matched !== null) matches.set(matched, { credit: key, on: credit.bookedOn });
    if (credit.matchedPayment !== matched) books.credits.put(key, { ...credit, matchedPayment: matched });
  }
  for (const row of payments) {
    const earlier = row.matchedBy && row.matchedBy.on < fromDay ? row.matchedBy : null;
    const matched = matches.get(row.paymentId) ?? earlier;
    // The same credit may be dated anew.
    if (row.matchedBy?.credit !== matched?.credit || row.matchedBy?.on !== matched?.on)
      books.payments.put(row.paymentId, { ...row, matchedBy: matched });
  }
}

/** Brings every marked amount up to date. */
export function rematchAll(books: InstitutionBooks, calendar: Calendar): void {
  for (const [amountFen, fromDay] of books.rematch) rematch(books, amountFen, fromDay, calendar);
  books.rematch.clear();
  books.creditsGone.clear();
}

function rowsOf<R>(register: Register<R>, keys: Iterable<string>): R[] {
  const rows: R[] = [];
  for (const key of keys) {
    const row = register.get(key);
    if (row !== undefined) rows.push(row);
  }
  return rows;
}

/** Named, wholly reversed, or matched by an earlier credit that stands: no candidate. */
function isCandidate(row: PaymentRow, fromDay: Day): boolean {
  return (
    row.namedBy.length === 0 &&
    row.reversedFen < row.told!.amountFen &&
    (row.matchedBy === null || row.matchedBy.on >= fromDay)
  );
}

function fits(row: PaymentRow, credit: CreditRow, calendar: Calendar): boolean {
  const paidOn = dayOf(row.told!.at);
  if (paidOn > credit.bookedOn || paidOn < credit.bookedOn - MATCH_DAYS_MAX) return false;
  if (row.told!.payee !== null && row.told!.payee !== credit.accountId) return false;
  return calendar.workingDaysBetween(paidOn, credit.bookedOn) <= MATCH_WORKING_DAYS;
}

function byAge(a: PaymentRow, b: PaymentRow): number {
  return a.told!.at - b.told!.at || (a.paymentId < b.paymentId ? -1 : 1);
}

function byDayThenTime(a: CreditRow, b: CreditRow): number {
  return (
    a.bookedOn - b.bookedOn ||
    a.at - b.at ||
    (joinKey(a.accountId, a.bankTxnId) < joinKey(b.accountId, b.bankTxnId) ? -1 : 1)
  );
}
