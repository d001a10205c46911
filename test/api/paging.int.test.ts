import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { JOBS } from '../../src/jobs/list.js';
import { event, institution, lines, payment, uscc } from './events.js';
import { type Harness, startHarness } from './harness.js';
import { seedAlert, seedDeliveries, seedEvaluation, seedScore } from './seed.js';

const SCHOOL = uscc(1);
const COUNT = 23;
let h: Harness;
let subscription: string;

beforeAll(async () => {
  h = await startHarness();
  const body = [];
  for (let n = 1; n <= COUNT; n += 1) {
    body.push(institution(uscc(n), n % 2 === 0 ? '370702' : '110101'));
    body.push(payment(SCHOOL, `p${n}`, n));
    body.push(
      event('refund.requested', SCHOOL, { refundId: `r${n}`, contractId: 'C', amountFen: 1, side: 'operator' }),
    );
    body.push(`{"bad": ${n}}`);
  }
  await h.call('POST', '/v1/events', { type: 'application/x-ndjson', body: lines(body) });
  for (let n = 1; n <= COUNT; n += 1) {
    // Equal scores and equal times of opening: the order must not depend on them alone.
    if (n % 3 !== 0) await seedEvaluation(h.db.pool, uscc(n), { score: n % 4, level: 'blue' });
    await seedAlert(h.db.pool, uscc(n), { alertId: `alert ${n}`, hoursAgo: n % 3 });
    await seedScore(h.db.pool, SCHOOL, n, n);
  }
  const created = await h.call('POST', '/v1/subscriptions', { body: { name: 's', url: 'https://receiver.example/' } });
  subscription = created.json.id;
  await seedDeliveries(h.db.pool, subscription, COUNT);
  for (let n = 2; n <= COUNT; n += 1) {
    await h.call('POST', '/v1/subscriptions', { body: { name: `s${n}`, url: 'https://receiver.example/' } });
    await h.call('POST', '/v1/policies', { body: { version: `draft-${n}`, note: 'x', entries: [] } });
  }
});
afterAll(() => h.close());

async function walk(
  url: string,
  limit: number,
  key?: string,
): Promise<{ items: Record<string, unknown>[]; pages: number }> {
  const items: Record<string, unknown>[] = [];
  let cursor: string | null = null;
  let pages = 0;
  do {
    const joined: string = `${url}${url.includes('?') ? '&' : '?'}limit=${limit}${cursor === null ? '' : `&cursor=${cursor}`}`;
    const { status, json } = await h.call('GET', joined, key === undefined ? {} : { key });
    expect(status).toBe(200);
    expect(json.items.length).toBeLessThanOrEqual(limit);
    items.push(...json.items);
    cursor = json.nextCursor;
    pages += 1;
  } while (cursor !== null && pages < 100);
  return { items, pages };
}

const LISTS = [
  ['/v1/institutions', 'institutionId', COUNT],
  ['/v1/institutions?sort=score', 'institutionId', COUNT],
  ['/v1/institutions?sort=score&region=3707', 'institutionId', 11],
  ['/v1/alerts', 'alertId', COUNT],
  ['/v1/alerts?region=1101', 'alertId', 12],
  [`/v1/institutions/${SCHOOL}/journal`, 'event', COUNT],
  [`/v1/institutions/${SCHOOL}/refunds`, 'refundId', COUNT],
  [`/v1/institutions/${SCHOOL}/scores`, 'at', COUNT],
  ['/v1/rejected', 'seq', COUNT],
  ['deliveries', 'seq', COUNT],
  ['/v1/subscriptions', 'id', COUNT],
  ['/v1/policies', 'version', COUNT],
  ['/v1/jobs', 'job', JOBS.length],
] as const;

const urlOf = (list: string) => (list === 'deliveries' ? `/v1/subscriptions/${subscription}/deliveries` : list);

