import { once } from 'node:events';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { CHINA_CALENDAR } from '../core/calendar.js';
import { type ErrorCode, FeewardenError } from '../core/errors.js';
import type { Turns } from './rank-history.js';
import type { AlertLine } from './replay.js';
import { Shard, type ShardJob, type ShardResult } from './shard.js';

/** What a thread tells: how far it is, what the first replay came to, its alerts in portions, the end. */
export type ShardMessage =
  | { readonly kind: 'progress'; readonly read: number }
  | { readonly kind: 'replayed'; readonly result: ShardResult }
  | { readonly kind: 'lines'; readonly lines: readonly AlertLine[] }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly code: ErrorCode | null; readonly message: string };

/** What a thread is told when all have replayed. */
export interface RanksMessage {
  readonly turns: ReadonlyMap<string, Turns>;
}

const LINES_PER_MESSAGE = 5_000;

if (parentPort !== null) await run(parentPort, workerData as ShardJob);

async function run(port: MessagePort, job: ShardJob): Promise<void> {
  const tell = (message: ShardMessage): void => port.postMessage(message);
  try {
    const shard = new Shard(job, CHINA_CALENDAR, (read) => tell({ kind: 'progress', read }));
    tell({ kind: 'replayed', result: await shard.replayAll() });
    const [{ turns }] = (await once(port, 'message')) as [RanksMessage];
    const lines = await shard.withRanks(turns);
    for (let at = 0; at < lines.length; at += LINES_PER_MESSAGE) {
      tell({ kind: 'lines', lines: lines.slice(at, at + LINES_PER_MESSAGE) });
    }
    tell({ kind: 'done' });
  } catch (error) {
    const known = error instanceof FeewardenError;
    const message = error instanceof Error ? (known ? error.message : (error.stack ?? error.message)) : String(error);
    tell({ kind: 'failed', code: known ? error.code : null, message });
  }
}
