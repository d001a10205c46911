import type { Fen } from '../core/money.js';
import type { Day, Us } from '../core/time.js';
import type { AnyEvent } from '../events/event.js';
import { ACCOUNT } from './accounts.js';
import { Details } from './details.js';
import type { Leg, LineChange, Plan } from './plan.js';
import {
  type ContractRow,
  type CreditRow,
  joinKey,
  type KeptOut,
  type Line,
  type PaymentRow,
  type RefundRow,
  type ReleaseRow,
  type StoredEvent,
  type Turnover,
} from './rows.js';

/** Rows by key that remember which of them changed since they were loaded. */
export class Register<R> {
  readonly rows = new Map<string, R>();
  readonly changed = new Set<string>();

  get(key: string): R | undefined {
    return this.rows.get(key);
  }
  /** Takes in what the store holds; not a change. */
  load(key: string, row: R): void {
    this.rows.set(key, row);
  }
  put(key: string, row: R): void {
    this.rows.set(key, row);
    this.changed.add(key);
  }
  remove(key: string): void {
    this.rows.delete(key);
    this.changed.add(key);
  }
}

/** All tellings of one type: a list per business key, in the order in which the keys came up. */
export interface TypeTellings {
  readonly lists: StoredEvent[][];
  /** Changes of what stands other than by a key that came up for the first time. */
  revisions: number;
}

/** Sums of one ledger account: since ever, and per day, ascending, where its days are kept. */
export interface LedgerSums extends Turnover {
  readonly account: number;
  readonly sub: string;
  readonly days: (Turnover & { readonly day: Day })[];
}

/** Counts of one metric per day, ascending. */
export interface MetricCounts {
  readonly metric: number;
  readonly days: { readonly day: Day; count: number }[];
}

/** An entry as it is written: the leg and the event whose journal it belongs to. */
export interface Entry extends Leg {
  readonly by: StoredEvent;
  readonly line: number;
  readonly day: Day;
}

/**
 * The books of one institution in memory. With everything in it, it is the executable model; with only what one batch
 * touches, sums starting at zero, it is the batch's working set, and its sums are the changes to add in the database.
 */
export class InstitutionBooks {
  readonly id: string;
  no = 0;
  /** Ordinal of the newest event. */
  eventCount = 0;
  /** Head of the audit chain, in hexadecimal digits. */
  chain = '';
  newestAt: Us | null = null;
  oldestAt: Us | null = null;
  /** The latest recorded time. */
  knownAt: Us | null = null;
  /** Accepted since the working set was made, in order. */
  readonly accepted: StoredEvent[] = [];
  readonly entries: Entry[] = [];
  /** By `type` and business key: facts, reversals, and the registers that a reversal may bring back. */
  readonly byKey = new Map<string, StoredEvent[]>();
  /** The lists of `byKey` per type, and how often a telling was added to a list or taken back. */
  readonly byType = new Map<number, TypeTellings>();
  /** Rises with every change of `byType` but a statement of a bank, which come every day. */
  tellingRevision = 0;
  readonly keptOut = new Map<string, KeptOut[]>();
  readonly keptOutAdded = new Set<KeptOut>();
  readonly keptOutRemoved = new Set<KeptOut>();
  /** Accepted tellings of facts that a smaller telling tells now: displaced since the set was made, and no longer displaced. */
  readonly displaced = new Set<StoredEvent>();
  readonly replaced = new Set<StoredEvent>();
  /** Time of an event that was not accepted moved `newestAt`. */
  hasNewerTime = false;

  readonly balances = new Map<string, LedgerSums>();
  /** Counts per day, by metric. */
  readonly counts = new Map<number, MetricCounts>();
  readonly lines = new Map<string, Line>();
  /** Keys of lines with an unearned amount, and their sum; meaningful in the model only. */
  readonly openLines = new Set<string>();
  /** Keys of lines that changed; whoever follows the model takes them out. */
  readonly changedLines = new Set<string>();
  /** Ledger accounts that grew on a side and metrics that grew, likewise; and whether anything was taken back. */
  readonly grownDebits = new Set<number>();
  readonly grownCredits = new Set<number>();
  readonly grownMetrics = new Set<number>();
  hasTakenBack = false;
  unearnedFen: Fen = 0n;

