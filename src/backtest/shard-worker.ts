import { on } from 'node:events';
import { type MessagePort, parentPort } from 'node:worker_threads';
import { CHINA_CALENDAR } from '../core/calendar.js';
import { type ToldError, tellError } from '../core/told-error.js';
import type { SizeChange } from './rank-history.js';
import type { AlertLine, ReplayEnd } from './replay.js';
import { type Outside, Shard, type ShardJob, type ShardResult } from './shard.js';
import type { TieLog } from './ties.js';

/** What a thread is asked, one after the other; the methods of `Shard`. */
export type ShardRequest =
  | { readonly kind: 'replay_all'; readonly job: ShardJob }
  | { readonly kind: 'finish'; readonly end: ReplayEnd }
  | { readonly kind: 'tie_logs'; readonly keys: ReadonlySet<string> | null }
  | { readonly kind: 'replay_again'; readonly outside: Outside }
  | { readonly kind: 'lines' };

export type ShardAnswer = ShardResult | readonly SizeChange[] | TieLog[] | boolean | null;

/** What a thread tells: how far it is, its alerts in portions, the answer to what it was asked, or that it cannot go on. */
export type ShardMessage =
  | { readonly kind: 'progress'; readonly read: number }
  | { readonly kind: 'lines'; readonly lines: readonly AlertLine[] }
  | { readonly kind: 'answer'; readonly answer: ShardAnswer }
  | { readonly kind: 'failed'; readonly why: ToldError };

const LINES_PER_MESSAGE = 5_000;

if (parentPort !== null) await run(parentPort);

async function run(port: MessagePort): Promise<void> {
  const tell = (message: ShardMessage): void => port.postMessage(message);
  try {
    let shard: Shard | null = null;
    for await (const [request] of on(port, 'message') as AsyncIterable<[ShardRequest]>) {
      if (request.kind === 'replay_all')
        shard = new Shard(request.job, CHINA_CALENDAR, (read) => tell({ kind: 'progress', read }));
      tell({ kind: 'answer', answer: await answerOf(shard!, request, tell) });
    }
  } catch (error) {
    tell({ kind: 'failed', why: tellError(error) });
  }
}

async function answerOf(
  shard: Shard,
  request: ShardRequest,
  tell: (message: ShardMessage) => void,
): Promise<ShardAnswer> {
  if (request.kind === 'replay_all') return shard.replayAll();
  if (request.kind === 'finish') return shard.finish(request.end);
  if (request.kind === 'tie_logs') return shard.tieLogs(request.keys);
  if (request.kind === 'replay_again') return shard.replayAgain(request.outside);
  const lines = shard.lines();
  for (let at = 0; at < lines.length; at += LINES_PER_MESSAGE)
    tell({ kind: 'lines', lines: lines.slice(at, at + LINES_PER_MESSAGE) });
  return null;
}
