import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Calendar } from '../core/calendar.js';
import { FeewardenError } from '../core/errors.js';
import { type Day, dayOf, type Us } from '../core/time.js';
import type { Policy } from '../risk/policy/policy.js';
import { isProblem, openInputs } from '../sources/files/records.js';
import { mergeLines } from './merge.js';
import { rankHistory, type Turns } from './rank-history.js';
import type { AlertLine } from './replay.js';
import { LineScanner } from './scan.js';
import { Shard, type ShardCounts, type ShardJob, type ShardResult } from './shard.js';
import type { RanksMessage, ShardMessage } from './shard-worker.js';
import { SHARD_MASK, type Survey, Surveyor } from './survey.js';

export interface BacktestOptions {
  readonly paths: readonly string[];
  readonly policy: Policy;
  readonly calendar: Calendar;
  /** Only what was known by then, with that moment as the end of time. Null: to the end of the last event's day. */
  readonly until: Us | null;
  /** 1: everything in this thread. The output does not depend on it. */
  readonly threads: number;
  readonly limits: { readonly bytesMax: number; readonly depthMax: number };
  /** Alert records in order, in portions. */
  readonly onLines: (lines: readonly AlertLine[]) => void;
  readonly onProgress: (progress: BacktestProgress) => void;
}

/** `survey`: the first reading, in bytes of the files as they are stored; `replay`: the second, in records. */
export interface BacktestProgress {
  readonly phase: 'survey' | 'replay';
  readonly done: number;
  readonly total: number | null;
}

export interface BacktestCounts {
  readonly read: number;
  readonly accepted: number;
  readonly duplicates: number;
  readonly rejected: number;
  readonly byCode: Readonly<Record<string, number>>;
  readonly institutions: number;
}

export const THREADS_MAX = Math.min(SHARD_MASK, 16);

/** As many threads as there are processors, within reason: more than four have too little to do each (our default). */
export function defaultThreads(): number {
  return Math.min(4, availableParallelism());
}

/**
 * Replays histories on a virtual clock: a first reading finds out in which order and on which threads, a second one books and
 * evaluates. Then the counties are ranked, and whoever the ranks concern is replayed once more. The files must not change
 * meanwhile.
 * @throws FeewardenError unreadable_input
 */
export async function runBacktest(options: BacktestOptions): Promise<BacktestCounts> {
  const { paths, policy, until, limits } = options;
  const threads = Math.max(1, Math.min(options.threads, THREADS_MAX));
  const survey = await surveyInputs(options, threads);
  const end = { lastDay: lastDayOf(survey, until), until };
  const jobs = Array.from({ length: threads }, (_, shard): ShardJob => ({ shard, paths, survey, end, policy, limits }));
  const shards = threads === 1 ? [hereShard(options, jobs[0]!)] : threadShards(options, jobs);
  try {
    const results = await Promise.all(shards.map((shard) => shard.replayed));
    const turns = rankHistory(results.flatMap(({ sizes }) => sizes));
    const lines = await Promise.all(shards.map((shard) => shard.withRanks(turns)));
    for (const portion of mergeLines(lines, LINES_PER_PORTION)) options.onLines(portion);
    return total(results.map(({ counts }) => counts));
  } finally {
    await Promise.all(shards.map((shard) => shard.close()));
  }
}

const LINES_PER_PORTION = 1_000;

/** One shard, wherever it runs. */
interface RunningShard {
  readonly replayed: Promise<ShardResult>;
  withRanks(turns: ReadonlyMap<string, Turns>): Promise<readonly AlertLine[]>;
  close(): Promise<unknown>;
}

/** The last day whose end is reached: that of the last event, or the last one that ends by `until`. */
function lastDayOf({ firstAt, lastAt }: Survey, until: Us | null): Day | null {
  if (firstAt === null || lastAt === null || (until !== null && until < firstAt)) return null;
  return until === null ? dayOf(lastAt) : dayOf(until) - 1;
}