describe('walking a list to its end', () => {
  test.each(LISTS.flatMap((list) => [1, 5, COUNT, 500].map((limit) => [...list, limit] as const)))(
    '%s: no gap and no double (%s, %i, pages of %i)',
    async (list, field, count, limit) => {
      const whole = (await h.call('GET', `${urlOf(list)}${list.includes('?') ? '&' : '?'}limit=500`)).json.items;
      const { items, pages } = await walk(urlOf(list), limit);
      expect(items).toEqual(whole);
      expect(new Set(items.map((item) => JSON.stringify(item[field]))).size).toBe(count);
      expect(pages).toBe(Math.ceil(count / limit));
    },
  );
});

test('the riskiest come first, those without a score last, and equal scores by id', async () => {
  const { items } = await walk('/v1/institutions?sort=score', 4);
  const order = items.map((item) => [(item.score as number | null) ?? -1, item.institutionId as string] as const);
  const sorted = [...order].sort((a, b) => b[0] - a[0] || (a[1] < b[1] ? -1 : 1));
  expect(order).toEqual(sorted);
});

test('rows that come in while a list is walked neither shift nor repeat what was there', async () => {
  const first = await h.call('GET', `/v1/institutions/${SCHOOL}/journal?limit=10`);
  await h.call('POST', '/v1/events', { body: payment(SCHOOL, 'late', 1) });
  const second = await h.call('GET', `/v1/institutions/${SCHOOL}/journal?limit=500&cursor=${first.json.nextCursor}`);
  const ids = [...first.json.items, ...second.json.items].map((item) => item.event.data.paymentId);
  expect(ids).toEqual(Array.from({ length: COUNT }, (_, n) => `p${COUNT - n}`));
});

test.each(['/v1/subscriptions', '/v1/policies', '/v1/jobs'])('%s is whole when no limit is asked for', async (list) => {
  const { items, nextCursor, total } = (await h.call('GET', list)).json;
  expect(nextCursor).toBeNull();
  expect(items).toHaveLength(total);
  expect(items).toEqual((await walk(list, 2)).items);
});

test('a subscription that is deleted while its list is walked takes none of the others with it', async () => {
  const whole = (await h.call('GET', '/v1/subscriptions')).json.items;
  const first = (await h.call('GET', '/v1/subscriptions?limit=3')).json;
  await h.call('DELETE', `/v1/subscriptions/${first.items[2].id}`);
  const rest = (await h.call('GET', `/v1/subscriptions?cursor=${first.nextCursor}`)).json;
  expect([...first.items, ...rest.items]).toEqual(whole);
});

test('the total is told on the first page only', async () => {
  const first = (await h.call('GET', '/v1/institutions?limit=2')).json;
  expect(first.total).toBe(COUNT);
  expect((await h.call('GET', `/v1/institutions?limit=2&cursor=${first.nextCursor}`)).json.total).toBeNull();
});

test('a cursor given to another key shows that key’s region only', async () => {
  const { nextCursor } = (await h.call('GET', '/v1/institutions?limit=1')).json;
  const key = await h.key('analyst', '3707');
  const { items } = (await h.call('GET', `/v1/institutions?limit=500&cursor=${nextCursor}`, { key })).json;
  expect(items.map((item: { regionCode: string }) => item.regionCode)).toEqual(Array(11).fill('370702'));
});

test.each(LISTS.map(([list]) => list))('%s refuses a cursor that it did not give out', async (list) => {
  const url = urlOf(list);
  const ask = async (cursor: string) =>
    (await h.call('GET', `${url}${url.includes('?') ? '&' : '?'}cursor=${encodeURIComponent(cursor)}`)).json.code;
  const foreign = list.startsWith('/v1/alerts') ? '/v1/rejected?limit=1' : '/v1/alerts?limit=1';
  expect(await ask((await h.call('GET', foreign)).json.nextCursor)).toBe('bad_cursor');
  expect(await ask('WyJ4Il0')).toBe('bad_cursor');
  expect(await ask('%00')).toBe('bad_cursor');
});
