import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { enqueue } from '../../src/alerts/outbox.js';
import { createKafkaSink } from '../../src/alerts/sinks/kafka.js';
import { createSubscription } from '../../src/alerts/subscriptions.js';
import { runNotify } from '../../workers/notify.js';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { alert, keep } from './outgoing.js';
import { type Receiver, startReceiver, status } from './receiver.js';
import { countStates, guard, type Sender, startSender, until } from './workers.js';

let db: TestDatabase;
let city: Receiver;
let senders: Sender[] = [];

beforeAll(async () => {
  db = await testDatabase({ max: 8 });
});
afterAll(() => db.drop());
beforeEach(async () => {
  await db.pool.query('truncate messages, deliveries, subscriptions, sink_leases');
  city = await startReceiver();
});
afterEach(async () => {
  await Promise.all(senders.map((sender) => sender.stop().catch(() => {})));
  senders = [];
  await city.close();
});

function sender(...given: Parameters<typeof startSender> extends [unknown, ...infer Rest] ? Rest : never): void {
  senders.push(startSender(db.pool, ...given));
}

const subscribe = () => createSubscription(db.pool, guard, { name: 'city', url: city.url }, null);
const ids = (): string[] => city.received.map((one) => one.id);
const delivered = async (): Promise<boolean> => !((await countStates(db.pool)).pending! > 0);

describe('when the clock of the database was ahead and is set right', () => {
  it('a message that was never tried is sent all the same', async () => {
    await subscribe();
    await keep(db.pool, [alert('a')]);
    await db.pool.query(`update deliveries set next_at = now() + interval '1 hour'`);
    sender();
    await until('it is delivered', delivered);
    expect(ids()).toEqual(['a']);
  });

  it('a message that was kept meanwhile is sent all the same', async () => {
    await subscribe();
    sender({ settings: { setRightMs: 100 } });
    await until('the worker looks', async () => (await db.pool.query('select 1 from subscriptions')).rowCount === 1);
    const late = await db.pool.connect();
    await late.query('begin');
    await enqueue(late, [alert('a')], { kafkaEnabled: false });
    await late.query(`update deliveries set next_at = now() + interval '1 hour'`);
    await late.query('commit');
    late.release();
    await until('it is delivered', delivered);
  });

  it('what a worker had claimed before it died is not held until then', async () => {
    await subscribe();
    await keep(db.pool, [alert('a')]);
    await db.pool.query(`update deliveries set claimed_by = 'dead', claimed_until = now() + interval '1 hour'`);
    sender();
    await until('it is delivered', delivered);
    expect(ids()).toEqual(['a']);
  });

  it('what is being sent is not sent a second time by the same worker', async () => {
    city.answer = (_request, response) => {
      setTimeout(() => response.writeHead(204).end(), 400);
    };
    await subscribe();
    sender({ settings: { leaseMs: 30_000 } });
    await keep(db.pool, [alert('a')]);
    await until('it is under way', () => city.received.length === 1);
    await db.pool.query(`update deliveries set claimed_until = claimed_until + interval '1 hour'`);
    await until('it is delivered', delivered);
    expect(ids()).toEqual(['a']);
  });

  it('a topic that a dead worker held is sent to again', async () => {
    const sent: string[] = [];
    const producer = { send: async (topic: string) => void sent.push(topic) };
    await keep(db.pool, [alert('a')], true);
    await db.pool.query(
      `insert into sink_leases select distinct sink, 'dead', now() + interval '1 hour' from deliveries where sink like 'kafka:%'`,
    );
    sender({ kafka: createKafkaSink(producer), settings: { setRightMs: 100 } });
    await until('it is sent', () => sent.length === 1);
  });

  it('a failed message waits for no longer than it would have been put off', async () => {
    await subscribe();
    await keep(db.pool, [alert('a')]);
    await db.pool.query(`update deliveries set attempts = 3, next_at = now() + interval '1 year'`);
    sender();
    await until('it is delivered', delivered);
  });

  it('but what waits for its time, and what waits behind it, still waits', async () => {
    city.answer = status(503);
    await subscribe();
    await keep(db.pool, [alert('a'), alert('b')]);
    sender({
      settings: {
        setRightMs: 10,
        webhookRetry: { delayMsFirst: 60_000, factor: 1, delayMsMax: 60_000, attemptsMax: 3 },
      },
    });
    await until('the second is put off', async () => {
      const { rowCount } = await db.pool.query(
        `select 1 from deliveries where next_at > now() + interval '30 seconds'`,
      );
      return rowCount === 2;
    });
    await new Promise((resolve) => setTimeout(resolve, 300));
    const { rows } = await db.pool.query(`select min(next_at - now()) > interval '30 seconds' as wait from deliveries`);
    expect(rows).toEqual([{ wait: true }]);
    expect(ids()).toEqual(['a']);
  });
});

describe('when the clock of the machine is set back', () => {
  it('a new subscription is noticed as soon as ever', async () => {
    const real = Date.now;
    let backMs = 0;
    vi.spyOn(Date, 'now').mockImplementation(() => real() - backMs);
    const abort = new AbortController();
    const config = {
      pollMs: 10,
      webhookAllowInternal: ['127.0.0.0/8'],
      webhookAttemptsMax: 3,
      webhookTimeoutMs: 2_000,
    };
    const done = runNotify({ pool: db.pool, config, producer: null, log: { warn: () => {} }, signal: abort.signal });
    try {
      await new Promise((resolve) => setTimeout(resolve, 200));
      backMs = 3_600_000;
      await subscribe();
      await keep(db.pool, [alert('a')]);
      await vi.waitFor(() => expect(ids()).toEqual(['a']), { timeout: 5_000 });
    } finally {
      vi.restoreAllMocks();
      abort.abort();
      await done;
    }
  });
});
