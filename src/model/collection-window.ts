import { type Collection, collectionOf } from '../risk/facts/collections.js';
import type { SignedContract } from '../risk/facts/rows.js';
import type { PaymentWindow } from './payment-window.js';

/** The collections of the contracts in the window, kept up to date contract by contract. */
export class CollectionWindow {
  private readonly of = new Map<string, Collection>();
  private list: readonly Collection[] = [];
  private withOlder = false;

  constructor(private readonly payments: PaymentWindow) {}

  get collections(): readonly Collection[] {
    return this.list;
  }

  /** `contracts`: those in the window, by id and in order; `changed`: those that came, went or were told anew. */
  follow(
    byId: ReadonlyMap<string, SignedContract>,
    inOrder: readonly SignedContract[],
    changed: Set<string>,
    withOlder: boolean,
  ): void {
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
      if (contract && payment) this.of.set(contractId, collectionOf(contract, payment));
      else this.of.delete(contractId);
    }
    changed.clear();
    this.list = inOrder.flatMap(({ contractId }) => this.of.get(contractId) ?? []);
  }
}
