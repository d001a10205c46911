import type pg from 'pg';
import { loadConfig } from '../../src/config.js';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import type { Us } from '../../src/core/time.js';
import { evaluateDue } from '../../src/risk/evaluate-due.js';
import { writeCity } from './city.js';
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

/**
 * Every institution of a city evaluated from PostgreSQL at the moment at which its history ends: of small schools for the first time,
 * again, and with everything it tells written anew; and again of schools of usual size, whose windows hold more rows.
 */
export async function measureEvaluate(bench: Bench): Promise<Measured> {
  const { city } = bench.scale;
  const path = bench.lab.file('evaluate.ndjson');
  historyOf(bench, city).writeFile(path, (written) => written.lines >= city.events);
  const small = await withCity(bench, path, async (books) => {
    const first = await evaluateCity(bench, books, { name: 'evaluation, first', rounds: 1 });
    const again = await evaluateAgain(bench, books, 'evaluation, again');
    const anew = await evaluateCity(bench, books, {
      name: 'evaluation, again and written anew',
      rounds: Math.min(ROUNDS_ANEW_MAX, roundsOf(books)),
      before: 'update evaluations set told = null',
    });
    return { figures: [first, again, anew], aims: AIMS.map((aim) => aimOf(aim, books, again, anew)) };
  });
  const larger = await writeCity(bench, 'larger', city.events, 'none');
  const usual = await withCity(bench, larger.path, async (books) => {
    const again = await evaluateAgain(bench, books, 'evaluation of larger schools, again');
    return { figures: [again], aims: AIMS.map((aim) => aimOf(aim, books, again, null)) };
  });
  return measured({ figures: [...small.figures, ...usual.figures], aims: [...small.aims, ...usual.aims] });
}

/** A city in a database. */
interface Books {
  readonly pool: pg.Pool;
  readonly institutions: number;
  readonly events: number;
  /** When its history ends. */
  readonly endsAt: Us;
}

async function withCity<T>(bench: Bench, path: string, work: (books: Books) => Promise<T>): Promise<T> {
  const database = await bench.lab.database();
  try {
    const { pool } = database;
    bench.say('books to evaluate');
    await takePath(intakeOf(pool), path);
    await pool.query('vacuum analyze');
    const { rows } = await pool.query<Omit<Books, 'pool'>>(
      'select (select count(*)::int from institutions) as institutions, count(*)::int as events, max(recorded_at) as "endsAt" from events',
    );
    return await work({ pool, ...rows[0]! });
  } finally {
    await database.drop();
  }
}

function roundsOf({ institutions }: Books): number {
  return Math.min(ROUNDS_MAX, Math.ceil(EVALUATIONS_MIN / institutions));
}

/** After a round that is not counted: the program is warm then, as it is in a city of thousands. */
async function evaluateAgain(bench: Bench, books: Books, name: string): Promise<Figure> {
  await evaluateCity(bench, books, { name: `${name}: warming up`, rounds: 1 });
  return evaluateCity(bench, books, { name, rounds: roundsOf(books) });
}

interface Round {
  readonly name: string;
  readonly rounds: number;
  /** A statement before each round, which is not counted. */
  readonly before?: string;
}

async function evaluateCity(bench: Bench, books: Books, { name, rounds, before }: Round): Promise<Figure> {
  const { pool, institutions } = books;
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
    count += await evaluateAll(books, times);
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
    ...(rounds > 1 && {
      note: `${thousands(institutions)} institutions of ${eventsEach(books)} events, ${rounds} times over`,
    }),
  });
}

function eventsEach({ events, institutions }: Books): string {
  return thousands(events / institutions);
}

/** Told as what it is where the city is smaller than the aim's. `anew` null: not measured. */
function aimOf([count, secondsMax]: (typeof AIMS)[number], books: Books, again: Figure, anew: Figure | null): Aim {
  const secondsOf = (one: Figure): number => count / perSecond(one);
  const limit = secondsMax < 60 ? `${secondsMax} s` : `${secondsMax / 60} min`;
  const text = `${thousands(count)} institutions of ${eventsEach(books)} events re-evaluated from PostgreSQL in under ${limit} on ${PROCESSORS_AIM} processors`;
  const from = `, extrapolated from ${thousands(again.count)} evaluations of ${thousands(books.institutions)} institutions, not run at that size`;
  const anewText = anew === null ? '' : `, ${secondsOf(anew).toFixed(1)} s where all findings are written anew`;
  return {
    text: books.institutions >= count ? text : text + from,
    measured: `${secondsOf(again).toFixed(1)} s${anewText}${busyText(again, count)}`,
    reached: secondsOf(again) < secondsMax,
  };
}

function busyText({ cpu, count }: Figure, institutions: number): string {
  if (cpu === null || cpu.node === null || cpu.postgres === null) return '';
  const seconds = ((cpu.node + cpu.postgres) / count) * (institutions / PROCESSORS_AIM);
  return `; by processor time ${seconds.toFixed(1)} s if both processors are kept busy`;
}

/** Answers how many were evaluated; adds the milliseconds of each batch to `times`. */
async function evaluateAll({ pool, institutions, endsAt }: Books, times: number[]): Promise<number> {
  let count = 0;
  const one = async (): Promise<void> => {
    for (;;) {
      const started = performance.now();
      const { evaluated } = await evaluateDue(pool, {
        now: endsAt,
        calendar: CHINA_CALENDAR,
        settleUs: 0,
        institutionsMax: loadConfig({}).evaluateBatchMax,
        kafkaEnabled: false,
      });
      if (evaluated === 0) return;
      times.push(performance.now() - started);
      count += evaluated;
      // An institution that is due again by time within its own evaluation would never end.
      if (count > institutions * EVALUATIONS_EACH_MAX) throw new Error('the evaluation does not come to an end');
    }
  };
  // Two batches at once, as the worker does.
  await Promise.all([one(), one()]);
  return count;
}
const EVALUATIONS_EACH_MAX = 10;
