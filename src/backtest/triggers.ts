import type { EventType } from '../events/event.js';

/**
 * Events that can make a finding worse at once: the institution is evaluated when they are known. All others make it better,
 * or count only in windows of days; they wait for the end of the day.
 *   lesson.scheduled, lesson.delivered, lesson.confirm_requested: lessons that are given are good news; late ones count by day
 *   lesson.confirmed: lowers what is owed; the share of silent confirmations is one of 30 days
 *   contract.signed: raises nothing before it is paid for, and the payment comes with its own event
 *   custody.credited, guarantee.registered, refund.withdrawn, contract.ended, break.declared: cover, or end an obligation
 */
const TRIGGERS: ReadonlySet<EventType> = new Set<EventType>([
  'institution.upserted',
  'account.registered',
  'account.state_changed',
  'account.requirement_set',
  'payment.succeeded',
  'payment.reversed',
  'custody.debited',
  'custody.balance_reported',
  'stock.declared',
  'lesson.cancelled',
  'lesson.disputed',
  'release.instructed',
  'refund.requested',
  'refund.approved',
  'refund.rejected',
  'refund.paid',
  'statement.filed',
  'complaint.received',
  'complaint.closed',
  'inspection.recorded',
  'external.signal',
  'contact.attempted',
  'event.reversed',
]);

export function canRaise(type: EventType): boolean {
  return TRIGGERS.has(type);
}
