import { type Admin, Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { brokerOrSkip, type TestBroker } from '../../support/kafka/broker.js';
import { Collector, freshTopic, memoryLog, sendNumbers, startConsumer, until } from './harness.js';

let broker: TestBroker | undefined;
let brokers: string[] = [];
let admin: Admin;

beforeAll(async () => {
  broker = await brokerOrSkip();
  if (!broker) return;
  brokers = broker.brokers;
  admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
}, 300_000);

afterAll(async () => {
  await admin?.disconnect();
  await broker?.stop();
}, 60_000);

describe('a topic that its owner changes', { timeout: 60_000 }, () => {
  it('gains partitions while it is read, and they are read too', async (t) => {
    t.skip(!broker);
    const { topic, groupId } = await freshTopic(brokers, 1);
    const seen = new Collector();
    const consumer = startConsumer({
      brokers,
      groupId,
      topics: [topic],
      handle: async (records) => seen.take(records),
      limits: { metadataAgeMs: 1_000 },
    });
    await until('it has joined', () => consumer.state().running);
    await admin.createPartitions({ topicPartitions: [{ topic, count: 4 }] });
    await until('it holds all of them', () => consumer.state().partitions.length === 4);
    await sendNumbers(brokers, topic, 0, 100);
    await until('all came', () => seen.distinct === 100, 20_000);
    await consumer.stop();
  });

  it('has lost records before they were read: the rest is read, and an operator is warned', async (t) => {
    t.skip(!broker);
    const { topic, groupId } = await freshTopic(brokers, 1);
    await sendNumbers(brokers, topic, 0, 10);
    const log = memoryLog();
    const seen = new Collector();
    const read = () =>
      startConsumer({ brokers, groupId, topics: [topic], log, handle: async (records) => seen.take(records) });
    const first = read();
    await until('the first came', () => seen.distinct === 10);
    await first.stop();
    await sendNumbers(brokers, topic, 10, 10);
    // The client must have heard of the topic before.
    await admin.fetchTopicOffsets(topic);
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '15' }] });
    const second = read();
    await until('the rest came', () => seen.values.includes(19));
    await second.stop();
    expect(seen.values).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 18, 19]);
    const warned = log.lines.filter(({ level, message }) => level === 'warn' && message.includes('are gone'));
    expect(warned).toMatchObject([{ fields: { topic, partition: 0, groupId } }]);
  });
});
