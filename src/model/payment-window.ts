import { type Day, dayOf } from '../core/time.js';
import { isSettled } from '../ledger/quantities.js';
import { type ContractRow, isNewer, type PaymentRow } from '../ledger/rows.js';
import type { Register } from '../ledger/working-set.js';
import { termsOf } from '../risk/facts/collections.js';
import { type PaymentFacts, paymentFacts } from '../risk/facts/payments.js';
import { PAYMENT_DAYS } from '../risk/facts/rows.js';
import { isNamedOtherwise } from '../risk/facts/sides.js';
import { PART } from './changed.js';
import { isOrdinaryContract, ORDINARY_DAYS_AHEAD_MAX, ORDINARY_FEN_MAX } from './ordinary.js';
import { SortedRows } from './sorted-rows.js';

/** Payments in order of time, as rows and as facts. */
class PaymentList {
  private readonly sorted = new SortedRows<PaymentRow>(isLater);
  readonly facts: PaymentFacts[] = [];
  private readonly named = new SortedRows<PaymentRow>(isLater);

  /** Those that are `isNamedOtherwise`. */
  get namedOtherwise(): readonly PaymentRow[] {
    return this.named.rows;
  }

  get rows(): readonly PaymentRow[] {
    return this.sorted.rows;
  }

  insert(row: PaymentRow): void {
    const at = this.sorted.insert(row);
    if (at === this.facts.length) this.facts.push(factsOf(row));
    else this.facts.splice(at, 0, factsOf(row));
    if (isNamedOtherwise(row)) this.named.insert(row);
  }

  replace(row: PaymentRow, next: PaymentRow): void {
    this.facts[this.sorted.replace(row, next)] = factsOf(next);
    if (isNamedOtherwise(row)) this.named.remove(row);
    if (isNamedOtherwise(next)) this.named.insert(next);
  }

  remove(row: PaymentRow): void {
    this.facts.splice(this.sorted.remove(row), 1);
    if (isNamedOtherwise(row)) this.named.remove(row);
  }

  takeBefore(day: Day): PaymentRow[] {
    const gone = this.sorted.shiftWhile((row) => paidOn(row) < day);
    this.facts.splice(0, gone.length);
    this.named.shiftWhile((row) => paidOn(row) < day);
    return gone;
  }
}

/** The payments that an evaluation reads: all of the last days, and older ones that still wait for their credit. */
export class PaymentWindow {
  private readonly recent = new PaymentList();
  private readonly waiting = new PaymentList();
  private readonly known = new Map<string, PaymentRow>();
  private readonly ofContract = new Map<string, Map<string, PaymentRow>>();
  private from: Day = Number.NEGATIVE_INFINITY;
  /** The window left payments behind at the last call of `follow`. */
  hasMoved = false;
  /** Contracts whose payments in the window changed; whoever follows takes them out. */
  readonly changedContracts = new Set<string>();

  constructor(private readonly contracts: Register<ContractRow>) {}

  /** Takes in what changed since the last call and forgets what the window has left behind. Answers the parts that changed. */
  follow(payments: Register<PaymentRow>, today: Day): number {
    this.hasMoved = this.moveTo(today - PAYMENT_DAYS);
    let parts = 0;
    for (const paymentId of payments.changed) parts |= this.update(paymentId, payments.get(paymentId));
    payments.changed.clear();
    return parts;
  }

  /** Whether something was paid on the contract. */
  hasPaymentOn(contractId: string): boolean {
    return this.ofContract.has(contractId);
  }

  isPaidSince(contractId: string, day: Day): boolean {
    for (const row of this.ofContract.get(contractId)?.values() ?? []) if (paidOn(row) >= day) return true;
    return false;
  }

  /** Ascending by time. `withOlder`: also the older ones, which only matter where a custody account takes the fees. */
  rows(withOlder: boolean): readonly PaymentRow[] {
    if (!withOlder || this.waiting.rows.length === 0) return this.recent.rows;
    return [...this.waiting.rows, ...this.recent.rows];
  }

  /** The same payments as facts. */
  facts(withOlder: boolean): readonly PaymentFacts[] {
    if (!withOlder || this.waiting.rows.length === 0) return this.recent.facts;
    return [...this.waiting.facts, ...this.recent.facts];
  }

  /** Of the same payments those that are `isNamedOtherwise`. */
  namedOtherwise(withOlder: boolean): readonly PaymentRow[] {
    if (!withOlder || this.waiting.namedOtherwise.length === 0) return this.recent.namedOtherwise;
    return [...this.waiting.namedOtherwise, ...this.recent.namedOtherwise];
  }

