import { dayOf, parseDay } from '../core/time.js';
import type { AnyEvent, Event, EventType } from '../events/event.js';
import { refundPart } from './details.js';
import { reversalKey, typeKey } from './keys.js';
import { contractLine, paymentLine } from './plan.js';
import {
  type Booked,
  bookedOf,
  byFirst,
  isNewer,
  joinKey,
  type PaymentRow,
  type RefundRow,
  type ReleaseRow,
  type StoredEvent,
  type Told,
  withBooked,
} from './rows.js';
import type { InstitutionBooks } from './working-set.js';

/** Registers without rows of their own: what stands of them is read from the events. */
export const EVENT_REGISTERS: ReadonlySet<EventType> = new Set<EventType>([
  'institution.upserted',
  'account.registered',
  'account.state_changed',
  'account.requirement_set',
  'contract.ended',
  'custody.balance_reported',
  'guarantee.registered',
  'stock.declared',
  'statement.filed',
  'lesson.disputed',
  'complaint.received',
  'complaint.closed',
  'inspection.recorded',
  'external.signal',
  'contact.attempted',
  'break.declared',
]);

/**
 * The part of an event's effect that depends on what else is known: contracts, payments, credits, refunds, releases.
 * `sign` −1 takes the effect back. Every function leaves the same rows whatever the order of the events.
 */
export function applyRegisters(books: InstitutionBooks, event: AnyEvent, sign: 1 | -1): void {
  books.details?.apply(event, sign);
  switch (event.type) {
    case 'contract.signed':
      return contract(books, event, sign);
    case 'payment.succeeded':
      return payment(books, event, sign);
    case 'payment.reversed':
      return paymentReversed(books, event, sign);
    case 'custody.credited':
      return credit(books, event, sign);
    case 'custody.debited':
      if (event.data.purpose === 'release' && event.data.instructionId)
        release(books, event.data.instructionId, undefined, { debit: bookedOf(event), sign });
      return;
    case 'release.instructed':
      return release(books, event.data.instructionId, sign > 0 ? event.data.lines : null, null);
    case 'refund.requested':
    case 'refund.approved':
    case 'refund.rejected':
    case 'refund.withdrawn':
    case 'refund.paid':
      return refund(books, event, sign);
    case 'contract.ended':
      // No row of its own: whoever follows the lines looks whether an end stands.
      if (!books.keepJournal) books.changedLines.add(contractLine(event.data.contractId));
  }
}

function told(event: AnyEvent): Told {
  return { at: event.at, source: event.source, id: event.id };
}

function contract(books: InstitutionBooks, event: Event<'contract.signed'>, sign: 1 | -1): void {
  const contractId = event.data.contractId;
  const standing = books.contracts.get(contractId);
  if (sign > 0) {
    if (!standing || isNewer(event, standing))
      books.contracts.put(contractId, { ...told(event), contractId, data: event.data });
    return;
  }
  if (!standing || standing.source !== event.source || standing.id !== event.id) return;
  const earlier = newestUnreversed(books, event);
  if (earlier) books.contracts.put(contractId, { ...told(earlier), contractId, data: earlier.data });
  else books.contracts.remove(contractId);
}

/** The newest other event about the same contract that no reversal names. */
function newestUnreversed(books: InstitutionBooks, gone: Event<'contract.signed'>): Event<'contract.signed'> | null {
  let newest: Event<'contract.signed'> | null = null;
  for (const stored of books.byKey.get(typeKey('contract.signed', gone.data.contractId)) ?? []) {
    const event = stored.event;
    if (event?.type !== 'contract.signed' || (event.source === gone.source && event.id === gone.id)) continue;
    if (isReversed(books, stored)) continue;
    if (!newest || isNewer(event, newest)) newest = event;
  }
  return newest;
}

function payment(books: InstitutionBooks, event: Event<'payment.succeeded'>, sign: 1 | -1): void {
  const { paymentId, amountFen } = event.data;
  const row = paymentRow(books, paymentId);
  const contractId = event.data.contractId ?? null;
  books.addLine({ line: paymentLine(paymentId, contractId), paidFen: amountFen - row.reversedFen }, sign);
  row.told =
    sign > 0
      ? {
          ...told(event),
          amountFen,
          contractId,
          payee: event.data.payeeAccountId ?? null,
          channel: event.data.channel,
          loan: event.data.loan ?? false,
        }
      : null;
  if (sign < 0) row.matchedBy = null;
  keepPayment(books, row);
  books.markRematch(amountFen, dayOf(event.at));
}

function paymentReversed(books: InstitutionBooks, event: Event<'payment.reversed'>, sign: 1 | -1): void {
  const row = paymentRow(books, event.data.paymentId);
  row.reversedFen += sign * event.data.amountFen;
  if (row.told) {
    books.addLine({ line: paymentLine(row.paymentId, row.told.contractId), paidFen: -event.data.amountFen }, sign);
    books.markRematch(row.told.amountFen, dayOf(row.told.at));
  }
  keepPayment(books, row);
}

