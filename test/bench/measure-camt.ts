import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Bench } from './context.js';
import { type Figure, figure, type Measured, measured, perSecond, thousands } from './figures.js';
import { writeCamt } from './generate-camt.js';
import type { CamtReading } from './read-camt.js';

const AIM_PER_SECOND = 130_000;
const AIM_MEMORY_BYTES = 150_000_000;
/** As many entries as events make the file large enough to tell of memory. */
const ENTRIES_PER_EVENT = 2;

/** The other readers hold the whole file and all of its objects, so they get the start of a file as this one, no longer than this. */
const OTHERS_ENTRIES_MAX = 20_000;

type Mode = 'reader' | 'alone' | 'saxes' | 'iso20022.js' | 'camt-parser';

/** The reader of camt files on one large file, the bare parser below it, and readers that others publish. */
export async function measureCamt(bench: Bench): Promise<Measured> {
  const entries = bench.scale.events * ENTRIES_PER_EVENT;
  bench.say(`writing a camt.053 of ${thousands(entries)} entries`);
  const path = bench.lab.file('statement.xml');
  writeCamt(path, entries);
  bench.say('camt → entries, the bare parser, and other readers');
  const limit = await readingOf('saxes', 'limit: bare saxes, no handlers', path, entries);
  const limited = { name: limit.name, perSecond: perSecond(limit) };
  const reader = await readingOf('reader', 'camt → entries', path, entries);
  const alone = await readingOf('alone', 'camt → entries, one thread', path, entries);
  const few = Math.min(entries, OTHERS_ENTRIES_MAX);
  const slice = bench.lab.file('slice.xml');
  writeCamt(slice, few);
  const others: Figure[] = [];
  for (const mode of ['iso20022.js', 'camt-parser'] as const) {
    const figure = await readingOf(mode, `another reader: ${mode}`, slice, few);
    others.push({ ...figure, note: `reads ${thousands(few)} entries, because it holds a whole file in memory` });
  }
  const rate = perSecond(reader);
  return measured({
    figures: [
      { ...reader, limit: limited },
      { ...alone, limit: limited },
      { ...limit, note: 'of one thread: two may pass it' },
      ...others,
    ],
    aims: [
      {
        text: `${thousands(AIM_PER_SECOND)} entries/s from a camt file`,
        measured: `${thousands(rate)} entries/s`,
        reached: rate >= AIM_PER_SECOND,
      },
      {
        text: 'less than 150 MB for a camt file of any size',
        measured: `${thousands(reader.peakMemory! / 1_000_000)} MB`,
        reached: reader.peakMemory! < AIM_MEMORY_BYTES,
      },
    ],
  });
}

async function readingOf(mode: Mode, name: string, path: string, expected: number): Promise<Figure> {
  const program = fileURLToPath(new URL('./read-camt.js', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [program, mode, path]);
  const { entries, seconds, cpuSeconds, peakBytes } = JSON.parse(stdout) as CamtReading;
  if (entries !== expected) throw new Error(`${mode} found ${entries} of ${expected} entries`);
  return figure({
    name,
    unit: 'entries',
    count: entries,
    seconds,
    cpu: { node: cpuSeconds, postgres: null },
    peakMemory: peakBytes,
  });
}
