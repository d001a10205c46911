import type pg from 'pg';
import type { Calendar } from '../core/calendar.js';
import type { Us } from '../core/time.js';
import { withBanksLock, withBanksLockOn } from './lock.js';
import { markContradicted } from './reconcile/mark-due.js';
import { lastDueDay, type ReconcileCounts, type ReconcileOptions, reconcileDue } from './reconcile/run.js';
import { refreshFeeds } from './refresh.js';

export interface ReconcileNow {
  readonly pool: pg.Pool;
  readonly calendar: Calendar;
  readonly clock: () => Us;
  readonly institutionId: string | null;
  /** How long another run is waited for. */
  readonly waitMs: number;
  /** A connection that the caller holds anyway; the lock is taken on it. */
  readonly held?: pg.PoolClient;
  readonly onPage?: NonNullable<ReconcileOptions['onPage']>;
}

export interface ReconcileResult extends ReconcileCounts {
  readonly asOf: number;
}

/** Follows the events, then reconciles what is due (or the one institution) as of the last day whose bank data is due. */
export async function reconcileNow({ pool, waitMs, held, ...options }: ReconcileNow): Promise<ReconcileResult> {
  const asOf = lastDueDay(options.clock(), options.calendar);
  const work = async (): Promise<ReconcileResult> => {
    await refreshFeeds(pool);
    await markContradicted(pool);
    return { asOf, ...(await reconcileDue(pool, { ...options, asOf })) };
  };
  return held ? withBanksLockOn(held, waitMs, work) : withBanksLock(pool, waitMs, work);
}
