import type { Calendar } from '../core/calendar.js';
import type { Fen } from '../core/money.js';
import type { Day } from '../core/time.js';
import type { EventData } from '../events/event.js';
import { type PaidTo, refundPartKey } from '../ledger/details.js';
import { rematchAll } from '../ledger/match.js';
import { contractLine } from '../ledger/plan.js';
import { isRefundRead, refundContract } from '../ledger/refunds.js';
import { isNewer, type PaymentRow, type RefundRow, type Withdrawal } from '../ledger/rows.js';
import { type InstitutionBooks, isDated, type LedgerSums, type MetricCounts } from '../ledger/working-set.js';
import { isStaged } from '../risk/facts/accounts.js';
import type { Collection } from '../risk/facts/collections.js';
import { linkKeysOf, linkName } from '../risk/facts/links.js';
import type { PaymentFacts } from '../risk/facts/payments.js';
import { payersOf } from '../risk/facts/refund-path.js';
import {
  type Expiring,
  type InstitutionRows,
  type LinkedInstitution,
  REFUND_DAYS,
  type RefundWithContract,
  SIDES_DAYS,
  TURNOVER_DAYS,
  WITHDRAWAL_DAYS,
} from '../risk/facts/rows.js';
import { ALL_PARTS, PART, partOfMetric, partOfSide } from './changed.js';
import { CollectionWindow } from './collection-window.js';
import { ContractWindow } from './contract-window.js';
import { CONTRACT_PREFIX } from './lines.js';
import { PaymentWindow } from './payment-window.js';
import { ProfileRows, RegisterRows, ReportedRows } from './register-rows.js';
import { ReleasedLines } from './released-lines.js';
import { SortedRows } from './sorted-rows.js';
import { TeachingWindow } from './teaching-window.js';
import { UnearnedSums } from './unearned.js';

/** The rows of the model, with facts that follow the books as well and need not be computed again. */
export interface ModelRows extends InstitutionRows {
  readonly paymentFacts: readonly PaymentFacts[];
  /** See `isNamedOtherwise`. */
  readonly paymentsNamedOtherwise: readonly PaymentRow[];
  readonly collections: readonly Collection[];
  readonly repeatedCollections: readonly Collection[];
}

/** The red institutions behind some names of links; the same list as long as it says the same. */
export type LinksOf = (names: readonly string[]) => readonly LinkedInstitution[];

/**
 * What an evaluation reads of an institution of the model: the same as `readInstitutionRows` reads from PostgreSQL. It follows
 * the books, so that a reading costs what changed since the last one and not what there is; there may be only one per books,
 * and its day moves forward only. The rows show the books as they are at the reading: they are stale after the next event.
 */
export class InstitutionRowsReader {
  private readonly registers: RegisterRows;
  private readonly profile: ProfileRows;
  private readonly reported: ReportedRows;
  private readonly payments: PaymentWindow;
  private readonly unearned: UnearnedSums;
  private readonly released: ReleasedLines;
  private readonly contracts: ContractWindow;
  private readonly teaching: TeachingWindow;
  private readonly collectionWindow: CollectionWindow;
  private readonly refunds = new SortedRows<RefundRow>((a, b) => a.refundId > b.refundId);
  private readonly refundOf = new Map<string, RefundRow>();
  private refundsFrom: Day = Number.NEGATIVE_INFINITY;
  private balances: LedgerSums[] = [];
  private turnovers: readonly LedgerSums[] = [];
  private tallies: readonly MetricCounts[] = [];
  private seriesDay: Day = Number.NEGATIVE_INFINITY;
  private metrics = 0;
  private refundRows: readonly RefundWithContract[] = [];
  private refundsMoved = false;
  private hasCustody = false;
  private refundLines: ReadonlySet<string> = new Set();
  private profileChanged = false;
  private registersChanged = 0;
  private accountData: readonly EventData['account.registered'][] | null = null;
  private last: InstitutionRows | null = null;
  /** What it may share with others, by `linkName`; another list only when they are others. */
  linkNames: readonly string[] = [];

  constructor(
    private readonly books: InstitutionBooks,
    private readonly calendar: Calendar,
  ) {
    this.registers = new RegisterRows(books);
    this.profile = new ProfileRows(books);
    this.reported = new ReportedRows(books);
    this.unearned = new UnearnedSums(books);
    this.released = new ReleasedLines(books);
    this.contracts = new ContractWindow(books);
    this.payments = new PaymentWindow(books.contracts);
    this.collectionWindow = new CollectionWindow(this.payments);
    this.teaching = new TeachingWindow(books.details!);
  }

