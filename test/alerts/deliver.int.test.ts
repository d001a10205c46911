import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { listDeliveries, replay } from '../../src/alerts/deliveries.js';
import { createKafkaSink } from '../../src/alerts/sinks/kafka.js';
import { createWebhookSink, type WebhookSink } from '../../src/alerts/sinks/webhook.js';
import {
  createSubscription,
  getSubscription,
  type NewSubscription,
  updateSubscription,
} from '../../src/alerts/subscriptions.js';
import { FeewardenError } from '../../src/core/errors.js';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { alert, keep } from './outgoing.js';
import { type Receiver, startReceiver, status, yes } from './receiver.js';
import { countStates, guard, type Sender, startSender, until } from './workers.js';

let db: TestDatabase;
let receivers: Receiver[] = [];
let senders: Sender[] = [];

beforeAll(async () => {
  db = await testDatabase({ max: 8 });
});
afterAll(() => db.drop());
beforeEach(() => db.pool.query('truncate messages, deliveries, subscriptions, sink_leases'));
afterEach(async () => {
  await Promise.all(senders.map((sender) => sender.stop().catch(() => {})));
  await Promise.all(receivers.map((receiver) => receiver.close()));
  senders = [];
  receivers = [];
});

async function receiver(): Promise<Receiver> {
  const made = await startReceiver();
  receivers.push(made);
  return made;
}

function sender(...given: Parameters<typeof startSender> extends [unknown, ...infer Rest] ? Rest : never): Sender {
  const made = startSender(db.pool, ...given);
  senders.push(made);
  return made;
}

async function subscribe(to: Receiver, over: Partial<NewSubscription> = {}) {
  return createSubscription(db.pool, guard, { name: 'city', url: to.url, ...over }, null);
}

const QUICK_RETRY = { delayMsFirst: 30, factor: 1, delayMsMax: 30, attemptsMax: 3 };
const ids = (of: Receiver): string[] => of.received.map((one) => one.id);
const settled = async (): Promise<boolean> => !((await countStates(db.pool)).pending! > 0);

