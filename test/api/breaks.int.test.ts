import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { event, institution, uscc } from './events.js';
import { type Harness, startHarness } from './harness.js';

/** Two schools, one in Shantung 3707 with its account at bank B403, one elsewhere at bank B9; each with a payment never credited. */
const INSIDE = uscc(1);
const OUTSIDE = uscc(2);

let h: Harness;
const keys = new Map<string, string>();
const as = (name: string) => ({ key: keys.get(name)! });

const account = (subject: string, bankCode: string) =>
  event('account.registered', subject, {
    accountId: `A-${bankCode}`,
    bankCode,
    purpose: 'custody',
    mode: 'per_lesson',
    validFrom: '2026-01-01',
  });
const payment = (subject: string, paymentId: string, amountFen: number) =>
  event('payment.succeeded', subject, { paymentId, amountFen, channel: 'card' });

beforeAll(async () => {
  h = await startHarness();
  for (const [name, role, scope] of [
    ['regulator of 3707', 'regulator', '3707'],
    ['analyst of 3707', 'analyst', '3707'],
    ['admin of 11', 'admin', '11'],
    ['bank B403', 'bank', 'B403'],
    ['bank B9', 'bank', 'B9'],
    ['platform', 'platform', '370700'],
  ] as const)
    keys.set(name, await h.key(role, scope));
  await h.call('POST', '/v1/events', {
    body: [
      institution(INSIDE, '370702'),
      institution(OUTSIDE, '110101'),
      account(INSIDE, 'B403'),
      account(OUTSIDE, 'B9'),
      payment(INSIDE, 'p1', 70_000),
      payment(INSIDE, 'p2', 30_000),
      payment(OUTSIDE, 'p3', 5_000),
    ],
  });
});
afterAll(() => h.close());

const list = async (query = '', call = {}) => (await h.call('GET', `/v1/breaks${query}`, call)).json;

describe('reconciliation on demand', () => {
  test('finds what is missing, and stores it', async () => {
    expect((await list()).items).toEqual([]);
    const answer = await h.call('POST', '/v1/reconciliations', { body: { institutionId: INSIDE } });
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({ institutionId: INSIDE, asOf: '2026-07-02', stored: true });
    expect(answer.json.breaks).toMatchObject([
      { kind: 'missing', comparison: 'credit', amountFen: 70_000, waitsFor: 'bank', accountId: 'A-B403' },
      { kind: 'missing', amountFen: 30_000, events: [{ source: '/platform/370700' }] },
    ]);
    await h.call('POST', '/v1/reconciliations', { body: { institutionId: OUTSIDE } });
    expect((await list()).items).toHaveLength(3);
  });

  test('of a past day says what would have been said, and stores nothing', async () => {
    const before = await list();
    const { json } = await h.call('POST', '/v1/reconciliations', {
      body: { institutionId: INSIDE, asOf: '2026-06-04' },
    });
    expect(json).toMatchObject({ asOf: '2026-06-04', stored: false, breaks: [{ kind: 'late' }, { kind: 'late' }] });
    const young = await h.call('POST', '/v1/reconciliations', { body: { institutionId: INSIDE, asOf: '2026-06-02' } });
    expect(young.json).toMatchObject({ breaks: [], inTransit: { credit: { count: 2, amountFen: 100_000 } } });
    expect(await list()).toEqual(before);
  });

  test('says of which year the holidays are not known', async () => {
    const ask = async (asOf: string) =>
      (await h.call('POST', '/v1/reconciliations', { body: { institutionId: INSIDE, asOf } })).json.calendarMissing;
    expect(await ask('2026-06-04')).toEqual([]);
    expect(await ask('2018-06-04')).toEqual([2018]);
  });

  test('is for administrators, of their own region', async () => {
    const ask = async (institutionId: string, call: object) =>
      (await h.call('POST', '/v1/reconciliations', { body: { institutionId }, ...call })).status;
    expect(await ask(OUTSIDE, as('admin of 11'))).toBe(200);
    expect(await ask(INSIDE, as('admin of 11'))).toBe(404);
    expect(await ask(INSIDE, as('regulator of 3707'))).toBe(403);
    expect(await ask(INSIDE, as('bank B403'))).toBe(403);
    expect(await ask(uscc(77), {})).toBe(404);
  });
});

