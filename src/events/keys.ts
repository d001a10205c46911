import { parseTime, type Us } from '../core/time.js';
import type { AnyEvent, EventType } from './event.js';
import type { ReleaseLine } from './release.js';

/** Between the parts of a key: no id can contain it. */
export const KEY_SEPARATOR = '\x1f';
const LINE_SEPARATOR = '\x1e';

/**
 * What the event is about, unique within institution and type: two events of one type and key tell of the same thing.
 * `refund.paid` has one key per part: `b` + the bank's transaction, else `e` + the event.
 */
export function businessKey(event: AnyEvent): string {
  switch (event.type) {
    case 'institution.upserted':
      return '';
    case 'account.registered':
    case 'account.state_changed':
      return event.data.accountId;
    case 'account.requirement_set':
      return join(event.data.accountId, event.data.kind);
    case 'contract.signed':
    case 'contract.ended':
      return event.data.contractId;
    case 'payment.succeeded':
    case 'payment.reversed':
      return event.data.paymentId;
    case 'custody.credited':
    case 'custody.debited':
      return join(event.data.accountId, event.data.bankTxnId);
    case 'custody.balance_reported':
      return event.data.kind === 'end_of_day'
        ? join(event.data.accountId, 'e', event.data.asOf)
        : join(event.data.accountId, 'i', sortableInstant(parseTime(event.data.asOf)!));
    case 'guarantee.registered':
      return event.data.guaranteeId;
    case 'stock.declared':
      return join(event.source, event.id);
    case 'lesson.scheduled':
    case 'lesson.cancelled':
    case 'lesson.delivered':
      return event.data.lessonId;
    case 'lesson.confirm_requested':
    case 'lesson.confirmed':
    case 'lesson.disputed':
      return event.data.confirmId;
    case 'release.instructed':
      return event.data.instructionId;
    case 'refund.requested':
    case 'refund.approved':
    case 'refund.rejected':
    case 'refund.withdrawn':
      return event.data.refundId;
    case 'refund.paid':
      return event.data.bankTxnId === undefined
        ? join(event.data.refundId, `e${event.source}`, event.id)
        : join(event.data.refundId, `b${event.data.bankTxnId}`);
    case 'statement.filed':
      return event.data.period;
    case 'complaint.received':
    case 'complaint.closed':
      return event.data.ticketId;
    case 'inspection.recorded':
      return event.data.inspectionId;
    case 'external.signal':
      return event.data.signalId;
    case 'contact.attempted':
      return event.data.contactId;
    case 'break.declared':
      return event.data.from;
    case 'event.reversed':
      return join(event.data.reverses.source, event.data.reverses.id);
  }
}

/** The contract's facts of money. */
export const FACT_TYPES = [
  'payment.succeeded',
  'payment.reversed',
  'custody.credited',
  'custody.debited',
  'lesson.confirmed',
  'refund.requested',
  'refund.approved',
  'refund.paid',
  'refund.rejected',
  'refund.withdrawn',
  'release.instructed',
] as const satisfies readonly EventType[];

/**
 * For the contract's facts of money the canonical text of the amounts: of two events with one business key, equal text makes a
 * duplicate and other text a `conflicting_fact`. Null for types that are no facts of money.
 */
export function factAmounts(event: AnyEvent): string | null {
  switch (event.type) {
    case 'payment.succeeded':
    case 'payment.reversed':
    case 'custody.credited':
    case 'custody.debited':
    case 'lesson.confirmed':
    case 'refund.requested':
    case 'refund.approved':
    case 'refund.paid':
      return String(event.data.amountFen);
    case 'refund.rejected':
    case 'refund.withdrawn':
      return '';
    case 'release.instructed':
      return releaseAmounts(event.data.lines);
    default:
      return null;
  }
}

function join(...parts: readonly string[]): string {
  return parts.join(KEY_SEPARATOR);
}

/** The lines by contract, then amount, whatever their order in the event. */
function releaseAmounts(lines: readonly ReleaseLine[]): string {
  return [...lines]
    .sort((a, b) => compareText(a.contractId, b.contractId) || a.amountFen - b.amountFen)
    .map((line) => join(line.contractId, String(line.amountFen)))
    .join(LINE_SEPARATOR);
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** UTC of one width with 6 decimals: "2026-01-23T15:50:00.000000Z". */
function sortableInstant(us: Us): string {
  const ms = Math.floor(us / 1_000);
  return `${new Date(ms).toISOString().slice(0, -1)}${String(us - ms * 1_000).padStart(3, '0')}Z`;
}
