import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatTime } from '../../src/core/time.js';
import { type Received, startReceiver } from '../alerts/receiver.js';
import { opening, REGION } from './branch.js';
import { type Bench, historyOf } from './context.js';
import { figure, type Measured, measured } from './figures.js';
import { MEDIA_LINES, Sender } from './http-client.js';
import { type BenchDatabase, cpuOfWorkers, intakeOf, until } from './lab.js';
import { takePath } from './measure-file.js';
import { difference } from './measure-http.js';
import { peakMemoryOf, percentiles } from './meter.js';

const AIM_P99_MS = 500;
const TICK_MS = 100;
const MARKS_PER_SECOND = 5;
const ALERT_TYPE = 'prepaid.alert.raised.v1';
const ALERTS_MS_MAX = 60_000;
const WARM_UP_SECONDS = 3;
const QUIET_MS_MAX = 120_000;

/**
 * From the sending of an event that must raise an alert (an inspection that found off-account fees, A10) to the arrival of its
 * webhook, while `feewarden start` takes in other events at a steady rate and evaluates them.
 */
export async function measureLatency(bench: Bench): Promise<Measured> {
  const { lab, scale } = bench;
  const database = await lab.database();
  const receiver = await startReceiver();
  const marks = Array.from(
    { length: MARKS_PER_SECOND * scale.latencySeconds },
    (_, at) => `X-${REGION}-9${String(at).padStart(6, '0')}`,
  );
  await openBooks(bench, database, marks);
  const worker = lab.start(['start', '--port', '0'], database.url, {
    FEEWARDEN_WEBHOOK_ALLOW_INTERNAL: receiver.address,
  });
  try {
    const address = (await worker.said(/listens on (http:\S+)/))[1]!;
    await subscribe(address, receiver.url);
    bench.say('waiting until the history is evaluated');
    await until(
      async () => (await database.pool.query('select 1 from due_institutions limit 1')).rowCount === 0,
      QUIET_MS_MAX,
      'the evaluation of the history',
    );
    bench.say(`alerts under ${scale.latencyEventsPerSecond} events/s for ${scale.latencySeconds} s`);
    const [nodeBefore, before, started] = [cpuOfWorkers([worker]), lab.cpu(), performance.now()];
    const { sentAt, events, behindMs } = await sendAll(bench, address, marks);
    const [nodeAfter, after, seconds] = [cpuOfWorkers([worker]), lab.cpu(), (performance.now() - started) / 1_000];
    const arrived = await arrivals(receiver.received, sentAt);
    const waits = percentiles(arrived)!;
    return measured({
      figures: [
        figure({
          name: 'background of the alerts',
          count: events,
          seconds,
          cpu: { node: difference(nodeAfter, nodeBefore), postgres: difference(after.postgres, before.postgres) },
          peakMemory: peakMemoryOf(worker.pid),
          note: `API, evaluation and webhooks in one process; the sender was at most ${behindMs.toFixed(0)} ms behind its plan`,
        }),
        figure({
          name: 'event → webhook',
          unit: 'alerts',
          count: arrived.length,
          seconds,
          times: { ...waits, of: 'alert' },
          note: 'from sending the event over HTTP to the whole webhook request',
        }),
      ],
      aims: [
        {
          text: `event → webhook p99 under ${AIM_P99_MS} ms at ${scale.latencyEventsPerSecond} events/s`,
          measured: `${waits.p99.toFixed(0)} ms`,
          reached: waits.p99 < AIM_P99_MS,
        },
      ],
    });
  } finally {
    await worker.stop();
    await receiver.close();
    await database.drop();
  }
}

/** A city with a past, and the marked institutions with their custody account. */
async function openBooks(bench: Bench, database: BenchDatabase, marks: readonly string[]): Promise<void> {
  bench.say('a city with a past');
  const path = bench.lab.file('latency.ndjson');
  cityOf(bench).writeFile(path, (written) => written.lines >= pastEvents(bench));
  await takePath(intakeOf(database.pool), path);
  const lines = marks.flatMap((subject, at) =>
    opening(at, `9${String(at).padStart(6, '0')}`).map(([source, type, data]) =>
      eventLine(subject, source, type, `m-${type}-${at}`, Date.now() - 86_400_000, data),
    ),
  );
  const opened = bench.lab.file('marks.ndjson');
  writeFileSync(opened, `${lines.join('\n')}\n`);
  await takePath(intakeOf(database.pool), opened);
}

