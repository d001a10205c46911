import { Kafka, logLevel } from 'kafkajs';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createProducer } from '../../../src/sources/kafka/producer.js';
import { ensureTopics, TOPICS_IN, TOPICS_OUT } from '../../../src/sources/kafka/topics.js';
import { brokerOrSkip, type TestBroker } from '../../support/kafka/broker.js';
import { Collector, freshTopic, memoryLog, startConsumer, until } from './harness.js';

let broker: TestBroker | undefined;
let brokers: string[] = [];

beforeAll(async () => {
  broker = await brokerOrSkip();
  brokers = broker?.brokers ?? [];
}, 300_000);

afterAll(async () => {
  await broker?.stop();
}, 60_000);

const client = () => ({ brokers, clientId: 'test', log: memoryLog() });

afterEach(() => {
  vi.restoreAllMocks();
});

/** Real producers, of which the first fails its first send. Returns how many were made. */
function failFirstSendOf(library: Kafka, error: Error): () => number {
  const make = library.producer;
  const spy = vi.spyOn(library, 'producer').mockImplementationOnce(function (this: Kafka, config) {
    const producer = make.call(this, config);
    vi.spyOn(producer, 'send').mockRejectedValueOnce(error);
    return producer;
  });
  return () => spy.mock.calls.length;
}

function protocolError(type: string): Error {
  return Object.assign(new Error(type), { name: 'KafkaJSProtocolError', type, retriable: false });
}

describe('ensureTopics', { timeout: 60_000 }, () => {
  it('creates the topics of the contract with the partitions asked for, and only those that are missing', async (t) => {
    t.skip(!broker);
    const all = [...TOPICS_IN, ...TOPICS_OUT];
    const own = `own-${Date.now()}`;
    await ensureTopics({ ...client(), topics: [own], partitions: 3, replicationFactor: 1 });
    await ensureTopics({ ...client(), partitions: 5, replicationFactor: 1 });
    expect(await ensureTopics({ ...client(), topics: [own, ...all], partitions: 7, replicationFactor: 1 })).toEqual([]);
    const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    const { topics } = await admin.fetchTopicMetadata({ topics: [own, ...all] });
    await admin.disconnect();
    const found = new Map(topics.map(({ name, partitions }) => [name, partitions.length]));
    expect(found.get(own)).toBe(3);
    expect([...found.keys()].sort()).toEqual([own, ...all].sort());
  });

  it('does not mind another process that creates the same topics at the same moment', async (t) => {
    t.skip(!broker);
    const topics = Array.from({ length: 5 }, (_, n) => `race-${Date.now()}-${n}`);
    const create = () => ensureTopics({ ...client(), topics, partitions: 1, replicationFactor: 1 });
    await Promise.all([create(), create(), create()]);
    expect(await create()).toEqual([]);
  });

  it('says broker_unavailable when nobody answers', async () => {
    const nobody = { ...client(), brokers: ['127.0.0.1:1'] };
    await expect(ensureTopics(nobody)).rejects.toMatchObject({ code: 'broker_unavailable' });
  });
});

