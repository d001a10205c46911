import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FeewardenError } from '../../../src/core/errors.js';
import type { ConsumerState, KafkaRecord, RecordConsumer } from '../../../src/sources/kafka/types.js';
import { brokerOrSkip, type TestBroker } from '../../support/kafka/broker.js';
import { Collector, committed, freshTopic, PARTITIONS, sendNumbers, startConsumer, until } from './harness.js';

let broker: TestBroker | undefined;
let brokers: string[] = [];
const open: RecordConsumer[] = [];

beforeAll(async () => {
  broker = await brokerOrSkip();
  brokers = broker?.brokers ?? [];
}, 300_000);

afterAll(async () => {
  await Promise.all(open.map((consumer) => consumer.stop()));
  await broker?.stop();
}, 60_000);

function start(options: Parameters<typeof startConsumer>[0]): RecordConsumer {
  const consumer = startConsumer(options);
  open.push(consumer);
  return consumer;
}

describe('a Kafka consumer', { timeout: 60_000 }, () => {
  it('hands over every record of a new group from the beginning, once and in order within each partition', async (t) => {
    t.skip(!broker);
    const { topic, groupId } = await freshTopic(brokers);
    await sendNumbers(brokers, topic, 0, 1_000);
    const seen = new Collector();
    const consumer = start({ brokers, groupId, topics: [topic], handle: async (records) => seen.take(records) });
    await until('1,000 records came', () => seen.values.length >= 1_000);
    await sendNumbers(brokers, topic, 1_000, 1_000);
    await until('2,000 records came', () => seen.values.length >= 2_000);
    await consumer.stop();
    expect(seen.values).toHaveLength(2_000);
    expect(seen.distinct).toBe(2_000);
    expect(seen).toMatchObject({ stepsBack: 0, gaps: 0 });
    expect(await committed(brokers, groupId, topic)).toBe(2_000);
  });

  it('joins the partitions of one poll into batches of at most batchEventsMax, one at a time', async (t) => {
    t.skip(!broker);
    const { topic, groupId } = await freshTopic(brokers);
    await sendNumbers(brokers, topic, 0, 1_000);
    const seen = new Collector();
    let inside = 0;
    let partitionsTogether = 0;
    const handle = async (records: readonly KafkaRecord[]) => {
      inside++;
      expect(inside).toBe(1);
      await sleep(5);
      partitionsTogether = Math.max(partitionsTogether, new Set(records.map(({ partition }) => partition)).size);
      seen.take(records);
      inside--;
    };
    const consumer = start({ brokers, groupId, topics: [topic], handle, batchEventsMax: 400 });
    await until('all came', () => seen.values.length >= 1_000);
    await consumer.stop();
    expect(seen.batches).toEqual([400, 400, 200]);
    expect(partitionsTogether).toBeGreaterThan(1);
  });

  it('hands over key, bytes, timestamp and empty values as they are in the log', async (t) => {
    t.skip(!broker);
    const { topic, groupId } = await freshTopic(brokers, 1);
    const producer = new Kafka({ brokers, logLevel: logLevel.NOTHING }).producer();
    await producer.connect();
    const messages = [
      { key: null, value: Buffer.from([0xff, 0x00]), timestamp: '1700000000123' },
      { key: 'k', value: null, timestamp: '1700000000124' },
    ];
    await producer.send({ topic, messages });
    await producer.disconnect();
    const records: KafkaRecord[] = [];
    const consumer = start({ brokers, groupId, topics: [topic], handle: async (some) => void records.push(...some) });
    await until('both came', () => records.length === 2);
    await consumer.stop();
    const at = { topic, partition: 0 };
    expect(records).toEqual([
      { ...at, offset: 0, key: null, value: Buffer.from([0xff, 0x00]), timestampMs: 1_700_000_000_123 },
      { ...at, offset: 1, key: Buffer.from('k'), value: null, timestampMs: 1_700_000_000_124 },
    ]);
  });

  it('commits nothing before the handler has finished', async (t) => {
    t.skip(!broker);
    const { topic, groupId } = await freshTopic(brokers);
    await sendNumbers(brokers, topic, 0, 50);
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const seen = new Collector();
    const handle = async (records: readonly KafkaRecord[]) => {
      seen.take(records);
      await gate;
    };
    const consumer = start({ brokers, groupId, topics: [topic], handle });
    await until('the batch is in hand', () => seen.values.length === 50);
    await sleep(500);
    expect(await committed(brokers, groupId, topic)).toBe(0);
    release();
    await until('the lag is gone', () => consumer.state().partitions.length > 0 && consumer.state().lagTotal === 0);
    expect(await committed(brokers, groupId, topic)).toBe(50);
    await consumer.stop();
  });

  it('stops with the error of a handler that fails for an unknown reason, and the records come again', async (t) => {
    t.skip(!broker);
    const { topic, groupId } = await freshTopic(brokers);
    await sendNumbers(brokers, topic, 0, 300);
    const first = new Collector();
    const states: ConsumerState[] = [];
    const bug = new Error('a bug in the handler');
    const handle = async (records: readonly KafkaRecord[]) => {
      if (first.values.length === 200) {
        throw bug;
      }
      first.take(records);
    };
    const failing = start({ brokers, groupId, topics: [topic], handle, onState: (state) => void states.push(state) });
    await expect(failing.done).rejects.toBe(bug);
    expect(failing.state()).toMatchObject({ running: false, healthy: false });
    expect(states.at(-1)?.reason).toContain('a bug in the handler');
    expect(await committed(brokers, groupId, topic)).toBe(200);

    const second = new Collector();
    const again = start({ brokers, groupId, topics: [topic], handle: async (records) => second.take(records) });
    await until('the rest came', () => second.values.length >= 100);
    await again.stop();
    expect(second.values).toHaveLength(100);
    expect(new Set([...first.values, ...second.values]).size).toBe(300);
  });

  it('tries a batch again after a transient error, commits nothing meanwhile and shows the trouble', async (t) => {
    t.skip(!broker);
    const { topic, groupId } = await freshTopic(brokers);
    await sendNumbers(brokers, topic, 0, 100);
    const seen = new Collector();
    const troubles = new Set<string>();
    let failures = 0;
    const handle = async (records: readonly KafkaRecord[]) => {
      if (failures < 5) {
        failures++;
        expect(await committed(brokers, groupId, topic)).toBe(0);
        throw new FeewardenError('database_busy');
      }
      seen.take(records);
    };
    const onState = ({ healthy, reason }: ConsumerState) => void (healthy || troubles.add(String(reason)));
    const consumer = start({ brokers, groupId, topics: [topic], handle, onState });
    await until('the batch got through', () => seen.values.length >= 100);
    await until('it is healthy again', () => consumer.state().healthy);
    await consumer.stop();
    expect(failures).toBe(5);
    expect(seen.values).toHaveLength(100);
    expect([...troubles].join()).toContain('The database is busy');
    expect(await committed(brokers, groupId, topic)).toBe(100);
  });

  it('gives up with the transient error when it does not pass within the allowed attempts', async (t) => {
    t.skip(!broker);
    const { topic, groupId } = await freshTopic(brokers);
    await sendNumbers(brokers, topic, 0, 10);
    let calls = 0;
    const handle = async () => {
      calls++;
      throw new FeewardenError('database_busy');
    };
    const limits = { handleRetry: { baseMs: 5, maxMs: 10, attemptsMax: 3 } };
    const consumer = start({ brokers, groupId, topics: [topic], handle, limits });
    await expect(consumer.done).rejects.toMatchObject({ code: 'database_busy' });
    expect(calls).toBe(4);
    expect(await committed(brokers, groupId, topic)).toBe(0);
  });

  it('keeps its membership while one batch takes longer than the session timeout', async (t) => {
    t.skip(!broker);
    const { topic, groupId } = await freshTopic(brokers);
    await sendNumbers(brokers, topic, 0, 100);
    const seen = new Collector();
    const handle = async (records: readonly KafkaRecord[]) => {
      await sleep(2_500);
      seen.take(records);
    };
    const limits = { sessionTimeoutMs: 1_500, heartbeatIntervalMs: 200 };
    const consumer = start({ brokers, groupId, topics: [topic], handle, limits });
    await until('the batch is through', () => seen.values.length >= 100);
    await until('it is committed', () => consumer.state().partitions.length > 0 && consumer.state().lagTotal === 0);
    await sleep(300);
    await consumer.stop();
    expect(seen.values).toHaveLength(100);
    expect(await committed(brokers, groupId, topic)).toBe(100);
  });

  it('finishes and commits the batch in hand when it is stopped, and takes no further one', async (t) => {
    t.skip(!broker);
    const { topic, groupId } = await freshTopic(brokers);
    await sendNumbers(brokers, topic, 0, 500);
    const seen = new Collector();
    const handle = async (records: readonly KafkaRecord[]) => {
      await sleep(300);
      seen.take(records);
    };
    const consumer = start({ brokers, groupId, topics: [topic], handle });
    await until('the first batch is through', () => seen.values.length === 100);
    await sleep(50);
    await consumer.stop();
    await consumer.done;
    expect(seen.batches).toEqual([100, 100]);
    expect(await committed(brokers, groupId, topic)).toBe(200);
    expect(consumer.state()).toMatchObject({ running: false, healthy: false });
  });

  it('leaves the group when it is stopped, so that the next member need not wait for a timeout', async (t) => {
    t.skip(!broker);
    const { topic, groupId } = await freshTopic(brokers);
    await sendNumbers(brokers, topic, 0, 10);
    const seen = new Collector();
    const options = { brokers, groupId, topics: [topic], limits: { sessionTimeoutMs: 30_000 } };
    const first = start({ ...options, handle: async () => undefined });
    await until('the first has joined', () => first.state().running);
    await until('the first has read', () => first.state().recordsHandled === 10);
    await first.stop();
    const second = start({ ...options, handle: async (records) => seen.take(records) });
    await sendNumbers(brokers, topic, 10, 10);
    await until('the second reads', () => seen.values.length === 10, 5_000);
    await second.stop();
  });

  it('loses nothing when a second consumer joins in mid-stream and leaves again', async (t) => {
    t.skip(!broker);
    const { topic, groupId } = await freshTopic(brokers);
    const all: number[] = [];
    const tally = { first: 0, second: 0 };
    const handlerOf = (name: 'first' | 'second') => async (records: readonly KafkaRecord[]) => {
      await sleep(5);
      tally[name] += records.length;
      all.push(...records.map(({ value }) => Number(value)));
    };
    const first = start({ brokers, groupId, topics: [topic], handle: handlerOf('first') });
    await until('the first holds all', () => first.state().partitions.length === PARTITIONS);
    let sent = 0;
    const send = async (count: number) => {
      for (const end = sent + count; sent < end; sent += 100) {
        await sendNumbers(brokers, topic, sent, 100);
      }
    };
    await send(500);
    const second = start({ brokers, groupId, topics: [topic], handle: handlerOf('second') });
    await send(1_000);
    await until('both hold half', () =>
      [first, second].every((consumer) => consumer.state().partitions.length === PARTITIONS / 2),
    );
    await send(1_000);
    await until('the second had its part', () => tally.second > 0);
    await second.stop();
    await until('the first holds all again', () => first.state().partitions.length === PARTITIONS);
    await send(500);
    await until('all came', () => new Set(all).size === sent);
    await until('the lag is gone', () => first.state().lagTotal === 0);
    await first.stop();
    expect(new Set(all).size).toBe(3_000);
    expect(await committed(brokers, groupId, topic)).toBe(3_000);
  });

  it('gives a batch that waits out a transient error to another member when the group rebalances', async (t) => {
    t.skip(!broker);
    const { topic, groupId } = await freshTopic(brokers);
    await sendNumbers(brokers, topic, 0, 100);
    let busy = 0;
    const stuck = start({
      brokers,
      groupId,
      topics: [topic],
      limits: { handleRetry: { baseMs: 50, maxMs: 30_000, attemptsMax: 1_000 } },
      handle: async () => {
        busy++;
        throw new FeewardenError('database_busy');
      },
    });
    await until('the first waits for long', () => busy >= 6);
    const seen = new Collector();
    const other = start({ brokers, groupId, topics: [topic], handle: async (records) => seen.take(records) });
    await until('the second reads its part', () => seen.values.length > 0, 8_000);
    expect(stuck.state()).toMatchObject({ running: true, healthy: false });
    await stuck.stop();
    await until('the second reads the rest', () => seen.distinct === 100);
    await other.stop();
  });

  it('tells how far each of its partitions is behind', async (t) => {
    t.skip(!broker);
    const { topic, groupId } = await freshTopic(brokers);
    await sendNumbers(brokers, topic, 0, 300);
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const consumer = start({ brokers, groupId, topics: [topic], handle: () => gate });
    await until('the lag is known', () => consumer.state().lagTotal === 300);
    await sendNumbers(brokers, topic, 300, 100);
    await until('the lag grows while the batch is in hand', () => consumer.state().lagTotal === 400);
    const { partitions, healthy, lastHeartbeatAt } = consumer.state();
    expect(partitions.map(({ partition }) => partition).sort()).toEqual([0, 1, 2, 3]);
    expect(partitions.every(({ lag, endOffset, nextOffset }) => lag === endOffset && nextOffset === 0)).toBe(true);
    expect(healthy).toBe(true);
    expect(Date.now() - (lastHeartbeatAt ?? 0)).toBeLessThan(5_000);
    release();
    await until('the lag is gone', () => consumer.state().lagTotal === 0);
    await consumer.stop();
  });

  it('is shown as unhealthy while one batch is in hand for too long', async (t) => {
    t.skip(!broker);
    const { topic, groupId } = await freshTopic(brokers);
    await sendNumbers(brokers, topic, 0, 1);
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const consumer = start({ brokers, groupId, topics: [topic], handle: () => gate, limits: { handleSlowMs: 200 } });
    await until('it is unhealthy', () => /in hand since/.test(consumer.state().reason ?? ''));
    release();
    await until('it is healthy again', () => consumer.state().healthy);
    await consumer.stop();
  });
});