  /** Parts that changed since the last reading, or were never read. */
  changed = ALL_PARTS;
  /** Parts that lost what their window of days has left behind. */
  moved = 0;

  /** `today`: the day of the evaluation. `countyTopShare` comes from the ranks of the county, the links from others' evaluations. */
  read(today: Day, countyTopShare: boolean, linksOf: LinksOf = () => NO_LINKS): ModelRows {
    const { books } = this;
    rematchAll(books, this.calendar);
    this.changed = this.last === null ? ALL_PARTS : 0;
    this.moved = 0;
    const registers = this.registers.follow() | this.registersChanged;
    this.registersChanged = 0;
    this.changed |= registers;
    if ((registers & PART.registers) !== 0) {
      this.accountData = null;
      this.followAccounts();
    }
    if (this.profile.follow() || this.profileChanged) this.changed |= PART.profile;
    this.profileChanged = false;
    this.changed |= this.contracts.follow(today, this.payments);
    if (this.contracts.hasMoved) this.moved |= PART.contracts | PART.sales | PART.repeats;
    this.followRefunds(today);
    if (this.released.followReleases(today)) this.moved |= PART.released;
    if (this.released.differing.hasChanged) this.changed |= PART.released;
    this.released.differing.hasChanged = false;
    this.followLines(today);
    this.changed |= this.payments.follow(books.payments, today);
    this.changed |= this.contracts.followPaid(this.payments.changedContracts, this.payments);
    if (this.contracts.followHours()) this.changed |= PART.repeats;
    if (this.payments.hasMoved) this.moved |= PART.payments | PART.sales | PART.settled;
    const { contracts, teaching } = this;
    if (this.collectionWindow.follow(contracts.byId, contracts.changed, this.hasCustody)) this.changed |= PART.repeats;
    this.changed |= teaching.follow(today);
    if (teaching.hasMoved) this.moved |= PART.teaching | PART.lessons | PART.timetable;
    if (this.refundsMoved || (this.changed & PART.refunds) !== 0) {
      this.refundsMoved = false;
      this.refundRows = this.refunds.rows.map((refund) => this.withContract(refund));
    }
    books.credits.changed.clear();
    if (this.reported.follow()) this.changed |= PART.reported;
    this.followSums();
    this.followSeries(today);
    this.followLinkNames();
    const rows = this.rows(today, countyTopShare, linksOf(this.linkNames));
    if (this.last !== null) this.changed |= changedValues(this.last, rows);
    this.last = rows;
    return rows;
  }

  /** The region as last told; null while no profile is known. */
  regionCode(): string | null {
    if (this.profile.follow()) this.profileChanged = true;
    return this.profile.profile?.regionCode ?? null;
  }

  /** Accounts as registered. */
  accounts(): readonly EventData['account.registered'][] {
    const changed = this.registers.follow();
    this.registersChanged |= changed;
    if ((changed & PART.registers) !== 0 || this.accountData === null) {
      this.accountData = (this.registers.registers['account.registered'] ?? []).map((row) => row.data);
    }
    return this.accountData;
  }

  private rows(today: Day, countyTopShare: boolean, links: readonly LinkedInstitution[]): ModelRows {
    const { books, unearned } = this;
    const { registers } = this.registers;
    const rows: ModelRows = {
      institutionId: books.id,
      day: today,
      earlier: (day) => this.earlier(rows, day),
      profile: this.profile.profile,
      profileEvents: this.profile.events(today),
      registers,
      reported: this.reported.rows,
      balances: this.balances,
      turnovers: this.turnovers,
      tallies: this.tallies,
      unearnedFen: books.unearnedFen,
      activeLearners: this.unearned.activeLearners,
      unearnedOperatorFen: this.unearned.operatorFen,
      expiredUnearnedFen: this.unearned.expiredFen,
      // Looked for only where they are named: that takes a look at every line.
      get expiredContracts() {
        return unearned.expiredContracts(today);
      },
      differingReleases: this.released.differing.rows,
      withdrawals: this.withdrawals(today),
      releasedLines: this.released.rows,
      contracts: this.contracts.rows,
      payments: this.payments.rows(this.hasCustody),
      paymentFacts: this.payments.facts(this.hasCustody),
      paymentsNamedOtherwise: this.payments.namedOtherwise(this.hasCustody),
      collections: this.collectionWindow.collections,
      repeatedCollections: this.collectionWindow.repeated,
      refunds: this.refundRows,
      lessons: this.teaching.lessons,
      deliveries: this.teaching.deliveries,
      confirmations: this.teaching.confirmations,
      links,
      countyTopShare,
      eventCount: books.eventCount,
      newestAt: books.newestAt,
      firstAt: books.oldestAt,
    };
    return rows;
  }

