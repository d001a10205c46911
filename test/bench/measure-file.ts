import { setTimeout as sleep } from 'node:timers/promises';
import { loadConfig } from '../../src/config.js';
import type { IntakeDeps } from '../../src/ledger/intake.js';
import { takeFile } from '../../src/ledger/intake-file.js';
import { isProblem, openInputs } from '../../src/sources/files/records.js';
import { type Bench, historyOf } from './context.js';
import { type Aim, type Figure, figure, type Measured, measured, perSecond, thousands } from './figures.js';
import { type BenchDatabase, cpuOfWorkers, intakeOf, until, type Worker } from './lab.js';
import { measureLimits } from './limit.js';
import { measureBooksLimit } from './limit-books.js';
import { peakMemoryOf, percentiles } from './meter.js';

const AIM_PER_SECOND = 20_000;
const AIM_OF_LIMIT = 0.5;
const AIM_BEHIND_MS = 2_000;
const EVALUATED_MS_MAX = 600_000;

/** A file into the books, alone and with an evaluating process beside it, and the limit. */
export async function measureFile(bench: Bench): Promise<Measured> {
  const file = writeHistory(bench);
  const alone = await withDatabase(bench, async (database) => ({
    taken: await takeWhole(bench, database, file, 'file → books'),
    limits: [await measureBooksLimit(bench.lab, database.pool), ...(await measureLimits(bench.lab, database.pool))],
  }));
  bench.say('the same, while another process evaluates');
  const beside = await withDatabase(bench, (database) => takeEvaluating(bench, database, file));
  const limit = alone.limits[0]!;
  const against = { name: limit.name, perSecond: perSecond(limit) };
  const figures = [
    { ...alone.taken, limit: against },
    ...beside.map((one) => (one.unit === 'events' ? { ...one, limit: against } : one)),
    ...alone.limits,
  ];
  return measured({ figures, aims: aimsOf(beside, alone.limits) });
}

/** `takeFile` as the command runs it, with the seconds of each batch. */
export async function takePath(
  deps: IntakeDeps,
  path: string,
): Promise<{ read: number; seconds: number; batchMs: number[] }> {
  const batchMs: number[] = [];
  const started = performance.now();
  let last = started;
  const timed: IntakeDeps = {
    ...deps,
    alongside: async () => {
      const now = performance.now();
      batchMs.push(now - last);
      last = now;
    },
  };
  const { ingestBatchEventsMax } = loadConfig({});
  let read = 0;
  for await (const input of openInputs([path])) {
    if (isProblem(input)) throw input.error;
    const taken = await takeFile(timed, input, { batchEventsMax: ingestBatchEventsMax });
    if (taken.rejected > 0)
      throw new Error(`the books refused ${taken.rejected} generated events: ${JSON.stringify(taken.byCode)}`);
    read += taken.read;
  }
  return { read, seconds: (performance.now() - started) / 1_000, batchMs };
}

function writeHistory(bench: Bench): string {
  const { events, institutions } = bench.scale;
  bench.say(`writing a history of ${thousands(events)} events of ${thousands(institutions)} institutions`);
  const path = bench.lab.file('history.ndjson');
  historyOf(bench, { events, institutions }).writeFile(path, (written) => written.lines >= events);
  return path;
}

async function withDatabase<T>(bench: Bench, work: (database: BenchDatabase) => Promise<T>): Promise<T> {
  const database = await bench.lab.database();
  try {
    return await work(database);
  } finally {
    await database.drop();
  }
}

async function takeWhole(bench: Bench, database: BenchDatabase, file: string, name: string): Promise<Figure> {
  bench.say(name);
  const before = bench.lab.cpu();
  const taken = await takePath(intakeOf(database.pool), file);
  const after = bench.lab.cpu();
  const times = percentiles(taken.batchMs);
  return figure({
    name,
    count: taken.read,
    seconds: taken.seconds,
    times: times && { ...times, of: 'batch' },
    cpu: {
      node: after.node - before.node,
      postgres: after.postgres === null || before.postgres === null ? null : after.postgres - before.postgres,
    },
    peakMemory: peakMemoryOf(process.pid),
  });
}

