import { eventTypeNumber } from '../events/list.js';
import { typeKey } from '../ledger/keys.js';
import { type InstitutionBooks, unearnedOf } from '../ledger/working-set.js';
import type { ReleasedLine } from '../risk/facts/rows.js';
import { contractIdOf } from './lines.js';
import { SortedRows } from './sorted-rows.js';

/** Lines released beyond what was confirmed, and apart from them the open lines of which something was released. */
export class ReleasedLines {
  private readonly over = new SortedRows<ReleasedLine>(isAfter);
  private readonly overOrOpen = new SortedRows<ReleasedLine>(isAfter);
  private readonly known = new Map<string, ReleasedLine>();

  constructor(private readonly books: InstitutionBooks) {}

  /** The line, its contract, or the end of its contract changed. True when the line is or was one of these. */
  update(key: string): boolean {
    const before = this.known.get(key);
    const line = this.books.lines.get(key);
    const wanted = line !== undefined && (isOver(line) || (line.releasedFen > 0n && unearnedOf(line) > 0n));
    if (before) {
      if (isOver(before)) this.over.remove(before);
      this.overOrOpen.remove(before);
      this.known.delete(key);
    }
    if (!wanted) return before !== undefined;
    const after = this.releasedLine(key, line);
    if (isOver(after)) this.over.insert(after);
    this.overOrOpen.insert(after);
    this.known.set(key, after);
    return true;
  }

  /** By contract. `staged`: with the open lines. */
  rows(staged: boolean): readonly ReleasedLine[] {
    return staged ? this.overOrOpen.rows : this.over.rows;
  }

  private releasedLine(
    key: string,
    line: Omit<ReleasedLine, 'contractId' | 'contract' | 'ended' | 'recentReleases'>,
  ): ReleasedLine {
    const contractId = contractIdOf(key);
    return {
      ...line,
      contractId,
      contract: this.books.contracts.get(contractId)?.data ?? null,
      ended: this.books.byKey.has(typeKey(CONTRACT_ENDED, contractId)),
      recentReleases: null,
    };
  }
}

const CONTRACT_ENDED = eventTypeNumber('contract.ended');

function isOver(line: Pick<ReleasedLine, 'releasedFen' | 'confirmedFen'>): boolean {
  return line.releasedFen > line.confirmedFen;
}

function isAfter(a: ReleasedLine, b: ReleasedLine): boolean {
  return a.contractId > b.contractId;
}
