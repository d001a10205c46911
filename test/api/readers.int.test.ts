import { describe, expect, test } from 'vitest';
import { NOT_JOINED, reportReader, retireReader } from '../../src/observe/kafka-readers.js';
import { startHarness } from './harness.js';

describe('readiness where other processes read from Kafka', () => {
  const reading = (lagTotal = 0) => ({ healthy: true, reason: undefined, lagTotal });

  test('tells of the broker by what they say of themselves, and stays ready', async () => {
    const own = await startHarness({ environment: { KAFKA_BROKERS: '127.0.0.1:1' } });
    const told = async () => {
      const { status, json } = await own.call('GET', '/readyz');
      expect(status).toBe(200);
      return json.checks
        .filter((check: { name: string }) => ['broker', 'lag'].includes(check.name))
        .map((check: { state: string; detail: string }) => `${check.state} ${check.detail}`);
    };
    const move = (worker: string, seconds: number) =>
      own.db.pool.query(`update kafka_readers set reported_at = now() + $2 * interval '1 second' where worker = $1`, [
        worker,
        seconds,
      ]);
    const none = [
      expect.stringMatching(/^warning No process that reads from Kafka has said anything for 30 s/),
      'warning It is not known.',
    ];
    try {
      expect(await told()).toEqual(none);
      await reportReader(own.db.pool, 'a', NOT_JOINED);
      await reportReader(own.db.pool, 'b', reading(60_000));
      expect(await told()).toEqual([
        'warning 1 of 2 processes do not read. The consumer has not joined its group yet.',
        'ok 60000 records are not booked yet.',
      ]);
      await reportReader(own.db.pool, 'a', reading(40_001));
      expect(await told()).toEqual(['ok Processes that read: 2.', 'warning 100001 records are not booked yet.']);
      await move('a', -29);
      await move('b', -31);
      expect(await told()).toEqual(['ok Processes that read: 1.', 'ok 40001 records are not booked yet.']);
      // What was said before the clock was set back is no sign of life.
      await move('b', 31);
      expect(await told()).toEqual(['ok Processes that read: 1.', 'ok 40001 records are not booked yet.']);
      await retireReader(own.db.pool, 'a');
      expect(await told()).toEqual(none);
    } finally {
      await own.close();
    }
  });

  test('forgets those who have said nothing for an hour', async () => {
    const own = await startHarness();
    try {
      for (const worker of ['gone', 'late', 'here']) await reportReader(own.db.pool, worker, reading());
      await own.db.pool.query(
        "update kafka_readers set reported_at = now() - interval '61 minutes' where worker = 'gone'",
      );
      await own.db.pool.query(
        "update kafka_readers set reported_at = now() - interval '59 minutes' where worker = 'late'",
      );
      await reportReader(own.db.pool, 'here', reading());
      const { rows } = await own.db.pool.query('select worker from kafka_readers order by worker');
      expect(rows).toEqual([{ worker: 'here' }, { worker: 'late' }]);
    } finally {
      await own.close();
    }
  });
});
