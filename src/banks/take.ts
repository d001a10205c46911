import { inTransaction } from '../db/pool.js';
import type { Rejection } from '../events/decode.js';
import type { Origin } from '../ledger/apply.js';
import { type IntakeCounts, type IntakeDeps, noCounts } from '../ledger/intake.js';
import { findAccountOwner } from './accounts.js';
import { bookRemoved, bookTold, type Owner, ownerProblem, type Told, type ToldOutcome } from './book.js';
import { readBalances, readEntry } from './movement.js';
import type { Telling } from './plan.js';
import type { StatementSource } from './read.js';
import { finishStatement, registerStatement, tellingOf } from './register.js';
import type { BankRules, RulesByBank } from './rules.js';
import type { BankEntry } from './statement.js';
import { nextReading } from './store.js';
import type { StoredEntry } from './stored-entry.js';
import { type StatementSurvey, surveyStatements } from './survey.js';

export interface BankIntakeDeps extends IntakeDeps {
  readonly rules: RulesByBank;
}

export interface TakeStatementsOptions {
  readonly batchEntriesMax: number;
  /** Who sends, if it may speak for one bank alone. */
  readonly onlyBank: string | null;
  /** Rules of a mapping file; they win over those of the settings. */
  readonly rules?: BankRules | undefined;
  /** Where an entry came from. `index` counts entries and balances of the file, from 0. */
  readonly origin: (line: number, index: number) => Origin;
  readonly onBytes?: ((packedBytesRead: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /**
   * Hears what was refused. What a newer version takes back is in no entry of the file: its line is that of the statement, its index the next.
   */
  readonly onRejected?: (rejection: Rejection, line: number, index: number) => void;
}

export interface TakenStatement {
  readonly survey: StatementSurvey;
  readonly counts: StatementIntakeCounts;
  /** Entries that this version does not hold any more, taken back. */
  readonly removed: number;
}

/** As `IntakeCounts` of entries and balances; `pending` are those that the bank has not booked yet. */
export interface StatementIntakeCounts extends IntakeCounts {
  pending: number;
}

export interface StatementIntake extends StatementIntakeCounts {
  readonly statements: readonly TakenStatement[];
  readonly finished: boolean;
}

/**
 * Takes a file of statements into the books. It is read twice: first to its end, so that a damaged or hostile file is refused whole and
 * nothing of it is booked; then batch by batch, each its own transaction. Taking it again changes nothing, and an interrupted
 * run is simply started again.
 * @throws FeewardenError as the readers do; then nothing was booked
 */
export async function takeStatements(
  deps: BankIntakeDeps,
  source: StatementSource,
  options: TakeStatementsOptions,
): Promise<StatementIntake> {
  const surveys = await surveyStatements(source.items());
  const taker = new Taker(deps, source.label, surveys, options);
  for await (const items of source.items(options.onBytes)) {
    for (const item of items) {
      if (item.what === 'start') await taker.start();
      else if (item.what === 'entry') await taker.add(item.entry);
      else await taker.end();
      if (options.signal?.aborted) return { ...taker.total, statements: taker.taken, finished: false };
    }
  }
  return { ...taker.total, statements: taker.taken, finished: true };
}

export function noStatementCounts(): StatementIntakeCounts {
  return { ...noCounts(), pending: 0 };
}

/** Transactions within the entries of one batch: each may become an event, and a thousand entries may have thousands each. */
export const BATCH_DETAILS_MAX = 10_000;

/** The statement that is being taken. */
interface Current {
  readonly survey: StatementSurvey;
  readonly owner: Owner;
  readonly telling: Telling | null;
  readonly statementNo: number;
  readonly reading: number;
  readonly met: Set<number>;
  readonly rules: BankRules | undefined;
  readonly counts: StatementIntakeCounts;
}

class Taker {
  readonly total = noStatementCounts();
  readonly taken: TakenStatement[] = [];
  private current: Current | null = null;
  private next = 0;
  private index = 0;
  private batch: Told[] = [];
  private batchDetails = 0;

  constructor(
    private readonly deps: BankIntakeDeps,
    private readonly label: string,
    private readonly surveys: readonly StatementSurvey[],
    private readonly options: TakeStatementsOptions,
  ) {}

  async start(): Promise<void> {
    const survey = this.surveys[this.next++]!;
    const { pool, clock } = this.deps;
    this.current = await inTransaction(pool, async (client) => {
      const account =
        survey.head.accountId === null ? 'unknown' : await findAccountOwner(client, survey.head.accountId);
      const owner: Owner = { account, onlyBank: this.options.onlyBank };
      const mine = ownerProblem(owner) === null && typeof account !== 'string' ? account : null;
      const { no } = await registerStatement(client, survey, mine, this.label, clock());
      const reading = await nextReading(client);
      const met = new Set<number>();
      const telling =
        mine === null ? null : await tellingOf(client, no, mine, { reading, met, isMixed: survey.isMixed });
      const rules = this.options.rules ?? (mine === null ? undefined : this.deps.rules[mine.bankCode]);
      return { survey, owner, telling, statementNo: no, reading, met, rules, counts: noStatementCounts() };
    });
    const { head, balances } = survey;
    for (const { balance, reading } of readBalances(balances, head)) {
      const partner = balances.filter(
        (other) => other !== balance && other.at === balance.at && AVAILABLE.has(other.code),
      );
      await this.push({ ...this.about(balance.line, { balances: [balance, ...partner] }), reading });
    }
  }

  async add(entry: BankEntry): Promise<void> {
    const { survey, rules } = this.current!;
    const reading = readEntry(entry, survey.head, rules, survey.dayWithoutDate);
    await this.push({ ...this.about(entry.line, { entry }), reading });
  }

  async end(): Promise<void> {
    await this.flush();
    const { survey, telling, statementNo, counts } = this.current!;
    const replaces = telling === null || telling.isOutdated ? [] : telling.replaces;
    const removed = telling === null || replaces.length === 0 ? 0 : await this.takeBack(telling);
    await inTransaction(this.deps.pool, (client) =>
      finishStatement(
        client,
        statementNo,
        replaces,
        { booked: counts.accepted, known: counts.duplicates, refused: counts.rejected },
        this.deps.clock(),
      ),
    );
    this.taken.push({ survey, counts, removed });
    this.current = null;
  }

  /** What the books refuse of it was read in no entry of this file, but nobody may take the file for booked. */
  private async takeBack(telling: Telling): Promise<number> {
    const { survey, counts } = this.current!;
    for (let removed = 0; ; ) {
      const { entries, rejections } = await inTransaction(this.deps.pool, (client) =>
        bookRemoved(client, this.deps, telling),
      );
      if (entries === 0) return removed;
      removed += entries;
      for (const rejection of rejections) {
        for (const one of [this.total, counts]) countRejected(one, rejection);
        this.options.onRejected?.(rejection, survey.head.line, this.index);
      }
    }
  }

  private about(line: number, what: Pick<StoredEntry, 'entry' | 'balances'>): Omit<Told, 'reading'> {
    const { survey, statementNo, reading } = this.current!;
    const stored = {
      bankEntry: 1,
      statementNo,
      head: survey.head,
      dayWithoutDate: survey.dayWithoutDate,
      isMixed: survey.isMixed,
      ...what,
    } as const;
    const { key, detail } = this.options.origin(line, this.index++);
    return { line, stored, origin: { key, detail: { ...detail, reading } } };
  }

  private async push(told: Told): Promise<void> {
    this.batch.push(told);
    this.batchDetails += told.stored.entry?.details.length ?? 0;
    if (this.batch.length >= this.options.batchEntriesMax || this.batchDetails >= BATCH_DETAILS_MAX) await this.flush();
  }

  private async flush(): Promise<void> {
    const { batch, current } = this;
    if (batch.length === 0 || current === null) return;
    this.batch = [];
    this.batchDetails = 0;
    const { outcomes, met } = await inTransaction(this.deps.pool, (client) =>
      bookTold(client, this.deps, current.owner, current.telling, batch),
    );
    // Only now: a transaction that is tried again must not find its own entries met.
    for (const no of met) current.met.add(no);
    const first = this.index - batch.length;
    outcomes.forEach((outcome, at) => {
      count(this.total, outcome);
      count(current.counts, outcome);
      if (outcome.kind === 'rejected') this.options.onRejected?.(outcome.rejection, batch[at]!.line, first + at);
    });
  }
}

const AVAILABLE = new Set(['CLAV', 'ITAV']);

function count(counts: StatementIntakeCounts, outcome: ToldOutcome): void {
  counts.read += 1;
  if (outcome.kind === 'accepted') counts.accepted += 1;
  else if (outcome.kind === 'duplicate') counts.duplicates += 1;
  else if (outcome.kind === 'pending') counts.pending += 1;
  else countRejected(counts, outcome.rejection);
}

function countRejected(counts: StatementIntakeCounts, { code }: Rejection): void {
  counts.rejected += 1;
  counts.byCode[code] = (counts.byCode[code] ?? 0) + 1;
}
