import type pg from 'pg';
import type { KafkaLog } from '../sources/kafka/types.js';
import { type InboxMemory, openInbox, takeInbox } from './inbox.js';
import type { BankIntakeDeps } from './take.js';

export interface WatchOptions {
  readonly folder: string;
  readonly settleMs: number;
  readonly batchEntriesMax: number;
  readonly log: KafkaLog;
  /** Ends it: the batch in hand is committed first, and the file is taken again at the next start. */
  readonly signal: AbortSignal;
}

/** Advisory lock of the one process that takes files from the folder. */
const INBOX_LOCK = 72_707_373;
const LOOKS_PER_SETTLE = 2;
const LOOK_MS_MAX = 5_000;

/** Looks into the folder again and again, in one process at a time: another waits for the lock to be free. */
export async function watchInbox(deps: BankIntakeDeps, options: WatchOptions): Promise<void> {
  const { log, signal, settleMs } = options;
  await openInbox(options.folder);
  const memory: InboxMemory = new Map();
  const pauseMs = Math.min(LOOK_MS_MAX, settleMs / LOOKS_PER_SETTLE);
  while (!signal.aborted) {
    await underLock(deps.pool, () =>
      takeInbox(deps, options, memory, ({ name, outcome, counts, problems }) => {
        const { read, accepted, duplicates, rejected, pending } = counts;
        const told = { file: name, outcome, read, accepted, duplicates, rejected, pending };
        if (outcome === 'changed') log.warn(told, 'bank file changed while it was taken, and will be taken again');
        else if (problems.length > 0) log.warn({ ...told, problems }, 'bank file refused');
        else log.info(told, 'bank file taken');
      }),
    );
    await pause(pauseMs, signal);
  }
}

/** The lock belongs to a connection of its own, because the work is many transactions. It goes with the connection if that dies. */
async function underLock(pool: pg.Pool, work: () => Promise<void>): Promise<void> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    const { rows } = await client.query<{ locked: boolean }>('select pg_try_advisory_lock($1) as locked', [INBOX_LOCK]);
    if (!rows[0]!.locked) return;
    try {
      await work();
    } finally {
      await client.query('select pg_advisory_unlock($1)', [INBOX_LOCK]).catch((error: Error) => {
        broken = error;
      });
    }
  } finally {
    client.release(broken);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    if (signal.aborted) done();
    else signal.addEventListener('abort', done, { once: true });
  });
}
