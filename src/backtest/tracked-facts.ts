import type { Calendar } from '../core/calendar.js';
import { type Day, dayOf, type Us } from '../core/time.js';
import type { AccountName } from '../ledger/accounts.js';
import { ACCOUNT } from '../ledger/accounts.js';
import type { PaymentRow } from '../ledger/rows.js';
import { TALLIES, type TallyName } from '../ledger/tallies.js';
import { ALL_COUNTS, ALL_SUMS, PART, partOfAccount, partOfMetric } from '../model/changed.js';
import type { ModelRows } from '../model/institution-rows.js';
import type { CommonParams } from '../risk/common.js';
import type { Collection } from '../risk/facts/collections.js';
import { FactSheet } from '../risk/facts/fact-sheet.js';
import { MoneyFacts } from '../risk/facts/money.js';
import type { PaymentFacts } from '../risk/facts/payments.js';
import { type InstitutionRows, REGISTER_TYPES, type Registers } from '../risk/facts/rows.js';
import { TallyFacts } from '../risk/facts/tallies.js';

/** All bits, which no value rests on. */
const UNREAD = -1;

/** Which parts of the rows were read. */
export interface ReadingNote {
  parts: number;
}

/**
 * What the sheets of one institution have computed, for the next sheet: a value is good while nothing it rests on has changed,
 * and unless `DAY_FREE`, for the day. While something is known that is told of the future, nothing is kept.
 */
export class FactCache {
  readonly note: ReadingNote = { parts: 0 };
  readonly values: unknown[] = [];
  /** Per getter the parts behind its value; `UNREAD`: there is none. */
  readonly partsOf: number[] = [...UNKNOWN];
  money: TrackedMoney | null = null;
  tallies: TrackedTallies | null = null;
  private day: Day = Number.NEGATIVE_INFINITY;
  private common: CommonParams | null = null;
  /** Something of the rows is told to happen after the sheet's moment. */
  knowsFuture = false;

  forget(parts: number): void {
    const { partsOf } = this;
    for (let at = 0; at < partsOf.length; at += 1)
      if (partsOf[at]! !== UNREAD && (partsOf[at]! & parts) !== 0) partsOf[at] = UNREAD;
  }

  /** Before a sheet of the rows at `now` is made. */
  open(rows: InstitutionRows, now: Us, common: CommonParams): void {
    const knowsFuture = rows.newestAt === null || rows.newestAt > now;
    const hadFuture = this.knowsFuture;
    const today = dayOf(now);
    const { partsOf } = this;
    if (knowsFuture || hadFuture || common !== this.common) partsOf.fill(UNREAD);
    else if (today !== this.day) for (let at = 0; at < partsOf.length; at += 1) if (!DAY_FREE[at]) partsOf[at] = UNREAD;
    this.common = common;
    this.knowsFuture = knowsFuture;
    this.day = today;
  }
}

/** A sheet like any other that notes what is read of the rows, also when it comes from what an earlier one has kept. */
export class TrackedSheet extends FactSheet {
  constructor(
    rows: ModelRows,
    now: Us,
    calendar: Calendar,
    common: CommonParams,
    readonly cache: FactCache,
  ) {
    super(new TrackedRows(rows, cache.note), now, calendar, common);
  }

  override get money(): MoneyFacts {
    const { cache } = this;
    const rows = plainRows(this.rows);
    if (cache.money === null || !cache.money.isOf(rows)) cache.money = new TrackedMoney(rows, cache.note);
    return cache.money;
  }

  /** The reader has them ready, as long as nothing is told of the future. No rule reads of them whether they are settled. */
  override get payments(): readonly PaymentFacts[] {
    this.note.parts |= PART.payments | PART.sales;
    return this.cache.knowsFuture ? super.payments : plainRows(this.rows).paymentFacts;
  }

  /** The reader keeps them apart: they are few. */
  override get namedOtherwise(): readonly PaymentRow[] {
    this.note.parts |= PART.payments | PART.sales | PART.settled;
    return plainRows(this.rows).paymentsNamedOtherwise;
  }

  override get collections(): readonly Collection[] {
    this.note.parts |= PART.payments | PART.contracts | PART.sales | PART.repeats;
    return this.cache.knowsFuture ? super.collections : plainRows(this.rows).collections;
  }

  override get repeatedCollections(): readonly Collection[] {
    this.note.parts |= PART.payments | PART.contracts | PART.sales | PART.repeats;
    return this.cache.knowsFuture ? super.repeatedCollections : plainRows(this.rows).repeatedCollections;
  }

  private get note(): ReadingNote {
    return this.cache.note;
  }

  override get tallies(): TallyFacts {
    const { cache } = this;
    const rows = plainRows(this.rows);
    if (cache.tallies === null || !cache.tallies.isOf(rows)) cache.tallies = new TrackedTallies(rows, cache.note);
    return cache.tallies;
  }
}

const GETTERS = Object.entries(Object.getOwnPropertyDescriptors(FactSheet.prototype)).filter(
  ([name, { get }]) => get !== undefined && !Object.hasOwn(TrackedSheet.prototype, name),
);
const UNKNOWN: readonly number[] = GETTERS.map(() => UNREAD);

/** Facts that do not depend on the day: they say the same of the same rows tomorrow. */
const DAY_FREE_NAMES: ReadonlySet<string> = new Set(['breaks', 'differingSides']);
const DAY_FREE: readonly boolean[] = GETTERS.map(([name]) => DAY_FREE_NAMES.has(name));

