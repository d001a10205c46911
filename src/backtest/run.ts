import { availableParallelism } from 'node:os';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import type { Calendar } from '../core/calendar.js';
import { FeewardenError } from '../core/errors.js';
import type { Us } from '../core/time.js';
import type { Policy } from '../risk/policy/policy.js';
import { isProblem, openInputs } from '../sources/files/records.js';
import { LocalRanks } from './county-ranks.js';
import { DayMerger } from './merge.js';
import type { AlertLine } from './replay.js';
import { LineScanner } from './scan.js';
import { replayShard, type ShardCounts, type ShardJob } from './shard.js';
import type { ShardMessage, ShardStart } from './shard-worker.js';
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
  /** Alert records in order, as they become final. */
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
 * Replays histories on a virtual clock: first one reading that finds out in which order and on which threads, then another one
 * that books and evaluates. The files must not change meanwhile.
 * @throws FeewardenError unreadable_input
 */
export async function runBacktest(options: BacktestOptions): Promise<BacktestCounts> {
  const { paths, policy, until, limits } = options;
  const threads = Math.max(1, Math.min(options.threads, THREADS_MAX));
  const survey = await surveyInputs(options, threads);
  const jobs = Array.from(
    { length: threads },
    (_, shard): ShardJob => ({ shard, paths, survey, until, policy, limits }),
  );
  const merger = new DayMerger(threads, options.onLines);
  const counts =
    threads === 1 ? [await replayHere(options, jobs[0]!, merger)] : await replayInThreads(options, jobs, merger);
  return total(counts);
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

async function replayHere(options: BacktestOptions, job: ShardJob, merger: DayMerger): Promise<ShardCounts> {
  const { calendar, onProgress } = options;
  const counts = await replayShard(job, {
    calendar,
    ranks: new LocalRanks(),
    onDay: (report) => {
      merger.take(0, report);
      onProgress({ phase: 'replay', done: report.read, total: job.survey.records });
    },
  });
  merger.end(0);
  return counts;
}

async function replayInThreads(
  options: BacktestOptions,
  jobs: readonly ShardJob[],
  merger: DayMerger,
): Promise<ShardCounts[]> {
  const bell = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const ports = connectAll(jobs.length);
  const done = new Array<number>(jobs.length).fill(0);
  const workers: Worker[] = [];
  try {
    return await Promise.all(
      jobs.map((job) => {
        const start: ShardStart = { job, peers: ports[job.shard]!, bell };
        const worker = new Worker(new URL('./shard-worker.js', import.meta.url), {
          workerData: start,
          transferList: [...start.peers],
        });
        workers.push(worker);
        return resultOf(worker, (report) => {
          merger.take(job.shard, report);
          done[job.shard] = report.read;
          options.onProgress({
            phase: 'replay',
            done: done.reduce((sum, count) => sum + count, 0),
            total: job.survey.records,
          });
        }).then((counts) => {
          merger.end(job.shard);
          return counts;
        });
      }),
    );
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

/** A channel between every two threads; per thread its ends. */
function connectAll(threads: number): MessagePort[][] {
  const ports: MessagePort[][] = Array.from({ length: threads }, () => []);
  for (let a = 0; a < threads; a += 1) {
    for (let b = a + 1; b < threads; b += 1) {
      const { port1, port2 } = new MessageChannel();
      ports[a]!.push(port1);
      ports[b]!.push(port2);
    }
  }
  return ports;
}

function resultOf(
  worker: Worker,
  onDay: (report: Extract<ShardMessage, { kind: 'day' }>['report']) => void,
): Promise<ShardCounts> {
  return new Promise((resolve, reject) => {
    worker.on('message', (message: ShardMessage) => {
      if (message.kind === 'day') onDay(message.report);
      else if (message.kind === 'done') resolve(message.counts);
      else
        reject(message.code === null ? new Error(message.message) : new FeewardenError(message.code, message.message));
    });
    worker.on('error', reject);
    worker.on('exit', (code) => reject(new Error(`a thread of the back-test ended early (${code})`)));
  });
}

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
