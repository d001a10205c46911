import { Worker } from 'node:worker_threads';
import type { Calendar } from '../core/calendar.js';
import { toldError } from '../core/told-error.js';
import type { SizeChange } from './rank-history.js';
import type { AlertLine, ReplayEnd } from './replay.js';
import { type Outside, Shard, type ShardJob, type ShardResult } from './shard.js';
import type { ShardAnswer, ShardMessage, ShardRequest } from './shard-worker.js';
import type { TieLog } from './ties.js';

/** One shard, wherever it runs; see `Shard`. It is asked one thing at a time. */
export interface RunningShard {
  /** Once, before everything else. */
  replayAll(job: ShardJob): Promise<ShardResult>;
  /** Once, when all shards have replayed theirs. */
  finish(end: ReplayEnd): Promise<readonly SizeChange[]>;
  tieLogs(keys: ReadonlySet<string> | null): Promise<readonly TieLog[]>;
  replayAgain(outside: Outside): Promise<boolean>;
  lines(): Promise<readonly AlertLine[]>;
  close(): Promise<unknown>;
}

/** In this thread. */
export function hereShard(calendar: Calendar, onProgress: (read: number) => void): RunningShard {
  let shard: Shard | null = null;
  return {
    replayAll: (job) => {
      shard = new Shard(job, calendar, onProgress);
      return shard.replayAll();
    },
    finish: async (end) => shard!.finish(end),
    tieLogs: async (keys) => shard!.tieLogs(keys),
    replayAgain: (outside) => shard!.replayAgain(outside),
    lines: async () => shard!.lines(),
    close: async () => {},
  };
}

/** Each in a thread of its own. `onProgress`: records that all of them have read. */
export function threadShards(count: number, onProgress: (read: number) => void): RunningShard[] {
  const done = Array.from({ length: count }, () => 0);
  return done.map((_, shard) =>
    threadShard((read) => {
      done[shard] = read;
      onProgress(done.reduce((all, count) => all + count, 0));
    }),
  );
}

function threadShard(onProgress: (read: number) => void): RunningShard {
  const worker = new Worker(new URL('./shard-worker.js', import.meta.url), {
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
  });
  let lines: AlertLine[] = [];
  let answered: (answer: ShardAnswer) => void = () => {};
  const failed = new Promise<never>((_, reject) => {
    worker.on('message', (message: ShardMessage) => {
      if (message.kind === 'progress') onProgress(message.read);
      else if (message.kind === 'lines') lines = lines.concat(message.lines);
      else if (message.kind === 'answer') answered(message.answer);
      else reject(toldError(message.why));
    });
    worker.on('error', reject);
    worker.on('exit', (code) => reject(new Error(`a thread of the back-test ended early (${code})`)));
  });
  // It is waited for together with what can fail; once all is done, the end of the thread is no failure.
  failed.catch(() => {});
  const ask = <T extends ShardAnswer>(request: ShardRequest): Promise<T> => {
    const answer = new Promise<T>((resolve) => {
      answered = (one) => resolve(one as T);
    });
    worker.postMessage(request);
    return Promise.race([answer, failed]);
  };
  return {
    replayAll: (job) => ask<ShardResult>({ kind: 'replay_all', job }),
    finish: (end) => ask<readonly SizeChange[]>({ kind: 'finish', end }),
    tieLogs: (keys) => ask<TieLog[]>({ kind: 'tie_logs', keys }),
    replayAgain: (outside) => ask<boolean>({ kind: 'replay_again', outside }),
    lines: async () => {
      await ask<null>({ kind: 'lines' });
      return lines;
    },
    close: () => worker.terminate(),
  };
}

/** Most of what an evaluation makes is gone with it: a larger young generation spares copying it (measured: a tenth less time). */
const YOUNG_GENERATION_MB = 96;
