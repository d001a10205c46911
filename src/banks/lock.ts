import type pg from 'pg';
import { FeewardenError } from '../core/errors.js';

/**
 * The advisory lock under which feeds are followed and banks reconciled. One number, not a pair: the pairs are those of evaluated
 * institutions, of jobs and of bank accounts, and whoever held one of them would be in the way.
 */
const BANKS_LOCK = 72_707_375;
const POLL_MS = 250;

/**
 * Runs `work` while no other process does the same. Waits up to `waitMs`, then throws `database_busy`. The lock belongs to a connection
 * of its own, so that it ends with the process.
 */
export async function withBanksLock<T>(pool: pg.Pool, waitMs: number, work: () => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    return await withBanksLockOn(client, waitMs, work);
  } catch (error) {
    // Whether the connection still holds the lock is not known: it is closed, and the lock with it.
    if (!(error instanceof FeewardenError)) broken = error as Error;
    throw error;
  } finally {
    client.release(broken);
  }
}

/** The same on a connection that the caller holds anyway and uses for nothing else meanwhile. */
export async function withBanksLockOn<T>(client: pg.PoolClient, waitMs: number, work: () => Promise<T>): Promise<T> {
  await takeLock(client, waitMs);
  try {
    return await work();
  } finally {
    await client.query('select pg_advisory_unlock($1)', [BANKS_LOCK]);
  }
}

async function takeLock(client: pg.PoolClient, waitMs: number): Promise<void> {
  for (let waited = 0; ; waited += POLL_MS) {
    const { rows } = await client.query<{ locked: boolean }>('select pg_try_advisory_lock($1) as locked', [BANKS_LOCK]);
    if (rows[0]!.locked) return;
    if (waited >= waitMs) throw new FeewardenError('database_busy', 'A reconciliation is running; try again later.');
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
