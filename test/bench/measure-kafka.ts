import { randomUUID } from 'node:crypto';
import { createProducer } from '../../src/sources/kafka/producer.js';
import { ensureTopics, PARTITIONS_DEFAULT } from '../../src/sources/kafka/topics.js';
import type { KafkaLog } from '../../src/sources/kafka/types.js';
import { NoBroker, startBroker } from '../support/kafka/broker.js';
import { type Bench, historyOf } from './context.js';
import { type Figure, figure, type Measured, measured } from './figures.js';
import { type BenchDatabase, cpuOfWorkers, until } from './lab.js';
import { difference } from './measure-http.js';
import { peakMemoryOf } from './meter.js';

const SHARE_OF_EVENTS = 0.5;
const RECORDS_PER_SEND = 1_000;
const DRAIN_MS_MAX = 600_000;
const SILENT: KafkaLog = { debug: ignore, info: ignore, warn: ignore, error: ignore };

/** Records that wait in a topic, taken by one `worker ingest` process, then by two. */
export async function measureKafka(bench: Bench): Promise<Measured> {
  bench.say('starting a Kafka broker');
  const broker = await startBroker().catch((error: unknown) => {
    if (error instanceof NoBroker) return error;
    throw error;
  });
  if (broker instanceof NoBroker) {
    bench.say(`SKIPPED: ${broker.message}`);
    return measured({ skipped: [`Kafka → books: ${broker.message}`] });
  }
  try {
    const figures: Figure[] = [];
    for (const workers of [1, 2]) figures.push(await measureWorkers(bench, broker.brokers, workers));
    return measured({ figures });
  } finally {
    await broker.stop();
  }
}

async function measureWorkers(bench: Bench, brokers: readonly string[], count: number): Promise<Figure> {
  const { lab } = bench;
  const name = `Kafka → books, ${count} ${count === 1 ? 'worker' : 'workers'}`;
  bench.say(`${name}: producing`);
  const topic = `bench-${randomUUID()}`;
  const { events, lines } = await produce(bench, brokers, topic);
  bench.say(name);
  const database = await lab.database();
  const settings = { KAFKA_BROKERS: brokers.join(','), FEEWARDEN_KAFKA_TOPICS: topic, FEEWARDEN_KAFKA_GROUP: topic };
  const workers = Array.from({ length: count }, () => lab.start(['worker', 'ingest'], database.url, settings));
  try {
    await until(async () => (await bookedEvents(database)) > 0, DRAIN_MS_MAX, 'the first batch');
    const [already, started, nodeBefore, before] = [
      await bookedEvents(database),
      performance.now(),
      cpuOfWorkers(workers),
      lab.cpu(),
    ];
    await until(async () => (await bookedEvents(database)) >= events, DRAIN_MS_MAX, 'the last batch');
    const seconds = (performance.now() - started) / 1_000;
    const [nodeAfter, after] = [cpuOfWorkers(workers), lab.cpu()];
    return figure({
      name,
      count: Math.round(lines * (1 - already / events)),
      seconds,
      cpu: { node: difference(nodeAfter, nodeBefore), postgres: difference(after.postgres, before.postgres) },
      peakMemory: Math.max(...workers.map(({ pid }) => peakMemoryOf(pid) ?? 0)) || null,
      note: `${PARTITIONS_DEFAULT} partitions, records waiting; from the first batch to the last; processor seconds of the workers, the broker not counted`,
    });
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
    await database.drop();
  }
}

async function produce(
  bench: Bench,
  brokers: readonly string[],
  topic: string,
): Promise<{ events: number; lines: number }> {
  const client = { brokers, clientId: 'bench', log: SILENT };
  await ensureTopics({ ...client, topics: [topic], partitions: PARTITIONS_DEFAULT, replicationFactor: 1 });
  const producer = createProducer(client);
  const lines = Math.ceil(bench.scale.events * SHARE_OF_EVENTS);
  const history = historyOf(bench, {
    events: lines,
    institutions: Math.ceil(bench.scale.institutions * SHARE_OF_EVENTS),
  });
  const identities = new Set<string>();
  try {
    for (let sent = 0; sent < lines; sent += RECORDS_PER_SEND) {
      const part = history.take(Math.min(RECORDS_PER_SEND, lines - sent)).map((text) => {
        const event = JSON.parse(text) as { source: string; id: string; subject: string };
        identities.add(`${event.source} ${event.id}`);
        return { key: event.subject, value: Buffer.from(text), headers: {} };
      });
      await producer.send(topic, part);
    }
  } finally {
    await producer.close();
  }
  return { events: identities.size, lines };
}

async function bookedEvents(database: BenchDatabase): Promise<number> {
  const { rows } = await database.pool.query<{ count: number }>(
    'select coalesce(sum(event_count), 0)::bigint as count from institutions',
  );
  return rows[0]!.count;
}

function ignore(): void {}
