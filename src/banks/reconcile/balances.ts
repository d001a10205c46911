import type { Calendar } from '../../core/calendar.js';
import type { Fen } from '../../core/money.js';
import type { Day } from '../../core/time.js';
import type { AccountFact, BalanceFact, EventRef } from './facts.js';
import { findPositions } from './sums.js';

/**
 * Something known to be wrong on the account that would move the books away from the bank's balance by `deltaFen` (books less
 * bank). `day` null: from some day on or after `since`.
 */
export interface Explanation {
  readonly day: Day | null;
  readonly since: Day;
  readonly deltaFen: Fen;
  /** Explanations that share an owner exclude each other. */
  readonly owners: readonly string[];
  /** Told by the platform, and no entry of the bank for it: may be the part of a day that never came. */
  readonly isWaiting: boolean;
}

/** Statements that disagree with the books, and nothing else explains it. */
export interface BalanceBreak {
  readonly from: Day;
  /** The last statement with the same difference. */
  readonly to: Day;
  /** Books less bank. */
  readonly deltaFen: Fen;
  /** The difference is still there at the newest statement. */
  readonly persists: boolean;
  readonly events: readonly EventRef[];
}

/** Days of which the bank's data did not come. */
export interface FeedGap {
  readonly from: Day;
  readonly to: Day;
  /** Explanations (by their first owner) that wait for these days. */
  readonly waiting: readonly Explanation[];
  readonly deltaFen: Fen;
}

export interface AccountBalances {
  readonly breaks: readonly BalanceBreak[];
  readonly gaps: readonly FeedGap[];
  /** Explanations that the bank's own balances prove. */
  readonly proven: readonly Explanation[];
}

export interface AccountStatements {
  readonly account: AccountFact;
  /** Ascending by day, one per day, none after `asOf`. */
  readonly statements: readonly BalanceFact[];
  /** Net of the entries per day, zero on days whose entries cancel out; all days up to `through`. */
  readonly nets: ReadonlyMap<Day, Fen>;
  readonly explanations: readonly Explanation[];
  /** The day up to which statements are due. */
  readonly asOf: Day;
  /** Books and bank agreed at the end of this day, and nothing before it is here. */
  readonly closedThrough: Day | null;
}

/** A payment or an instruction may be booked by the bank so many working days later and still be in time. */
export const IN_TIME_WORKING_DAYS = 2;

/**
 * Walks the statements of one account. The difference between books and bank may only change for a reason: a fault that is named
 * already, a day whose data did not come, else the statement itself is a break.
 */
export function compareBalances(input: AccountStatements, calendar: Calendar): AccountBalances {
  const walk = new Walk(input, calendar);
  walk.run();
  return walk.result;
}

/** Books less bank at each statement, ascending. The one place where an account's books are compared with its bank. */
export function deltas(bookedFen: Fen, nets: ReadonlyMap<Day, Fen>, statements: readonly BalanceFact[]): Fen[] {
  const days = [...nets.keys()].sort((a, b) => b - a);
  const result: Fen[] = [];
  let expected = bookedFen;
  let at = 0;
  for (let i = statements.length - 1; i >= 0; i -= 1) {
    const statement = statements[i]!;
    for (; at < days.length && days[at]! > statement.day; at += 1) expected -= nets.get(days[at]!)!;
    result.unshift(expected - statement.reportedFen);
  }
  return result;
}

class Walk {
  readonly result = { breaks: [] as BalanceBreak[], gaps: [] as FeedGap[], proven: [] as Explanation[] };
  private readonly used = new Set<string>();
  private readonly deltas: readonly Fen[];
  private readonly entryDays: readonly Day[];
  /** The difference that a break accounts for. */
  private unexplained = 0n;
  private current: { from: Day; to: Day; deltaFen: Fen; events: EventRef[] } | null = null;

  constructor(
    private readonly input: AccountStatements,
    private readonly calendar: Calendar,
  ) {
    this.deltas = deltas(input.account.bookedFen, input.nets, input.statements);
    this.entryDays = [...input.nets.keys()].sort((a, b) => a - b);
  }

  run(): void {
    const { statements } = this.input;
    let before = 0n;
    statements.forEach((statement, i) => {
      const delta = this.deltas[i]!;
      const after = i === 0 ? this.input.closedThrough : statements[i - 1]!.day;
      this.step(statement, delta - before, after, this.deltas[i + 1] === before);
      before = delta;
      this.follow(statement);
    });
    this.close(this.unexplained !== 0n);
    this.trailingGap();
  }

