import type pg from 'pg';
import { markAllThatWait, markReconcileAnew } from '../banks/reconcile/mark-due.js';
import { CHINA_CALENDAR } from '../core/calendar.js';
import type { Us } from '../core/time.js';
import { migrate } from '../db/migrate.js';
import { CHART } from '../ledger/accounts.js';
import { matchAnew } from '../ledger/match-anew.js';
import { plural } from '../risk/text.js';
import { type ProgressBar, startBar } from './progress-bar.js';

/**
 * What every process does first with a database: its schema, and what was derived by the working days of another program. `tell` hears a
 * sentence when that begins, and a terminal shows how far it is: with thousands of institutions it takes minutes.
 */
export async function bringUpToDate(pool: pg.Pool, now: Us, tell: (sentence: string) => void): Promise<void> {
  await migrate(pool, { chart: CHART });
  let bar: ProgressBar | null = null;
  try {
    await matchAnew(pool, {
      calendar: CHINA_CALENDAR,
      now,
      alongside: markReconcileAnew,
      atLast: markAllThatWait,
      onProgress: ({ before, done, total }) => {
        if (bar === null) tell(sentenceOf(before, total));
        bar ??= startBar(total, 'institutions matched anew');
        bar.update(done, '');
      },
    });
  } finally {
    (bar as ProgressBar | null)?.stop();
  }
}

function sentenceOf(before: string | null, total: number): string {
  const anew = `bank credits of ${plural(total, 'institution')} are matched anew, which may take minutes`;
  if (before === null) return `the working days by which bank credits were matched are not noted: ${anew}.`;
  return `this program knows other holidays (${CHINA_CALENDAR.version}) than the one that worked here last (${before}): ${anew}. If it comes at every start, two versions work on one database and undo each other's matches: end the older one.`;
}
