import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { CHINA_CALENDAR } from '../core/calendar.js';
import { type ErrorCode, FeewardenError } from '../core/errors.js';
import { SharedRanks } from './county-ranks.js';
import { type DayReport, replayShard, type ShardCounts, type ShardJob } from './shard.js';

/** What a thread is started with. */
export interface ShardStart {
  readonly job: ShardJob;
  readonly peers: readonly MessagePort[];
  readonly bell: Int32Array<SharedArrayBuffer>;
}

export type ShardMessage =
  | { readonly kind: 'day'; readonly report: DayReport }
  | { readonly kind: 'done'; readonly counts: ShardCounts }
  | { readonly kind: 'failed'; readonly code: ErrorCode | null; readonly message: string };

if (parentPort !== null) await run(parentPort, workerData as ShardStart);

async function run(port: MessagePort, { job, peers, bell }: ShardStart): Promise<void> {
  const tell = (message: ShardMessage): void => port.postMessage(message);
  try {
    const counts = await replayShard(job, {
      calendar: CHINA_CALENDAR,
      ranks: new SharedRanks(peers, bell),
      onDay: (report) => tell({ kind: 'day', report }),
    });
    tell({ kind: 'done', counts });
  } catch (error) {
    const known = error instanceof FeewardenError;
    const message = error instanceof Error ? (known ? error.message : (error.stack ?? error.message)) : String(error);
    tell({ kind: 'failed', code: known ? error.code : null, message });
  } finally {
    for (const peer of peers) peer.close();
  }
}
