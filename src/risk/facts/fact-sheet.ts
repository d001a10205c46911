import type { Calendar } from '../../core/calendar.js';
import type { Fen } from '../../core/money.js';
import { addMonths, type Day, dayOf, parseDay, startOfDay, type Us } from '../../core/time.js';
import type { PaymentRow } from '../../ledger/rows.js';
import type { CommonParams } from '../common.js';
import { Tests } from '../steps.js';
import { type AccountsFacts, accountsFacts, bookedFen, custodyFen, isCustodyMode } from './accounts.js';
import { BreakFacts } from './breaks.js';
import { CalendarWatch } from './calendar-watch.js';
import { type Collection, collectionsOf, repeatedOf } from './collections.js';
import { MoneyFacts } from './money.js';
import { type PaymentFacts, paymentsFacts, type UncreditedPayment, uncreditedPayments } from './payments.js';
import { type RefundFacts, refundsFacts } from './refunds.js';
import type { InstitutionRows } from './rows.js';
import { type DifferingSides, differingSides } from './sides.js';
import { StatementFacts } from './statements.js';
import { TallyFacts } from './tallies.js';

/**
 * What is known of one institution at one moment, in the words of the rulebook. Everything is derived from the rows and
 * `now`, nothing is stored; each part is computed when a rule first asks for it.
 */
export class FactSheet {
  readonly today: Day;
  readonly calendar: CalendarWatch;
  readonly tests: Tests;

  constructor(
    readonly rows: InstitutionRows,
    readonly now: Us,
    calendar: Calendar,
    readonly common: CommonParams,
  ) {
    this.today = dayOf(now);
    this.calendar = new CalendarWatch(calendar);
    this.tests = new Tests(common.clearMarginBp);
  }

  private cached: Cached = {};

  get accounts(): AccountsFacts {
    this.cached.accounts ??= accountsFacts(this);
    return this.cached.accounts;
  }
  get money(): MoneyFacts {
    this.cached.money ??= new MoneyFacts(this.rows);
    return this.cached.money;
  }
  get tallies(): TallyFacts {
    this.cached.tallies ??= new TallyFacts(this.rows);
    return this.cached.tallies;
  }
  get statements(): StatementFacts {
    this.cached.statements ??= new StatementFacts(this.rows, this.today);
    return this.cached.statements;
  }
  get breaks(): BreakFacts {
    this.cached.breaks ??= new BreakFacts(this.rows);
    return this.cached.breaks;
  }
  get payments(): readonly PaymentFacts[] {
    this.cached.payments ??= paymentsFacts(this);
    return this.cached.payments;
  }
  get uncredited(): readonly UncreditedPayment[] {
    this.cached.uncredited ??= uncreditedPayments(this);
    return this.cached.uncredited;
  }
  get collections(): readonly Collection[] {
    this.cached.collections ??= collectionsOf(this);
    return this.cached.collections;
  }
  /** See `repeatedOf`. */
  get repeatedCollections(): readonly Collection[] {
    this.cached.repeatedCollections ??= repeatedOf(this.collections);
    return this.cached.repeatedCollections;
  }
  /** Those that were signed, or of which the largest payment was made, on or after `from`. */
  collectionsSince(from: Day): readonly Collection[] {
    const { collections } = this;
    if (this.cached.since?.from !== from)
      this.cached.since = { from, rows: collections.filter((one) => one.activeOn >= from) };
    return this.cached.since.rows;
  }
  /** Payments that are `isNamedOtherwise`, and perhaps others. */
  get namedOtherwise(): readonly PaymentRow[] {
    return this.rows.payments;
  }
  /** Movements of money of which the platform and the bank tell other amounts. */
  get differingSides(): readonly DifferingSides[] {
    this.cached.differingSides ??= differingSides(this.rows, this.namedOtherwise);
    return this.cached.differingSides;
  }
  get refunds(): readonly RefundFacts[] {
    this.cached.refunds ??= refundsFacts(this);
    return this.cached.refunds;
  }

  /** U */
  get unearnedFen(): Fen {
    return this.rows.unearnedFen;
  }
  /** S */
  get activeLearners(): number {
    return this.rows.activeLearners;
  }
  /** B */
  get custodyFen(): Fen {
    this.cached.custodyFen ??= custodyFen(this);
    return this.cached.custodyFen;
  }
  /** D */
  get depositFen(): Fen {
    this.cached.depositFen ??= bookedFen(this, this.accounts.deposit);
    return this.cached.depositFen;
  }
  /** K: guarantees valid today; the last day is covered. */
  get coverFen(): Fen {
    this.cached.coverFen ??= this.coverOn(this.today);
    return this.cached.coverFen;
  }
  coverOn(day: Day): Fen {
    let sum = 0n;
    for (const { data } of this.rows.registers['guarantee.registered'] ?? []) {
      if (parseDay(data.validFrom)! <= day && day <= parseDay(data.validTo)!) sum += BigInt(data.coverFen);
    }
    return sum;
  }
  /** R3: gross fees received in the last three months. */
  get receiptsOfQuarterFen(): Fen {
    this.cached.quarterFen ??= this.receiptsOfQuarter(this.today);
    return this.cached.quarterFen;
  }
  receiptsOfQuarter(day: Day): Fen {
    return this.money.receipts(addMonths(day, -3) + 1, day);
  }

  /** True where fees must lie in a custody account. */
  get inCustodyMode(): boolean {
    return isCustodyMode(this.accounts.mode);
  }

  /** Days since the first event. */
  get historyDays(): number {
    return this.rows.firstAt === null ? 0 : Math.max(0, this.today - dayOf(this.rows.firstAt));
  }

  /** Ratios mean something only with enough learners and enough history. */
  get enoughForRatios(): boolean {
    return this.activeLearners >= this.common.minLearners && this.historyDays >= this.common.minHistoryDays;
  }

  /** When the history will be long enough for ratios, if there are learners enough and it is not yet; else null. */
  get ratiosFrom(): Us | null {
    return this.activeLearners < this.common.minLearners ? null : this.historyReaches(this.common.minHistoryDays);
  }

  /** The moment at which the history reaches so many days; null if it has, or nothing is known yet. */
  historyReaches(days: number): Us | null {
    const { firstAt } = this.rows;
    return firstAt === null || this.historyDays >= days ? null : startOfDay(dayOf(firstAt) + days);
  }

  /** Paid to custody and on its way: payments whose credit is not booked and not yet late, `graceWorkingDays` at most. */
  inTransitFen(graceWorkingDays: number): Fen {
    let sum = 0n;
    for (const payment of this.uncredited) if (payment.ageWorkingDays <= graceWorkingDays) sum += payment.netFen;
    return sum;
  }

  /** The next midnight: when windows of days move on. */
  get nextMidnight(): Us {
    return startOfDay(this.today + 1);
  }
}

interface Cached {
  accounts?: AccountsFacts;
  money?: MoneyFacts;
  tallies?: TallyFacts;
  statements?: StatementFacts;
  breaks?: BreakFacts;
  payments?: readonly PaymentFacts[];
  uncredited?: readonly UncreditedPayment[];
  refunds?: readonly RefundFacts[];
  differingSides?: readonly DifferingSides[];
  collections?: readonly Collection[];
  repeatedCollections?: readonly Collection[];
  since?: { readonly from: Day; readonly rows: readonly Collection[] };
  custodyFen?: Fen;
  depositFen?: Fen;
  coverFen?: Fen;
  quarterFen?: Fen;
}