describe('a notify worker', () => {
  it('sends each message once and keeps the proof', async () => {
    const city = await receiver();
    const { subscription } = await subscribe(city);
    sender();
    await keep(db.pool, [alert('a'), alert('b', { subject: 'X-370702-2' })]);
    await until('both are recorded', async () => city.received.length === 2 && (await settled()));
    const { items } = await listDeliveries(db.pool, subscription.id, { limit: 9 });
    expect(items).toMatchObject([
      { messageId: 'b', state: 'delivered', attempts: 1, lastStatus: 204, lastError: null },
      { messageId: 'a', state: 'delivered', attempts: 1, lastStatus: 204, lastError: null },
    ]);
    for (const item of items) {
      expect(item.proof).toMatch(/^HTTP 204, sha256 of the answer [0-9a-f]{64}$/);
      expect(item.deliveredAt).not.toBeNull();
    }
  });

  it('sends again, with the same id, what it had sent but not recorded when it died', async () => {
    const city = await receiver();
    await subscribe(city);
    const real = createWebhookSink({ guard, timeoutMs: 2_000, nowMs: Date.now });
    const died: WebhookSink = {
      close: () => real.close(),
      send: async (message, endpoint) => {
        await real.send(message, endpoint);
        return new Promise(() => {});
      },
    };
    const first = sender({ webhook: died, settings: { drainMs: 0 } });
    await keep(db.pool, [alert('a')]);
    await until('the first worker has sent it', () => city.received.length === 1);
    await first.stop();
    real.close();
    expect(await countStates(db.pool)).toEqual({ pending: 1 });
    sender();
    await until('the second worker has recorded it', settled);
    expect(ids(city)).toEqual(['a', 'a']);
    expect(city.received[0]!.body).toBe(city.received[1]!.body);
    expect(await countStates(db.pool)).toEqual({ delivered: 1 });
  });

  it('keeps its claim on a slow delivery for as long as it lives', async () => {
    const city = await receiver();
    city.answer = (_request, response) => {
      setTimeout(() => response.writeHead(204).end(), 1_200);
    };
    await subscribe(city);
    sender({ settings: { leaseMs: 300 } });
    sender({ settings: { leaseMs: 300 } });
    await keep(db.pool, [alert('a')]);
    await until('it is recorded', async () => city.received.length > 0 && (await settled()));
    expect(ids(city)).toEqual(['a']);
  });

  it('shares the work with another one, and nothing is sent twice', async () => {
    const city = await receiver();
    await subscribe(city);
    const sentBy = [0, 0];
    for (const i of [0, 1]) {
      sender({
        settings: { webhookConcurrency: 4 },
        observe: () => {
          sentBy[i]! += 1;
        },
      });
    }
    const messages = Array.from({ length: 600 }, (_, i) => alert(`m${i}`, { subject: `X-370702-${i % 40}` }));
    for (let i = 0; i < 600; i += 50) await keep(db.pool, messages.slice(i, i + 50));
    await until('all are recorded', settled);
    expect(city.received).toHaveLength(600);
    expect(new Set(ids(city)).size).toBe(600);
    expect(Math.min(...sentBy)).toBeGreaterThan(50);
    for (let n = 0; n < 40; n += 1) {
      const mine = ids(city).filter((id) => Number(id.slice(1)) % 40 === n);
      expect(mine).toEqual([...mine].sort((a, b) => Number(a.slice(1)) - Number(b.slice(1))));
    }
  });

  it('never logs or records a secret, nor the URL', async () => {
    const city = await receiver();
    city.answer = status(500);
    const { secret } = await subscribe(city, { url: `${city.url}?token=hush` });
    const one = sender({ settings: { webhookRetry: { ...QUICK_RETRY, attemptsMax: 1 } } });
    await keep(db.pool, [alert('a')]);
    await until('it is given up', settled);
    expect(one.logged).toHaveLength(1);
    const { rows } = await db.pool.query('select * from deliveries');
    const told = JSON.stringify([one.logged, rows]);
    expect(told).not.toContain(secret.slice('whsec_'.length));
    expect(told).not.toContain('hush');
  });

  it('stops with an error when a sink fails in a way that nobody expected, after recording the rest', async () => {
    const city = await receiver();
    await subscribe(city);
    const broken = sender({ kafka: { send: async () => Promise.reject(new TypeError('a defect')) } });
    await keep(db.pool, [alert('a')], true);
    await expect(broken.done).rejects.toThrow('a defect');
  });

  it('waits for the database when its connections are cut, and loses nothing', async () => {
    const city = await receiver();
    await subscribe(city);
    sender();
    for (let i = 0; i < 10; i += 1) {
      await keep(
        db.pool,
        Array.from({ length: 20 }, (_, k) => alert(`m${i}-${k}`, { subject: `X-370702-${k}` })),
      );
      await db.pool.query(
        'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
      );
    }
    await until('all are recorded', settled);
    expect(new Set(ids(city)).size).toBe(200);
    expect(await countStates(db.pool)).toEqual({ delivered: 200 });
  });
});