async function surveyInputs(options: BacktestOptions, threads: number): Promise<Survey> {
  const surveyor = new Surveyor();
  const scanner = new LineScanner();
  let before = 0;
  for await (const input of openInputs(options.paths)) {
    if (isProblem(input)) throw input.error;
    if (input.compressedSize === null) {
      throw new FeewardenError(
        'unreadable_input',
        `${input.path}: a back-test reads its input twice; give it a file instead of a stream.`,
      );
    }
    const onBytes = (bytes: number): void => options.onProgress({ phase: 'survey', done: before + bytes, total: null });
    for await (const records of input.records({ recordBytesMax: options.limits.bytesMax, onBytes })) {
      for (const record of records) surveyor.add(scanner.scan(record.bytes));
    }
    before += input.compressedSize;
  }
  return surveyor.finish(threads);
}

function hereShard(options: BacktestOptions, job: ShardJob): RunningShard {
  const total = job.survey.records;
  const shard = new Shard(job, options.calendar, (done) => options.onProgress({ phase: 'replay', done, total }));
  return {
    replayed: shard.replayAll(),
    withRanks: (turns) => shard.withRanks(turns),
    close: async () => {},
  };
}

function threadShards(options: BacktestOptions, jobs: readonly ShardJob[]): RunningShard[] {
  const done = jobs.map(() => 0);
  return jobs.map((job) =>
    threadShard(job, (read) => {
      done[job.shard] = read;
      const sum = done.reduce((all, count) => all + count, 0);
      options.onProgress({ phase: 'replay', done: sum, total: job.survey.records });
    }),
  );
}

function threadShard(job: ShardJob, onProgress: (read: number) => void): RunningShard {
  const worker = new Worker(new URL('./shard-worker.js', import.meta.url), {
    workerData: job,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
  });
  const failed = new Promise<never>((_, reject) => {
    worker.on('message', (message: ShardMessage) => {
      if (message.kind !== 'failed') return;
      reject(message.code === null ? new Error(message.message) : new FeewardenError(message.code, message.message));
    });
    worker.on('error', reject);
    worker.on('exit', (code) => reject(new Error(`a thread of the back-test ended early (${code})`)));
  });
  // It is waited for together with what can fail; once all is done, the end of the thread is no failure.
  failed.catch(() => {});
  const lines: AlertLine[] = [];
  const replayed = new Promise<ShardResult>((resolve) => {
    worker.on('message', (message: ShardMessage) => {
      if (message.kind === 'progress') onProgress(message.read);
      else if (message.kind === 'replayed') resolve(message.result);
    });
  });
  const finished = new Promise<readonly AlertLine[]>((resolve) => {
    worker.on('message', (message: ShardMessage) => {
      if (message.kind === 'lines') for (const line of message.lines) lines.push(line);
      else if (message.kind === 'done') resolve(lines);
    });
  });
  return {
    replayed: Promise.race([replayed, failed]),
    withRanks: (turns) => {
      worker.postMessage({ turns } satisfies RanksMessage);
      return Promise.race([finished, failed]);
    },
    close: () => worker.terminate(),
  };
}

/** Most of what an evaluation makes is gone with it: a larger young generation spares copying it (measured: a tenth less time). */
const YOUNG_GENERATION_MB = 96;

function total(counts: readonly ShardCounts[]): BacktestCounts {
  const byCode: Record<string, number> = {};
  for (const { byCode: codes } of counts)
    for (const [code, count] of Object.entries(codes)) byCode[code] = (byCode[code] ?? 0) + count;
  const sum = (of: (one: ShardCounts) => number): number => counts.reduce((all, one) => all + of(one), 0);
  return {
    read: sum((one) => one.read),
    accepted: sum((one) => one.accepted),
    duplicates: sum((one) => one.duplicates),
    rejected: Object.values(byCode).reduce((all, count) => all + count, 0),
    byCode: Object.fromEntries(Object.entries(byCode).sort(([a], [b]) => (a < b ? -1 : 1))),
    institutions: sum((one) => one.institutions),
  };
}
