import { type Day, dayOf } from '../core/time.js';
import { contractLine } from '../ledger/plan.js';
import { type ContractRow, isNewer } from '../ledger/rows.js';
import type { InstitutionBooks } from '../ledger/working-set.js';
import { CONTRACT_DAYS, type SignedContract } from '../risk/facts/rows.js';
import { PART } from './changed.js';
import { ContractHours } from './contract-hours.js';
import { CONTRACT_PREFIX, contractIdOf } from './lines.js';
import { isOrdinaryContract } from './ordinary.js';
import { SortedRows } from './sorted-rows.js';

/** What was paid on contracts, as far as payments are followed. */
export interface PaidContracts {
  hasPaymentOn(contractId: string): boolean;
  /** Something was paid on it on that day or later. */
  isPaidSince(contractId: string, day: Day): boolean;
}

/** The contracts signed or paid in the last days, each with the hours that were left to its learner when it was signed. */
export class ContractWindow {
  private readonly sorted = new SortedRows<SignedContract>(isNewer);
  /** Those signed before: something was paid on them in these days. They are few. */
  private readonly older = new SortedRows<SignedContract>(isNewer);
  private from: Day = Number.NEGATIVE_INFINITY;
  private readonly known = new Map<string, SignedContract>();
  private readonly hours: ContractHours;
  /** Contracts of which the hours may have changed. */
  private readonly stale = new Set<string>();
  /** Those that came, went or changed; whoever follows takes them out. */
  readonly changed = new Set<string>();
  /** Contracts left the window at the last call of `follow`. */
  hasMoved = false;

  constructor(private readonly books: InstitutionBooks) {
    this.hours = new ContractHours(books, books.details!);
  }

  get rows(): readonly SignedContract[] {
    return this.older.rows.length === 0 ? this.sorted.rows : [...this.older.rows, ...this.sorted.rows];
  }
  get byId(): ReadonlyMap<string, SignedContract> {
    return this.known;
  }

  /** Takes in contracts that were told, and marks their lines as changed. Answers the parts that changed. */
  follow(today: Day, payments: PaidContracts): number {
    this.hasMoved = false;
    if (today - CONTRACT_DAYS > this.from) this.moveTo(today - CONTRACT_DAYS, payments);
    const { contracts, changedLines } = this.books;
    let parts = 0;
    for (const contractId of contracts.changed) {
      const before = this.known.get(contractId);
      const row = contracts.get(contractId);
      if (before) this.listOf(before).remove(before);
      const isSale = !before && row !== undefined && isOrdinaryContract(row.data) && !payments.hasPaymentOn(contractId);
      parts |= isSale ? PART.sales : PART.contracts;
      for (const touched of this.hours.update(contractId)) {
        this.stale.add(touched);
        // A refund of it may be told differently now: see `hasEarlier`.
        changedLines.add(contractLine(touched));
      }
      this.known.delete(contractId);
      if (row && this.isRead(row, payments)) this.keep(row);
      changedLines.add(contractLine(contractId));
      this.changed.add(contractId);
    }
    contracts.changed.clear();
    return parts;
  }

  /** Takes in what was paid on contracts signed before, or taken back. Answers the parts that changed. */
  followPaid(contractIds: Iterable<string>, payments: PaidContracts): number {
    let parts = 0;
    for (const contractId of contractIds) {
      const before = this.known.get(contractId);
      const row = this.books.contracts.get(contractId);
      if (row === undefined || this.isRead(row, payments) === (before !== undefined)) continue;
      if (before === undefined) {
        this.keep(row);
        this.stale.add(contractId);
      } else this.forget(before);
      this.changed.add(contractId);
      parts |= PART.contracts;
    }
    return parts;
  }

  private moveTo(from: Day, payments: PaidContracts): void {
    this.from = from;
    const paid = [...this.older.rows];
    const past = this.sorted.shiftWhile((one) => dayOf(one.at) < from);
    for (const one of past) this.older.insert(one);
    for (const one of [...paid, ...past]) {
      if (this.isRead(one, payments)) continue;
      this.forget(one);
      this.changed.add(one.contractId);
      this.hasMoved = true;
    }
  }

  private isRead({ contractId, at }: ContractRow, payments: PaidContracts): boolean {
    return dayOf(at) >= this.from || payments.isPaidSince(contractId, this.from);
  }

  private listOf({ at }: ContractRow): SortedRows<SignedContract> {
    return dayOf(at) >= this.from ? this.sorted : this.older;
  }

  private keep(row: ContractRow): void {
    const signed = { ...row, hoursLeftHundredths: null };
    this.listOf(signed).insert(signed);
    this.known.set(row.contractId, signed);
  }

  private forget(signed: SignedContract): void {
    this.listOf(signed).remove(signed);
    this.known.delete(signed.contractId);
  }

  /** The same learner had signed for the same course before. */
  hasEarlier(contractId: string): boolean {
    return this.hours.hasEarlier(contractId);
  }

  /** Those of the days before an earlier day. Looks through all contracts and payments. */
  rowsOn(day: Day): readonly SignedContract[] {
    const from = day - CONTRACT_DAYS;
    const paid = new Set<string | null>();
    for (const { told } of this.books.payments.rows.values())
      if (told !== null && dayOf(told.at) >= from) paid.add(told.contractId);
    return [...this.books.contracts.rows.values()]
      .filter(({ contractId, at }) => dayOf(at) >= from || paid.has(contractId))
      .map((row) => ({ ...row, hoursLeftHundredths: this.hours.of(row) }))
      .sort((a, b) => (isNewer(a, b) ? 1 : -1));
  }

  /** The line of a contract changed: paid for, refunded, or taught. */
  updateLine(key: string): void {
    if (!key.startsWith(CONTRACT_PREFIX)) return;
    for (const contractId of this.hours.later(contractIdOf(key))) this.stale.add(contractId);
  }

  /** Hours that were left, once the lines are known. True when any are others than before. */
  followHours(): boolean {
    let some = false;
    for (const contractId of this.stale) {
      const before = this.known.get(contractId);
      if (before === undefined) continue;
      const hoursLeftHundredths = this.hours.of(before);
      if (hoursLeftHundredths === before.hoursLeftHundredths) continue;
      const after = { ...before, hoursLeftHundredths };
      this.listOf(before).replace(before, after);
      this.known.set(contractId, after);
      this.changed.add(contractId);
      some = true;
    }
    this.stale.clear();
    return some;
  }
}
