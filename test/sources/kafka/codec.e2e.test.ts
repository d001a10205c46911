import { CompressionCodecs, CompressionTypes, Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { brokerOrSkip, type TestBroker } from '../../support/kafka/broker.js';
import { Collector, freshTopic, startConsumer, until } from './harness.js';

let broker: TestBroker | undefined;
let brokers: string[] = [];

// The client can be taught to write Snappy here without learning to read it: its own reader stays in place.
const unreadable = CompressionCodecs[CompressionTypes.Snappy];

beforeAll(async () => {
  broker = await brokerOrSkip();
  brokers = broker?.brokers ?? [];
  CompressionCodecs[CompressionTypes.Snappy] = () => ({
    compress: async ({ buffer }: { buffer: Buffer }) => snappyLiteral(buffer),
    decompress: async () => unreadable().decompress(),
  });
}, 300_000);

afterAll(async () => {
  CompressionCodecs[CompressionTypes.Snappy] = unreadable;
  await broker?.stop();
}, 60_000);

/** A valid Snappy block without any compression: the length, then one literal. */
function snappyLiteral(bytes: Buffer): Buffer {
  const length = bytes.length;
  if (length < 128 || length > 16_383) {
    throw new Error('this test writes blocks of 128 to 16,383 bytes');
  }
  const size = Buffer.from([(length & 0x7f) | 0x80, length >> 7]);
  const literal = Buffer.from([61 << 2, (length - 1) & 0xff, (length - 1) >> 8]);
  return Buffer.concat([size, literal, bytes]);
}

async function sendSnappy(topic: string): Promise<void> {
  const producer = new Kafka({ brokers, logLevel: logLevel.NOTHING }).producer();
  await producer.connect();
  const messages = Array.from({ length: 100 }, (_, n) => ({ key: `key-${n}`, value: String(n) }));
  await producer.send({ topic, messages, compression: CompressionTypes.Snappy });
  await producer.disconnect();
}

describe('a source that sends with a codec our client cannot read', { timeout: 60_000 }, () => {
  it('is read all the same from a topic that ensureTopics made, because the broker stores it plain', async (t) => {
    t.skip(!broker);
    const { topic, groupId } = await freshTopic(brokers, 1);
    await sendSnappy(topic);
    const seen = new Collector();
    const consumer = startConsumer({
      brokers,
      groupId,
      topics: [topic],
      handle: async (records) => seen.take(records),
    });
    await until('all came', () => seen.values.length >= 100);
    await consumer.stop();
    expect(seen.distinct).toBe(100);
  });

  it('stops the consumer at once with a sentence that tells the cure, when the topic was made otherwise', async (t) => {
    t.skip(!broker);
    const topic = `plain-${Date.now()}`;
    const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 1 }] });
    await admin.disconnect();
    await sendSnappy(topic);
    const consumer = startConsumer({ brokers, groupId: `g-${topic}`, topics: [topic], handle: async () => undefined });
    await expect(consumer.done).rejects.toThrow(/compression\.type=uncompressed/);
    expect(consumer.state()).toMatchObject({ running: false, recreations: 0 });
  });
});
