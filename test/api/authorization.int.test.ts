import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Role } from '../../src/api/access.js';
import { listKeys, revokeKey } from '../../src/api/keys.js';
import { institution, payment, uscc } from './events.js';
import { ADMIN_KEY, type Harness, type Method, NOW, startHarness } from './harness.js';
import { seedAlert, seedEvaluation } from './seed.js';

/** Shantung 3707 and elsewhere: an institution, an alert and a subscription in each; `nowhere` has told no region. */
const INSIDE = uscc(1);
const OUTSIDE = uscc(2);
const NOWHERE = uscc(3);

let h: Harness;
let insideSubscription: string;
let outsideSubscription: string;
const keys = new Map<string, string>();

const ROLES: readonly (readonly [string, Role, string])[] = [
  ['admin', 'admin', ''],
  ['regulator of all', 'regulator', ''],
  ['regulator of 3707', 'regulator', '3707'],
  ['analyst of 3707', 'analyst', '3707'],
  ['auditor', 'auditor', ''],
  ['ingest', 'ingest', ''],
  ['bank', 'bank', 'B403'],
  ['platform', 'platform', '370700'],
];

beforeAll(async () => {
  h = await startHarness();
  for (const [name, role, scope] of ROLES) keys.set(name, await h.key(role, scope));
  const body = [institution(INSIDE, '370702'), institution(OUTSIDE, '110101'), payment(NOWHERE, 'p', 1)];
  await h.call('POST', '/v1/events', { body });
  for (const [id, alertId] of [
    [INSIDE, 'inside'],
    [OUTSIDE, 'outside'],
    [NOWHERE, 'nowhere'],
  ] as const) {
    await seedAlert(h.db.pool, id, { alertId });
    await seedEvaluation(h.db.pool, id, { score: 60, level: 'orange' });
  }
  const subscribe = async (regionPrefix: string) => {
    const { json } = await h.call('POST', '/v1/subscriptions', {
      body: { name: 's', url: 'https://receiver.example/hook', regionPrefix },
    });
    return json.id as string;
  };
  insideSubscription = await subscribe('370702');
  outsideSubscription = await subscribe('1101');
});
afterAll(() => h.close());

interface Row {
  readonly title: string;
  readonly method: Method;
  readonly url: (place: 'inside' | 'outside' | 'nowhere') => string;
  readonly body?: unknown;
  readonly ok: number;
  /** Roles that may call it at all. */
  readonly roles: readonly string[];
}

const READERS = ['admin', 'regulator of all', 'regulator of 3707', 'analyst of 3707', 'auditor'];
const SUBSCRIBERS = ['admin', 'regulator of all', 'regulator of 3707'];
const BOUND = new Set(['regulator of 3707', 'analyst of 3707']);

const idOf = { inside: INSIDE, outside: OUTSIDE, nowhere: NOWHERE };
const ofInstitution = (rest: string): Row => ({
  title: `GET /v1/institutions/{id}${rest}`,
  method: 'GET',
  url: (place) => `/v1/institutions/${idOf[place]}${rest}`,
  ok: 200,
  roles: READERS,
});
const subscriptionUrl = (place: string, rest = '') =>
  `/v1/subscriptions/${place === 'inside' ? insideSubscription : outsideSubscription}${rest}`;
const ofSubscription = (
  title: string,
  method: Method,
  rest: string,
  roles: readonly string[],
  body?: unknown,
): Row => ({
  title,
  method,
  url: (place) => subscriptionUrl(place, rest),
  ok: 200,
  roles,
  ...(body === undefined ? {} : { body }),
});

const WITH_IDS: readonly Row[] = [
  ...['', '/score', '/scores', '/books', '/journal', '/alerts', '/refunds'].map(ofInstitution),
  { title: 'GET /v1/alerts/{id}', method: 'GET', url: (place) => `/v1/alerts/${place}`, ok: 200, roles: READERS },
  {
    title: 'GET /v1/alerts?institution=',
    method: 'GET',
    url: (place) => `/v1/alerts?institution=${idOf[place]}`,
    ok: 200,
    roles: READERS,
  },
  ofSubscription('GET /v1/subscriptions/{id}', 'GET', '', [...SUBSCRIBERS, 'auditor']),
  ofSubscription('GET …/deliveries', 'GET', '/deliveries', [...SUBSCRIBERS, 'auditor']),
  ofSubscription('PATCH /v1/subscriptions/{id}', 'PATCH', '', SUBSCRIBERS, { name: 'changed' }),
  ofSubscription('POST …/replay', 'POST', '/replay', SUBSCRIBERS, { messageIds: ['m'] }),
];

