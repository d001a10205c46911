import { loadConfig } from '../../src/config.js';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { evaluateDue } from '../../src/risk/evaluate-due.js';
import { type Bench, historyOf } from './context.js';
import { figure, type Measured, measured } from './figures.js';
import { intakeOf } from './lab.js';
import { takePath } from './measure-file.js';
import { difference } from './measure-http.js';
import { peakMemoryOf, percentiles } from './meter.js';

/** Every institution of a city evaluated from PostgreSQL: for the first time, and again. */
export async function measureEvaluate(bench: Bench): Promise<Measured> {
  const { lab, scale } = bench;
  const path = lab.file('evaluate.ndjson');
  historyOf(bench, { events: scale.events, institutions: scale.institutions }).writeFile(
    path,
    (written) => written.lines >= scale.events,
  );
  const database = await lab.database();
  try {
    bench.say('books to evaluate');
    await takePath(intakeOf(database.pool), path);
    await database.pool.query('analyze');
    const figures = [];
    for (const name of ['evaluation, first', 'evaluation, again']) {
      bench.say(name);
      await database.pool.query(
        'insert into due_institutions (institution_no, due_at) select no, $1::timestamptz from institutions',
        ['2020-01-01T00:00:00Z'],
      );
      const before = lab.cpu();
      const started = performance.now();
      const { count, times } = await evaluateAll(bench, database.pool);
      const seconds = (performance.now() - started) / 1_000;
      const after = lab.cpu();
      const waits = percentiles(times);
      figures.push(
        figure({
          name,
          unit: 'institutions',
          count,
          seconds,
          times: waits && { ...waits, of: 'batch' },
          cpu: { node: after.node - before.node, postgres: difference(after.postgres, before.postgres) },
          peakMemory: peakMemoryOf(process.pid),
        }),
      );
    }
    return measured({ figures });
  } finally {
    await database.drop();
  }
}

async function evaluateAll(
  bench: Bench,
  pool: Parameters<typeof evaluateDue>[0],
): Promise<{ count: number; times: number[] }> {
  const times: number[] = [];
  let count = 0;
  const one = async (): Promise<void> => {
    for (;;) {
      const started = performance.now();
      const { evaluated } = await evaluateDue(pool, {
        now: Date.now() * 1_000,
        calendar: CHINA_CALENDAR,
        settleUs: 0,
        institutionsMax: loadConfig({}).evaluateBatchMax,
        kafkaEnabled: false,
      });
      if (evaluated === 0) return;
      times.push(performance.now() - started);
      count += evaluated;
      // An institution that is due again by time within its own evaluation would never end.
      if (count > bench.scale.institutions * EVALUATIONS_EACH_MAX)
        throw new Error('the evaluation does not come to an end');
    }
  };
  // Two batches at once, as the worker does.
  await Promise.all([one(), one()]);
  return { count, times };
}
const EVALUATIONS_EACH_MAX = 10;
