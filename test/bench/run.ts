import { mkdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { packageRoot } from '../../src/db/package-root.js';
import { type Bench, todayOf } from './context.js';
import { type Measured, measured } from './figures.js';
import { Lab } from './lab.js';
import { measureBacktest } from './measure-backtest.js';
import { measureCamt } from './measure-camt.js';
import { measureEvaluate } from './measure-evaluate.js';
import { measureFile } from './measure-file.js';
import { measureGrowth } from './measure-growth.js';
import { measureHttp } from './measure-http.js';
import { measureKafka } from './measure-kafka.js';
import { measureLatency } from './measure-latency.js';
import { measureMemory } from './measure-memory.js';
import { measureReconcile } from './measure-reconcile.js';
import { loadAverage } from './meter.js';
import { HELP, type Options, readOptions } from './options.js';
import { type Report, toMarkdown, toTable } from './report.js';

/** In the order of the table. */
export const MEASURES = {
  file: measureFile,
  http: measureHttp,
  kafka: measureKafka,
  growth: measureGrowth,
  memory: measureMemory,
  latency: measureLatency,
  evaluate: measureEvaluate,
  reconcile: measureReconcile,
  backtest: measureBacktest,
  camt: measureCamt,
} as const satisfies Record<string, (bench: Bench) => Promise<Measured>>;

const options = readOptions(process.argv.slice(2), Object.keys(MEASURES));
if (options === 'help') console.log(HELP);
else await run(options);

async function run(chosen: Options): Promise<void> {
  const started = performance.now();
  const loadBefore = loadAverage();
  const say = (text: string): void =>
    console.error(`${((performance.now() - started) / 1_000).toFixed(0).padStart(4)} s  ${text}`);
  say('starting PostgreSQL, durable settings');
  const lab = await Lab.open();
  const onSignal = (): void => void lab.close().finally(() => process.exit(1));
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  try {
    const bench: Bench = { lab, scale: chosen.scale, seed: chosen.seed, today: todayOf(Date.now()), say };
    const parts: Measured[] = [];
    for (const [name, measure] of Object.entries(MEASURES)) {
      if (chosen.only === null || chosen.only.includes(name)) parts.push(await attempt(name, measure, bench));
    }
    const report = reportOf(parts, loadBefore, (performance.now() - started) / 1_000);
    save(report, chosen);
    console.log(chosen.json ? JSON.stringify(report) : toTable(report));
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
    await lab.close();
  }
}

/** One measurement that fails does not cost the others; the run then ends with exit code 1. */
async function attempt(name: string, measure: (bench: Bench) => Promise<Measured>, bench: Bench): Promise<Measured> {
  try {
    return await measure(bench);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    bench.say(`${name} FAILED: ${error instanceof Error ? (error.stack ?? reason) : reason}`);
    process.exitCode = 1;
    return measured({ failed: [`${name}: ${reason}`] });
  }
}

function reportOf(parts: readonly Measured[], loadBefore: number, seconds: number): Report {
  return {
    at: new Date().toISOString().slice(0, 16).replace('T', ' '),
    command: ['npm run bench', ...(process.argv.length > 2 ? ['--', ...process.argv.slice(2)] : [])].join(' '),
    seconds,
    machine: {
      processors: os.availableParallelism(),
      model: os.cpus()[0]?.model ?? 'unknown',
      memoryBytes: os.totalmem(),
      node: process.versions.node,
      platform: `${os.platform()} ${os.arch()}`,
      loadBefore,
      loadAfter: loadAverage(),
    },
    measured: measured({
      figures: parts.flatMap((part) => part.figures),
      aims: parts.flatMap((part) => part.aims),
      skipped: parts.flatMap((part) => part.skipped),
      failed: parts.flatMap((part) => part.failed),
    }),
  };
}

/** A full run is also the one that the repository shows. */
function save(report: Report, chosen: Options): void {
  const folder = chosen.out ?? path.join(packageRoot(), 'bench-results');
  mkdirSync(folder, { recursive: true });
  const name = path.join(folder, report.at.replaceAll(/[ :]/g, '-'));
  writeFileSync(`${name}.json`, `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(`${name}.md`, toMarkdown(report));
  if (chosen.isFull) writeFileSync(path.join(folder, 'latest.md'), toMarkdown(report));
  console.error(`saved as ${name}.md and .json`);
}
