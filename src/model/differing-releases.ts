import { type Day, dayOf } from '../core/time.js';
import { releaseDiffers, releaseSums } from '../ledger/releases.js';
import type { InstitutionBooks } from '../ledger/working-set.js';
import { type DifferingRelease, SIDES_DAYS } from '../risk/facts/rows.js';

/** Releases of which the banks have booked another amount than was instructed: hardly ever there are any. */
export class DifferingReleases {
  private readonly known = new Set<string>();
  private from: Day = Number.NEGATIVE_INFINITY;
  rows: readonly DifferingRelease[] = NONE;
  /** Since it was last taken out. */
  hasChanged = false;

  constructor(private readonly books: InstitutionBooks) {}

  /** The release was told, booked, or taken back. */
  update(instructionId: string): void {
    const row = this.books.releases.get(instructionId);
    const differs = row !== undefined && releaseDiffers(row);
    if (!differs && !this.known.has(instructionId)) return;
    if (differs) this.known.add(instructionId);
    else this.known.delete(instructionId);
    this.hasChanged = true;
  }

  moveTo(today: Day): void {
    const from = today - SIDES_DAYS;
    if (!this.hasChanged && (from === this.from || this.rows.length === 0)) return;
    this.from = from;
    this.rows = this.rowsFrom(from);
  }

  /** By instruction. */
  rowsFrom(from: Day): readonly DifferingRelease[] {
    const { releases, details } = this.books;
    return [...this.known].sort().flatMap((instructionId) => {
      const row = releases.get(instructionId)!;
      const told = details!.instructed.get(instructionId);
      if (told === undefined || dayOf(told.at) < from) return NONE;
      return { ...told, instructionId, toldFen: releaseSums(row)!.toldFen, debits: row.debits };
    });
  }
}

const NONE: readonly DifferingRelease[] = [];
