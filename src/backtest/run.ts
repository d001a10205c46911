import { availableParallelism } from 'node:os';
import type { Calendar } from '../core/calendar.js';
import { FeewardenError } from '../core/errors.js';
import { type Day, dayOf, type Us } from '../core/time.js';
import type { Policy } from '../risk/policy/policy.js';
import { isProblem, openInputs } from '../sources/files/records.js';
import { mergeLines } from './merge.js';
import { rankHistory } from './rank-history.js';
import type { AlertLine } from './replay.js';
import { hereShard, type RunningShard, threadShards } from './running-shard.js';
import { LineScanner } from './scan.js';
import type { ShardCounts, ShardResult } from './shard.js';
import { SHARD_MASK, type Survey, Surveyor } from './survey.js';
import { type KeyTurns, keysOfRed, keyTurns } from './ties.js';

export interface BacktestOptions {
  readonly paths: readonly string[];
  readonly policy: Policy;
  readonly calendar: Calendar;
  /** Only what was known by then, with that moment as the end of time. Null: to the end of the last event's day. */
  readonly until: Us | null;
  /** 1: everything in this thread. The output does not depend on it. */
  readonly threads: number;
  readonly limits: { readonly bytesMax: number; readonly depthMax: number };
  /** Before the days: whose events the history holds. */
  readonly onInstitutions?: (ids: readonly string[]) => void;
  /** Before all alerts, the day of the first event and the last day of the replay; not for a history without an event. */
  readonly onDays: (first: Day, last: Day) => void;
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
 * evaluates. Then the counties are ranked, it is found who was tied to whom while that one was red, and whoever that concerns is
 * replayed once more. The files must not change meanwhile.
 * @throws FeewardenError unreadable_input
 */
export async function runBacktest(options: BacktestOptions): Promise<BacktestCounts> {
  const { paths, policy, until, limits } = options;
  const threads = Math.max(1, Math.min(options.threads, THREADS_MAX));
  let total: number | null = null;
  const onProgress = (done: number): void => options.onProgress({ phase: 'replay', done, total });
  // Threads load their program while this one surveys.
  const shards = threads === 1 ? [hereShard(options.calendar, onProgress)] : threadShards(threads, onProgress);
  try {
    const survey = await surveyInputs(options, threads);
    total = survey.records;
    const job = { paths, survey, until, policy, limits };
    const results = await Promise.all(shards.map((one, shard) => one.replayAll({ shard, ...job })));
    const known = momentsOf(results);
    const end = { lastDay: known && lastDayOf(known.last, until), until };
    const sizes = await all(shards, (shard) => shard.finish(end));
    const turns = rankHistory(sizes.flat());
    // What is told of others at a moment changes only what comes after it: the rounds end.
    let isOther = true;
    while (isOther) {
      const outside = { turns, keyTurns: await tiesNow(shards) };
      isOther = (await all(shards, (shard) => shard.replayAgain(outside))).some((one) => one);
    }
    options.onInstitutions?.(results.flatMap(({ institutionIds }) => institutionIds));
    if (known !== null) options.onDays(dayOf(known.first), dayOf(until ?? known.last));
    const lines = await all(shards, (shard) => shard.lines());
    for (const portion of mergeLines(lines, LINES_PER_PORTION)) options.onLines(portion);
    return totalOf(results.map(({ counts }) => counts));
  } finally {
    await Promise.all(shards.map((shard) => shard.close()));
  }
}

const LINES_PER_PORTION = 1_000;

function all<T>(shards: readonly RunningShard[], ask: (shard: RunningShard) => Promise<T>): Promise<T[]> {
  return Promise.all(shards.map(ask));
}

async function tiesNow(shards: readonly RunningShard[]): Promise<KeyTurns> {
  const keys = keysOfRed((await all(shards, (shard) => shard.tieLogs(null))).flat());
  return keyTurns((await all(shards, (shard) => shard.tieLogs(keys))).flat());
}

/** When the first and the last event that were not refused were known; null when there is none. */
function momentsOf(results: readonly ShardResult[]): { readonly first: Us; readonly last: Us } | null {
  const moments = results.flatMap(({ firstAt, lastAt }) =>
    firstAt === null || lastAt === null ? [] : [firstAt, lastAt],
  );
  return moments.length === 0 ? null : { first: Math.min(...moments), last: Math.max(...moments) };
}

/** The last day whose end is reached: that of the last event, or the last one that ends by `until`. */
function lastDayOf(last: Us, until: Us | null): Day {
  return until === null ? dayOf(last) : dayOf(until) - 1;
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

function totalOf(counts: readonly ShardCounts[]): BacktestCounts {
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