const CASES = WITH_IDS.flatMap((row) => ROLES.map(([role]) => [role, row.title, row] as const));

describe('each role on each route with an id', () => {
  test.each(CASES)('%s: %s', async (role, _title, row) => {
    const key = keys.get(role)!;
    const ask = async (place: 'inside' | 'outside' | 'nowhere') =>
      (await h.call(row.method, row.url(place), { key, ...(row.body === undefined ? {} : { body: row.body }) })).status;
    if (!row.roles.includes(role)) {
      expect([await ask('inside'), await ask('outside')]).toEqual([403, 403]);
      return;
    }
    const elsewhere = BOUND.has(role) ? 404 : row.ok;
    expect([await ask('inside'), await ask('outside'), await ask('nowhere')]).toEqual([row.ok, elsewhere, elsewhere]);
  });
});

const DELETERS = ROLES.map(([role]) => role);

test.each(DELETERS)('%s: DELETE /v1/subscriptions/{id}', async (role) => {
  const fresh = async (regionPrefix: string) =>
    (await h.call('POST', '/v1/subscriptions', { body: { name: 's', url: 'https://receiver.example/', regionPrefix } }))
      .json.id as string;
  const key = keys.get(role)!;
  const statuses: number[] = [];
  for (const region of ['3707', '11'])
    statuses.push((await h.call('DELETE', `/v1/subscriptions/${await fresh(region)}`, { key })).status);
  const expected = !SUBSCRIBERS.includes(role) ? [403, 403] : BOUND.has(role) ? [204, 404] : [204, 204];
  expect(statuses).toEqual(expected);
});

const LISTS: readonly (readonly [Method, string, readonly string[], unknown?])[] = [
  ['GET', '/v1/institutions', READERS],
  ['GET', '/v1/alerts', READERS],
  ['GET', '/v1/policies', READERS],
  ['GET', '/v1/breaks', [...READERS, 'bank']],
  ['GET', '/v1/feeds', [...READERS, 'bank', 'platform']],
  ['GET', '/v1/jobs', ['admin', 'auditor']],
  ['POST', '/v1/reconciliations', ['admin'], { institutionId: INSIDE }],
  ['GET', '/v1/rejected', ['admin', 'auditor', 'bank', 'platform']],
  ['GET', '/v1/subscriptions', [...SUBSCRIBERS, 'auditor']],
  ['POST', '/v1/subscriptions', SUBSCRIBERS, { name: 's', url: 'https://receiver.example/' }],
  ['POST', '/v1/events', ['admin', 'ingest', 'bank', 'platform'], []],
];

describe('each role on each route without an id', () => {
  test.each(LISTS.flatMap(([method, url, roles, body]) => ROLES.map(([role]) => ({ role, method, url, roles, body }))))(
    '$role: $method $url',
    async ({ role, method, url, roles, body }) => {
      const { status } = await h.call(method, url, { key: keys.get(role)!, ...(body === undefined ? {} : { body }) });
      expect(status < 300 ? 'allowed' : status).toBe(roles.includes(role) ? 'allowed' : 403);
    },
  );
});

