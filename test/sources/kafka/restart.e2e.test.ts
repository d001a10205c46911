import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { FeewardenError } from '../../../src/core/errors.js';
import { createProducer } from '../../../src/sources/kafka/producer.js';
import type { ConsumerState, RecordConsumer, RecordProducer } from '../../../src/sources/kafka/types.js';
import { brokerOrSkip, type TestBroker } from '../../support/kafka/broker.js';
import { Collector, committed, freshTopic, memoryLog, sendNumbers, startConsumer, until } from './harness.js';

let broker: TestBroker | undefined;
let brokers: string[] = [];
const open: (RecordConsumer | RecordProducer)[] = [];

beforeAll(async () => {
  broker = await brokerOrSkip({ own: true });
  brokers = broker?.brokers ?? [];
}, 300_000);

afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => ('stop' in one ? one.stop() : one.close())));
});

afterAll(async () => {
  await broker?.stop();
}, 60_000);

function start(options: Parameters<typeof startConsumer>[0]): RecordConsumer {
  const consumer = startConsumer(options);
  open.push(consumer);
  return consumer;
}

function producerOf(): RecordProducer {
  const producer = createProducer({ brokers, clientId: 'test', log: memoryLog() });
  open.push(producer);
  return producer;
}

/** Sends until the broker takes it, as a caller with an outbox does. */
async function sendStubbornly(producer: RecordProducer, topic: string, n: number): Promise<number> {
  for (let failures = 0; ; failures++) {
    try {
      await producer.send(topic, [{ key: `key-${n % 20}`, value: String(n) }]);
      return failures;
    } catch (error) {
      expect(error).toMatchObject({ code: 'broker_unavailable', kind: 'transient' });
      await sleep(100);
    }
  }
}

describe('when the broker goes away', { timeout: 120_000 }, () => {
  it('the stream goes on after a restart and after a kill, with no record lost', async (t) => {
    t.skip(!broker);
    const { topic, groupId } = await freshTopic(brokers);
    const seen = new Collector();
    const states: ConsumerState[] = [];
    const handle = async (records: Parameters<typeof seen.take>[0]) => {
      await sleep(2);
      seen.take(records);
    };
    const consumer = start({ brokers, groupId, topics: [topic], handle, onState: (state) => void states.push(state) });
    const producer = producerOf();
    const total = 600;
    let sent = 0;
    const sending = (async () => {
      for (; sent < total; sent++) {
        await sendStubbornly(producer, topic, sent);
        await sleep(5);
      }
    })();
    await until('a third is sent', () => sent > 200);
    await broker?.restart();
    await until('two thirds are sent', () => sent > 400, 40_000);
    broker?.kill9();
    await until('the loss is noticed', () => consumer.state().reason !== undefined, 20_000);
    await broker?.restart();
    await sending;
    await until('all came', () => seen.distinct === total, 60_000);
    await until('it is healthy again', () => consumer.state().healthy && consumer.state().lagTotal === 0, 30_000);
    expect(seen.gaps).toBe(0);
    expect(states.some(({ running }) => !running)).toBe(true);
  });

  it('a producer says broker_unavailable, and the same producer works when the broker is back', async (t) => {
    t.skip(!broker);
    const { topic, groupId } = await freshTopic(brokers);
    const producer = producerOf();
    await producer.send(topic, [{ key: 'a', value: '0' }]);
    broker?.kill9();
    const error: unknown = await producer.send(topic, [{ key: 'a', value: '1' }]).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(FeewardenError);
    expect(error).toMatchObject({ code: 'broker_unavailable' });
    await broker?.restart();
    await sendStubbornly(producer, topic, 2);
    const seen = new Collector();
    start({ brokers, groupId, topics: [topic], handle: async (records) => seen.take(records) });
    await until('the last one came', () => seen.values.includes(2));
    expect(seen.values.filter((value) => value !== 1).sort()).toEqual([0, 2]);
  });

  it('commits later what could not be committed while the broker was down', async (t) => {
    t.skip(!broker);
    const { topic, groupId } = await freshTopic(brokers, 1);
    await sendNumbers(brokers, topic, 0, 10);
    const seen = new Collector();
    const consumer = start({
      brokers,
      groupId,
      topics: [topic],
      handle: async (records) => {
        if (seen.values.length === 0) {
          broker?.kill9();
          await broker?.restart();
        }
        seen.take(records);
      },
    });
    await until('the batch is through', () => seen.distinct === 10, 30_000);
    // Nothing new is sent, so no later batch takes the commit along.
    await vi.waitFor(async () => expect(await committed(brokers, groupId, topic)).toBe(10), 30_000);
    await consumer.stop();
    const again = new Collector();
    const next = start({ brokers, groupId, topics: [topic], handle: async (records) => again.take(records) });
    await until('it has joined', () => next.state().running);
    await sendNumbers(brokers, topic, 10, 1);
    await until('the next record came', () => again.values.includes(10));
    expect(again.values).toEqual([10]);
  });

  it('a consumer that is stopped while the broker is away stops within seconds', async (t) => {
    t.skip(!broker);
    const { topic, groupId } = await freshTopic(brokers);
    const consumer = start({ brokers, groupId, topics: [topic], handle: async () => undefined });
    await until('it has joined', () => consumer.state().running);
    broker?.kill9();
    await sleep(500);
    const startedAt = Date.now();
    await consumer.stop();
    await consumer.done;
    expect(Date.now() - startedAt).toBeLessThan(10_000);
    await broker?.restart();
  });

  it('a client that is silent for too long is thrown away, and the next one goes on', async (t) => {
    t.skip(!broker);
    const { topic, groupId } = await freshTopic(brokers);
    const seen = new Collector();
    const limits = { silentMaxMs: 1_500, clientRetries: 1_000 };
    const handle = async (records: Parameters<typeof seen.take>[0]) => seen.take(records);
    const consumer = start({ brokers, groupId, topics: [topic], handle, limits });
    await sendNumbers(brokers, topic, 0, 10);
    await until('it has read', () => seen.distinct === 10);
    broker?.kill9();
    await until('it is thrown away', () => consumer.state().recreations > 0);
    expect(consumer.state()).toMatchObject({ running: false, healthy: false });
    await broker?.restart();
    await vi.waitFor(() => sendNumbers(brokers, topic, 10, 10), 20_000);
    await until('it reads again', () => seen.distinct === 20, 40_000);
  });

  it('a consumer gives up with broker_unavailable when the broker stays away', async () => {
    const consumer = start({
      brokers: ['127.0.0.1:1'],
      groupId: 'nobody',
      topics: ['nothing'],
      handle: async () => undefined,
      limits: { clientRetries: 1, recreate: { baseMs: 10, maxMs: 20, attemptsMax: 1 } },
    });
    await expect(consumer.done).rejects.toMatchObject({ code: 'broker_unavailable' });
    expect(consumer.state()).toMatchObject({ running: false, healthy: false, recreations: 1 });
  });
});