describe('a delivery that fails', () => {
  it('is tried again, and is dead after the last attempt, until it is replayed', async () => {
    const city = await receiver();
    city.answer = status(500);
    const { subscription } = await subscribe(city);
    sender({ settings: { webhookRetry: QUICK_RETRY } });
    await keep(db.pool, [alert('a')]);
    await until('it is given up', settled);
    expect(ids(city)).toEqual(['a', 'a', 'a']);
    const { items } = await listDeliveries(db.pool, subscription.id, { limit: 9, state: 'dead' });
    expect(items).toMatchObject([{ messageId: 'a', attempts: 3, lastStatus: 500, lastError: 'HTTP 500', proof: null }]);
    city.answer = yes;
    await replay(db.pool, subscription, { messageIds: ['a'] });
    await until('it is sent', settled);
    expect(await countStates(db.pool)).toEqual({ delivered: 1 });
  });

  it('holds back the later ones of its institution and of no other', async () => {
    const city = await receiver();
    city.answer = (request, response) => status(request.id === 'a1' ? 500 : 204)(request, response);
    await subscribe(city);
    sender({ settings: { webhookRetry: { ...QUICK_RETRY, attemptsMax: 100 } } });
    await keep(db.pool, [alert('a1'), alert('a2'), alert('b1', { subject: 'X-370702-2' }), alert('a3')]);
    await until('the failing one was tried often', () => ids(city).filter((id) => id === 'a1').length > 5);
    expect(ids(city)).toContain('b1');
    expect(ids(city)).not.toContain('a2');
    city.answer = yes;
    await until('all are sent', settled);
    expect(ids(city).slice(-3)).toEqual(['a1', 'a2', 'a3']);
  });

  it('lets the later ones of its institution go when it is dead', async () => {
    const city = await receiver();
    city.answer = (request, response) => status(request.id === 'a1' ? 400 : 204)(request, response);
    await subscribe(city);
    sender({ settings: { webhookRetry: QUICK_RETRY } });
    await keep(db.pool, [alert('a1'), alert('a2')]);
    await until('both are settled', settled);
    expect(ids(city)).toEqual(['a1', 'a1', 'a1', 'a2']);
    expect(await countStates(db.pool)).toEqual({ dead: 1, delivered: 1 });
  });

  it('puts off what waits behind it, so that it is not looked at again and again', async () => {
    const city = await receiver();
    city.answer = status(500);
    const { subscription } = await subscribe(city);
    sender();
    await keep(db.pool, [alert('a1'), alert('a2')]);
    await until('the later one is put off', async () => {
      const { rows } = await db.pool.query<{ n: number }>(
        'select count(*) as n from deliveries where next_at > now() and attempts = 0',
      );
      return rows[0]!.n === 1;
    });
    city.answer = yes;
    await replay(db.pool, subscription, { messageIds: ['a1'] });
    await until('both are sent', settled);
    expect(ids(city).slice(-2)).toEqual(['a1', 'a2']);
  });

  it('waits as long as a busy receiver asks', async () => {
    const city = await receiver();
    city.answer = status(503, { 'retry-after': '1' });
    await subscribe(city);
    sender({ settings: { webhookRetry: QUICK_RETRY } });
    await keep(db.pool, [alert('a')]);
    await until('it was tried', () => city.received.length === 1);
    city.answer = yes;
    await until('it is sent', settled);
    expect(city.received[1]!.atMs - city.received[0]!.atMs).toBeGreaterThan(900);
  });

  it('does not delay other receivers, even when the receiver hangs', async () => {
    const hanging = await receiver();
    hanging.answer = () => {};
    const city = await receiver();
    await subscribe(hanging, { name: 'hanging' });
    await subscribe(city);
    sender({ settings: { webhookConcurrency: 2 } });
    const started = Date.now();
    await keep(
      db.pool,
      Array.from({ length: 100 }, (_, i) => alert(`m${i}`, { subject: `X-370702-${i}` })),
    );
    await until('the other one has all', () => city.received.length === 100);
    expect(Date.now() - started).toBeLessThan(1_900);
    expect(hanging.received).toHaveLength(2);
  });
});

describe('a receiver that is gone', () => {
  it('pauses its subscription at 410, and gets what was kept when it is resumed', async () => {
    const city = await receiver();
    city.answer = status(410);
    const { subscription } = await subscribe(city);
    const one = sender();
    await keep(db.pool, [alert('a')]);
    await until('it is paused', async () => (await getSubscription(db.pool, subscription.id)).state === 'paused');
    expect(await getSubscription(db.pool, subscription.id)).toMatchObject({
      stateReason: 'The receiver answered 410 Gone.',
    });
    await keep(db.pool, [alert('b')]);
    city.answer = yes;
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(ids(city)).toEqual(['a']);
    expect(one.logged).toHaveLength(1);
    await updateSubscription(db.pool, guard, subscription.id, { state: 'active' });
    await until('both are sent', settled);
    expect(ids(city)).toEqual(['a', 'a', 'b']);
  });
});

describe('a receiver that fails again and again', () => {
  it('rests, is asked with one message at a time, and gets everything once it answers', async () => {
    const city = await receiver();
    city.answer = status(500);
    await subscribe(city);
    const rest = { failuresMax: 5, restMsFirst: 300, restMsMax: 300 };
    const one = sender({ settings: { webhookConcurrency: 5, webhookRest: rest } });
    await keep(
      db.pool,
      Array.from({ length: 200 }, (_, i) => alert(`m${i}`, { subject: `X-370702-${i}` })),
    );
    // At most five and the four that took their places before the fifth failure was known; then one question after the other.
    await until('it was asked twice', () => city.received.length >= 11);
    const failed = city.received.length;
    const [before, first, second] = city.received.slice(8, 11).map((request) => request.atMs);
    expect(first! - before!).toBeGreaterThan(250);
    expect(second! - first!).toBeGreaterThan(250);
    expect(one.logged).toHaveLength(1);
    city.answer = yes;
    await until('the rest is sent', async () => (await countStates(db.pool)).delivered! >= 200 - failed);
  });
});