describe('a list shows what lies in the region, and nothing else', () => {
  const ids = async (role: string, url: string, field: string) =>
    (await h.call('GET', url, { key: keys.get(role)! })).json.items
      .map((item: Record<string, unknown>) => item[field])
      .sort();

  test('institutions', async () => {
    expect(await ids('analyst of 3707', '/v1/institutions', 'institutionId')).toEqual([INSIDE]);
    expect(await ids('auditor', '/v1/institutions', 'institutionId')).toEqual([INSIDE, OUTSIDE, NOWHERE].sort());
    expect(await ids('auditor', '/v1/institutions?region=11', 'institutionId')).toEqual([OUTSIDE]);
    expect(await ids('analyst of 3707', '/v1/institutions?region=11', 'institutionId')).toEqual([]);
    expect(await ids('analyst of 3707', '/v1/institutions?region=37', 'institutionId')).toEqual([INSIDE]);
  });

  test('alerts', async () => {
    expect(await ids('regulator of 3707', '/v1/alerts', 'alertId')).toEqual(['inside']);
    expect(await ids('admin', '/v1/alerts', 'alertId')).toEqual(['inside', 'nowhere', 'outside']);
    expect(await ids('admin', '/v1/alerts?region=3707', 'alertId')).toEqual(['inside']);
    expect(await ids('regulator of 3707', '/v1/alerts?region=11', 'alertId')).toEqual([]);
  });

  test('totals do not tell of other regions either', async () => {
    const total = async (url: string) => (await h.call('GET', url, { key: keys.get('regulator of 3707')! })).json.total;
    expect([await total('/v1/institutions'), await total('/v1/alerts'), await total('/v1/alerts?region=11')]).toEqual([
      1, 1, 0,
    ]);
  });

  test('subscriptions', async () => {
    const own = await ids('regulator of 3707', '/v1/subscriptions', 'id');
    expect(own).toContain(insideSubscription);
    expect(own).not.toContain(outsideSubscription);
  });

  test('rejected events: a bank sees its own, and not what others tried in its name', async () => {
    const bad = (source: string, id: string) => payment(uscc(9), 'p', -1, { source, id });
    await h.call('POST', '/v1/events', { key: keys.get('bank')!, body: bad('/bank/B403', 'sent by the bank') });
    await h.call('POST', '/v1/events', { body: bad('/bank/B403', 'told for the bank') });
    await h.call('POST', '/v1/events', { body: bad('/bank/B4031', 'of another bank') });
    await h.call('POST', '/v1/events', {
      key: keys.get('platform')!,
      body: payment(uscc(9), 'p', 1, { source: '/bank/B403', id: 'a lie' }),
    });
    await h.call('POST', '/v1/events', {
      key: keys.get('bank')!,
      body: payment(uscc(9), 'p', 1, { source: '/bank/B9', id: 'a slip' }),
    });
    const { json } = await h.call('GET', '/v1/rejected', { key: keys.get('bank')! });
    expect(json.items.map((item: { id: string; origin: unknown }) => [item.id, item.origin !== null])).toEqual([
      ['a slip', true],
      ['told for the bank', false],
      ['sent by the bank', true],
    ]);
    expect(await ids('platform', '/v1/rejected', 'id')).toEqual(['a lie']);
  });
});

describe('a move of an institution', () => {
  test('takes it out of the sight of its former region at once, before any evaluation', async () => {
    const moving = uscc(20);
    await h.call('POST', '/v1/events', { body: institution(moving, '370702', { time: '2026-01-01T00:00:00+08:00' }) });
    await seedEvaluation(h.db.pool, moving, { score: 1, level: 'none', regionCode: '370702' });
    const see = async () =>
      (await h.call('GET', `/v1/institutions/${moving}`, { key: keys.get('analyst of 3707')! })).status;
    const listed = async () =>
      (await h.call('GET', '/v1/institutions', { key: keys.get('analyst of 3707')! })).json.items.some(
        (item: { institutionId: string }) => item.institutionId === moving,
      );
    expect([await see(), await listed()]).toEqual([200, true]);
    const move = institution(moving, '370800', { time: '2026-02-01T00:00:00+08:00' });
    await h.call('POST', '/v1/events', { body: move });
    expect([await see(), await listed()]).toEqual([404, false]);
    const reversal = { reverses: { source: move.source, id: move.id }, reason: 'it stays' };
    await h.call('POST', '/v1/events', {
      body: { ...move, id: `undo ${move.id}`, type: 'prepaid.event.reversed.v1', data: reversal },
    });
    expect([await see(), await listed()]).toEqual([200, true]);
  });
});

