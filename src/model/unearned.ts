import { type Fen, maxFen } from '../core/money.js';
import { type Day, parseDay } from '../core/time.js';
import type { ContractRow, Line } from '../ledger/rows.js';
import { type InstitutionBooks, unearnedOf } from '../ledger/working-set.js';
import { EXPIRED_MAX, type ExpiredContract } from '../risk/facts/rows.js';
import { CONTRACT_PREFIX, contractIdOf } from './lines.js';

/** What one open line adds to the sums below. */
interface OpenLine {
  readonly contract: ContractRow | undefined;
  readonly learner: string | null;
  readonly periodTo: Day | null;
  unearnedFen: Fen;
  operatorFen: Fen;
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
    const line = this.books.lines.get(key);
    const unearnedFen = line === undefined ? 0n : unearnedOf(line);
    const known = this.open.get(key);
    if (unearnedFen === 0n) {
      if (known) this.close(key, known);
      return;
    }
    const contract = key.startsWith(CONTRACT_PREFIX) ? this.books.contracts.get(contractIdOf(key)) : undefined;
    let open = known;
    if (open === undefined || open.contract !== contract) {
      if (open) this.close(key, open);
      open = openLine(contract);
      this.open.set(key, open);
      if (open.learner !== null) count(this.learners, open.learner, 1);
    }
    this.setAmounts(open, unearnedFen, operatorFen(line!, contract, unearnedFen));
  }

  /** Of what is unearned now, what belongs to contracts whose period was over on a day. */
  expiredOn(day: Day): Fen {
    let sum = 0n;
    for (const [periodTo, fen] of this.byPeriodTo) if (periodTo < day) sum += fen;
    return sum;
  }

  /** Of the contracts whose period was over on a day those of which most is unearned now, the largest first. */
  expiredContracts(day: Day): ExpiredContract[] {
    const found: ExpiredContract[] = [];
    for (const { contract, periodTo, unearnedFen } of this.open.values()) {
      if (contract === undefined || periodTo === null || periodTo >= day) continue;
      const { contractId, at, source, id } = contract;
      found.push({ contractId, at, source, id, unearnedFen });
    }
    return found.sort(byUnearned).slice(0, EXPIRED_MAX);
  }

  /** What will be expired, by the last day of its period. */
  expiring(from: Day): { periodTo: Day; unearnedFen: Fen }[] {
    return [...this.byPeriodTo].flatMap(([periodTo, unearnedFen]) =>
      periodTo >= from ? [{ periodTo, unearnedFen }] : [],
    );
  }

  moveTo(today: Day): void {
    if (today <= this.today) return;
    for (const [periodTo, fen] of this.byPeriodTo)
      if (periodTo < today && periodTo >= this.today) this.expiredFen += fen;
    this.today = today;
  }

  private close(key: string, open: OpenLine): void {
    this.setAmounts(open, 0n, 0n);
    if (open.learner !== null) count(this.learners, open.learner, -1);
    this.open.delete(key);
  }

  private setAmounts(open: OpenLine, unearnedFen: Fen, operator: Fen): void {
    this.operatorFen += operator - open.operatorFen;
    open.operatorFen = operator;
    const more = unearnedFen - open.unearnedFen;
    open.unearnedFen = unearnedFen;
    if (open.periodTo === null || more === 0n) return;
    const sum = (this.byPeriodTo.get(open.periodTo) ?? 0n) + more;
    if (sum === 0n) this.byPeriodTo.delete(open.periodTo);
    else this.byPeriodTo.set(open.periodTo, sum);
    if (open.periodTo < this.today) this.expiredFen += more;
  }
}

function byUnearned(a: ExpiredContract, b: ExpiredContract): number {
  if (a.unearnedFen !== b.unearnedFen) return a.unearnedFen > b.unearnedFen ? -1 : 1;
  return a.contractId < b.contractId ? -1 : 1;
}

function openLine(contract: ContractRow | undefined): OpenLine {
  return {
    contract,
    learner: contract?.data.learnerHash ?? null,
    periodTo: contract ? parseDay(contract.data.periodTo) : null,
    unearnedFen: 0n,
    operatorFen: 0n,
  };
}

function operatorFen(line: Line, contract: ContractRow | undefined, unearnedFen: Fen): Fen {
  const gifted = hundredths(contract?.data.hoursGifted ?? 0);
  return gifted > 0 ? spreadOverGifts(line, hundredths(contract!.data.hoursPaid) + gifted) : unearnedFen;
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