describe('Kafka output', () => {
  const ALERTS = 'prepaid.alerts';

  it('waits in the outbox while a topic takes nothing, in order, however long that takes; other topics go on', async () => {
    let away = true;
    const sent: string[] = [];
    const kafka = createKafkaSink({
      async send(topic, records) {
        if (away && topic === ALERTS) throw new FeewardenError('broker_unavailable');
        for (const record of records) sent.push(`${topic} ${record.key} ${JSON.parse(record.value).id}`);
      },
    });
    const one = sender({ kafka, settings: { kafkaRest: { failuresMax: 1, restMsFirst: 10, restMsMax: 10 } } });
    await keep(db.pool, [alert('a1'), alert('a2'), alert('s1', { topic: 'prepaid.scores' })], true);
    await until('it was tried often', async () => {
      const { rows } = await db.pool.query<{ n: number }>('select max(attempts) as n from deliveries');
      return rows[0]!.n > 20;
    });
    expect(sent).toEqual(['prepaid.scores X-370702-1 s1']);
    expect(one.logged).toHaveLength(1);
    await keep(db.pool, [alert('a3')], true);
    away = false;
    await until('all are sent', settled);
    expect(sent.slice(1)).toEqual(['a1', 'a2', 'a3'].map((id) => `${ALERTS} X-370702-1 ${id}`));
    const { rows } = await db.pool.query<{ proof: string }>(
      'select proof from deliveries order by message_seq limit 1',
    );
    expect(rows[0]!.proof).toBe('prepaid.alerts, acknowledged by all in-sync replicas');
  });

  it('goes through one of several workers for each topic, each message once and in order', async () => {
    const sent: number[] = [];
    let underWay = 0;
    const kafka = createKafkaSink({
      async send(_topic, records) {
        underWay += 1;
        expect(underWay).toBe(1);
        await new Promise((resolve) => setTimeout(resolve, 5));
        for (const record of records) sent.push(Number(JSON.parse(record.value).id.slice(1)));
        underWay -= 1;
      },
    });
    sender({ kafka, settings: { kafkaBatchMax: 20 } });
    sender({ kafka, settings: { kafkaBatchMax: 20 } });
    for (let i = 0; i < 300; i += 30) {
      await keep(
        db.pool,
        Array.from({ length: 30 }, (_, k) => alert(`m${i + k}`)),
        true,
      );
    }
    await until('all are recorded', settled);
    expect(sent).toEqual(Array.from({ length: 300 }, (_, i) => i));
  });

  it('is taken over when the worker that held the topic is dead', async () => {
    const sent: string[] = [];
    const dead = sender({
      kafka: { send: () => new Promise(() => {}) },
      settings: { drainMs: 0 },
    });
    await keep(db.pool, [alert('a')], true);
    await until('the first worker holds the topic', async () => {
      const { rows } = await db.pool.query<{ n: number }>('select count(*) as n from sink_leases');
      return rows[0]!.n > 0;
    });
    await dead.stop();
    sender({
      kafka: createKafkaSink({
        async send(_topic, records) {
          sent.push(...records.map((record) => JSON.parse(record.value).id));
        },
      }),
    });
    await until('the second one has sent it', settled);
    expect(sent).toEqual(['a']);
  });

  it('counts a record that the broker refuses as dead and goes on', async () => {
    const kafka = createKafkaSink({
      async send(_topic, records) {
        const big = records.some((record) => JSON.parse(record.value).id === 'big');
        if (big)
          throw Object.assign(new Error('too large'), { name: 'KafkaJSProtocolError', type: 'MESSAGE_TOO_LARGE' });
      },
    });
    sender({ kafka });
    await keep(db.pool, [alert('a'), alert('big'), alert('b')], true);
    await until('all are settled', settled);
    expect(await countStates(db.pool)).toEqual({ dead: 1, delivered: 2 });
  });
});