GETTERS.forEach(([, { get }], index) => {
  Object.defineProperty(TrackedSheet.prototype, GETTERS[index]![0], {
    get(this: TrackedSheet): unknown {
      const { note, partsOf, values } = this.cache;
      const known = partsOf[index]!;
      if (known !== UNREAD) {
        note.parts |= known;
        return values[index];
      }
      const outer = note.parts;
      note.parts = 0;
      const value: unknown = get!.call(this);
      values[index] = value;
      partsOf[index] = note.parts;
      note.parts |= outer;
      return value;
    },
  });
});

const UNEARNED = PART.unearnedMore | PART.unearnedLess;

/** The rows, noting the part behind each field. */
class TrackedRows implements InstitutionRows {
  readonly registers: Registers;

  constructor(
    readonly plain: ModelRows,
    private readonly note: ReadingNote,
  ) {
    this.registers = new TrackedRegisters(plain.registers, note) as Registers;
  }

  get institutionId() {
    return this.plain.institutionId;
  }
  get day() {
    return this.plain.day;
  }
  get earlier() {
    return this.plain.earlier;
  }
  get profile() {
    this.note.parts |= PART.profile;
    return this.plain.profile;
  }
  get profileEvents() {
    this.note.parts |= PART.profile;
    return this.plain.profileEvents;
  }
  get reported() {
    this.note.parts |= PART.reported;
    return this.plain.reported;
  }
  get balances() {
    this.note.parts |= ALL_SUMS;
    return this.plain.balances;
  }
  get turnovers() {
    this.note.parts |= ALL_SUMS;
    return this.plain.turnovers;
  }
  get tallies() {
    this.note.parts |= ALL_COUNTS;
    return this.plain.tallies;
  }
  get unearnedFen() {
    this.note.parts |= UNEARNED;
    return this.plain.unearnedFen;
  }
  get activeLearners() {
    this.note.parts |= PART.learners;
    return this.plain.activeLearners;
  }
  get unearnedOperatorFen() {
    this.note.parts |= UNEARNED;
    return this.plain.unearnedOperatorFen;
  }
  get expiredUnearnedFen() {
    this.note.parts |= PART.expired;
    return this.plain.expiredUnearnedFen;
  }
  get expiredContracts() {
    // Read for evidence alone, which is asked for with the answer.
    this.note.parts |= PART.expired;
    return this.plain.expiredContracts;
  }
  get differingReleases() {
    this.note.parts |= PART.released;
    return this.plain.differingReleases;
  }
  get withdrawals() {
    this.note.parts |= partOfAccount(ACCOUNT.other_debits);
    return this.plain.withdrawals;
  }
  get releasedLines() {
    this.note.parts |= PART.released;
    return this.plain.releasedLines;
  }
  get contracts() {
    this.note.parts |= PART.contracts | PART.sales | PART.repeats;
    return this.plain.contracts;
  }
  get payments() {
    this.note.parts |= PART.payments | PART.sales | PART.settled;
    return this.plain.payments;
  }
  get lessons() {
    this.note.parts |= PART.lessons | PART.timetable;
    return this.plain.lessons;
  }
  get deliveries() {
    this.note.parts |= PART.teaching;
    return this.plain.deliveries;
  }
  get confirmations() {
    this.note.parts |= PART.teaching;
    return this.plain.confirmations;
  }
  get refunds() {
    this.note.parts |= PART.refunds;
    return this.plain.refunds;
  }
  get links() {
    this.note.parts |= PART.links;
    return this.plain.links;
  }
  get countyTopShare() {
    this.note.parts |= PART.county;
    return this.plain.countyTopShare;
  }
  get eventCount() {
    this.note.parts |= PART.newest;
    return this.plain.eventCount;
  }
  get newestAt() {
    this.note.parts |= PART.newest;
    return this.plain.newestAt;
  }
  get firstAt() {
    this.note.parts |= PART.firstAt;
    return this.plain.firstAt;
  }
}

function plainRows(rows: InstitutionRows): ModelRows {
  return (rows as TrackedRows).plain;
}

class TrackedRegisters {
  constructor(
    readonly registers: Registers,
    readonly note: ReadingNote,
  ) {}
}
for (const type of REGISTER_TYPES) {
  Object.defineProperty(TrackedRegisters.prototype, type, {
    get(this: TrackedRegisters) {
      this.note.parts |= PART.registers;
      return this.registers[type];
    },
  });
}

class TrackedMoney extends MoneyFacts {
  constructor(
    private readonly of: InstitutionRows,
    readonly note: ReadingNote,
  ) {
    super(of);
  }

  /** The reader keeps its lists until they change; what is in them is always the present. */
  isOf(rows: InstitutionRows): boolean {
    return this.of.balances === rows.balances && this.of.turnovers === rows.turnovers;
  }
}
noteFirstArgument(TrackedMoney.prototype, MoneyFacts.prototype, (name) =>
  name in ACCOUNT ? partOfAccount(ACCOUNT[name as AccountName]) : 0,
);

class TrackedTallies extends TallyFacts {
  constructor(
    private readonly of: InstitutionRows,
    readonly note: ReadingNote,
  ) {
    super(of);
  }

  isOf(rows: InstitutionRows): boolean {
    return this.of.tallies === rows.tallies;
  }
}
noteFirstArgument(TrackedTallies.prototype, TallyFacts.prototype, (name) =>
  name in TALLIES ? partOfMetric(TALLIES[name as TallyName]) : 0,
);

/** Every method whose first argument names an account or a tally notes its part; the others call those. */
function noteFirstArgument(tracked: object, plain: object, partOf: (name: string) => number): void {
  for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(plain))) {
    if (name === 'constructor' || typeof value !== 'function') continue;
    Object.defineProperty(tracked, name, {
      value(this: { readonly note: ReadingNote }, ...args: unknown[]): unknown {
        if (typeof args[0] === 'string') this.note.parts |= partOf(args[0]);
        return value.apply(this, args);
      },
    });
  }
}
