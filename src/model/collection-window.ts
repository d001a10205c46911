import { isNewer } from '../ledger/rows.js';
import { type Collection, collectionOf, hasHoursLeft, learnerOf } from '../risk/facts/collections.js';
import type { SignedContract } from '../risk/facts/rows.js';
import type { PaymentWindow } from './payment-window.js';
import { SortedRows } from './sorted-rows.js';

/** The collections of the contracts in the window, kept up to date contract by contract. */
export class CollectionWindow {
  private readonly of = new Map<string, Collection>();
  private readonly sorted = new SortedRows<Collection>(isAfter);
  private readonly repeats = new SortedRows<Collection>(isAfter);
  private readonly byLearner = new Map<string, Collection[]>();
  private withOlder = false;
  private repeatsChanged = false;

  constructor(private readonly payments: PaymentWindow) {}

  get collections(): readonly Collection[] {
    return this.sorted.rows;
  }

  /** See `repeatedOf`. */
  get repeated(): readonly Collection[] {
    return this.repeats.rows;
  }

  /**
   * `byId`: the contracts in the window; `changed`: those that came, went or were told anew. True when the repeated ones are others
   * than before.
   */
  follow(byId: ReadonlyMap<string, SignedContract>, changed: Set<string>, withOlder: boolean): boolean {
    const { changedContracts } = this.payments;
    if (withOlder !== this.withOlder) {
      this.withOlder = withOlder;
      for (const contractId of byId.keys()) changed.add(contractId);
    }
    for (const contractId of changedContracts) changed.add(contractId);
    changedContracts.clear();
    if (changed.size === 0) return false;
    this.repeatsChanged = false;
    for (const contractId of changed) {
      const contract = byId.get(contractId);
      const payment = contract ? this.payments.largestOn(contractId, withOlder) : null;
      this.set(contractId, contract && payment ? collectionOf(contract, payment) : null);
    }
    changed.clear();
    return this.repeatsChanged;
  }

  private set(contractId: string, collection: Collection | null): void {
    const before = this.of.get(contractId);
    if (before) this.remove(before);
    if (collection === null) {
      this.of.delete(contractId);
      return;
    }
    this.insert(collection);
    this.of.set(contractId, collection);
  }

  private insert(collection: Collection): void {
    this.sorted.insert(collection);
    const others = this.byLearner.get(learnerOf(collection)) ?? [];
    if (others.length === 0) this.byLearner.set(learnerOf(collection), others);
    if (others.length === 1 && !hasHoursLeft(others[0]!)) this.repeats.insert(others[0]!);
    if (others.length > 0 || hasHoursLeft(collection)) {
      this.repeats.insert(collection);
      this.repeatsChanged = true;
    }
    others.push(collection);
  }

  private remove(collection: Collection): void {
    this.sorted.remove(collection);
    const all = this.byLearner.get(learnerOf(collection))!;
    if (all.length > 1 || hasHoursLeft(collection)) {
      this.repeats.remove(collection);
      this.repeatsChanged = true;
    }
    all.splice(all.indexOf(collection), 1);
    if (all.length === 1 && !hasHoursLeft(all[0]!)) this.repeats.remove(all[0]!);
    if (all.length === 0) this.byLearner.delete(learnerOf(collection));
  }
}

function isAfter(a: Collection, b: Collection): boolean {
  return isNewer(a.contract, b.contract);
}