describe('subscriptions stay in the region', () => {
  test('without a region a regulator subscribes to its own', async () => {
    const { json } = await h.call('POST', '/v1/subscriptions', {
      key: keys.get('regulator of 3707')!,
      body: { name: 's', url: 'https://receiver.example/' },
    });
    expect(json.regionPrefix).toBe('3707');
  });

  test('the code of a city is kept as what its counties begin with: nothing would ever be told of the code itself', async () => {
    const key = keys.get('regulator of 3707')!;
    const body = { name: 's', url: 'https://receiver.example/', regionPrefix: '370700' };
    const created = await h.call('POST', '/v1/subscriptions', { key, body });
    expect([created.status, created.json.regionPrefix]).toEqual([201, '3707']);
    const url = `/v1/subscriptions/${created.json.id}`;
    expect((await h.call('PATCH', url, { key, body: { regionPrefix: '370702' } })).json.regionPrefix).toBe('370702');
    expect((await h.call('PATCH', url, { key, body: { regionPrefix: '370700' } })).json.regionPrefix).toBe('3707');
    expect((await h.call('PATCH', url, { key, body: { name: 't' } })).json).toMatchObject({ regionPrefix: '3707' });
    const county = await h.key('regulator', '370702');
    expect((await h.call('POST', '/v1/subscriptions', { key: county, body })).json.code).toBe('forbidden');
  });

  test('a wider or another region is refused, at creation and later', async () => {
    const key = keys.get('regulator of 3707')!;
    for (const regionPrefix of ['37', '11', '']) {
      const created = await h.call('POST', '/v1/subscriptions', {
        key,
        body: { name: 's', url: 'https://receiver.example/', regionPrefix },
      });
      expect([created.status, created.json.code]).toEqual([403, 'forbidden']);
      const changed = await h.call('PATCH', subscriptionUrl('inside'), { key, body: { regionPrefix } });
      expect([changed.status, changed.json.code]).toEqual([403, 'forbidden']);
    }
  });
});

describe('keys', () => {
  test.each([
    ['no key', null, {}],
    ['another scheme', null, { authorization: `Basic ${ADMIN_KEY}` }],
    ['an unknown key', `fw_${'0'.repeat(12)}_${'A'.repeat(43)}`, {}],
    ['no key of ours', 'sesame', {}],
    ['a key that is far too long', 'x'.repeat(2_000), {}],
    ['the admin key and more', `${ADMIN_KEY}x`, {}],
  ])('%s is unauthorized', async (_title, key, headers) => {
    const answer = await h.call('GET', '/v1/alerts', { key, headers });
    expect([answer.status, answer.json.code]).toEqual([401, 'unauthorized']);
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="feewarden"');
  });

  test('the right id with another secret is unauthorized', async () => {
    const text = await h.key('auditor');
    const other = `${text.slice(0, -1)}${text.endsWith('A') ? 'B' : 'A'}`;
    expect((await h.call('GET', '/v1/alerts', { key: text })).status).toBe(200);
    expect((await h.call('GET', '/v1/alerts', { key: other })).status).toBe(401);
  });

  test('only a hash of a key is kept, and no log line holds a key', async () => {
    const text = await h.key('auditor');
    await h.call('GET', '/v1/alerts?rule=A01', { key: text });
    const secret = text.slice(16);
    const { rows } = await h.db.pool.query<{ row: string }>('select k::text as row from api_keys k');
    expect(rows.some(({ row }) => row.includes(secret) || row.includes(Buffer.from(secret).toString('hex')))).toBe(
      false,
    );
    expect(h.logged.length).toBeGreaterThan(0);
    expect(
      h.logged.some((line) => line.includes(secret) || line.includes('A01') || line.includes('uthorization')),
    ).toBe(false);
  });

  test('a revoked key ends within seconds, even if the clock is set back meanwhile', async () => {
    const text = await h.key('auditor');
    expect((await h.call('GET', '/v1/alerts', { key: text })).status).toBe(200);
    const id = text.slice(3, 15);
    const revoked = await revokeKey(h.db.pool, id, NOW);
    expect(revoked.revokedAt).toBe(NOW);
    expect((await listKeys(h.db.pool)).find((key) => key.id === id)?.revokedAt).toBe(NOW);
    h.now = NOW - 3_600_000_000;
    h.steadyMs += 5_000;
    expect((await h.call('GET', '/v1/alerts', { key: text })).status).toBe(401);
    h.now = NOW;
  });

  test('an unknown id cannot be revoked', async () => {
    await expect(revokeKey(h.db.pool, 'nobody', NOW)).rejects.toMatchObject({ code: 'not_found' });
  });

  test('a role or scope that does not exist makes no key', async () => {
    await expect(h.key('emperor' as Role)).rejects.toMatchObject({ code: 'bad_usage' });
    await expect(h.key('bank')).rejects.toMatchObject({ code: 'bad_usage' });
  });
});
