import { dayOf, parseDay } from '../core/time.js';
import type { Details } from '../ledger/details.js';
import { contractLine } from '../ledger/plan.js';
import { type ContractRow, isNewer, joinKey } from '../ledger/rows.js';
import type { InstitutionBooks } from '../ledger/working-set.js';
import { type EarlierContract, hoursLeft } from '../risk/facts/hours-left.js';

/** Contracts by learner and course: what was still to be taught of the earlier ones when a later one was signed. */
export class ContractHours {
  private readonly groups = new Map<string, Set<string>>();
  private readonly groupOf = new Map<string, string>();

  constructor(
    private readonly books: InstitutionBooks,
    private readonly details: Details,
  ) {}

  /** The contract was told, told anew, or taken back. Answers the contracts of which the hours may have changed, itself as well. */
  update(contractId: string): readonly string[] {
    const before = this.groupOf.get(contractId);
    const row = this.books.contracts.get(contractId);
    const after = row ? joinKey(row.data.learnerHash, row.data.courseId) : undefined;
    const touched = this.others(contractId);
    if (before === after) return touched;
    if (before !== undefined) {
      const group = this.groups.get(before)!;
      group.delete(contractId);
      if (group.size === 0) this.groups.delete(before);
      this.groupOf.delete(contractId);
    }
    if (after === undefined) return touched;
    this.groupOf.set(contractId, after);
    const group = this.groups.get(after);
    if (group) group.add(contractId);
    else this.groups.set(after, new Set([contractId]));
    return [...touched, ...this.others(contractId)];
  }

  /** Contracts of the same learner and course, itself as well; nothing when it is the only one. */
  others(contractId: string): readonly string[] {
    const key = this.groupOf.get(contractId);
    const group = key === undefined ? undefined : this.groups.get(key);
    return group === undefined || group.size < 2 ? ALONE : [...group];
  }

  /** Those of the others that were signed later: what was left of this one when they were signed may be another amount. */
  later(contractId: string): readonly string[] {
    const others = this.others(contractId);
    const own = others.length === 0 ? undefined : this.books.contracts.get(contractId);
    if (own === undefined) return others;
    return others.filter((id) => id !== contractId && isNewer(this.books.contracts.get(id)!, own));
  }

  hasEarlier(contractId: string): boolean {
    const own = this.books.contracts.get(contractId);
    return this.others(contractId).some((id) => id !== contractId && isNewer(own!, this.books.contracts.get(id)!));
  }

  of(contract: ContractRow): number | null {
    const earlier: EarlierContract[] = [];
    for (const contractId of this.others(contract.contractId)) {
      const other = this.books.contracts.get(contractId)!;
      if (contractId === contract.contractId || !isNewer(contract, other)) continue;
      const line = this.books.lines.get(contractLine(contractId));
      earlier.push({
        hours: Math.round(other.data.hoursPaid * 100),
        periodTo: parseDay(other.data.periodTo)!,
        confirmed: this.confirmedUpTo(contractId, contract.at),
        paidFen: line?.paidFen ?? 0n,
        refundedFen: line?.refundedFen ?? 0n,
      });
    }
    return hoursLeft(earlier, dayOf(contract.at));
  }

  private confirmedUpTo(contractId: string, at: number): number {
    const told = this.details.hoursOf.get(contractId) ?? ALONE;
    let sum = 0;
    for (let place = 0; place < told.length; place += 2)
      if ((told[place] as number) <= at) sum += told[place + 1] as number;
    return sum;
  }
}

const ALONE: readonly never[] = [];
