import { dayOf } from '../core/time.js';
import type { AnyEvent, Event, EventData, EventType } from '../events/event.js';
import { ACCOUNT } from '../ledger/accounts.js';
import { contractLine } from '../ledger/plan.js';
import { isLawfulPayee } from '../ledger/quantities.js';
import { joinKey } from '../ledger/rows.js';
import type { InstitutionBooks } from '../ledger/working-set.js';
import { termsOf } from '../risk/facts/collections.js';

/**
 * Events that can make a finding worse at once: the institution is evaluated when they are known. All others make it better,
 * or count only in windows of days; they wait for the end of the day.
 *   lesson.scheduled, lesson.delivered, lesson.confirm_requested: lessons that are given are good news; late ones count by day
 *   lesson.confirmed: lowers what is owed; the share of silent confirmations is one of 30 days
 *   contract.signed: raises nothing before it is paid for, and the payment comes with its own event
 *   custody.credited, guarantee.registered, refund.withdrawn, contract.ended, break.declared: cover, or end an obligation
 * Payments, releases and statements come every day, and most of them are ordinary: see `isUrgent`.
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
  /** Accounts of which a bank has said something. */
  private readonly stated = new Set<string>();

  constructor(private readonly books: InstitutionBooks) {}

  /** The event is booked already. `accounts`: as registered, asked for only when they matter. */
  isUrgent(event: AnyEvent, accounts: () => readonly Account[]): boolean {
    if (!TRIGGERS.has(event.type)) return false;
    if (event.type === 'payment.succeeded') return !isOrdinaryPayment(event, this.books, accounts());
    if (event.type === 'custody.balance_reported') return this.isNews(event.data, accounts());
    if (event.type === 'release.instructed') return !this.keepsPace(event.data, accounts());
    if (event.type === 'custody.debited') return event.data.purpose !== 'release' || !this.isCovered();
    return true;
  }

  /** A statement that agrees with the books confirms what is known. */
  private isNews(data: EventData['custody.balance_reported'], accounts: readonly Account[]): boolean {
    const isFirst = !this.stated.has(data.accountId);
    this.stated.add(data.accountId);
    const account = accounts.find((one) => one.accountId === data.accountId);
    if (account === undefined || isFirst) return true;
    const moved = this.books.balances.get(joinKey(ACCOUNT.bank, data.accountId));
    const bookedFen = BigInt(account.openingFen ?? 0) + (moved ? moved.debitFen - moved.creditFen : 0n);
    return bookedFen !== BigInt(data.bookedFen);
  }

  /** No more is released on the contracts than was confirmed, and that is the limit. */
  private keepsPace({ lines }: EventData['release.instructed'], accounts: readonly Account[]): boolean {
    if (accounts.some(({ mode }) => mode === 'staged')) return false;
    return lines.every(({ contractId }) => {
      const line = this.books.lines.get(contractLine(contractId));
      return line !== undefined && line.releasedFen <= line.confirmedFen;
    });
  }

  /** No more left the accounts as released than was confirmed. */
  private isCovered(): boolean {
    let releasedFen = 0n;
    let confirmedFen = 0n;
    for (const { account, debitFen, creditFen } of this.books.balances.values()) {
      if (account === ACCOUNT.release_clearing) releasedFen += debitFen;
      else if (account === ACCOUNT.earned) confirmedFen += creditFen;
    }
    return releasedFen <= confirmedFen;
  }
}

/**
 * The national limits (notice 2021 No. 2; opinion of 2022; earliest collection of 2020). They decide here only that a payment
 * need not be looked at before the day's end; whether it is a finding, the policy decides.
 */
const ORDINARY_FEN_MAX = 500_000;
const ORDINARY_HOURS_MAX = 60;
const ORDINARY_MONTHS_MAX = 3;
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
  const { months, firstLesson } = termsOf(contract);
  return months <= ORDINARY_MONTHS_MAX && firstLesson - dayOf(at) <= ORDINARY_DAYS_AHEAD_MAX;
}
