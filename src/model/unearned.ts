import { type Fen, maxFen } from '../core/money.js';
import { type Day, parseDay } from '../core/time.js';
import type { Line } from '../ledger/rows.js';
import { type InstitutionBooks, unearnedOf } from '../ledger/working-set.js';
import { CONTRACT_PREFIX, contractIdOf } from './lines.js';

/** What one open line adds to the sums below. */
interface OpenLine {
  readonly unearnedFen: Fen;
  readonly operatorFen: Fen;
  readonly learner: string | null;
  readonly periodTo: Day | null;
}

/**
 * Sums over the open lines that follow the books line by line: distinct learners, U by the operator's-cause price basis, and
 * U of contracts whose period is over. The day may only move forward.
 */
export class UnearnedSums {
  operatorFen: Fen = 0n;
  expiredFen: Fen = 0n;
  private readonly open = new Map<string, OpenLine>();
  private readonly learners = new Map<string, number>();
  private readonly byPeriodTo = new Map<Day, Fen>();
  /** Periods that ended before this day are in `expiredFen`. */
  private today: Day = Number.NEGATIVE_INFINITY;

  constructor(private readonly books: InstitutionBooks) {}

  get activeLearners(): number {
    return this.learners.size;
  }

  /** The line or its contract changed. */
  update(key: string): void {
    const before = this.open.get(key);
    if (before) this.add(before, -1n);
    const after = openLine(this.books, key);
    if (after) {
      this.open.set(key, after);
      this.add(after, 1n);
    } else if (before) this.open.delete(key);
  }

  moveTo(today: Day): void {
    if (today <= this.today) return;
    for (const [periodTo, fen] of this.byPeriodTo)
      if (periodTo < today && periodTo >= this.today) this.expiredFen += fen;
    this.today = today;
  }

  private add(line: OpenLine, sign: 1n | -1n): void {
    this.operatorFen += sign * line.operatorFen;
    if (line.learner !== null) count(this.learners, line.learner, Number(sign));
    if (line.periodTo === null) return;
    const fen = sign * line.unearnedFen;
    const sum = (this.byPeriodTo.get(line.periodTo) ?? 0n) + fen;
    if (sum === 0n) this.byPeriodTo.delete(line.periodTo);
    else this.byPeriodTo.set(line.periodTo, sum);
    if (line.periodTo < this.today) this.expiredFen += fen;
  }
}

function openLine(books: InstitutionBooks, key: string): OpenLine | null {
  const line = books.lines.get(key);
  if (line === undefined) return null;
  const unearnedFen = unearnedOf(line);
  if (unearnedFen === 0n) return null;
  const contract = key.startsWith(CONTRACT_PREFIX) ? books.contracts.get(contractIdOf(key)) : undefined;
  if (contract === undefined) return { unearnedFen, operatorFen: unearnedFen, learner: null, periodTo: null };
  const { learnerHash, periodTo, hoursPaid, hoursGifted } = contract.data;
  const gifted = hundredths(hoursGifted ?? 0);
  return {
    unearnedFen,
    operatorFen: gifted > 0 ? spreadOverGifts(line, hundredths(hoursPaid) + gifted) : unearnedFen,
    learner: learnerHash,
    periodTo: parseDay(periodTo),
  };
}

/** 法释〔2025〕4号 art. 18: the price spread over paid and gifted hours. */
function spreadOverGifts(line: Line, hours: number): Fen {
  const taught = (line.paidFen * BigInt(line.confirmedHoursHundredths)) / BigInt(hours);
  return maxFen(0n, line.paidFen - line.refundedFen - taught);
}

function hundredths(hours: number): number {
  return Math.round(hours * 100);
}

function count(counts: Map<string, number>, key: string, by: number): void {
  const next = (counts.get(key) ?? 0) + by;
  if (next === 0) counts.delete(key);
  else counts.set(key, next);
}