  /** The largest payment on the contract that stands, the earliest of equal ones; null when there is none. */
  largestOn(contractId: string, withOlder: boolean): PaymentFacts | null {
    let best: PaymentFacts | null = null;
    for (const row of this.ofContract.get(contractId)?.values() ?? []) {
      if (!withOlder && paidOn(row) < this.from) continue;
      const facts = factsOf(row);
      if (facts.netFen <= 0n) continue;
      if (
        best === null ||
        facts.netFen > best.netFen ||
        (facts.netFen === best.netFen && isNewer(best.told, facts.told))
      )
        best = facts;
    }
    return best;
  }

  /** The rows of an earlier day. Looks through all payments. */
  static rowsOn(payments: Register<PaymentRow>, day: Day, withOlder: boolean): readonly PaymentRow[] {
    return [...payments.rows.values()]
      .filter((row) => row.told !== null && (paidOn(row) >= day - PAYMENT_DAYS || (withOlder && isWaiting(row))))
      .sort((a, b) => (isLater(a, b) ? 1 : -1));
  }

  private update(paymentId: string, row: PaymentRow | undefined): number {
    const before = this.known.get(paymentId);
    const after = row !== undefined && this.concerns(row) ? row : undefined;
    if (before !== undefined && after !== undefined && isSameTelling(before, after)) {
      this.listOf(before).replace(before, after);
      this.keep(after);
      return before.reversedFen === after.reversedFen ? PART.settled : PART.payments | PART.settled;
    }
    if (before !== undefined) {
      this.listOf(before).remove(before);
      this.drop(before);
    }
    if (after !== undefined) {
      this.listOf(after).insert(after);
      this.keep(after);
    }
    const isSale = before === undefined && after !== undefined && this.isOrdinary(after);
    return (isSale ? PART.sales : PART.payments) | PART.settled;
  }

  /** Within the limits, the only one on an ordinary contract that is known. */
  private isOrdinary({ told }: PaymentRow): boolean {
    const { contractId, amountFen, loan, at } = told!;
    if (contractId === null || amountFen > ORDINARY_FEN_MAX || loan) return false;
    if (this.ofContract.get(contractId)!.size > 1) return false;
    const contract = this.contracts.get(contractId)?.data;
    if (contract === undefined || !isOrdinaryContract(contract)) return false;
    return termsOf(contract).firstLesson - dayOf(at) <= ORDINARY_DAYS_AHEAD_MAX;
  }

  private keep(row: PaymentRow): void {
    this.known.set(row.paymentId, row);
    const { contractId } = row.told!;
    if (contractId === null) return;
    this.changedContracts.add(contractId);
    const rows = this.ofContract.get(contractId);
    if (rows) rows.set(row.paymentId, row);
    else this.ofContract.set(contractId, new Map([[row.paymentId, row]]));
  }

  private drop(row: PaymentRow): void {
    this.known.delete(row.paymentId);
    const { contractId } = row.told!;
    if (contractId === null) return;
    this.changedContracts.add(contractId);
    const rows = this.ofContract.get(contractId)!;
    rows.delete(row.paymentId);
    if (rows.size === 0) this.ofContract.delete(contractId);
  }

  private moveTo(from: Day): boolean {
    if (from <= this.from) return false;
    this.from = from;
    const gone = this.recent.takeBefore(from);
    for (const row of gone) {
      this.drop(row);
      if (!isWaiting(row)) continue;
      this.waiting.insert(row);
      this.keep(row);
    }
    return gone.length > 0;
  }

  private concerns(row: PaymentRow): boolean {
    return row.told !== null && (paidOn(row) >= this.from || isWaiting(row));
  }

  private listOf(row: PaymentRow): PaymentList {
    return paidOn(row) >= this.from ? this.recent : this.waiting;
  }
}

function factsOf(row: PaymentRow): PaymentFacts {
  return paymentFacts(row, row.told!);
}

function paidOn(row: PaymentRow): Day {
  return dayOf(row.told!.at);
}

function isWaiting(row: PaymentRow): boolean {
  return !isSettled(row) && row.reversedFen < row.told!.amountFen;
}

function isLater(a: PaymentRow, b: PaymentRow): boolean {
  return isNewer(a.told!, b.told!);
}

function isSameTelling(a: PaymentRow, b: PaymentRow): boolean {
  return a.told!.at === b.told!.at && a.told!.source === b.told!.source && a.told!.id === b.told!.id;
}
