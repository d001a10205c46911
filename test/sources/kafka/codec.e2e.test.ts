import { ConfigResourceTypes, Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { brokerOrSkip, type TestBroker } from '../../support/kafka/broker.js';
import { startConsumer, until } from './harness.js';

let broker: TestBroker | undefined;
let brokers: string[] = [];

beforeAll(async () => {
  broker = await brokerOrSkip();
  brokers = broker?.brokers ?? [];
}, 300_000);

afterAll(async () => {
  await broker?.stop();
}, 60_000);

/** A topic that packs what it is sent, as the sender would have done: our client packs nothing itself. */
async function packingTopic(codec: string): Promise<string> {
  const topic = `${codec}-${Date.now()}`;
  const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  const configEntries = [{ name: 'compression.type', value: codec }];
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 1, configEntries }] });
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configNames: ['compression.type'] }],
  });
  expect(resources[0]!.configEntries[0]!.configValue).toBe(codec);
  await admin.disconnect();
  return topic;
}

/** Text that repeats itself near and far, and some that does not. */
function values(): string[] {
  return Array.from({ length: 300 }, (_, n) => {
    const noise = Array.from({ length: 200 }, (_each, at) => ((n * 7_919 + at * at * 104_729) % 65_536).toString(36));
    return JSON.stringify({
      n,
      name: '阳光书法'.repeat(n % 9),
      same: 'x'.repeat((n * 37) % 700),
      noise: noise.join(''),
    });
  });
}

describe('records that lie packed in a topic that others made', { timeout: 60_000 }, () => {
  it.each(['gzip', 'snappy', 'lz4', 'zstd'])('are read as they were sent: %s', async (codec) => {
    if (!broker) return;
    const topic = await packingTopic(codec);
    const producer = new Kafka({ brokers, logLevel: logLevel.NOTHING }).producer();
    await producer.connect();
    const sent = values();
    await producer.send({ topic, messages: sent.map((value) => ({ key: 'k', value })) });
    await producer.send({ topic, messages: [{ key: 'k', value: 'the last' }] });
    await producer.disconnect();
    const seen: string[] = [];
    const consumer = startConsumer({
      brokers,
      groupId: `g-${topic}`,
      topics: [topic],
      handle: async (records) => void seen.push(...records.map((record) => record.value!.toString())),
    });
    await until('all came', () => seen.includes('the last'));
    await consumer.stop();
    expect(seen).toEqual([...sent, 'the last']);
  });
});
