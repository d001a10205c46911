import type { AnyEvent, Event, EventType } from '../events/event.js';
import { ACCOUNT } from '../ledger/accounts.js';
import { joinKey } from '../ledger/rows.js';
import type { InstitutionBooks } from '../ledger/working-set.js';

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

/** What the banks last said of the accounts of one institution. */
export class Statements {
  private readonly last = new Map<string, number>();

  /**
   * Notes the statement; answers whether it can raise something: when it does not agree with the books, or when the balance has
   * fallen. One that agrees and has not fallen confirms what is known.
   */
  note({ data }: Event<'custody.balance_reported'>, books: InstitutionBooks, openingFen: number | null): boolean {
    const before = this.last.get(data.accountId);
    this.last.set(data.accountId, data.bookedFen);
    if (openingFen === null || before === undefined || data.bookedFen < before) return true;
    const moved = books.balances.get(joinKey(ACCOUNT.bank, data.accountId));
    const bookedFen = BigInt(openingFen) + (moved ? moved.debitFen - moved.creditFen : 0n);
    return bookedFen !== BigInt(data.bookedFen);
  }
}

export function isStatement(event: AnyEvent): event is Event<'custody.balance_reported'> {
  return event.type === 'custody.balance_reported';
}
