import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { brokerOrSkip, type TestBroker } from '../../support/kafka/broker.js';
import { Collector, freshTopic, sendNumbers, startConsumer, until } from './harness.js';

let broker: TestBroker | undefined;
let brokers: string[] = [];

beforeAll(async () => {
  broker = await brokerOrSkip();
  brokers = broker?.brokers ?? [];
}, 300_000);
afterEach(() => vi.restoreAllMocks());
afterAll(async () => {
  await broker?.stop();
}, 60_000);

const HOUR_MS = 3_600_000;

describe('a Kafka consumer on a machine whose clock is set back', { timeout: 60_000 }, () => {
  it('goes on with its heartbeats, instead of falling out of its group for so long', async (t) => {
    t.skip(!broker);
    const real = Date.now;
    let backMs = 0;
    vi.spyOn(Date, 'now').mockImplementation(() => real() - backMs);
    const { topic, groupId } = await freshTopic(brokers);
    const seen = new Collector();
    const handle = async (records: Parameters<typeof seen.take>[0]) => seen.take(records);
    const consumer = startConsumer({ brokers, groupId, topics: [topic], handle });
    try {
      await sendNumbers(brokers, topic, 0, 10);
      await until(
        'it has read and beaten',
        () => seen.distinct === 10 && consumer.state().lastHeartbeatAt !== undefined,
      );
      backMs = HOUR_MS;
      await sendNumbers(brokers, topic, 10, 10);
      await until('it beats by the new clock', () => consumer.state().lastHeartbeatAt! < real() - HOUR_MS + 1_000);
      const beats = consumer.state().lastHeartbeatAt!;
      await until('and goes on', () => consumer.state().lastHeartbeatAt! > beats + 500);
      await until('it reads', () => seen.distinct === 20);
      expect(consumer.state()).toMatchObject({ running: true, healthy: true });
    } finally {
      await consumer.stop();
    }
  });
});
