import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { payment, uscc } from './events.js';
import { type Harness, startHarness } from './harness.js';
import { seedDeliveries } from './seed.js';

let h: Harness;
beforeAll(async () => {
  h = await startHarness();
});
afterAll(() => h.close());

describe('rejected', () => {
  test.each([
    ['', 3],
    ['code=bad_money', 1],
    ['source=/bank/B1', 1],
    [`institution=${uscc(8)}`, 2],
    ['from=2026-07-03T23:59:59%2B08:00', 3],
    ['to=2026-07-03T23:59:59%2B08:00', 0],
  ])('the filter "%s" finds %i', async (query, count) => {
    const body = [
      payment(uscc(8), 'a', 1, { id: 'x', source: '/bank/B1', time: 'x' }),
      payment(uscc(8), 'a', -1, { id: 'y' }),
      'z',
    ];
    await h.call('POST', '/v1/events', { body });
    expect((await h.call('GET', `/v1/rejected?${query}`)).json.items).toHaveLength(count);
  });
});

test('what was tried again is listed apart', async () => {
  await h.db.pool.query(`update rejected_events set redriven_at = now() where code = 'bad_money'`);
  const codes = async (state: string) =>
    (await h.call('GET', `/v1/rejected?state=${state}`)).json.items.map((item: { code: string }) => item.code);
  expect(await codes('open')).not.toContain('bad_money');
  expect(await codes('redriven')).toEqual(['bad_money']);
  expect(await codes('all')).toHaveLength(3);
  expect((await h.call('GET', '/v1/rejected')).json.items).toHaveLength(2);
});

describe('subscriptions', () => {
  const create = (body: object) => h.call('POST', '/v1/subscriptions', { body });

  test('live from creation to the end', async () => {
    const created = await create({
      name: 'Weifang 潍坊',
      url: 'https://receiver.example/hook',
      regionPrefix: '3707',
      levelMin: 'orange',
    });
    expect(created.status).toBe(201);
    expect(created.json).toMatchObject({
      state: 'active',
      createdBy: 'settings',
      types: ['prepaid.alert.raised.v1', 'prepaid.alert.level_changed.v1', 'prepaid.alert.cleared.v1'],
    });
    expect(created.json.secret).toMatch(/^whsec_/);
    const { id, secret, ...shown } = created.json;
    const url = `/v1/subscriptions/${id}`;
    expect((await h.call('GET', url)).json).toEqual({ id, ...shown });
    expect((await h.call('GET', '/v1/subscriptions')).text).not.toContain(secret);
    const paused = await h.call('PATCH', url, { body: { state: 'paused', levelMin: null } });
    expect(paused.json).toMatchObject({ state: 'paused', levelMin: null, name: 'Weifang 潍坊' });
    const ended = await h.call('DELETE', url);
    expect([ended.status, ended.text]).toEqual([204, '']);
    expect((await h.call('GET', url)).status).toBe(404);
  });

  test('show what was sent, and send it again', async () => {
    const { id } = (await create({ name: 's', url: 'https://receiver.example/', regionPrefix: '3707' })).json;
    await seedDeliveries(h.db.pool, id, 2, 'dead');
    const list = async (query = '') => (await h.call('GET', `/v1/subscriptions/${id}/deliveries${query}`)).json.items;
    expect(await list()).toMatchObject([
      { messageId: `m2-${id}`, state: 'dead', nextAt: null },
      { messageId: `m1-${id}` },
    ]);
    const again = await h.call('POST', `/v1/subscriptions/${id}/replay`, {
      body: { messageIds: [`m1-${id}`, 'unknown'] },
    });
    expect(again.json).toEqual({ queued: 1, nextSince: null });
    expect(await list('?state=pending')).toMatchObject([{ messageId: `m1-${id}`, attempts: 0 }]);
    const since = await h.call('POST', `/v1/subscriptions/${id}/replay`, { body: { since: '2020-01-01T00:00:00Z' } });
    expect(since.json.nextSince).toBeNull();
    expect(await list('?state=dead')).toEqual([]);
  });

  test('an internal address is refused', async () => {
    const answer = await create({ name: 's', url: 'http://127.0.0.1/' });
    expect([answer.status, answer.json.code, answer.json.path]).toEqual([400, 'address_not_allowed', '$.url']);
  });
});
