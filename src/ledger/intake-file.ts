import { createHash } from 'node:crypto';
import type pg from 'pg';
import { ERRORS, FeewardenError } from '../core/errors.js';
import { toDbTime } from '../db/pool.js';
import type { ResumePoint } from '../sources/files/record.js';
import type { InputFile, InputRecord } from '../sources/files/records.js';
import type { Input, Origin } from './apply.js';
import { addCounts, decode, type IntakeCounts, type IntakeDeps, noCounts, take } from './intake.js';
import { ALL_LANES, allOrFirstError, LANES, laneOf, NO_USES, type Part, splitIntoLanes, type Uses } from './lanes.js';

export interface FileIntakeOptions {
  readonly batchEventsMax: number;
  /** Hears how many bytes of the packed file were read. */
  readonly onBytes?: (packedBytesRead: number) => void;
  /** Checked between batches: a run that is told to stop leaves its progress behind and can be resumed. */
  readonly signal?: AbortSignal;
}

export interface FileIntake extends IntakeCounts {
  /** Line at which an interrupted earlier run was taken up; null when the file was read from its start. */
  readonly resumedAtLine: number | null;
  /** False when the run was told to stop, and when the file could not be read to its end. */
  readonly finished: boolean;
  /** Why the file could not be read to its end; what stands before the damage is booked and counted. */
  readonly problem: FeewardenError | null;
}

/**
 * Takes a file into the books, batch by batch, in flat memory. Progress commits with each transaction, so that an interrupted run
 * goes on where it stopped; the counts are then those of the whole file. While two batches are written, the next is decoded.
 */
export async function takeFile(deps: IntakeDeps, file: InputFile, options: FileIntakeOptions): Promise<FileIntake> {
  const key = progressKey(file);
  const lanes = (key === null ? null : await readProgress(deps.pool, key)) ?? ALL_LANES.map(() => START);
  const from = least(lanes);
  const isResumed = from.index >= 0;
  const progress = new Progress(deps, key, file.path, lanes);
  const records = file.records({
    recordBytesMax: deps.limits.bytesMax,
    ...(isResumed ? { resumeFrom: from } : {}),
    ...(options.onBytes ? { onBytes: options.onBytes } : {}),
  });
  const writer = new Writer(progress);
  let stopped = false;
  let problem: FeewardenError | null = null;
  try {
    for await (const batch of batches(records, options.batchEventsMax, (record) => inputOf(deps, file.path, record))) {
      await writer.ready();
      if (options.signal?.aborted) {
        stopped = true;
        break;
      }
      writer.write(batch);
    }
  } catch (error) {
    // Whatever happened: nothing is being written any more when the caller hears of it.
    await writer.end();
    if (!(error instanceof FeewardenError) || error.code !== 'unreadable_input') throw error;
    problem = error;
  }
  await writer.end();
  const finished = !stopped && problem === null;
  if (finished) await progress.finish();
  return { ...progress.counts(), resumedAtLine: isResumed ? from.line : null, finished, problem };
}

/** Null: the input cannot be read again. With other lanes the positions would mean something else, so that the file begins anew. */
function progressKey({ path, fingerprint }: InputFile): string | null {
  if (fingerprint === null) return null;
  return createHash('sha256').update(`${path}\0${fingerprint}\0${LANES}`).digest('hex');
}

/** How far the inputs of one lane are booked, and what became of them. */
interface LaneProgress {
  readonly position: ResumePoint;
  readonly counts: IntakeCounts;
}

/** Before the first record. */
const START: LaneProgress = { position: { offset: 0, line: 0, index: -1 }, counts: noCounts() };

/** A lane that an interrupted run has brought further stays there. */
function laneAfter({ position, counts }: LaneProgress, end: ResumePoint): LaneProgress {
  return { position: end.index > position.index ? end : position, counts: structuredClone(counts) };
}

function least(lanes: readonly LaneProgress[]): ResumePoint {
  return lanes.reduce((first, { position }) => (position.index < first.index ? position : first), lanes[0]!.position);
}

/**
 * Writes batches one after the other in each lane, where a lane does not wait for the others: it may be one batch ahead, so that
 * the database always has work. A batch that is not split waits for all.
 */
class Writer {
  private uses: Uses = NO_USES;
  /** By lane: when what it was given is written. */
  private readonly lanes: Promise<void>[] = ALL_LANES.map(() => Promise.resolve());
  /** The last batch, and the one before it. */
  private last: Promise<unknown> = Promise.resolve();
  private before: Promise<unknown> = Promise.resolve();

  constructor(private readonly progress: Progress) {}

  /** Resolves when no more than one batch is being written; throws what went wrong with those before it. */
  async ready(): Promise<void> {
    await this.before;
  }

  /** Failures are thrown by `ready` or `end`. */
  write({ inputs, end }: Batch): void {
    const { parts, uses } = splitIntoLanes(this.progress.remaining(inputs), this.uses);
    this.uses = uses;
    const written = parts.map((part) => this.writePart(part, end));
    this.before = this.last;
    this.last = allOrFirstError(written);
    // The next batch is decoded meanwhile.
    this.last.catch(() => {});
  }

  /** Resolves when nothing is being written any more; throws the first failure. */
  async end(): Promise<void> {
    await allOrFirstError([this.before, this.last]);
  }

  private writePart(part: Part<FileInput>, end: ResumePoint): Promise<void> {
    const free = allOrFirstError(part.lanes.map((lane) => this.lanes[lane]!));
    const written = free.then(() => this.progress.write(part, end));
    for (const lane of part.lanes) this.lanes[lane] = written;
    return written;
  }
}

