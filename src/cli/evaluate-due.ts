import { inTransaction } from '../db/pool.js';
import { rankCounties } from '../jobs/rank-counties.js';
import { CALM_DELAY_US } from '../ledger/due.js';
import { evaluateDue, markOutdated } from '../risk/evaluate-due.js';
import { type CliContext, clock } from './context.js';
import { startBar } from './progress-bar.js';

/** Evaluates everything that is due, ranks the counties, and evaluates those whose rank changed: scores are up to date after it. */
export async function evaluateAllDue(context: CliContext): Promise<number> {
  const { config, database } = context;
  const bar = startBar(null, 'institutions evaluated');
  let total = 0;
  const drain = async (): Promise<void> => {
    for (;;) {
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
    }
  };
  await markOutdated(database.pool, context.intake.calendar, clock());
  await drain();
  await inTransaction(database.pool, (client) => rankCounties.run(client, clock()));
  await drain();
  bar.stop();
  return total;
}
