import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { enqueue } from '../../src/alerts/outbox.js';
import { holdTopics, releaseTopics } from '../../src/alerts/queue.js';
import { KAFKA_SINKS } from '../../src/alerts/route.js';
import { createSubscription } from '../../src/alerts/subscriptions.js';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { alert, keep } from './outgoing.js';
import { startReceiver } from './receiver.js';
import { guard, startSender, until } from './workers.js';

let db: TestDatabase;

beforeAll(async () => {
  db = await testDatabase({ max: 8 });
});
afterAll(() => db.drop());
beforeEach(() => db.pool.query('truncate messages, deliveries, subscriptions, sink_leases'));

async function deliveries(): Promise<string[]> {
  const { rows } = await db.pool.query<{ line: string }>(
    `select m.message_id || ' ' || d.sink as line from deliveries d join messages m on m.seq = d.message_seq order by d.message_seq, d.sink`,
  );
  return rows.map((row) => row.line);
}

describe('enqueue', () => {
  it('keeps a message as the CloudEvent that will be sent, with one delivery for each receiver', async () => {
    const { subscription } = await createSubscription(
      db.pool,
      guard,
      { name: 'city', url: 'http://127.0.0.1:9/', regionPrefix: '3707' },
      null,
    );
    await createSubscription(db.pool, guard, { name: 'other', url: 'http://127.0.0.1:9/', regionPrefix: '11' }, null);
    expect(
      await keep(
        db.pool,
        [alert('a'), alert('b', { type: 'prepaid.score.changed.v1', topic: 'prepaid.scores' })],
        true,
      ),
    ).toBe(2);
    expect(await deliveries()).toEqual([
      'a kafka:prepaid.alerts',
      `a webhook:${subscription.id}`,
      'b kafka:prepaid.scores',
    ]);
    const { rows } = await db.pool.query<{ body: string }>(`select body from messages where message_id = 'a'`);
    expect(JSON.parse(rows[0]!.body)).toEqual({
      specversion: '1.0',
      id: 'a',
      source: '/feewarden',
      type: 'prepaid.alert.raised.v1',
      subject: 'X-370702-1',
      time: '2026-11-23T08:00:00+08:00',
      datacontenttype: 'application/json',
      data: { institutionId: 'X-370702-1', alertId: 'a' },
    });
  });

  it('goes to Kafka too while another process sends there, though Kafka is not configured in this one', async () => {
    await keep(db.pool, [alert('before')], false);
    await holdTopics(db.pool, 'sender', 60_000, KAFKA_SINKS);
    await keep(db.pool, [alert('beside'), alert('score', { topic: 'prepaid.scores' })], false);
    await releaseTopics(db.pool, 'sender');
    await keep(db.pool, [alert('after')], false);
    await holdTopics(db.pool, 'sender that died', -1, KAFKA_SINKS);
    await keep(db.pool, [alert('long after')], false);
    expect(await deliveries()).toEqual(['beside kafka:prepaid.alerts', 'score kafka:prepaid.scores']);
  });

  it('keeps the order in which the messages were given', async () => {
    await keep(
      db.pool,
      ['z', 'm', 'a'].map((id) => alert(id)),
      true,
    );
    expect(await deliveries()).toEqual(['z kafka:prepaid.alerts', 'm kafka:prepaid.alerts', 'a kafka:prepaid.alerts']);
  });

  it('changes nothing for a message that is there already, in this call or an earlier one', async () => {
    await keep(db.pool, [alert('a')], true);
    await db.pool.query(`update deliveries set state = 'delivered', delivered_at = now(), proof = 'yes'`);
    expect(await keep(db.pool, [alert('a'), alert('b'), alert('b')], true)).toBe(1);
    expect(await deliveries()).toEqual(['a kafka:prepaid.alerts', 'b kafka:prepaid.alerts']);
    const { rows } = await db.pool.query<{ n: number }>(
      `select count(*) as n from deliveries where state = 'delivered'`,
    );
    expect(rows[0]!.n).toBe(1);
  });

  it('leaves nothing behind when the transaction around it fails', async () => {
    const client = await db.pool.connect();
    await client.query('begin');
    await enqueue(client, [alert('a')], { kafkaEnabled: true });
    await client.query('rollback');
    client.release();
    expect(await deliveries()).toEqual([]);
  });

  it('skips nothing when the transaction with the lower number commits last', async () => {
    const receiver = await startReceiver();
    await createSubscription(db.pool, guard, { name: 'city', url: receiver.url }, null);
    const early = await db.pool.connect();
    await early.query('begin');
    await enqueue(early, [alert('early', { subject: 'X-370702-1' })], { kafkaEnabled: false });
    await keep(db.pool, [alert('late', { subject: 'X-370702-2' })]);
    const sender = startSender(db.pool);
    await until('the later one is sent', () => receiver.received.length === 1);
    expect(receiver.received.map((one) => one.id)).toEqual(['late']);
    await early.query('commit');
    early.release();
    await until('the earlier one is sent', () => receiver.received.length === 2);
    expect(receiver.received.map((one) => one.id)).toEqual(['late', 'early']);
    const { rows } = await db.pool.query<{ id: string }>('select message_id as id from messages order by seq');
    expect(rows.map((row) => row.id)).toEqual(['early', 'late']);
    await sender.stop();
    await receiver.close();
  });
});
