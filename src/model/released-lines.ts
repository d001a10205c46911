import type { Day } from '../core/time.js';
import { eventTypeNumber } from '../events/list.js';
import { typeKey } from '../ledger/keys.js';
import { isReversed } from '../ledger/registers.js';
import type { Line } from '../ledger/rows.js';
import { type InstitutionBooks, unearnedOf } from '../ledger/working-set.js';
import type { ReleasedLine } from '../risk/facts/rows.js';
import type { DifferingReleases } from './differing-releases.js';
import { CONTRACT_PREFIX, contractIdOf } from './lines.js';
import { ReleaseWindow } from './release-window.js';
import { SortedRows } from './sorted-rows.js';

/** Lines released beyond what was confirmed; where fees are released in stages also open lines of which something was released. */
export class ReleasedLines {
  private readonly lines = new SortedRows<ReleasedLine>(isAfter);
  private readonly known = new Map<string, ReleasedLine>();
  private readonly releases: ReleaseWindow;
  private isStaged = false;

  constructor(private readonly books: InstitutionBooks) {
    this.releases = new ReleaseWindow(books);
  }

  /** Releases of the last days: marks the lines that they change. True when the window has left some behind. */
  followReleases(today: Day): boolean {
    const { changed, moved } = this.releases.follow(today);
    for (const key of changed) this.books.changedLines.add(key);
    let some = false;
    for (const key of moved) if (this.update(key)) some = true;
    return some;
  }

  /** By contract. */
  get rows(): readonly ReleasedLine[] {
    return this.lines.rows;
  }

  /** See `DifferingReleases`. */
  get differing(): DifferingReleases {
    return this.releases.differing;
  }

  /** The same lines with the releases of the days before an earlier day. */
  rowsOn(day: Day): readonly ReleasedLine[] {
    const releases = this.releases.ofDay(day);
    return this.rows.map((row) => ({ ...row, recentReleases: releases(row.contractId) }));
  }

  /** The line, its contract, or the end of its contract changed. True when the line is or was one of these. */
  update(key: string): boolean {
    const before = this.known.get(key);
    const line = this.books.lines.get(key);
    const wanted = line !== undefined && this.isWanted(line);
    if (before) {
      this.lines.remove(before);
      this.known.delete(key);
    }
    if (!wanted) return before !== undefined;
    const after = this.releasedLine(key, line);
    this.lines.insert(after);
    this.known.set(key, after);
    return true;
  }

  /** Whether an account of the institution releases in stages. True when that is new. */
  setStaged(isStaged: boolean): boolean {
    if (isStaged === this.isStaged) return false;
    this.isStaged = isStaged;
    for (const key of this.books.lines.keys()) if (key.startsWith(CONTRACT_PREFIX)) this.update(key);
    return true;
  }

  private isWanted(line: Line): boolean {
    if (line.releasedFen > line.confirmedFen) return true;
    return this.isStaged && line.releasedFen > 0n && unearnedOf(line) > 0n;
  }

  private releasedLine(key: string, line: Line): ReleasedLine {
    const contractId = contractIdOf(key);
    const contract = this.books.contracts.get(contractId);
    return {
      ...line,
      contractId,
      contract: contract?.data ?? null,
      signed: contract ? { at: contract.at, source: contract.source, id: contract.id } : null,
      ended: hasEnded(this.books, contractId),
      recentReleases: this.releases.of(contractId),
    };
  }
}

const CONTRACT_ENDED = eventTypeNumber('contract.ended');

/** An end that was told in error and reversed is none. */
function hasEnded(books: InstitutionBooks, contractId: string): boolean {
  const told = books.byKey.get(typeKey(CONTRACT_ENDED, contractId));
  return told?.some((stored) => !isReversed(books, stored)) ?? false;
}

function isAfter(a: ReleasedLine, b: ReleasedLine): boolean {
  return a.contractId > b.contractId;
}
