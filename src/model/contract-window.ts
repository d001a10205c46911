import { type Day, dayOf } from '../core/time.js';
import { contractLine } from '../ledger/plan.js';
import { isNewer } from '../ledger/rows.js';
import type { InstitutionBooks } from '../ledger/working-set.js';
import { CONTRACT_DAYS, type SignedContract } from '../risk/facts/rows.js';
import { PART } from './changed.js';
import { ContractHours } from './contract-hours.js';
import { CONTRACT_PREFIX, contractIdOf } from './lines.js';
import { isOrdinaryContract } from './ordinary.js';
import { SortedRows } from './sorted-rows.js';

/** The contracts signed in the last days, each with the hours that were left to its learner then. */
export class ContractWindow {
  private readonly sorted = new SortedRows<SignedContract>(isNewer);
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
    return this.sorted.rows;
  }
  get byId(): ReadonlyMap<string, SignedContract> {
    return this.known;
  }

  /** Takes in contracts that were told, and marks their lines as changed. Answers the parts that changed. */
  follow(today: Day, hasPaymentOn: (contractId: string) => boolean): number {
    const from = today - CONTRACT_DAYS;
    const { contracts, changedLines } = this.books;
    let parts = 0;
    for (const contractId of contracts.changed) {
      const before = this.known.get(contractId);
      const row = contracts.get(contractId);
      if (before) this.sorted.remove(before);
      const isSale = !before && row !== undefined && isOrdinaryContract(row.data) && !hasPaymentOn(contractId);
      parts |= isSale ? PART.sales : PART.contracts;
      for (const touched of this.hours.update(contractId)) {
        this.stale.add(touched);
        // A refund of it may be told differently now: see `hasEarlier`.
        changedLines.add(contractLine(touched));
      }
      if (row && dayOf(row.at) >= from) {
        const signed = { ...row, hoursLeftHundredths: null };
        this.sorted.insert(signed);
        this.known.set(contractId, signed);
      } else this.known.delete(contractId);
      changedLines.add(contractLine(contractId));
      this.changed.add(contractId);
    }
    contracts.changed.clear();
    const left = this.sorted.shiftWhile((one) => dayOf(one.at) < from);
    for (const { contractId } of left) {
      this.known.delete(contractId);
      this.changed.add(contractId);
    }
    this.hasMoved = left.length > 0;
    return parts;
  }

  /** The same learner had signed for the same course before. */
  hasEarlier(contractId: string): boolean {
    return this.hours.hasEarlier(contractId);
  }

  /** Those of the days before an earlier day. Looks through all contracts. */
  rowsOn(day: Day): readonly SignedContract[] {
    return [...this.books.contracts.rows.values()]
      .filter(({ at }) => dayOf(at) >= day - CONTRACT_DAYS)
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
      this.sorted.replace(before, after);
      this.known.set(contractId, after);
      this.changed.add(contractId);
      some = true;
    }
    this.stale.clear();
    return some;
  }
}
