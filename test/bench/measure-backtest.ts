import { createReadStream, existsSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { packageRoot } from '../../src/db/package-root.js';
import { writeCity } from './city.js';
import type { Bench } from './context.js';
import { type Figure, figure, type Measured, measured, perSecond, thousands } from './figures.js';
import { cpuOfWorkers } from './lab.js';
import { peakMemoryOf } from './meter.js';

const AIM_PER_SECOND = 100_000;
const LOOK_MS = 50;
/** A back-test is quick: so many times the events of the other measurements. */
const CITY_TIMES = 3;

/** `feewarden backtest` on a city, in a process of its own, from its start to its end. */
export async function measureBacktest(bench: Bench): Promise<Measured> {
  const { lab } = bench;
  if (!existsSync(path.join(packageRoot(), 'dist', 'src', 'cli', 'commands', 'backtest.js')))
    return measured({ skipped: ['backtest: this version has no such command'] });
  const { path: file, lines } = await writeCity(bench, 'city', bench.scale.events * CITY_TIMES, 'usual');
  bench.say('parsing its lines, and nothing else');
  const limit = await parseLines(bench, file);
  bench.say('feewarden backtest in a process of its own');
  const started = performance.now();
  const worker = lab.start(
    ['backtest', file, '--alerts', lab.file('alerts.ndjson')],
    'postgresql://nobody@127.0.0.1:1/none',
  );
  let node: number | null = null;
  let peakMemory: number | null = null;
  let isOver = false;
  void worker.ended.then(() => {
    isOver = true;
  });
  while (!isOver) {
    node = cpuOfWorkers([worker]) ?? node;
    peakMemory = peakMemoryOf(worker.pid) ?? peakMemory;
    await sleep(LOOK_MS);
  }
  const seconds = (performance.now() - started) / 1_000;
  if ((await worker.ended) !== 0) throw new Error(`feewarden backtest failed: ${worker.output()}`);
  const one = figure({
    name: 'back-test',
    count: lines,
    seconds,
    cpu: { node, postgres: null },
    peakMemory,
    limit: { name: limit.name, perSecond: perSecond(limit) },
    note: 'the start of the process is counted; without a database',
  });
  const rate = perSecond(one);
  return measured({
    figures: [one, limit],
    aims: [
      {
        text: `${thousands(AIM_PER_SECOND)} events/s in a back-test`,
        measured: `${thousands(rate)} events/s`,
        reached: rate >= AIM_PER_SECOND,
      },
    ],
  });
}

/** The least that a replay of JSON has to do. Of one thread: as many as there are processors may pass it. */
async function parseLines({ lab }: Bench, file: string): Promise<Figure> {
  const before = lab.cpu();
  const started = performance.now();
  let count = 0;
  let rest = '';
  for await (const chunk of createReadStream(file, { encoding: 'utf8', highWaterMark: CHUNK_BYTES })) {
    const lines = `${rest}${chunk}`.split('\n');
    rest = lines.pop()!;
    for (const line of lines) parse(line);
    count += lines.length;
  }
  const seconds = (performance.now() - started) / 1_000;
  const node = lab.cpu().node - before.node;
  return figure({
    name: 'limit: parsing the same lines',
    count,
    seconds,
    cpu: { node, postgres: null },
    note: 'JSON.parse of each line, in one thread',
  });
}

const CHUNK_BYTES = 1_048_576;

/** Some lines of a city are no JSON. */
function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
