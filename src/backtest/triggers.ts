import { dayOf, parseDay } from '../core/time.js';
import type { AnyEvent, Event, EventData, EventType } from '../events/event.js';
import { ACCOUNT } from '../ledger/accounts.js';
import { isLawfulPayee } from '../ledger/quantities.js';
import { joinKey } from '../ledger/rows.js';
import type { InstitutionBooks } from '../ledger/working-set.js';

/**
 * Events that can make a finding worse at once: the institution is evaluated when they are known. All others make it better,
 * or count only in windows of days; they wait for the end of the day.
 *   lesson.scheduled, lesson.delivered, lesson.confirm_requested: lessons that are given are good news; late ones count by day
 *   lesson.confirmed: lowers what is owed; the share of silent confirmations is one of 30 days
 *   contract.signed: raises nothing before it is paid for, and the payment comes with its own event
 *   custody.credited, guarantee.registered, refund.withdrawn, contract.ended, break.declared: cover, or end an obligation
 * Payments and statements come every day, and most of them are ordinary: see `isOrdinaryPayment` and `Statements`.
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

type Account = EventData['account.registered'];

/** Says of one institution's events, in order, which of them ask for an evaluation at once. */
export class Triggers {
  /** What the banks last said of the accounts. */
  private readonly statements = new Map<string, number>();

  constructor(private readonly books: InstitutionBooks) {}

  /** The event is booked already. `accounts`: as registered, asked for only when they matter. */
  isUrgent(event: AnyEvent, accounts: () => readonly Account[]): boolean {
    if (!TRIGGERS.has(event.type)) return false;
    if (event.type === 'payment.succeeded') return !isOrdinaryPayment(event, this.books, accounts());
    if (event.type === 'custody.balance_reported') return this.isNews(event.data, accounts());
    return true;
  }

  /** A statement that agrees with the books and has not fallen confirms what is known. */
  private isNews(data: EventData['custody.balance_reported'], accounts: readonly Account[]): boolean {
    const before = this.statements.get(data.accountId);
    this.statements.set(data.accountId, data.bookedFen);
    const account = accounts.find((one) => one.accountId === data.accountId);
    if (account === undefined || before === undefined || data.bookedFen < before) return true;
    const moved = this.books.balances.get(joinKey(ACCOUNT.bank, data.accountId));
    const bookedFen = BigInt(account.openingFen ?? 0) + (moved ? moved.debitFen - moved.creditFen : 0n);
    return bookedFen !== BigInt(data.bookedFen);
  }
}

/**
 * The national limits (notice 2021 No. 2; opinion of 2022; earliest collection of 2020). They decide here only that a payment
 * need not be looked at before the day's end; whether it is a finding, the policy decides.
 */
const ORDINARY_FEN_MAX = 500_000;
const ORDINARY_HOURS_MAX = 60;
const ORDINARY_DAYS_MAX = 90;
const ORDINARY_DAYS_AHEAD_MAX = 28;

/** Paid to a lawful account, without a loan, on a model contract that keeps the national limits. */
function isOrdinaryPayment(
  { data, at }: Event<'payment.succeeded'>,
  books: InstitutionBooks,
  accounts: readonly Account[],
): boolean {
  if (data.amountFen > ORDINARY_FEN_MAX || data.loan || data.contractId === undefined) return false;
  if (data.payeeAccountId !== undefined && !isLawfulPayee(data.payeeAccountId, accounts)) return false;
  const contract = books.contracts.get(data.contractId)?.data;
  if (contract === undefined || !contract.modelForm || (contract.hoursGifted ?? 0) > 0) return false;
  if (contract.hoursPaid > ORDINARY_HOURS_MAX) return false;
  const from = parseDay(contract.periodFrom)!;
  const firstLesson = contract.firstLessonOn === undefined ? from : parseDay(contract.firstLessonOn)!;
  return parseDay(contract.periodTo)! - from <= ORDINARY_DAYS_MAX && firstLesson - dayOf(at) <= ORDINARY_DAYS_AHEAD_MAX;
}