describe('a Kafka producer', { timeout: 60_000 }, () => {
  it('keeps the order of one key over many calls at once, and the key on one partition', async (t) => {
    t.skip(!broker);
    const { topic, groupId } = await freshTopic(brokers);
    const producer = createProducer(client());
    const calls = Array.from({ length: 50 }, (_, call) =>
      producer.send(
        topic,
        Array.from({ length: 40 }, (_, i) => ({ key: `key-${i % 4}`, value: String(call * 40 + i) })),
      ),
    );
    await Promise.all(calls);
    await producer.close();
    const partitionsOfKey = new Map<string, Set<number>>();
    const valuesOfKey = new Map<string, number[]>();
    const seen = new Collector();
    const consumer = startConsumer({
      brokers,
      groupId,
      topics: [topic],
      handle: async (records) => {
        seen.take(records);
        for (const { key, partition, value } of records) {
          const name = String(key);
          partitionsOfKey.set(name, (partitionsOfKey.get(name) ?? new Set()).add(partition));
          valuesOfKey.set(name, [...(valuesOfKey.get(name) ?? []), Number(value)]);
        }
      },
    });
    await until('all came', () => seen.values.length >= 2_000);
    await consumer.stop();
    expect(seen.distinct).toBe(2_000);
    expect([...partitionsOfKey.values()].map(({ size }) => size)).toEqual([1, 1, 1, 1]);
    for (const values of valuesOfKey.values()) {
      expect(values).toEqual([...values].sort((a, b) => a - b));
    }
  });

  it('cuts a send that is larger than one request of the broker', async (t) => {
    t.skip(!broker);
    const { topic, groupId } = await freshTopic(brokers, 1);
    const producer = createProducer(client());
    const filler = 'x'.repeat(10_000);
    await producer.send(
      topic,
      Array.from({ length: 500 }, (_, n) => ({ key: 'one', value: `${n} ${filler}` })),
    );
    await producer.close();
    let bytes = 0;
    const consumer = startConsumer({
      brokers,
      groupId,
      topics: [topic],
      handle: async (records) => {
        bytes += records.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
      },
    });
    await until('5 MB came', () => bytes >= 5_000_000);
    await consumer.stop();
  });

  it('passes headers on', async (t) => {
    t.skip(!broker);
    const { topic } = await freshTopic(brokers, 1);
    const producer = createProducer(client());
    const headers = { 'content-type': 'application/cloudevents+json' };
    await producer.send(topic, [{ key: 'k', value: '{}', headers }]);
    await producer.close();
    const consumer = new Kafka({ brokers, logLevel: logLevel.NOTHING }).consumer({ groupId: `h-${topic}` });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    const told = await new Promise<string>((resolve) => {
      void consumer.run({ eachMessage: async ({ message }) => resolve(String(message.headers?.['content-type'])) });
    });
    await consumer.disconnect();
    expect(told).toBe('application/cloudevents+json');
  });

  it('sends the same records with a new producer when the broker says that the sequence is broken', async (t) => {
    t.skip(!broker);
    const { topic, groupId } = await freshTopic(brokers, 1);
    const made = failFirstSendOf(Kafka.prototype, protocolError('OUT_OF_ORDER_SEQUENCE_NUMBER'));
    const producer = createProducer(client());
    await producer.send(topic, [{ key: 'k', value: '0' }]);
    await producer.send(topic, [{ key: 'k', value: '1' }]);
    await producer.close();
    expect(made()).toBe(2);
    const seen = new Collector();
    const consumer = startConsumer({
      brokers,
      groupId,
      topics: [topic],
      handle: async (records) => seen.take(records),
    });
    await until('all came', () => seen.values.length >= 2);
    await consumer.stop();
    expect(seen.values).toEqual([0, 1]);
  });

  it('never sends other records with the sequence of a failed send', async (t) => {
    t.skip(!broker);
    const { topic } = await freshTopic(brokers, 1);
    const made = failFirstSendOf(Kafka.prototype, Object.assign(new Error('timed out'), { name: 'KafkaJSTimeout' }));
    const producer = createProducer(client());
    await expect(producer.send(topic, [{ key: 'k', value: '0' }])).rejects.toMatchObject({
      code: 'broker_unavailable',
    });
    await producer.send(topic, [{ key: 'k', value: '1' }]);
    await producer.close();
    expect(made()).toBe(2);
  });

  it('refuses a record that no broker takes with an error that is not transient', async (t) => {
    t.skip(!broker);
    const { topic } = await freshTopic(brokers, 1);
    const producer = createProducer(client());
    const tooLarge = producer.send(topic, [{ key: 'k', value: 'x'.repeat(2_000_000) }]);
    await expect(tooLarge).rejects.toMatchObject({ message: expect.stringMatching(/too large|larger than/i) });
    await expect(tooLarge).rejects.not.toMatchObject({ code: 'broker_unavailable' });
    await producer.send(topic, [{ key: 'k', value: 'the next one passes' }]);
    await producer.close();
  });
});
