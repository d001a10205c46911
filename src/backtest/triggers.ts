import type { Fen } from '../core/money.js';
import { type Day, dayOf, parseDay, type Us } from '../core/time.js';
import type { AnyEvent, Event, EventData, EventType } from '../events/event.js';
import { ACCOUNT } from '../ledger/accounts.js';
import { contractLine } from '../ledger/plan.js';
import { isLawfulPayee } from '../ledger/quantities.js';
import { joinKey } from '../ledger/rows.js';
import { TALLIES } from '../ledger/tallies.js';
import type { InstitutionBooks, LedgerSums } from '../ledger/working-set.js';
import { ORDINARY_DAYS_AHEAD_MAX, ORDINARY_FEN_MAX, ordinaryTerms } from '../model/ordinary.js';
import { payersOf } from '../risk/facts/refund-path.js';

/**
 * Events that can make a finding worse at once, whatever they tell: the institution is evaluated when they are known. Payments,
 * releases, refunds and statements come every day, and most of them are ordinary: see `isUrgent`. All others make it better, or
 * count only in windows of days; they wait for the end of the day.
 *   lesson.scheduled, lesson.delivered, lesson.confirm_requested: lessons that are given are good news; late ones count by day
 *   lesson.confirmed: lowers what is owed; the share of silent confirmations is one of 30 days
 *   contract.signed: raises nothing before it is paid for, and the payment comes with its own event
 *   lesson.disputed: counts as a share of 30 days
 *   custody.credited, guarantee.registered, refund.withdrawn, contract.ended, break.declared: cover, or end an obligation
 */
const ALWAYS: ReadonlySet<EventType> = new Set<EventType>([
  'institution.upserted',
  'account.registered',
  'account.state_changed',
  'account.requirement_set',
  'payment.reversed',
  'stock.declared',
  'lesson.cancelled',
  'refund.rejected',
  'statement.filed',
  'complaint.received',
  'complaint.closed',
  'inspection.recorded',
  'external.signal',
  'contact.attempted',
  'event.reversed',
]);

/** Events that ask for it unless the books show that they are ordinary. */
const DEPENDING: ReadonlySet<EventType> = new Set<EventType>([
  'payment.succeeded',
  'custody.balance_reported',
  'release.instructed',
  'custody.debited',
  'refund.requested',
  'refund.paid',
]);

/** A moment with more of those asks in any case: a year that was taken in at once need not be held to be looked at (our default). */
export const MOMENT_EVENTS_MAX = 1_000;

type Account = EventData['account.registered'];

/**
 * Says of one institution's events, moment by moment, whether they ask for an evaluation at once. What one of them comes to may rest
 * on others of its moment, as a payment does on its contract, so it is said when all of the moment are booked, in whatever order.
 */
export class Triggers {
  /** Accounts of which a bank has said something. */
  private readonly stated = new Set<string>();
  /** The moment that is being told; null when nothing is left to say of it. */
  private moment: Us | null = null;
  /** One of its events asks whatever the others tell. */
  private isAsked = false;
  /** Those of which the books decide. */
  private waiting: AnyEvent[] = [];

  constructor(private readonly books: InstitutionBooks) {}

  /** The event is booked already, and what came before its moment was asked for. */
  add(event: AnyEvent): void {
    this.moment = event.recordedAt;
    if (DEPENDING.has(event.type) && !this.isAsked) this.waiting.push(event);
    // Only those that are held count, so that others of the moment are no matter wherever they stand.
    if (this.asksByItself(event) || this.waiting.length > MOMENT_EVENTS_MAX) this.isAsked = true;
    if (this.isAsked) this.waiting = [];
  }

  /** The moment before `to` that asks for an evaluation; null when none does. `accounts`: as registered, read only when they matter. */
  askedBefore(to: Us, accounts: () => readonly Account[]): Us | null {
    const { moment } = this;
    if (moment === null || moment >= to) return null;
    const isUrgent = this.isAsked || this.waiting.some((event) => this.isUrgent(event, accounts));
    this.moment = null;
    this.isAsked = false;
    this.waiting = [];
    return isUrgent ? moment : null;
  }

