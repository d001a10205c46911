import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Bench, historyOf } from './context.js';
import { figure, type Measured, measured, thousands } from './figures.js';
import type { Worker } from './lab.js';
import { memoryOf, peakMemoryOf } from './meter.js';
import { institutionsFor } from './scale.js';

const AIM_BYTES = 300_000_000;
const MEBIBYTE = 1024 * 1024;
const BYTES_PER_EVENT = 320;
const LOOK_MS = 200;
const FILE_NAME = 'large.ndjson';

/** The most memory that `feewarden ingest` ever has, in a process of its own, on one large file. */
export async function measureMemory(bench: Bench): Promise<Measured> {
  const { lab, scale } = bench;
  const bytes = scale.ingestMebibytes * MEBIBYTE;
  const events = Math.ceil(bytes / BYTES_PER_EVENT);
  bench.say(`writing a file of ${thousands(scale.ingestMebibytes)} MiB`);
  const path = lab.file(FILE_NAME);
  const written = historyOf(bench, { events, institutions: institutionsFor(events) }).writeFile(
    path,
    (so) => so.bytes >= bytes,
  );
  const database = await lab.database();
  try {
    bench.say('feewarden ingest in a process of its own');
    const started = performance.now();
    const worker = lab.start(['ingest', '--no-evaluate', '--json', path], database.url);
    const seen = await watch(worker);
    const seconds = (performance.now() - started) / 1_000;
    if ((await worker.ended) !== 0) throw new Error(`feewarden ingest failed: ${worker.output()}`);
    if (seen.peak === null)
      return measured({ skipped: ['memory: this system does not tell how much memory a process has'] });
    const note = `file of ${thousands(scale.ingestMebibytes)} MiB; ${thousands(seen.halfway! / 1_000_000)} MB when half the time was over; the start of the process is counted`;
    return measured({
      figures: [
        figure({ name: 'memory of feewarden ingest', count: written.lines, seconds, peakMemory: seen.peak, note }),
      ],
      aims: [
        {
          text: `ingest in less than ${thousands(AIM_BYTES / 1_000_000)} MB`,
          measured: `${thousands(seen.peak / 1_000_000)} MB`,
          reached: seen.peak < AIM_BYTES,
        },
      ],
    });
  } finally {
    rmSync(path, { force: true });
    await database.drop();
  }
}

async function watch(worker: Worker): Promise<{ readonly peak: number | null; readonly halfway: number | null }> {
  const sizes: number[] = [];
  let peak: number | null = null;
  let isOver = false;
  void worker.ended.then(() => {
    isOver = true;
  });
  while (!isOver) {
    peak = peakMemoryOf(worker.pid) ?? peak;
    const now = memoryOf(worker.pid);
    if (now !== null) sizes.push(now);
    await sleep(LOOK_MS);
  }
  return { peak, halfway: sizes[Math.floor(sizes.length / 2)] ?? null };
}