async function takeEvaluating(bench: Bench, database: BenchDatabase, file: string): Promise<Figure[]> {
  const worker = bench.lab.start(['worker', 'evaluate'], database.url);
  try {
    await until(() => isConnected(database, worker), 60_000, 'the start of the evaluate worker');
    const cpuBefore = cpuOfWorkers([worker]);
    const started = performance.now();
    const behind = watchBehind(database);
    const taken = await takeWhole(bench, database, file, 'file → books, evaluating beside');
    const ages = await behind.stop();
    await until(() => nothingDue(database), EVALUATED_MS_MAX, 'the evaluation of what is due');
    const seconds = (performance.now() - started) / 1_000;
    const cpuAfter = cpuOfWorkers([worker]);
    const node = cpuBefore === null || cpuAfter === null ? null : cpuAfter - cpuBefore;
    const note =
      'from the first event until every institution is evaluated; processor seconds of the evaluating process';
    return [
      taken,
      figure({
        name: 'file → books and scores',
        count: taken.count,
        seconds,
        cpu: { node, postgres: null },
        peakMemory: peakMemoryOf(worker.pid),
        note,
      }),
      behindFigure(ages),
    ];
  } finally {
    await worker.stop();
  }
}

/**
 * Milliseconds by which the score that waits longest is behind the books, looked at again and again while events come. Counted from the
 * look that first saw its mark, not from when it is due: marks of everyday events are due a little later.
 */
function watchBehind(database: BenchDatabase): { stop(): Promise<number[]> } {
  const ages: number[] = [];
  const looks: { readonly newest: bigint; readonly at: number }[] = [];
  const ended = new AbortController();
  const looking = (async () => {
    while (!ended.signal.aborted) {
      const { rows } = await database.pool.query<{ oldest: bigint | null; newest: bigint | null }>(
        'select min(seq)::bigint as oldest, max(seq)::bigint as newest from due_institutions',
      );
      const { oldest, newest } = rows[0]!;
      const at = performance.now();
      if (oldest !== null && newest !== null) {
        looks.push({ newest: BigInt(newest), at });
        while (looks[0]!.newest < BigInt(oldest)) looks.shift();
      }
      ages.push(oldest === null ? 0 : at - looks[0]!.at);
      await sleep(LOOK_MS);
    }
  })();
  return {
    async stop() {
      ended.abort();
      await looking;
      return ages;
    },
  };
}
const LOOK_MS = 50;

function behindFigure(ages: readonly number[]): Figure {
  const times = percentiles(ages);
  return figure({
    name: 'score behind the books',
    unit: 'looks',
    count: ages.length,
    seconds: 0,
    times: times && { ...times, of: 'look' },
    note: `the institution that waits longest, while the file is read at full speed; ${(Math.max(0, ...ages) / 1_000).toFixed(1)} s at most`,
  });
}

/** The thread that evaluates comes after the process: what it takes to load is no delay of a score. */
async function isConnected(database: BenchDatabase, worker: Worker): Promise<boolean> {
  const { rows } = await database.pool.query(
    "select 1 from pg_stat_activity where application_name = 'feewarden-evaluate evaluating' and datname = current_database()",
  );
  if (rows.length === 0 && !isAlive(worker.pid)) throw new Error(`the evaluate worker ended: ${worker.output()}`);
  return rows.length > 0;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function nothingDue(database: BenchDatabase): Promise<boolean> {
  const { rows } = await database.pool.query('select 1 from due_institutions limit 1');
  return rows.length === 0;
}

function aimsOf(beside: readonly Figure[], limits: readonly Figure[]): Aim[] {
  const taken = beside[0]!;
  const rate = perSecond(taken);
  const shares = limits.map((limit) => rate / perSecond(limit));
  const [share, ...others] = shares.map((value) => `${(value * 100).toFixed(0)} %`);
  const behind = beside.find(({ unit }) => unit === 'looks')?.times ?? null;
  return [
    {
      text: `${thousands(AIM_PER_SECOND)} events/s from a file, evaluating beside`,
      measured: `${thousands(rate)} events/s`,
      reached: rate >= AIM_PER_SECOND,
    },
    {
      text: 'half of a bare batched insert of the same rows, evaluating beside',
      measured: `${share} (of the events alone by COPY and by insert: ${others.join(', ')})`,
      reached: shares[0]! >= AIM_OF_LIMIT,
    },
    {
      text: `a score at most ${AIM_BEHIND_MS / 1_000} s behind the books while a file is read at full speed`,
      measured: behind === null ? 'nothing waited' : `p99 ${(behind.p99 / 1_000).toFixed(1)} s`,
      reached: behind !== null && behind.p99 <= AIM_BEHIND_MS,
    },
  ];
}