  private asksByItself(event: AnyEvent): boolean {
    if (event.type === 'custody.balance_reported') {
      const isFirst = !this.stated.has(event.data.accountId);
      this.stated.add(event.data.accountId);
      return isFirst;
    }
    // It is due at the end of its day at the earliest: overdue at once only when it was told late.
    if (event.type === 'refund.approved') return dayOf(event.recordedAt) > dayOf(event.at);
    return ALWAYS.has(event.type);
  }

  private isUrgent(event: AnyEvent, accounts: () => readonly Account[]): boolean {
    switch (event.type) {
      case 'payment.succeeded':
        return !isOrdinaryPayment(event, this.books, accounts());
      case 'custody.balance_reported':
        return this.isNews(event.data, accounts());
      case 'release.instructed':
        return !this.keepsPace(event.data, accounts());
      case 'custody.debited':
        return !this.isOrdinaryDebit(event.data);
      case 'refund.requested':
        return this.requestsOfWeek(dayOf(event.at)) >= RUN_REQUESTS_MIN;
      case 'refund.paid':
        return this.goesElsewhere(event.data);
      default:
        return false;
    }
  }

  /** A statement that agrees with the books of its day confirms what is known. */
  private isNews(data: EventData['custody.balance_reported'], accounts: readonly Account[]): boolean {
    const account = accounts.find((one) => one.accountId === data.accountId);
    if (account === undefined) return true;
    const moved = this.books.balances.get(joinKey(ACCOUNT.bank, data.accountId));
    const bookedFen = BigInt(account.openingFen ?? 0) + (moved ? moved.debitFen - moved.creditFen : 0n);
    const afterFen = data.kind === 'end_of_day' ? this.movedAfter(data.accountId, parseDay(data.asOf)!) : 0n;
    return bookedFen - afterFen !== BigInt(data.bookedFen);
  }

  /** What came into the account, less what left it, on days after this one. */
  private movedAfter(accountId: string, day: Day): Fen {
    let fen = 0n;
    for (const account of BANK_SIDES) {
      const { days } = this.books.balances.get(joinKey(account, accountId)) ?? NO_DAYS;
      for (let at = days.length - 1; at >= 0 && days[at]!.day > day; at -= 1)
        fen += account === ACCOUNT.credit_clearing ? days[at]!.creditFen : -days[at]!.debitFen;
    }
    return fen;
  }

  /** Releases that keep pace, and refunds by their name: until the platform tells them as well they are on their way. */
  private isOrdinaryDebit({ purpose, refundId }: EventData['custody.debited']): boolean {
    return purpose === 'release' ? this.isCovered() : purpose === 'refund' && refundId !== undefined;
  }

  /** Refunds asked for on the day and the six before. */
  private requestsOfWeek(day: Day): number {
    const days = this.books.counts.get(TALLIES.refunds_requested)?.days ?? [];
    return days.reduce((sum, row) => (row.day > day - 7 && row.day <= day ? sum + row.count : sum), 0);
  }

  /** To somebody else than who paid, or not on the way the money came. */
  private goesElsewhere({ contractId, payeeHash, originalChannel }: EventData['refund.paid']): boolean {
    if (originalChannel === false) return true;
    if (payeeHash === undefined) return false;
    const payers = payersOf(this.books.details?.payersOf.get(contractId)?.values() ?? []);
    return payers !== null && !payers.includes(payeeHash);
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

/** Fewer requests in a week are no run, whatever the school (our default; the figure of C04 is higher). */
const RUN_REQUESTS_MIN = 3;

const BANK_SIDES = [ACCOUNT.credit_clearing, ACCOUNT.release_clearing, ACCOUNT.refund_bank, ACCOUNT.other_debits];
const NO_DAYS: Pick<LedgerSums, 'days'> = { days: [] };

/** Paid to a lawful account, without a loan, on a model contract that keeps the national limits. */
function isOrdinaryPayment(
  { data, at }: Event<'payment.succeeded'>,
  books: InstitutionBooks,
  accounts: readonly Account[],
): boolean {
  if (data.amountFen > ORDINARY_FEN_MAX || data.loan || data.contractId === undefined) return false;
  if (data.payeeAccountId !== undefined && !isLawfulPayee(data.payeeAccountId, accounts)) return false;
  const contract = books.contracts.get(data.contractId)?.data;
  const terms = contract && ordinaryTerms(contract);
  return terms != null && terms.firstLesson - dayOf(at) <= ORDINARY_DAYS_AHEAD_MAX;
}