/** Books parts of a file, and keeps with each lane's transaction how far that lane has come. */
class Progress {
  /** `key` null: the input cannot be read again, and nothing is kept. */
  constructor(
    private readonly deps: IntakeDeps,
    private readonly key: string | null,
    private readonly path: string,
    private readonly lanes: LaneProgress[],
  ) {}

  /** An interrupted run may have booked some of the inputs in one lane and not in another. */
  remaining(inputs: readonly FileInput[]): FileInput[] {
    return inputs.filter((input) => input.origin.index > this.lanes[laneOf(input)]!.position.index);
  }

  /** In its transaction. */
  async write({ inputs, lanes }: Part<FileInput>, end: ResumePoint): Promise<void> {
    let after: LaneProgress[] = [];
    await take(this.deps, inputs, async (client, { outcomes }) => {
      // The transaction may be tried again: nothing is kept before it has committed.
      after = lanes.map((lane) => laneAfter(this.lanes[lane]!, end));
      outcomes.forEach((outcome, at) => {
        addCounts(after[lanes.indexOf(laneOf(inputs[at]!))]!.counts, { outcomes: [outcome] });
      });
      await this.store(client, lanes, after, false);
    });
    lanes.forEach((lane, at) => {
      this.lanes[lane] = after[at]!;
    });
  }

  finish(): Promise<void> {
    return this.store(this.deps.pool, ALL_LANES, this.lanes, true);
  }

  counts(): IntakeCounts {
    const all = noCounts();
    for (const { counts } of this.lanes) {
      for (const name of ['read', 'accepted', 'duplicates', 'rejected'] as const) all[name] += counts[name];
      for (const [code, count] of Object.entries(counts.byCode)) all.byCode[code] = (all.byCode[code] ?? 0) + count;
    }
    return all;
  }

  /** Lanes that are not named stay as another transaction has left them. */
  private async store(
    db: pg.ClientBase | pg.Pool,
    lanes: readonly number[],
    values: readonly LaneProgress[],
    finished: boolean,
  ): Promise<void> {
    if (this.key === null) return;
    const changed = Object.fromEntries(lanes.map((lane, at) => [lane, values[at]]));
    const { offset, line } = least(values);
    const now = toDbTime(this.deps.clock());
    await db.query({
      name: 'store_file_progress',
      text: `insert into file_progress as p (file_key, path, byte_offset, line_number, summary, finished_at, updated_at) values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (file_key) do update set byte_offset = excluded.byte_offset, line_number = excluded.line_number,
       summary = p.summary || excluded.summary, finished_at = excluded.finished_at, updated_at = excluded.updated_at`,
      values: [this.key, this.path, offset, line, JSON.stringify(changed), finished ? now : null, now],
    });
  }
}

type FileInput = Input & { readonly origin: FileOrigin };

interface Batch {
  readonly inputs: FileInput[];
  readonly end: ResumePoint;
}

/** A batch of long events is closed before it is full: what is held in memory is bounded by bytes, too (our default). */
export const BATCH_BYTES_MAX = 2_097_152;

/** When the input breaks off, what was read before it is handed out first. */
async function* batches(
  chunks: AsyncIterable<InputRecord[]>,
  max: number,
  toInput: (record: InputRecord) => FileInput,
): AsyncGenerator<Batch> {
  let inputs: FileInput[] = [];
  let bytes = 0;
  let last: InputRecord | undefined;
  let broken: { readonly error: unknown } | null = null;
  try {
    for await (const chunk of chunks) {
      for (const record of chunk) {
        inputs.push(toInput(record));
        bytes += record.bytes.length;
        last = record;
        if (inputs.length >= max || bytes >= BATCH_BYTES_MAX) {
          yield { inputs, end: pointAfter(record) };
          inputs = [];
          bytes = 0;
        }
      }
    }
  } catch (error) {
    broken = { error };
  }
  if (inputs.length > 0) yield { inputs, end: pointAfter(last!) };
  if (broken) throw broken.error;
}

function pointAfter(record: InputRecord): ResumePoint {
  return { offset: record.endOffset, line: record.line, index: record.index };
}

/** Put into words only for the few inputs that are refused. */
class FileOrigin implements Origin {
  constructor(
    private readonly path: string,
    private readonly line: number,
    readonly index: number,
  ) {}

  get key(): string {
    return `file:${this.path}:${this.line}:${this.index}`;
  }

  get detail(): Record<string, string | number> {
    return { file: this.path, line: this.line, index: this.index };
  }
}

function inputOf(deps: IntakeDeps, path: string, record: InputRecord): FileInput {
  const origin = new FileOrigin(path, record.line, record.index);
  const { bytes } = record;
  if (!record.tooLarge) return { bytes, origin, decoded: decode(bytes, deps.limits, deps.clock()) };
  const rejection = {
    code: 'too_large',
    path: null,
    message: `${ERRORS.too_large.message} At most ${deps.limits.bytesMax} bytes.`,
    subject: null,
    source: null,
    id: null,
    type: null,
  } as const;
  return { bytes, origin, decoded: { ok: false, rejection } };
}

/** Per lane how far an interrupted run has come; null when there was none. A finished run is forgotten: this one begins anew. */
async function readProgress(pool: pg.Pool, key: string): Promise<LaneProgress[] | null> {
  await pool.query('delete from file_progress where file_key = $1 and finished_at is not null', [key]);
  const { rows } = await pool.query<{ summary: Readonly<Record<number, LaneProgress>> }>(
    'select summary from file_progress where file_key = $1',
    [key],
  );
  const summary = rows[0]?.summary;
  return summary === undefined ? null : ALL_LANES.map((lane) => summary[lane] ?? START);
}
