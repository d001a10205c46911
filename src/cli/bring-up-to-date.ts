import type pg from 'pg';
import { markReconcileAnew } from '../banks/reconcile/mark-due.js';
import { CHINA_CALENDAR } from '../core/calendar.js';
import type { Us } from '../core/time.js';
import { migrate } from '../db/migrate.js';
import { CHART } from '../ledger/accounts.js';
import { matchAnew } from '../ledger/match-anew.js';

/** What every process does first with a database: its schema, and what was derived by the working days of another program. */
export async function bringUpToDate(pool: pg.Pool, now: Us): Promise<void> {
  await migrate(pool, { chart: CHART });
  await matchAnew(pool, { calendar: CHINA_CALENDAR, now, alongside: markReconcileAnew });
}
