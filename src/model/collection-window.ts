import { isNewer } from '../ledger/rows.js';
import { type Collection, collectionOf } from '../risk/facts/collections.js';
import type { SignedContract } from '../risk/facts/rows.js';
import type { PaymentWindow } from './payment-window.js';
import { SortedRows } from './sorted-rows.js';

/** The collections of the contracts in the window, kept up to date contract by contract. */
export class CollectionWindow {
  private readonly of = new Map<string, Collection>();
  private readonly sorted = new SortedRows<Collection>((a, b) => isNewer(a.contract, b.contract));
  private withOlder = false;

  constructor(private readonly payments: PaymentWindow) {}

  get collections(): readonly Collection[] {
    return this.sorted.rows;
  }

  /** `byId`: the contracts in the window; `changed`: those that came, went or were told anew. */
  follow(byId: ReadonlyMap<string, SignedContract>, changed: Set<string>, withOlder: boolean): void {
    const { changedContracts } = this.payments;
    if (withOlder !== this.withOlder) {
      this.withOlder = withOlder;
      for (const contractId of byId.keys()) changed.add(contractId);
    }
    for (const contractId of changedContracts) changed.add(contractId);
    changedContracts.clear();
    if (changed.size === 0) return;
    for (const contractId of changed) {
      const contract = byId.get(contractId);
      const payment = contract ? this.payments.largestOn(contractId, withOlder) : null;
      this.set(contractId, contract && payment ? collectionOf(contract, payment) : null);
    }
    changed.clear();
  }

  private set(contractId: string, collection: Collection | null): void {
    const before = this.of.get(contractId);
    if (before) this.sorted.remove(before);
    if (collection === null) {
      this.of.delete(contractId);
      return;
    }
    this.sorted.insert(collection);
    this.of.set(contractId, collection);
  }
}