function pastEvents(bench: Bench): number {
  return Math.ceil(bench.scale.events / 4);
}

function cityOf(bench: Bench): ReturnType<typeof historyOf> {
  const { latencyEventsPerSecond, latencySeconds, institutions } = bench.scale;
  const events = pastEvents(bench) + latencyEventsPerSecond * (latencySeconds + WARM_UP_SECONDS);
  return historyOf(bench, { events, institutions });
}

async function subscribe(address: string, url: string): Promise<void> {
  const sender = new Sender(address);
  const answer = await sender.post(
    '/v1/subscriptions',
    'application/json',
    Buffer.from(JSON.stringify({ name: 'bench', url, types: [ALERT_TYPE] })),
  );
  sender.close();
  if (answer.status !== 201) throw new Error(`POST /v1/subscriptions answered ${answer.status}: ${answer.body}`);
}

interface Sent {
  /** When each marked event was sent, in epoch milliseconds. */
  readonly sentAt: ReadonlyMap<string, number>;
  readonly events: number;
  readonly behindMs: number;
}

/** Sends the background at a steady rate, and the marked events one by one between its batches. */
async function sendAll(bench: Bench, address: string, marks: readonly string[]): Promise<Sent> {
  const { latencyEventsPerSecond, latencySeconds } = bench.scale;
  const city = cityOf(bench);
  city.take(pastEvents(bench));
  const perTick = Math.round((latencyEventsPerSecond * TICK_MS) / 1_000);
  const ticks = ((latencySeconds + WARM_UP_SECONDS) * 1_000) / TICK_MS;
  const ticksPerMark = Math.round(1_000 / TICK_MS / MARKS_PER_SECOND);
  const warmTicks = (WARM_UP_SECONDS * 1_000) / TICK_MS;
  const [background, marked] = [new Sender(address), new Sender(address)];
  const sentAt = new Map<string, number>();
  const sending: Promise<unknown>[] = [];
  let behindMs = 0;
  const started = performance.now();
  try {
    for (let tick = 0; tick < ticks; tick += 1) {
      const ahead = started + tick * TICK_MS - performance.now();
      if (ahead > 0) await sleep(ahead);
      else behindMs = Math.max(behindMs, -ahead);
      sending.push(background.events(MEDIA_LINES, city.take(perTick)));
      const subject =
        tick >= warmTicks && tick % ticksPerMark === 0 ? marks[(tick - warmTicks) / ticksPerMark] : undefined;
      if (subject === undefined) continue;
      // In the middle between two batches of the background.
      await sleep(TICK_MS / 2);
      sentAt.set(subject, Date.now());
      const found = `"inspectionId":"V${subject}","role":"grid","findings":["off_account"],"amountFen":600000`;
      sending.push(
        marked.events(MEDIA_LINES, [
          eventLine(subject, `/grid/${REGION}`, 'inspection.recorded', `v-${subject}`, Date.now(), found),
        ]),
      );
    }
    await Promise.all(sending);
  } finally {
    background.close();
    marked.close();
  }
  return { sentAt, events: ticks * perTick + sentAt.size, behindMs };
}

/** Milliseconds until the A10 alert of each marked institution. */
async function arrivals(received: readonly Received[], sentAt: ReadonlyMap<string, number>): Promise<number[]> {
  const arrived = new Map<string, number>();
  let looked = 0;
  await until(
    () => {
      for (; looked < received.length; looked += 1) {
        const { body, atMs } = received[looked]!;
        const subject = [...sentAt.keys()].find((id) => body.includes(`"${id}"`));
        if (subject !== undefined && body.includes('"A10"') && !arrived.has(subject))
          arrived.set(subject, atMs - sentAt.get(subject)!);
      }
      return arrived.size === sentAt.size;
    },
    ALERTS_MS_MAX,
    `the alert of each of ${sentAt.size} marked institutions`,
  );
  return [...arrived.values()];
}

function eventLine(subject: string, source: string, type: string, id: string, atMs: number, data: string): string {
  const time = formatTime(atMs * 1_000);
  return `{"specversion":"1.0","id":"${id}","source":"${source}","type":"prepaid.${type}.v1","subject":"${subject}","time":"${time}","data":{${data}}}`;
}
