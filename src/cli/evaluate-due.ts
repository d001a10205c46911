import type pg from 'pg';
import type { Us } from '../core/time.js';
import { inTransaction, toDbTime } from '../db/pool.js';
import { rankCounties } from '../jobs/rank-counties.js';
import { CALM_DELAY_US } from '../ledger/due.js';
import { evaluateDue, markOutdated } from '../risk/evaluate-due.js';
import { type CliContext, clock } from './context.js';
import { startBar } from './progress-bar.js';

/**
 * Evaluates everything that is due, ranks the counties, and evaluates those whose rank changed: scores are up to date after it. What others
 * send meanwhile is for whoever evaluates beside us: where events never rest this would not come to an end.
 */
export async function evaluateAllDue(context: CliContext): Promise<number> {
  const { config, database } = context;
  const bar = startBar(null, 'institutions evaluated');
  let total = 0;
  const drain = async (): Promise<void> => {
    const startedAt = clock();
    do {
      const { evaluated } = await evaluateDue(database.pool, {
        now: clock(),
        calendar: context.intake.calendar,
        settleUs: -CALM_DELAY_US,
        institutionsMax: config.evaluateBatchMax,
        kafkaEnabled: config.kafkaBrokers.length > 0,
      });
      if (evaluated === 0) return;
      total += evaluated;
      bar.update(total, '');
    } while (await isLeft(database.pool, startedAt));
  };
  await markOutdated(database.pool, context.intake.calendar, clock());
  await drain();
  await inTransaction(database.pool, (client) => rankCounties.run(client, clock()));
  await drain();
  bar.stop();
  return total;
}

/** Whether somebody waits since then, or because of what was found (a mark without an event: of a tie or a rank), or by time. */
async function isLeft(pool: pg.Pool, since: Us): Promise<boolean> {
  const { rows } = await pool.query<{ left: boolean }>(
    `select exists (select 1 from due_institutions where due_at <= $1::timestamptz or events = 0)
         or exists (select 1 from evaluations where next_at <= $2::timestamptz)
         or exists (select 1 from shadow_evaluations where next_at <= $2::timestamptz
                       and shadow_no = (select no from policy_shadows where stopped_at is null)) as left`,
    [toDbTime(since + CALM_DELAY_US), toDbTime(clock())],
  );
  return rows[0]!.left;
}