  /** Of what was read last, what time alone will make expired from a day on. */
  expiring(from: Day): Expiring[] {
    return this.unearned.expiring(from);
  }

  /** Nothing was booked since `rows` were read. */
  private earlier(rows: ModelRows, day: Day): InstitutionRows {
    return {
      ...rows,
      day,
      earlier: () => null,
      profileEvents: this.profile.events(day),
      expiredUnearnedFen: this.unearned.expiredOn(day),
      expiredContracts: this.unearned.expiredContracts(day),
      differingReleases: this.released.differing.rowsFrom(day - SIDES_DAYS),
      withdrawals: this.withdrawals(day),
      releasedLines: this.released.rowsOn(day),
      contracts: this.contracts.rowsOn(day),
      payments: PaymentWindow.rowsOn(this.books.payments, day, this.hasCustody),
      refunds: [...this.books.refunds.rows.values()]
        .filter((row) => isRefundRead(row, day - REFUND_DAYS))
        .sort((a, b) => (a.refundId > b.refundId ? 1 : -1))
        .map((refund) => this.withContract(refund)),
      ...this.teaching.rowsOn(day),
    };
  }

  private withdrawals(day: Day): readonly Withdrawal[] {
    const { withdrawals } = this.books.details!;
    if (withdrawals.size === 0) return NO_WITHDRAWALS;
    return [...withdrawals.values()]
      .filter(({ bookedOn }) => bookedOn >= day - WITHDRAWAL_DAYS)
      .sort((a, b) => (isNewer(a, b) ? 1 : -1));
  }

  private followLinkNames(): void {
    const { teaching } = this;
    if ((this.changed & (PART.profile | PART.registers)) === 0 && !teaching.haveTeachersChanged) return;
    teaching.haveTeachersChanged = false;
    const { registers } = this.registers;
    const { profile } = this.profile;
    const names = linkKeysOf({ profile, registers, lessons: teaching.lessons }).map(linkName);
    const { linkNames: before } = this;
    if (names.length !== before.length || names.some((name, at) => name !== before[at])) this.linkNames = names;
  }

  private followSums(): void {
    const { books } = this;
    for (const account of books.grownDebits) this.changed |= partOfSide(account, 'debit');
    for (const account of books.grownCredits) this.changed |= partOfSide(account, 'credit');
    for (const metric of books.grownMetrics) this.changed |= partOfMetric(metric);
    books.grownDebits.clear();
    books.grownCredits.clear();
    books.grownMetrics.clear();
    if (books.hasTakenBack) this.changed |= ALL_PARTS;
    books.hasTakenBack = false;
  }

  private followAccounts(): void {
    const accounts = this.registers.registers['account.registered'] ?? [];
    this.hasCustody = accounts.some((row) => row.data.purpose === 'custody');
    if (this.released.setStaged(accounts.some(isStaged))) this.changed |= PART.released;
  }

  private followSeries(today: Day): void {
    const { balances, counts } = this.books;
    const isSame = this.balances.length === balances.size && this.seriesDay === today && this.metrics === counts.size;
    if (!isSame) {
      this.seriesDay = today;
      this.metrics = counts.size;
      this.balances = [...balances.values()];
      this.turnovers = this.balances.filter(({ account }) => isDated(account));
      this.tallies = [...counts.values()];
    }
    // Also of a day that was dropped before something may be told, or taken back.
    for (const { days } of this.turnovers) dropBefore(today - TURNOVER_DAYS, days);
    for (const { days } of this.tallies) dropBefore(today - TURNOVER_DAYS, days);
  }

