import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { expectedRejects, historyLines } from '../support/history.js';
import { brokerOrSkip, type TestBroker } from '../support/kafka/broker.js';
import { endAll, feewarden, type Running, startFeewarden, until } from '../support/processes.js';
import {
  ACCEPTED,
  countOf,
  expectBooksOfSample,
  expectClean,
  LINES,
  listen,
  makeTopics,
  membersOf,
  refusedTexts,
  sendLines,
} from './streams.js';

/**
 * The sample history through a real broker and through HTTP, into the same books as from the file. The broker is restarted in
 * mid-stream, and workers come and go while records wait.
 */
const FILE = fileURLToPath(new URL('../fixtures/history/events.ndjson.gz', import.meta.url));
const ADMIN_KEY = 'the-key-of-the-end-to-end-tests-40-chars';
const BATCH = '250';
const lines = historyLines();

let broker: TestBroker | undefined;
let db: TestDatabase;
const databases: TestDatabase[] = [];

beforeAll(async () => {
  broker = await brokerOrSkip({ own: true });
  db = await newDatabase();
}, 600_000);

afterAll(async () => {
  await endAll();
  await broker?.stop();
  for (const database of databases) await database.drop();
});

describe('through Kafka', { timeout: 300_000 }, () => {
  it('workers share the partitions, come and go, and outlive a restart of the broker, and the books are those of the sample', async (t) => {
    t.skip(!broker);
    const { brokers } = broker!;
    await makeTopics(brokers);
    const group = { FEEWARDEN_KAFKA_GROUP: 'sharing' };
    const first = worker(db, 'ingest', group);
    const second = worker(db, 'ingest', group);
    await sendLines(brokers, lines.slice(0, 10_000));
    await until('both workers have booked a batch', () => batchesOf(first) > 0 && batchesOf(second) > 0);

    let sent = 0;
    const sending = sendLines(brokers, lines.slice(10_000, 25_000), (count) => {
      sent = count;
    });
    await until('the next part is on its way', () => sent > 0);
    expect(sent).toBeLessThan(15_000);
    await broker!.restart();
    await sending;
    await until('what was sent around the restart is booked', async () => (await countOf(db.pool, 'events')) > 24_000);

    const third = worker(db, 'ingest', group);
    await until('the third worker is in the group', async () => (await membersOf(brokers, 'sharing')) === 3);
    await sendLines(brokers, lines.slice(25_000));
    await until('the third worker has booked a batch', () => batchesOf(third) > 0);
    expect(await first.end('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(first.stderr()).toContain('worker drained');
    await untilAllBooked(db);
    for (const left of [second, third]) expect(await left.end('SIGTERM')).toEqual({ code: 0, signal: null });
    await expectBooksOfSample(db.pool);
    const { refused, wanted } = await refusedTexts(db.pool);
    expect(refused).toEqual(wanted);
  });

  it('every refused record is told on prepaid.rejected, with its code and its place', async (t) => {
    t.skip(!broker);
    const heard = await listen(broker!.brokers, 'prepaid.rejected');
    const notify = worker(db, 'notify');
    const { rows } = await db.pool.query<{ code: string; origin: object; event_id: string | null }>(
      'select code, origin, event_id from rejected_events',
    );
    expect(rows.length).toBeGreaterThanOrEqual(100);
    await until('all are told', () => new Set(heard.events.map((event) => event.id)).size >= rows.length);
    const told = heard.events.map(({ type, data }) => `${type} ${data['code']} ${placeOf(data['origin'])}`);
    expect(new Set(told)).toEqual(
      new Set(rows.map((row) => `prepaid.event.rejected.v1 ${row.code} ${placeOf(row.origin)}`)),
    );
    await heard.close();
    expect(await notify.end('SIGTERM')).toEqual({ code: 0, signal: null });
  });

  it('a worker that starts anew finds nothing to do, and verify finds no fault', async (t) => {
    t.skip(!broker);
    const again = worker(db, 'ingest', { FEEWARDEN_KAFKA_GROUP: 'from-the-start' });
    await until('everything was read once more', () => recordsOf(again) >= LINES, 120_000);
    expect(await again.end('SIGTERM')).toEqual({ code: 0, signal: null });
    await expectBooksOfSample(db.pool);
    expect(await feewarden(['verify'], { env: { DATABASE_URL: db.url } })).toMatchObject({ code: 0 });
  });
});

describe('through HTTP', { timeout: 300_000 }, () => {
  it('streams and batches together give the books of the sample and name exactly its bad lines', async () => {
    const http = await newDatabase();
    const api = worker(http, 'api');
    const totals = await sendByHttp(await addressOf(api));
    expect(totals).toMatchObject({ accepted: ACCEPTED, duplicates: LINES - ACCEPTED - expectedRejects().length });
    expect(totals.refused.sort((a, b) => a - b)).toEqual(expectedRejects().map((reject) => reject.line));
    expect(await api.end('SIGTERM')).toEqual({ code: 0, signal: null });
    await expectBooksOfSample(http.pool);
    // After all of that, the file brings nothing new.
    const file = await feewarden(['ingest', FILE, '--no-evaluate', '--json'], { env: { DATABASE_URL: http.url } });
    expect(JSON.parse(file.stdout)).toMatchObject({ read: LINES, accepted: 0 });
    await expectBooksOfSample(http.pool);
  });
});

it('the same events by file, HTTP and Kafka at the same time count once', async (t) => {
  t.skip(!broker);
  const all = await newDatabase();
  const api = worker(all, 'api');
  const address = await addressOf(api);
  const kafka = worker(all, 'ingest', { FEEWARDEN_KAFKA_GROUP: 'all-three' });
  const [http, file] = await Promise.all([
    sendByHttp(address),
    feewarden(['ingest', FILE, '--no-evaluate', '--json'], {
      env: { DATABASE_URL: all.url, FEEWARDEN_INGEST_BATCH_EVENTS_MAX: BATCH },
    }),
    until('Kafka is read', () => recordsOf(kafka) >= LINES, 180_000),
  ]);
  await until('the API says that another process reads Kafka', async () => (await brokerOf(address)) === 'ok');
  expect(await kafka.end('SIGTERM')).toEqual({ code: 0, signal: null });
  expect(await brokerOf(address)).toBe('warning');
  expect(await api.end('SIGTERM')).toEqual({ code: 0, signal: null });
  const byFile = JSON.parse(file.stdout) as { accepted: number; rejected: number };
  expect(http.accepted + byFile.accepted).toBeLessThanOrEqual(ACCEPTED);
  expect([http.refused.length, byFile.rejected]).toEqual([100, 100]);
  await expectBooksOfSample(all.pool);
  await expectClean(all.pool);
}, 300_000);

async function brokerOf(address: string): Promise<string | undefined> {
  const { checks } = (await (await fetch(`${address}/readyz`)).json()) as { checks: { name: string; state: string }[] };
  return checks.find(({ name }) => name === 'broker')?.state;
}

async function newDatabase(): Promise<TestDatabase> {
  const database = await testDatabase();
  databases.push(database);
  return database;
}

function worker(on: TestDatabase, name: string, more: Record<string, string> = {}): Running {
  const env = {
    DATABASE_URL: on.url,
    LOG_LEVEL: 'debug',
    FEEWARDEN_INGEST_BATCH_EVENTS_MAX: BATCH,
    ...(broker ? { KAFKA_BROKERS: broker.brokers.join(',') } : {}),
    ...(name === 'api' ? { FEEWARDEN_ADMIN_KEY: ADMIN_KEY } : {}),
    ...more,
  };
  return startFeewarden(['worker', name, ...(name === 'api' ? ['--port', '0'] : [])], { env });
}

/** Batches that a worker says it has booked. */
function batchesOf(running: Running): number {
  return bookedBy(running).length;
}

function recordsOf(running: Running): number {
  return bookedBy(running).reduce((sum, line) => sum + line.read, 0);
}

function bookedBy(running: Running): { read: number }[] {
  return running
    .stderr()
    .split('\n')
    .filter((line) => line.includes('"batch booked"') && line.endsWith('}'))
    .map((line) => JSON.parse(line) as { read: number });
}

async function untilAllBooked(on: TestDatabase): Promise<void> {
  const { wanted } = await refusedTexts(on.pool);
  await until(
    'every event is booked or refused',
    async () =>
      (await countOf(on.pool, 'events')) >= ACCEPTED && (await refusedTexts(on.pool)).refused.length >= wanted.length,
    180_000,
  );
}

function placeOf(origin: unknown): string {
  const { topic, partition, offset } = origin as { topic: string; partition: number; offset: number };
  return `${topic}/${partition}/${offset}`;
}

async function addressOf(api: Running): Promise<string> {
  return (await api.says(/listens on (http:\S+)/))[1]!;
}

interface HttpTotals {
  accepted: number;
  duplicates: number;
  /** Lines of the sample, from 1. */
  refused: number[];
}

const LINES_PER_REQUEST = 1_500;

/** Every other request is a stream of lines, the others are arrays; a line that is no JSON can only be streamed. */
async function sendByHttp(address: string): Promise<HttpTotals> {
  const totals: HttpTotals = { accepted: 0, duplicates: 0, refused: [] };
  const send = async (part: readonly (readonly [string, number])[], asBatch: boolean): Promise<void> => {
    const texts = part.map(([text]) => text);
    const answer = await fetch(`${address}/v1/events`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${ADMIN_KEY}`,
        'content-type': asBatch ? 'application/cloudevents-batch+json' : 'application/x-ndjson',
      },
      body: asBatch ? `[${texts.join(',')}]` : `${texts.join('\n')}\n`,
    });
    expect(answer.status).toBe(200);
    const said = (await answer.json()) as { accepted: number; duplicates: number; rejected: { index: number }[] };
    totals.accepted += said.accepted;
    totals.duplicates += said.duplicates;
    totals.refused.push(...said.rejected.map(({ index }) => part[index]![1]));
  };
  const numbered = lines.map((text, at) => [text, at + 1] as const);
  for (let from = 0; from < numbered.length; from += LINES_PER_REQUEST) {
    const part = numbered.slice(from, from + LINES_PER_REQUEST);
    const asBatch = (from / LINES_PER_REQUEST) % 2 === 1;
    const [fit, unfit] = asBatch
      ? [part.filter(([text]) => isJson(text)), part.filter(([text]) => !isJson(text))]
      : [part, []];
    await send(fit, asBatch);
    if (unfit.length > 0) await send(unfit, false);
  }
  return totals;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
