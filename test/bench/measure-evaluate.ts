import type pg from 'pg';
import { loadConfig } from '../../src/config.js';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { evaluateDue } from '../../src/risk/evaluate-due.js';
import { type Bench, historyOf } from './context.js';
import { type Aim, type Figure, figure, type Measured, measured, perSecond, thousands } from './figures.js';
import { intakeOf } from './lab.js';
import { takePath } from './measure-file.js';
import { difference } from './measure-http.js';
import { peakMemoryOf, percentiles } from './meter.js';

/** How many in how many seconds, on two processors. */
const AIMS = [
  [5_000, 10],
  [120_000, 300],
] as const;
const PROCESSORS_AIM = 2;
/** A city is evaluated again so often that these are reached, within reason. */
const EVALUATIONS_MIN = 5_000;
const ROUNDS_MAX = 10;
/** Of a city in which all findings must be written anew. */
const ROUNDS_ANEW_MAX = 3;

/** Every institution of a city evaluated from PostgreSQL: for the first time, again, and with everything it tells written anew. */
export async function measureEvaluate(bench: Bench): Promise<Measured> {
  const { lab, scale } = bench;
  const { institutions, events } = scale.city;
  const path = lab.file('evaluate.ndjson');
  historyOf(bench, scale.city).writeFile(path, (written) => written.lines >= events);
  const database = await lab.database();
  try {
    bench.say('books to evaluate');
    await takePath(intakeOf(database.pool), path);
    await database.pool.query('vacuum analyze');
    const rounds = Math.min(ROUNDS_MAX, Math.ceil(EVALUATIONS_MIN / institutions));
    const first = await evaluateCity(bench, database.pool, { name: 'evaluation, first', rounds: 1 });
    // The program is warm from here on, as it is in a city of thousands.
    if (rounds > 1) await evaluateCity(bench, database.pool, { name: 'evaluation, warming up', rounds: 1 });
    const again = await evaluateCity(bench, database.pool, { name: 'evaluation, again', rounds });
    const anew = await evaluateCity(bench, database.pool, {
      name: 'evaluation, again and written anew',
      rounds: Math.min(ROUNDS_ANEW_MAX, rounds),
      before: 'update evaluations set told = null',
    });
    return measured({ figures: [first, again, anew], aims: AIMS.map((aim) => aimOf(aim, again, anew, institutions)) });
  } finally {
    await database.drop();
  }
}

interface Round {
  readonly name: string;
  readonly rounds: number;
  /** A statement before each round, which is not counted. */
  readonly before?: string;
}

async function evaluateCity(bench: Bench, pool: pg.Pool, { name, rounds, before }: Round): Promise<Figure> {
  bench.say(name);
  const spent = { seconds: 0, node: 0, postgres: 0 as number | null };
  const times: number[] = [];
  let count = 0;
  for (let round = 0; round < rounds; round += 1) {
    if (before !== undefined) await pool.query(before);
    await pool.query(
      'insert into due_institutions (institution_no, due_at) select no, $1::timestamptz from institutions',
      ['2020-01-01T00:00:00Z'],
    );
    const cpu = bench.lab.cpu();
    const started = performance.now();
    count += await evaluateAll(bench, pool, times);
    spent.seconds += (performance.now() - started) / 1_000;
    const after = bench.lab.cpu();
    spent.node += after.node - cpu.node;
    const postgres = difference(after.postgres, cpu.postgres);
    spent.postgres = spent.postgres === null || postgres === null ? null : spent.postgres + postgres;
  }
  const waits = percentiles(times);
  return figure({
    name,
    unit: 'institutions',
    count,
    seconds: spent.seconds,
    times: waits && { ...waits, of: 'batch' },
    cpu: { node: spent.node, postgres: spent.postgres },
    peakMemory: peakMemoryOf(process.pid),
    ...(rounds > 1 && { note: `${thousands(bench.scale.city.institutions)} institutions, ${rounds} times over` }),
  });
}

/** Told as what it is where the city is smaller than the aim's. */
function aimOf([institutions, secondsMax]: (typeof AIMS)[number], again: Figure, anew: Figure, city: number): Aim {
  const secondsOf = (one: Figure): number => institutions / perSecond(one);
  const limit = secondsMax < 60 ? `${secondsMax} s` : `${secondsMax / 60} min`;
  const text = `${thousands(institutions)} institutions re-evaluated from PostgreSQL in under ${limit} on ${PROCESSORS_AIM} processors`;
  const from = `, extrapolated from ${thousands(again.count)} evaluations of ${thousands(city)} institutions, not run at that size`;
  return {
    text: city >= institutions ? text : text + from,
    measured: `${secondsOf(again).toFixed(1)} s, ${secondsOf(anew).toFixed(1)} s where all findings are written anew${busyText(again, institutions)}`,
    reached: secondsOf(again) < secondsMax,
  };
}

function busyText({ cpu, count }: Figure, institutions: number): string {
  if (cpu === null || cpu.node === null || cpu.postgres === null) return '';
  const seconds = ((cpu.node + cpu.postgres) / count) * (institutions / PROCESSORS_AIM);
  return `; by processor time ${seconds.toFixed(1)} s if both processors are kept busy`;
}

/** Answers how many were evaluated; adds the milliseconds of each batch to `times`. */
async function evaluateAll(bench: Bench, pool: pg.Pool, times: number[]): Promise<number> {
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
      if (count > bench.scale.city.institutions * EVALUATIONS_EACH_MAX)
        throw new Error('the evaluation does not come to an end');
    }
  };
  // Two batches at once, as the worker does.
  await Promise.all([one(), one()]);
  return count;
}
const EVALUATIONS_EACH_MAX = 10;