  /** `isOnlyHere`: the next statement agrees with the one before, so that this one alone is off. */
  private step(statement: BalanceFact, step: Fen, after: Day | null, isOnlyHere: boolean): void {
    if (step === 0n) return;
    if (this.unexplained !== 0n && this.unexplained + step === 0n) {
      this.unexplained = 0n;
      return;
    }
    if (!isOnlyHere && this.explain(statement.day, step, after)) return;
    this.unexplained += step;
  }

  private explain(day: Day, step: Fen, after: Day | null): boolean {
    const near = this.input.explanations.filter(
      (one) =>
        !one.owners.some((owner) => this.used.has(owner)) &&
        (one.day === null ? one.since <= day : one.day <= day && (after === null || one.day > after)),
    );
    const gap = after === null ? null : this.silentDays(after, day);
    if (gap) {
      const waiting = near.filter((one) => one.isWaiting && this.mayBeOf(one, gap.from, gap.to));
      return this.addGap(gap, waiting, step);
    }
    const single = near.find((one) => one.deltaFen === step);
    if (single) return this.prove([single]);
    const wholeDay = this.entriesOf(after, day) ? null : this.waitingDay(near, step, after, day);
    if (wholeDay) return this.addGap({ from: day, to: day }, wholeDay, step);
    const distinct = near.filter((one) => one.owners.length === 1);
    const positions = findPositions(
      distinct.map((one) => one.deltaFen),
      step,
    );
    return positions !== null && this.prove(positions.map((at) => distinct[at]!));
  }

  private prove(explanations: readonly Explanation[]): true {
    for (const one of explanations) for (const owner of one.owners) this.used.add(owner);
    this.result.proven.push(...explanations);
    return true;
  }

  private addGap(days: { from: Day; to: Day }, waiting: readonly Explanation[], deltaFen: Fen): true {
    for (const one of waiting) for (const owner of one.owners) this.used.add(owner);
    this.result.gaps.push({ ...days, waiting, deltaFen });
    return true;
  }

  /** Everything that waits for entries of these days, together: the balance came, and the entries did not. */
  private waitingDay(near: readonly Explanation[], step: Fen, after: Day | null, day: Day): Explanation[] | null {
    const from = after === null ? day : after + 1;
    for (const first of [from, this.calendar.addWorkingDays(from, -1), this.calendar.addWorkingDays(from, -2)]) {
      const waiting = near.filter((one) => one.isWaiting && one.since >= first);
      if (waiting.length > 1 && waiting.reduce((sum, one) => sum + one.deltaFen, 0n) === step) return waiting;
    }
    return null;
  }

  /** Working days between two statements of which neither a statement nor an entry came. */
  private silentDays(after: Day, day: Day): { from: Day; to: Day } | null {
    let from: Day | null = null;
    let to: Day | null = null;
    for (let at = this.calendar.nextWorkingDayOnOrAfter(after + 1); at < day; ) {
      if (!this.input.nets.has(at)) {
        from ??= at;
        to = at;
      }
      at = this.calendar.nextWorkingDayOnOrAfter(at + 1);
    }
    return from === null || to === null ? null : { from, to };
  }

  private mayBeOf(one: Explanation, from: Day, to: Day): boolean {
    return one.since <= to && this.calendar.addWorkingDays(one.since, IN_TIME_WORKING_DAYS) >= from;
  }

  private entriesOf(after: Day | null, day: Day): boolean {
    return this.entryDays.some((one) => one <= day && (after === null ? one === day : one > after));
  }

  /** Extends or ends the row of statements that differ in the same way. */
  private follow(statement: BalanceFact): void {
    if (this.current && this.current.deltaFen === this.unexplained) {
      this.current.to = statement.day;
      return;
    }
    this.close(false);
    if (this.unexplained === 0n) return;
    const { day, event } = statement;
    this.current = { from: day, to: day, deltaFen: this.unexplained, events: [event] };
  }

  private close(persists: boolean): void {
    if (this.current) this.result.breaks.push({ ...this.current, persists });
    this.current = null;
  }

  /** Working days after the newest statement whose statement is due. An account that never reported is not connected, not silent. */
  private trailingGap(): void {
    const { account, statements, asOf, explanations } = this.input;
    const newest = statements.at(-1);
    if (!newest || account.isClosed) return;
    const from = this.calendar.nextWorkingDayOnOrAfter(newest.day + 1);
    if (from > asOf) return;
    const to = this.calendar.addWorkingDays(asOf + 1, -1);
    const hasEntries = this.entryDays.some((day) => day >= from && day <= to);
    const waiting = hasEntries
      ? []
      : explanations.filter(
          (one) => one.isWaiting && !one.owners.some((owner) => this.used.has(owner)) && this.mayBeOf(one, from, to),
        );
    this.addGap({ from, to }, waiting, 0n);
  }
}