  readonly contracts = new Register<ContractRow>();
  readonly payments = new Register<PaymentRow>();
  readonly credits = new Register<CreditRow>();
  readonly refunds = new Register<RefundRow>();
  readonly releases = new Register<ReleaseRow>();
  /** Of the model alone: what a batch need not know. */
  readonly details: Details | null;
  /** Amounts whose payments and unnamed credits must be matched again, each from the given day on. */
  readonly rematch = new Map<number, Day>();
  /** Amounts of unnamed credits that were taken back: a payment may still be matched with one that is gone. */
  readonly creditsGone = new Set<number>();

  /** `keepJournal` false: a model that is never written down keeps no list of entries and accepted events. */
  constructor(
    id: string,
    readonly keepJournal: boolean,
  ) {
    this.id = id;
    this.details = keepJournal ? null : new Details();
  }

  private readonly byAmount = new Map<number, { readonly payments: Set<string>; readonly credits: Set<string> }>();

  /** Keys of the payments and credits of one amount, for matching. */
  ofAmount(amountFen: number): { readonly payments: Set<string>; readonly credits: Set<string> } {
    let keys = this.byAmount.get(amountFen);
    if (keys === undefined) {
      keys = { payments: new Set(), credits: new Set() };
      this.byAmount.set(amountFen, keys);
    }
    return keys;
  }

  tellingsOf(type: number): TypeTellings {
    let tellings = this.byType.get(type);
    if (tellings === undefined) {
      tellings = { lists: [], revisions: 0 };
      this.byType.set(type, tellings);
    }
    return tellings;
  }

  /** Another telling of its fact tells it now. */
  displace(stored: StoredEvent): void {
    if (!this.replaced.delete(stored)) this.displaced.add(stored);
  }

  /** It tells its fact again, or is reversed. */
  replace(stored: StoredEvent): void {
    if (!this.displaced.delete(stored)) this.replaced.add(stored);
  }

  markRematch(amountFen: number, day: Day): void {
    const from = this.rematch.get(amountFen);
    if (from === undefined || day < from) this.rematch.set(amountFen, day);
  }

  addLine(change: LineChange & { readonly releasedFen?: number }, sign: 1 | -1): void {
    let line = this.lines.get(change.line);
    if (line === undefined) {
      line = { paidFen: 0n, confirmedFen: 0n, refundedFen: 0n, releasedFen: 0n, confirmedHoursHundredths: 0 };
      this.lines.set(change.line, line);
    }
    const before = unearnedOf(line);
    if (change.paidFen) line.paidFen += BigInt(sign * change.paidFen);
    if (change.confirmedFen) line.confirmedFen += BigInt(sign * change.confirmedFen);
    if (change.refundedFen) line.refundedFen += BigInt(sign * change.refundedFen);
    if (change.releasedFen) line.releasedFen += BigInt(sign * change.releasedFen);
    if (change.hoursHundredths) line.confirmedHoursHundredths += sign * change.hoursHundredths;
    if (!this.keepJournal) this.changedLines.add(change.line);
    const after = unearnedOf(line);
    if (after === before) return;
    this.unearnedFen += after - before;
    if (after > 0n) this.openLines.add(change.line);
    else this.openLines.delete(change.line);
  }

  /** Adds the plan to the event's journal, line and tally; sign −1 is the reversing journal, with negative amounts on the same sides. */
  addPlan(plan: Plan, by: StoredEvent, sign: 1 | -1): void {
    // Where a telling takes the place of another one, one journal takes back and books.
    const before = this.entries.at(-1);
    let line = before?.by === by ? before.line : 0;
    if (sign < 0) this.hasTakenBack = true;
    for (const leg of plan.journal) {
      line += 1;
      this.addLeg(leg, plan.day, sign);
      if (this.keepJournal) {
        this.entries.push({
          account: leg.account,
          sub: leg.sub,
          debitFen: sign * leg.debitFen,
          creditFen: sign * leg.creditFen,
          by,
          line,
          day: plan.day,
        });
      }
    }
    if (plan.line) this.addLine(plan.line, sign);
    if (plan.tally) this.addCount(plan.tally.metric, plan.tally.day, sign);
  }