  private followRefunds(today: Day): void {
    const from = today - REFUND_DAYS;
    if (this.refundsFrom === from && this.books.refunds.changed.size === 0) return;
    if (this.books.refunds.changed.size > 0) this.changed |= PART.refunds;
    for (const refundId of this.books.refunds.changed) {
      const before = this.refundOf.get(refundId);
      const row = this.books.refunds.get(refundId);
      if (before) this.refunds.remove(before);
      this.refundOf.delete(refundId);
      if (row === undefined || !isRefundRead(row, from)) continue;
      this.refunds.insert(row);
      this.refundOf.set(refundId, row);
    }
    this.books.refunds.changed.clear();
    this.refundsFrom = from;
    for (const row of this.refunds.rows.filter((one) => !isRefundRead(one, from))) {
      this.refunds.remove(row);
      this.refundOf.delete(row.refundId);
      this.refundsMoved = true;
    }
    this.refundLines = new Set(this.refunds.rows.map((row) => contractLine(refundContract(row))));
  }

  private followLines(today: Day): void {
    const { changedLines } = this.books;
    for (const key of changedLines) {
      this.unearned.update(key);
      this.contracts.updateLine(key);
      if (key.startsWith(CONTRACT_PREFIX) && this.released.update(key)) this.changed |= PART.released;
      if (this.refundLines.has(key)) this.changed |= PART.refunds;
    }
    changedLines.clear();
    this.followPayers();
    this.followRefundDebits();
    this.unearned.moveTo(today);
  }

  /** Who paid for a contract that something is refunded on. */
  private followPayers(): void {
    const { changedPayers } = this.books.details!;
    for (const contractId of changedPayers)
      if (this.refundLines.has(contractLine(contractId))) this.changed |= PART.refunds;
    changedPayers.clear();
  }

  /** What the banks say of refunds that were paid. */
  private followRefundDebits(): void {
    const { changedRefundDebits } = this.books.details!;
    for (const refundId of changedRefundDebits) if (this.refundOf.has(refundId)) this.changed |= PART.refunds;
    changedRefundDebits.clear();
  }

  private withContract(refund: RefundRow): RefundWithContract {
    const contractId = refundContract(refund);
    const details = this.books.details!;
    const paidTo = refund.paid.map(({ part }) => details.paidTo.get(refundPartKey(refund.refundId, part)) ?? NOT_TOLD);
    return {
      refund,
      contract: this.books.contracts.get(contractId)?.data ?? null,
      line: this.books.lines.get(contractLine(contractId)) ?? null,
      paidTo,
      payers: refund.paid.length === 0 ? null : payersOf(details.payersOf.get(contractId)?.values() ?? []),
      signedBefore: refund.requested?.side === 'seven_day' && this.contracts.hasEarlier(contractId),
      debits: paidTo.some(({ via }) => via === 'custody') ? (details.refundDebits.get(refund.refundId) ?? []) : [],
    };
  }
}

/** Ties to others come from outside of the books. */
const NO_LINKS: readonly LinkedInstitution[] = [];
const NO_WITHDRAWALS: readonly Withdrawal[] = [];
const NOT_TOLD: PaidTo = { payeeHash: null, originalChannel: null, via: null };

function unearnedChange(before: Fen, after: Fen): number {
  if (before === after) return 0;
  return after > before ? PART.unearnedMore : PART.unearnedLess;
}

/** What a comparison finds. */
function changedValues(before: InstitutionRows, after: InstitutionRows): number {
  let changed = 0;
  if (before.countyTopShare !== after.countyTopShare) changed |= PART.county;
  if (before.links !== after.links) changed |= PART.links;
  if (before.firstAt !== after.firstAt) changed |= PART.firstAt;
  if (before.activeLearners !== after.activeLearners) changed |= PART.learners;
  if (before.eventCount !== after.eventCount || before.newestAt !== after.newestAt) changed |= PART.newest;
  if (before.expiredUnearnedFen !== after.expiredUnearnedFen) changed |= PART.expired;
  changed |= unearnedChange(before.unearnedFen, after.unearnedFen);
  changed |= unearnedChange(before.unearnedOperatorFen ?? 0n, after.unearnedOperatorFen ?? 0n);
  return changed;
}

/** Days before `from` are dropped from the books: the clock does not go back. */
function dropBefore(from: Day, days: { readonly day: Day }[]): void {
  if (days.length === 0 || days[0]!.day >= from) return;
  let old = 1;
  while (old < days.length && days[old]!.day < from) old += 1;
  days.splice(0, old);
}
