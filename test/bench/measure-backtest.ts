import { existsSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { packageRoot } from '../../src/db/package-root.js';
import { type Bench, historyOf } from './context.js';
import { figure, type Measured, measured, perSecond, thousands } from './figures.js';
import { cpuOfWorkers } from './lab.js';
import { peakMemoryOf } from './meter.js';

const AIM_PER_SECOND = 100_000;
const LOOK_MS = 50;

/** `feewarden backtest` on a city, in a process of its own, from its start to its end. */
export async function measureBacktest(bench: Bench): Promise<Measured> {
  const { lab, scale } = bench;
  if (!existsSync(path.join(packageRoot(), 'dist', 'src', 'cli', 'commands', 'backtest.js')))
    return measured({ skipped: ['backtest: this version has no such command'] });
  const file = lab.file('backtest.ndjson');
  historyOf(bench, { events: scale.events, institutions: scale.institutions }).writeFile(
    file,
    (written) => written.lines >= scale.events,
  );
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
    count: scale.events,
    seconds,
    cpu: { node, postgres: null },
    peakMemory,
    note: 'the start of the process is counted; without a database',
  });
  const rate = perSecond(one);
  return measured({
    figures: [one],
    aims: [
      {
        text: `${thousands(AIM_PER_SECOND)} events/s in a back-test`,
        measured: `${thousands(rate)} events/s`,
        reached: rate >= AIM_PER_SECOND,
      },
    ],
  });
}
