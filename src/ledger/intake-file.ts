import { createHash } from 'node:crypto';
import type pg from 'pg';
import { ERRORS, FeewardenError } from '../core/errors.js';
import { toDbTime } from '../db/pool.js';
import type { ResumePoint } from '../sources/files/record.js';
import type { InputFile, InputRecord } from '../sources/files/records.js';
import type { Input, Origin } from './apply.js';
import { addCounts, decodeInput, type IntakeCounts, type IntakeDeps, noCounts, take } from './intake.js';

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
 * Takes a file into the books, batch by batch, in flat memory. Progress commits with each batch, so that an interrupted run
 * goes on where it stopped; the counts are then those of the whole file. While one batch is written, the next is decoded.
 */
export async function takeFile(deps: IntakeDeps, file: InputFile, options: FileIntakeOptions): Promise<FileIntake> {
  const key =
    file.fingerprint === null ? null : createHash('sha256').update(`${file.path}\0${file.fingerprint}`).digest('hex');
  const earlier = key === null ? null : await readProgress(deps.pool, key);
  const counts = earlier?.counts ?? noCounts();
  let position: ResumePoint = earlier?.position ?? { offset: 0, line: 0, index: 0 };
  const records = file.records({
    recordBytesMax: deps.limits.bytesMax,
    ...(earlier ? { resumeFrom: earlier.position } : {}),
    ...(options.onBytes ? { onBytes: options.onBytes } : {}),
  });
  const write = async (batch: Batch): Promise<void> => {
    const after = structuredClone(counts);
    await take(deps, batch.inputs, async (client, result) => {
      Object.assign(after, structuredClone(counts));
      addCounts(after, result);
      if (key !== null) await storeProgress(client, key, file.path, batch.end, after, deps, false);
    });
    Object.assign(counts, after);
    position = batch.end;
  };
  let writing: Promise<void> = Promise.resolve();
  let stopped = false;
  let problem: FeewardenError | null = null;
  try {
    for await (const batch of batches(records, options.batchEventsMax, (record) => inputOf(deps, file.path, record))) {
      await writing;
      if (options.signal?.aborted) {
        stopped = true;
        break;
      }
      writing = write(batch);
      // The next batch is decoded meanwhile; a failure is thrown at the next `await writing`.
      writing.catch(() => {});
    }
  } catch (error) {
    // Whatever happened: nothing is being written any more when the caller hears of it.
    await writing;
    if (!(error instanceof FeewardenError) || error.code !== 'unreadable_input') throw error;
    problem = error;
  }
  await writing;
  const finished = !stopped && problem === null;
  if (key !== null && finished) await storeProgress(deps.pool, key, file.path, position, counts, deps, true);
  return { ...counts, resumedAtLine: earlier ? earlier.position.line : null, finished, problem };
}

interface Batch {
  readonly inputs: Input[];
  readonly end: ResumePoint;
}

/** When the input breaks off, what was read before it is handed out first. */
async function* batches(
  chunks: AsyncIterable<InputRecord[]>,
  max: number,
  toInput: (record: InputRecord) => Input,
): AsyncGenerator<Batch> {
  let inputs: Input[] = [];
  let last: InputRecord | undefined;
  let broken: { readonly error: unknown } | null = null;
  try {
    for await (const chunk of chunks) {
      for (const record of chunk) {
        inputs.push(toInput(record));
        last = record;
        if (inputs.length >= max) {
          yield { inputs, end: pointAfter(record) };
          inputs = [];
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
    private readonly index: number,
  ) {}

  get key(): string {
    return `file:${this.path}:${this.line}:${this.index}`;
  }

  get detail(): Record<string, string | number> {
    return { file: this.path, line: this.line, index: this.index };
  }
}

function inputOf(deps: IntakeDeps, path: string, record: InputRecord): Input {
  const origin = new FileOrigin(path, record.line, record.index);
  if (!record.tooLarge) return decodeInput(record.bytes, origin, deps.limits, deps.clock());
  const rejection = {
    code: 'too_large',
    path: null,
    message: `${ERRORS.too_large.message} At most ${deps.limits.bytesMax} bytes.`,
    subject: null,
    source: null,
    id: null,
    type: null,
  } as const;
  return { bytes: record.bytes, origin, decoded: { ok: false, rejection } };
}

async function readProgress(
  pool: pg.Pool,
  key: string,
): Promise<{ position: ResumePoint; counts: IntakeCounts } | null> {
  const { rows } = await pool.query<{ summary: { counts: IntakeCounts; position: ResumePoint } }>(
    'select summary from file_progress where file_key = $1 and finished_at is null',
    [key],
  );
  return rows[0] ? rows[0].summary : null;
}

async function storeProgress(
  db: pg.ClientBase | pg.Pool,
  key: string,
  path: string,
  position: ResumePoint,
  counts: IntakeCounts,
  deps: IntakeDeps,
  finished: boolean,
): Promise<void> {
  const now = toDbTime(deps.clock());
  await db.query(
    `insert into file_progress (file_key, path, byte_offset, line_number, summary, finished_at, updated_at) values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (file_key) do update set byte_offset = excluded.byte_offset, line_number = excluded.line_number,
       summary = excluded.summary, finished_at = excluded.finished_at, updated_at = excluded.updated_at`,
    [key, path, position.offset, position.line, JSON.stringify({ counts, position }), finished ? now : null, now],
  );
}
