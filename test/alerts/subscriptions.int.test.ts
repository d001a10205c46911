import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { listDeliveries, replay } from '../../src/alerts/deliveries.js';
import {
  createSubscription,
  deleteSubscription,
  getSubscription,
  listSubscriptions,
  type NewSubscription,
  pauseSubscription,
  updateSubscription,
} from '../../src/alerts/subscriptions.js';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { alert, keep } from './outgoing.js';
import { countStates, guard } from './workers.js';

let db: TestDatabase;

beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());
beforeEach(() => db.pool.query('truncate messages, deliveries, subscriptions'));

const CITY: NewSubscription = { name: 'city', url: 'http://127.0.0.1:9/hook' };

function create(input: NewSubscription = CITY) {
  return createSubscription(db.pool, guard, input, 'key-1');
}

describe('a subscription', () => {
  it('listens to alerts of the whole country unless it says otherwise', async () => {
    const { subscription } = await create();
    expect(subscription).toMatchObject({
      name: 'city',
      types: ['prepaid.alert.raised.v1', 'prepaid.alert.level_changed.v1', 'prepaid.alert.cleared.v1'],
      regionPrefix: '',
      levelMin: null,
      state: 'active',
      createdBy: 'key-1',
    });
  });

  it('shows its secret once, at creation, and never again', async () => {
    const { subscription, secret } = await create();
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const shown = [
      subscription,
      await getSubscription(db.pool, subscription.id),
      await listSubscriptions(db.pool, ''),
      await updateSubscription(db.pool, guard, subscription.id, { name: 'town' }),
    ];
    expect(JSON.stringify(shown)).not.toContain('whsec_');
    expect(JSON.stringify(shown)).not.toContain(secret.slice('whsec_'.length));
  });

  it.each([
    [{ ...CITY, url: 'http://169.254.169.254/' }, 'address_not_allowed', '$.url'],
    [{ ...CITY, url: 'http://nowhere.invalid/' }, 'bad_request', '$.url'],
    [{ ...CITY, name: ' ' }, 'bad_request', '$.name'],
    [{ ...CITY, types: [] }, 'bad_request', '$.types'],
    [{ ...CITY, types: ['prepaid.alert.raised.v2'] }, 'bad_request', '$.types.0'],
    [{ ...CITY, regionPrefix: '37%' }, 'bad_request', '$.regionPrefix'],
    [{ ...CITY, levelMin: 'purple' }, 'bad_request', '$.levelMin'],
    [{ ...CITY, secret: 'whsec_mine' }, 'bad_request', '$'],
  ])('is refused with its reason: %j', async (input, code, path) => {
    await expect(create(input as NewSubscription)).rejects.toMatchObject({ code, path });
    expect(await listSubscriptions(db.pool, '')).toEqual([]);
  });

  it('is listed to those whose region holds it', async () => {
    await create({ ...CITY, name: 'county', regionPrefix: '370702' });
    await create({ ...CITY, name: 'capital', regionPrefix: '11' });
    await create({ ...CITY, name: 'country' });
    const names = async (prefix: string) => (await listSubscriptions(db.pool, prefix)).map((one) => one.name);
    expect(await names('3707')).toEqual(['county']);
    expect(await names('')).toEqual(['county', 'capital', 'country']);
  });

  it('changes only what the patch names, and its address is checked again', async () => {
    const { subscription } = await create({ ...CITY, levelMin: 'red', regionPrefix: '37' });
    const { id } = subscription;
    expect(await updateSubscription(db.pool, guard, id, { name: 'town' })).toMatchObject({
      name: 'town',
      levelMin: 'red',
      regionPrefix: '37',
      url: CITY.url,
    });
    expect(await updateSubscription(db.pool, guard, id, { levelMin: null })).toMatchObject({ levelMin: null });
    await expect(updateSubscription(db.pool, guard, id, { url: 'http://10.0.0.1/' })).rejects.toMatchObject({
      code: 'address_not_allowed',
    });
    await expect(updateSubscription(db.pool, guard, id, {})).rejects.toMatchObject({ code: 'bad_request' });
    await expect(updateSubscription(db.pool, guard, 'sub_none', { name: 'x' })).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  it('forgets why it was paused when it is resumed', async () => {
    const { subscription } = await create();
    await pauseSubscription(db.pool, subscription.id, 'gone');
    expect(await getSubscription(db.pool, subscription.id)).toMatchObject({ state: 'paused', stateReason: 'gone' });
    expect(await updateSubscription(db.pool, guard, subscription.id, { name: 'x' })).toMatchObject({
      stateReason: 'gone',
    });
    const resumed = await updateSubscription(db.pool, guard, subscription.id, { state: 'active' });
    expect(resumed).toMatchObject({ state: 'active', stateReason: null });
  });

  it('is paused, changed and deleted alone: its neighbours go on as they were', async () => {
    const { subscription: own } = await create();
    const { subscription: other } = await create({ ...CITY, name: 'county' });
    await keep(db.pool, [alert('a')]);
    await pauseSubscription(db.pool, own.id, 'gone');
    await pauseSubscription(db.pool, own.id, 'gone again');
    expect(await getSubscription(db.pool, own.id)).toMatchObject({ stateReason: 'gone' });
    await updateSubscription(db.pool, guard, own.id, { name: 'town' });
    await deleteSubscription(db.pool, own.id);
    expect(await listSubscriptions(db.pool, '')).toEqual([other]);
    expect((await listDeliveries(db.pool, other.id, { limit: 9 })).items).toMatchObject([{ state: 'pending' }]);
  });

  it('leaves its proofs when it is deleted, and what was not sent is dead', async () => {
    const { subscription } = await create();
    await keep(db.pool, [alert('a'), alert('b')]);
    await db.pool.query(
      `update deliveries set state = 'delivered', delivered_at = now(), proof = 'yes'
        where message_seq = (select seq from messages where message_id = 'a')`,
    );
    await deleteSubscription(db.pool, subscription.id);
    expect(await countStates(db.pool)).toEqual({ dead: 1, delivered: 1 });
    await expect(getSubscription(db.pool, subscription.id)).rejects.toMatchObject({ code: 'not_found' });
    await expect(deleteSubscription(db.pool, subscription.id)).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('the list of deliveries', () => {
  it('comes in pages, newest first, and by state', async () => {
    const { subscription } = await create();
    await keep(
      db.pool,
      ['a', 'b', 'c', 'd', 'e'].map((id) => alert(id)),
    );
    const first = await listDeliveries(db.pool, subscription.id, { limit: 2 });
    expect(first.items.map((one) => one.messageId)).toEqual(['e', 'd']);
    const second = await listDeliveries(db.pool, subscription.id, { limit: 2, before: first.next! });
    const third = await listDeliveries(db.pool, subscription.id, { limit: 2, before: second.next! });
    expect([...second.items, ...third.items].map((one) => one.messageId)).toEqual(['c', 'b', 'a']);
    expect(third.next).toBeNull();
    expect(await listDeliveries(db.pool, subscription.id, { limit: 9, state: 'dead' })).toEqual({
      items: [],
      next: null,
    });
    expect(await listDeliveries(db.pool, 'sub_other', { limit: 9 })).toEqual({ items: [], next: null });
  });
});

describe('replay', () => {
  it('queues what was kept since a moment, also what was kept before the subscription was made', async () => {
    await keep(db.pool, [alert('before')]);
    const { rows } = await db.pool.query<{ at: number }>('select clock_timestamp() as at');
    await keep(db.pool, [alert('missed'), alert('other region', { regionCode: '110101' })]);
    const { subscription } = await create({ ...CITY, regionPrefix: '37' });
    expect(await replay(db.pool, subscription, { since: rows[0]!.at })).toEqual({ queued: 1, nextSince: null });
    const { items } = await listDeliveries(db.pool, subscription.id, { limit: 9 });
    expect(items.map((one) => one.messageId)).toEqual(['missed']);
  });

  it('brings the dead and the delivered back with a fresh count, and keeps the old proof until there is a new one', async () => {
    const { subscription } = await create();
    await keep(db.pool, [alert('dead'), alert('sent'), alert('untouched')]);
    const by = (id: string) => `where message_seq = (select seq from messages where message_id = '${id}')`;
    await db.pool.query(`update deliveries set state = 'dead', attempts = 12, last_error = 'HTTP 500' ${by('dead')}`);
    await db.pool.query(
      `update deliveries set state = 'delivered', attempts = 1, delivered_at = now(), proof = 'yes' ${by('sent')}`,
    );
    expect(await replay(db.pool, subscription, { messageIds: ['dead', 'sent', 'unknown'] })).toMatchObject({
      queued: 2,
    });
    const { items } = await listDeliveries(db.pool, subscription.id, { limit: 9 });
    expect(items).toMatchObject([
      { messageId: 'untouched', state: 'pending', attempts: 0 },
      { messageId: 'sent', state: 'pending', attempts: 0, proof: 'yes' },
      { messageId: 'dead', state: 'pending', attempts: 0, lastError: null },
    ]);
  });

  it('makes due at once what was put off behind it, for its own receiver alone', async () => {
    const { subscription } = await create();
    const { subscription: other } = await create({ ...CITY, name: 'county' });
    await keep(db.pool, [alert('failed'), alert('behind')]);
    await db.pool.query(`update deliveries set next_at = now() + interval '1 hour',
      attempts = case when message_seq = (select seq from messages where message_id = 'failed') then 3 else 0 end`);
    await replay(db.pool, subscription, { messageIds: ['failed'] });
    const dueOf = async (id: string) => {
      const text = `select message_id as id from deliveries join messages on seq = message_seq where sink = $1 and next_at <= now() order by seq`;
      return (await db.pool.query<{ id: string }>(text, [`webhook:${id}`])).rows.map((row) => row.id);
    };
    expect(await dueOf(subscription.id)).toEqual(['failed', 'behind']);
    expect(await dueOf(other.id)).toEqual([]);
  });

  it('gives no message out by its id that the filter holds back', async () => {
    await keep(db.pool, [alert('capital', { regionCode: '110101' })]);
    const { subscription } = await create({ ...CITY, regionPrefix: '37' });
    expect(await replay(db.pool, subscription, { messageIds: ['capital'] })).toMatchObject({ queued: 0 });
  });

  it('reads more than one page', async () => {
    const { subscription } = await create();
    const ids = Array.from({ length: 2_345 }, (_, i) => `m${i}`);
    await keep(
      db.pool,
      ids.map((id) => alert(id)),
    );
    await db.pool.query(`update deliveries set state = 'dead'`);
    expect(await replay(db.pool, subscription, { since: 0 })).toEqual({ queued: 2_345, nextSince: null });
  });
});
