import { type Day, dayOf } from '../core/time.js';
import { contractLine } from '../ledger/plan.js';
import type { InstitutionBooks } from '../ledger/working-set.js';
import { RELEASE_DAYS, type ReleasedLine } from '../risk/facts/rows.js';
import { DifferingReleases } from './differing-releases.js';

type Releases = ReleasedLine['recentReleases'];

interface Instruction {
  readonly on: Day;
  readonly contracts: readonly { readonly contractId: string; readonly amountFen: number }[];
}

/** What was released on each contract by the instructions of the last days. */
export class ReleaseWindow {
  private readonly known = new Map<string, Instruction>();
  private readonly ofContract = new Map<string, Map<string, Instruction>>();
  private from: Day = Number.NEGATIVE_INFINITY;

  readonly differing: DifferingReleases;

  constructor(private readonly books: InstitutionBooks) {
    this.differing = new DifferingReleases(books);
  }

  of(contractId: string): Releases {
    const instructions = this.ofContract.get(contractId);
    return instructions === undefined ? NONE : releasesOf(contractId, [...instructions.values()]);
  }

  /** The same of the days before an earlier day. Looks through all releases. */
  ofDay(day: Day): (contractId: string) => Releases {
    const instructions = [...this.books.releases.rows.keys()].flatMap((instructionId) => {
      const one = this.instruction(instructionId);
      return one !== null && one.on >= day - RELEASE_DAYS + 1 ? one : [];
    });
    return (contractId) => releasesOf(contractId, instructions);
  }

  private instruction(instructionId: string): Instruction | null {
    const row = this.books.releases.get(instructionId);
    const told = this.books.details!.instructed.get(instructionId);
    return row?.lines && row.debits.length > 0 && told !== undefined
      ? { on: dayOf(told.at), contracts: row.lines }
      : null;
  }

  /** Answers the lines whose releases changed, and those whose releases the window has left behind. */
  follow(today: Day): { readonly changed: ReadonlySet<string>; readonly moved: ReadonlySet<string> } {
    const moved = new Set<string>();
    const changed = new Set<string>();
    const from = today - RELEASE_DAYS + 1;
    if (from > this.from) {
      this.from = from;
      for (const [instructionId, { on }] of this.known) if (on < from) this.drop(instructionId, moved);
    }
    const { releases } = this.books;
    for (const instructionId of releases.changed) {
      this.drop(instructionId, changed);
      this.differing.update(instructionId);
      const one = this.instruction(instructionId);
      if (one !== null && one.on >= from) this.add(instructionId, one, changed);
    }
    releases.changed.clear();
    this.differing.moveTo(today);
    return { changed, moved };
  }

  private add(instructionId: string, instruction: Instruction, touched: Set<string>): void {
    this.known.set(instructionId, instruction);
    for (const { contractId } of instruction.contracts) {
      touched.add(contractLine(contractId));
      const others = this.ofContract.get(contractId);
      if (others) others.set(instructionId, instruction);
      else this.ofContract.set(contractId, new Map([[instructionId, instruction]]));
    }
  }

  private drop(instructionId: string, touched: Set<string>): void {
    const instruction = this.known.get(instructionId);
    if (instruction === undefined) return;
    this.known.delete(instructionId);
    for (const { contractId } of instruction.contracts) {
      touched.add(contractLine(contractId));
      const others = this.ofContract.get(contractId);
      others?.delete(instructionId);
      if (others?.size === 0) this.ofContract.delete(contractId);
    }
  }
}

function releasesOf(contractId: string, instructions: readonly Instruction[]): Releases {
  return instructions
    .flatMap(({ on, contracts }) =>
      contracts.flatMap((line) => (line.contractId === contractId ? { on, amountFen: line.amountFen } : [])),
    )
    .sort((a, b) => a.on - b.on || a.amountFen - b.amountFen);
}

const NONE: Releases = [];
