import { type Bench, historyOf } from './context.js';
import { type Figure, figure, type Measured, measured, thousands } from './figures.js';
import { MEDIA_BATCH, MEDIA_LINES, Sender } from './http-client.js';
import { cpuOfWorkers } from './lab.js';
import { peakMemoryOf, percentiles } from './meter.js';

/** Senders at once; each tells of institutions of its own, as platforms and banks do. */
const CONNECTIONS = 4;
const SHARE_OF_EVENTS = { lines: 0.4, thousand: 0.3, hundred: 0.2 } as const;
const LINES_PER_STREAM = 10_000;

const WAYS = [
  {
    name: 'HTTP → books, streams of NDJSON',
    mediaType: MEDIA_LINES,
    perRequest: LINES_PER_STREAM,
    share: SHARE_OF_EVENTS.lines,
  },
  {
    name: 'HTTP → books, batches of 1,000',
    mediaType: MEDIA_BATCH,
    perRequest: 1_000,
    share: SHARE_OF_EVENTS.thousand,
  },
  { name: 'HTTP → books, batches of 100', mediaType: MEDIA_BATCH, perRequest: 100, share: SHARE_OF_EVENTS.hundred },
] as const;

/** Four connections to a `worker api` process. The senders run in this process, on the same processors. */
export async function measureHttp(bench: Bench): Promise<Measured> {
  const figures: Figure[] = [];
  for (const way of WAYS) figures.push(await measureWay(bench, way));
  return measured({ figures });
}

async function measureWay(bench: Bench, way: (typeof WAYS)[number]): Promise<Figure> {
  bench.say(way.name);
  const { lab, scale } = bench;
  const each = Math.ceil((scale.events * way.share) / CONNECTIONS);
  const sets = Array.from({ length: CONNECTIONS }, (_, at) =>
    historyOf(bench, {
      events: each,
      institutions: Math.ceil(scale.institutions / CONNECTIONS),
      prefix: String(at + 1),
    }).take(each),
  );
  const database = await lab.database();
  const worker = lab.start(['worker', 'api', '--port', '0'], database.url);
  try {
    const address = (await worker.said(/listens on (http:\S+)/))[1]!;
    const [nodeBefore, before] = [cpuOfWorkers([worker]), lab.cpu()];
    const started = performance.now();
    const times = (await Promise.all(sets.map((lines) => send(address, way.mediaType, way.perRequest, lines)))).flat();
    const seconds = (performance.now() - started) / 1_000;
    const [nodeAfter, after] = [cpuOfWorkers([worker]), lab.cpu()];
    const waits = percentiles(times);
    return figure({
      name: way.name,
      count: each * CONNECTIONS,
      seconds,
      times: waits && { ...waits, of: 'request' },
      cpu: { node: difference(nodeAfter, nodeBefore), postgres: difference(after.postgres, before.postgres) },
      peakMemory: peakMemoryOf(worker.pid),
      note: `${CONNECTIONS} connections, ${thousands(way.perRequest)} events a request; processor seconds and memory of the API process alone`,
    });
  } finally {
    await worker.stop();
    await database.drop();
  }
}

async function send(
  address: string,
  mediaType: string,
  perRequest: number,
  lines: readonly string[],
): Promise<number[]> {
  const sender = new Sender(address);
  const times: number[] = [];
  try {
    for (let from = 0; from < lines.length; from += perRequest) {
      times.push((await sender.events(mediaType, lines.slice(from, from + perRequest))).ms);
    }
  } finally {
    sender.close();
  }
  return times;
}

export function difference(after: number | null, before: number | null): number | null {
  return after === null || before === null ? null : after - before;
}