function credit(books: InstitutionBooks, event: Event<'custody.credited'>, sign: 1 | -1): void {
  const { accountId, bankTxnId, amountFen, paymentIds = [] } = event.data;
  const key = joinKey(accountId, bankTxnId);
  const bookedOn = parseDay(event.data.bookedOn)!;
  if (sign > 0) {
    books.credits.put(key, {
      ...told(event),
      accountId,
      bankTxnId,
      amountFen,
      bookedOn,
      namesPayments: paymentIds.length > 0,
      matchedPayment: null,
    });
    books.ofAmount(amountFen).credits.add(key);
  } else {
    books.credits.remove(key);
    books.creditsGone.add(amountFen);
  }
  const named = new Set(paymentIds);
  for (const paymentId of named) {
    const row = paymentRow(books, paymentId);
    const others = row.namedBy.filter(([name]) => name !== key);
    row.namedBy = sign > 0 ? [...others, [key, bookedOn, amountFen, named.size] as const].sort(byFirst) : others;
    keepPayment(books, row);
    if (row.told) books.markRematch(row.told.amountFen, dayOf(row.told.at));
  }
  if (paymentIds.length === 0) books.markRematch(amountFen, bookedOn);
}

function paymentRow(books: InstitutionBooks, paymentId: string): PaymentRow {
  const row = books.payments.get(paymentId);
  return row ? { ...row } : { paymentId, told: null, reversedFen: 0, namedBy: [], matchedBy: null };
}

/** A row of which nothing is known any more is no row. */
function keepPayment(books: InstitutionBooks, row: PaymentRow): void {
  if (row.told === null && row.reversedFen === 0 && row.namedBy.length === 0) books.payments.remove(row.paymentId);
  else books.payments.put(row.paymentId, row);
  if (row.told) books.ofAmount(row.told.amountFen).payments.add(row.paymentId);
}

/**
 * The contracts' released amounts count when both the instruction and its first debit are known. `lines` undefined leaves
 * the instruction as it is, null takes it away.
 */
function release(
  books: InstitutionBooks,
  instructionId: string,
  lines: ReleaseRow['lines'] | undefined,
  change: { readonly debit: Booked; readonly sign: 1 | -1 } | null,
): void {
  const before: ReleaseRow = books.releases.get(instructionId) ?? { instructionId, lines: null, debits: [] };
  const debits = change === null ? before.debits : withBooked(before.debits, change.debit, change.sign);
  const after: ReleaseRow = { instructionId, lines: lines === undefined ? before.lines : lines, debits };
  if (before.debits.length > 0) addReleased(books, before.lines, -1);
  if (after.debits.length > 0) addReleased(books, after.lines, 1);
  if (after.lines === null && after.debits.length === 0) books.releases.remove(instructionId);
  else books.releases.put(instructionId, after);
}

function addReleased(
  books: InstitutionBooks,
  lines: readonly { contractId: string; amountFen: number }[] | null,
  sign: 1 | -1,
): void {
  for (const line of lines ?? [])
    books.addLine({ line: contractLine(line.contractId), releasedFen: line.amountFen }, sign);
}

type RefundEvent =
  | Event<'refund.requested'>
  | Event<'refund.approved'>
  | Event<'refund.rejected'>
  | Event<'refund.withdrawn'>
  | Event<'refund.paid'>;

function refund(books: InstitutionBooks, event: RefundEvent, sign: 1 | -1): void {
  const { refundId, contractId } = event.data;
  const row: RefundRow = {
    ...(books.refunds.get(refundId) ?? {
      refundId,
      requested: null,
      approved: null,
      rejected: null,
      withdrawn: null,
      paid: [],
    }),
  };
  const step = { ...told(event), contractId, amountFen: 'amountFen' in event.data ? event.data.amountFen : 0 };
  const here = sign > 0;
  switch (event.type) {
    case 'refund.requested':
      row.requested = here ? { ...step, side: event.data.side } : null;
      break;
    case 'refund.approved':
      row.approved = here ? { ...step, dueOn: event.data.dueOn ? parseDay(event.data.dueOn) : null } : null;
      break;
    case 'refund.rejected':
      row.rejected = here ? step : null;
      break;
    case 'refund.withdrawn':
      row.withdrawn = here ? step : null;
      break;
    case 'refund.paid': {
      const part = refundPart(event);
      const others = row.paid.filter((paid) => paid.part !== part);
      row.paid = here ? [...others, { ...step, part }].sort((a, b) => (a.part < b.part ? -1 : 1)) : others;
      break;
    }
  }
  if (row.requested || row.approved || row.rejected || row.withdrawn || row.paid.length > 0)
    books.refunds.put(refundId, row);
  else books.refunds.remove(refundId);
}

/** True when an accepted reversal names the event. */
export function isReversed(books: InstitutionBooks, stored: StoredEvent): boolean {
  return books.byKey.has(reversalKey(stored.source, stored.id));
}