  private addLeg(leg: Leg, day: Day, sign: 1 | -1): void {
    const key = joinKey(leg.account, leg.sub);
    let sums = this.balances.get(key);
    if (sums === undefined) {
      sums = { account: leg.account, sub: leg.sub, debitFen: 0n, creditFen: 0n, days: [] };
      this.balances.set(key, sums);
    }
    if (!this.keepJournal) (leg.debitFen === 0 ? this.grownCredits : this.grownDebits).add(leg.account);
    const row = UNDATED.has(leg.account) ? null : rowOfDay(sums.days, day, newTurnover);
    if (leg.debitFen !== 0) {
      const fen = BigInt(sign * leg.debitFen);
      sums.debitFen += fen;
      if (row) row.debitFen += fen;
    }
    if (leg.creditFen !== 0) {
      const fen = BigInt(sign * leg.creditFen);
      sums.creditFen += fen;
      if (row) row.creditFen += fen;
    }
  }

  private addCount(metric: number, day: Day, sign: 1 | -1): void {
    let counts = this.counts.get(metric);
    if (counts === undefined) {
      counts = { metric, days: [] };
      this.counts.set(metric, counts);
    }
    if (!this.keepJournal) this.grownMetrics.add(metric);
    rowOfDay(counts.days, day, newCount).count += sign;
  }

  /** Day turnovers by day, account and its part. */
  get turnovers(): ReadonlyMap<string, Turnover> {
    const turnovers = new Map<string, Turnover>();
    for (const [key, sums] of this.balances) for (const row of sums.days) turnovers.set(joinKey(row.day, key), row);
    return turnovers;
  }

  /** Counts by day and metric. */
  get tallies(): ReadonlyMap<string, number> {
    const tallies = new Map<string, number>();
    for (const { metric, days } of this.counts.values())
      for (const { day, count } of days) tallies.set(joinKey(day, String(metric)), count);
    return tallies;
  }
}

/** A fact that was kept out and tried again. */
export interface Redriven {
  readonly event: AnyEvent;
  readonly kind: 'accepted' | 'duplicate' | 'rejected';
}

/** The institutions of a batch, or of a whole history. Identities are global: a source and id belong to one event only. */
export class WorkingSet {
  readonly institutions = new Map<string, InstitutionBooks>();
  readonly byIdentity = new Map<string, StoredEvent>();
  /** Several when a source told one id again with other content, before any of them was accepted. */
  readonly keptOutByIdentity = new Map<string, readonly KeptOut[]>();
  /** What became of facts that were kept out and tried again, by `tellingKey`: it replaces what was answered before. */
  readonly redriven = new Map<string, Redriven>();

  /** By source and id, of accepted events the telling that was known first, where that is not the one that was accepted. */
  readonly earlierTellings = new Map<string, AnyEvent>();

  constructor(readonly keepJournal: boolean) {}

  institution(id: string): InstitutionBooks {
    let books = this.institutions.get(id);
    if (books === undefined) {
      books = new InstitutionBooks(id, this.keepJournal);
      this.institutions.set(id, books);
    }
    return books;
  }
}

export function unearnedOf(line: Line): Fen {
  const unearned = line.paidFen - line.confirmedFen - line.refundedFen;
  return unearned > 0n ? unearned : 0n;
}

/** Whether the day turnovers of a ledger account are kept. */
export function isDated(account: number): boolean {
  return !UNDATED.has(account);
}

/** Their day turnovers are the other sides' turnovers: not kept twice. */
const UNDATED: ReadonlySet<number> = new Set([ACCOUNT.bank, ACCOUNT.unearned]);

/** The row of a day; nearly always the last one, because histories mostly move on. */
function rowOfDay<R extends { readonly day: Day }>(days: R[], day: Day, make: (day: Day) => R): R {
  let at = days.length;
  while (at > 0 && days[at - 1]!.day > day) at -= 1;
  const row = days[at - 1];
  if (row?.day === day) return row;
  const added = make(day);
  if (at === days.length) days.push(added);
  else days.splice(at, 0, added);
  return added;
}

function newTurnover(day: Day): Turnover & { readonly day: Day } {
  return { day, debitFen: 0n, creditFen: 0n };
}

function newCount(day: Day): { readonly day: Day; count: number } {
  return { day, count: 0 };
}