describe('the list', () => {
  test('shows a regulator its region, a bank its accounts, and a platform nothing', async () => {
    const amounts = async (name: string, query = '') =>
      (await list(query, as(name))).items.map((item: { amountFen: number }) => item.amountFen).sort();
    expect(await amounts('regulator of 3707')).toEqual([30_000, 70_000]);
    expect(await amounts('analyst of 3707')).toEqual([30_000, 70_000]);
    expect(await amounts('bank B403')).toEqual([30_000, 70_000]);
    expect(await amounts('bank B9')).toEqual([5_000]);
    expect(await amounts('regulator of 3707', '?region=11')).toEqual([]);
    expect(await amounts('bank B9', `?institution=${INSIDE}`)).toEqual([]);
    expect((await list('', as('bank B9'))).total).toBe(1);
    expect((await h.call('GET', '/v1/breaks', as('platform'))).status).toBe(403);
  });

  test('is filtered by kind, account and state, and read page by page', async () => {
    expect((await list('?kind=late')).items).toEqual([]);
    expect((await list('?account=A-B9')).items).toHaveLength(1);
    expect((await list('?state=cleared')).items).toEqual([]);
    expect((await list('?state=all')).total).toBe(3);
    const seen: number[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: { items: { breakId: number }[]; nextCursor: string | null } = await list(
        `?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`,
      );
      seen.push(...page.items.map((item) => item.breakId));
      cursor = page.nextCursor;
    }
    expect(seen).toHaveLength(3);
    expect(new Set(seen).size).toBe(3);
    expect((await h.call('GET', '/v1/breaks?kind=odd')).status).toBe(400);
    expect((await h.call('GET', '/v1/breaks?limit=2&cursor=abc')).json.code).toBe('bad_cursor');
  });

  test('refuses a cursor that holds no day, whoever made it', async () => {
    const { nextCursor } = await list('?limit=1');
    const [name, filters, [, breakId]] = JSON.parse(Buffer.from(nextCursor, 'base64url').toString());
    for (const noDay of ['x', 'infinity', '2026-02-30', '0000-01-01']) {
      const cursor = Buffer.from(JSON.stringify([name, filters, [noDay, breakId]])).toString('base64url');
      expect((await list(`?limit=1&cursor=${cursor}`)).code).toBe('bad_cursor');
    }
    expect(h.fatal).toEqual([]);
  });

  test('tells the age in working days, and whose part is not here', async () => {
    expect((await list('?account=A-B9')).items[0]).toMatchObject({
      kind: 'missing',
      day: '2026-06-01',
      // June 2026 has 21 working days, one of them the first; July two by its second.
      ageWorkingDays: 22,
      waitsFor: 'bank',
      bankCode: 'B9',
      regionCode: '110101',
      state: 'open',
      owner: null,
    });
  });
});

describe('an explanation', () => {
  test('is recorded with its author and owner, and hides nothing', async () => {
    const [first] = (await list('', as('bank B9'))).items;
    const url = `/v1/breaks/${first.breakId}`;
    const note = await h.call('POST', `${url}/notes`, { body: { note: '对方银行退汇' }, ...as('bank B9') });
    expect(note.status).toBe(201);
    expect(note.json).toMatchObject({
      state: 'open',
      owner: expect.stringMatching(/^key:/),
      notes: [{ note: '对方银行退汇' }],
    });
    const second = await h.call('POST', `${url}/notes`, { body: { note: 'taken on', owner: 'Li Wei' } });
    expect(second.json).toMatchObject({ owner: 'Li Wei', notes: [{ note: '对方银行退汇' }, { note: 'taken on' }] });
    expect((await h.call('GET', url)).json.notes).toHaveLength(2);
    expect((await list('', as('bank B9'))).items[0]).toMatchObject({ owner: 'Li Wei', state: 'open' });
    await h.call('POST', '/v1/reconciliations', { body: { institutionId: OUTSIDE } });
    expect((await h.call('GET', url)).json).toMatchObject({ owner: 'Li Wei', state: 'open', timesOpened: 1 });
  });

  test('of a break elsewhere is refused as if it did not exist', async () => {
    const [first] = (await list('', as('bank B9'))).items;
    for (const name of ['bank B403', 'regulator of 3707']) {
      expect((await h.call('GET', `/v1/breaks/${first.breakId}`, as(name))).status).toBe(404);
      const note = await h.call('POST', `/v1/breaks/${first.breakId}/notes`, { body: { note: 'x' }, ...as(name) });
      expect(note.status).toBe(404);
    }
    const analyst = await h.call('POST', `/v1/breaks/${first.breakId}/notes`, {
      body: { note: 'x' },
      ...as('analyst of 3707'),
    });
    expect(analyst.status).toBe(403);
    expect((await h.call('GET', `/v1/breaks/${first.breakId}`)).json.notes).toHaveLength(2);
  });

  test('needs words', async () => {
    const [first] = (await list()).items;
    for (const body of [{}, { note: '' }, { note: 'x', by: 'me' }, { note: 'a\u0000b' }])
      expect((await h.call('POST', `/v1/breaks/${first.breakId}/notes`, { body })).status).toBe(400);
    expect((await h.call('GET', '/v1/breaks/none')).status).toBe(400);
    expect((await h.call('GET', '/v1/breaks/999999')).status).toBe(404);
  });
});

test('a break clears by itself when the credit comes', async () => {
  const credit = event(
    'custody.credited',
    OUTSIDE,
    { accountId: 'A-B9', bankTxnId: 't1', amountFen: 5_000, bookedOn: '2026-06-02', paymentIds: ['p3'] },
    { source: '/bank/B9' },
  );
  await h.call('POST', '/v1/events', { body: [credit] });
  await h.call('POST', '/v1/reconciliations', { body: { institutionId: OUTSIDE } });
  expect((await list('', as('bank B9'))).items).toEqual([]);
  expect((await list('?state=cleared', as('bank B9'))).items).toMatchObject([{ state: 'cleared', owner: 'Li Wei' }]);
});
