import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refreshFeeds } from '../../../src/banks/refresh.js';
import { event, institution, payment, uscc, type Wire } from '../../api/events.js';
import { type Harness, NOW, startHarness } from '../../api/harness.js';
import { institutionNo, seedEvaluation } from '../../api/seed.js';

/** NOW is Friday 2026-07-03, 23:59:59: the last day whose bank data is due is Thursday. */
const SCHOOL = uscc(1);
const ELSEWHERE = uscc(2);

let h: Harness;
beforeAll(async () => {
  h = await startHarness();
  await send(
    institution(SCHOOL, '370702', { source: '/registry/370700' }),
    institution(ELSEWHERE, '110101', { source: '/registry/110000' }),
  );
});
afterAll(() => h.close());

async function send(...body: Wire[]): Promise<void> {
  await h.call('POST', '/v1/events', { body });
  await refreshFeeds(h.db.pool);
}

async function feed(source: string, call = {}): Promise<Record<string, never>> {
  const { json } = await h.call('GET', '/v1/feeds', call);
  return json.items.find((item: { source: string }) => item.source === source);
}

const numbered = (sequence: number, more: Partial<Wire> = {}): Wire => ({
  ...payment(SCHOOL, `p${sequence}`, 100, { source: '/platform/370700', ...more }),
  ...({ sequence: String(sequence) } as object),
});

describe('sequence numbers', () => {
  it('that never came are gaps, and late ones close them', async () => {
    await send(numbered(5), numbered(6), numbered(9), numbered(12));
    expect(await feed('/platform/370700')).toMatchObject({
      kind: 'platform',
      events: 4,
      sequence: {
        first: 5,
        last: 12,
        missing: 4,
        gaps: [
          { from: 7, to: 8 },
          { from: 10, to: 11 },
        ],
      },
    });
    await send(numbered(8), numbered(10), numbered(11));
    expect(await feed('/platform/370700')).toMatchObject({
      sequence: { first: 5, last: 12, missing: 1, gaps: [{ from: 7, to: 7 }] },
    });
  });

  it('of a refused event, or of a fact told before, are no gaps', async () => {
    await send(numbered(7, { data: { paymentId: 'x', amountFen: -1, channel: 'card' } }));
    await send({ ...numbered(14), data: numbered(5).data }, numbered(15));
    expect(await feed('/platform/370700')).toMatchObject({
      rejected: 1,
      sequence: { first: 5, last: 15, missing: 1, gaps: [{ from: 13, to: 13 }] },
    });
  });

  it('sent again change nothing', async () => {
    const before = await feed('/platform/370700');
    await send(numbered(15, { id: 'again' }), numbered(5, { id: 'again 5' }));
    expect(await feed('/platform/370700')).toMatchObject({ sequence: before['sequence'] });
  });

  it('beyond 2^53 are passed over, and the feeds are told', async () => {
    const source = '/platform/660000';
    const written = (sequence: string): Wire => ({
      ...payment(ELSEWHERE, `v${sequence}`, 100, { source }),
      ...({ sequence } as object),
    });
    await send(written('999999999999999999'), written('9007199254740992'));
    expect(await feed(source)).toMatchObject({ events: 2, sequence: null });
    await send(written('9007199254740991'), written('9007199254740989'));
    const gaps = [{ from: 9_007_199_254_740_990, to: 9_007_199_254_740_990 }];
    expect(await feed(source)).toMatchObject({ sequence: { last: Number.MAX_SAFE_INTEGER, missing: 1, gaps } });
  });

  it('may have leading zeros; one beyond 18 digits is passed over', async () => {
    const source = '/platform/650000';
    const written = (sequence: string): Wire => ({
      ...payment(ELSEWHERE, `w${sequence}`, 100, { source }),
      ...({ sequence } as object),
    });
    await send(written('00000000000000000041'), written('043'), written('9'.repeat(30)));
    expect(await feed(source)).toMatchObject({
      events: 3,
      rejected: 0,
      sequence: { first: 41, last: 43, missing: 1, gaps: [{ from: 42, to: 42 }] },
    });
  });

  it('of a source that numbers nothing are null', async () => {
    expect(await feed('/registry/370700')).toMatchObject({ sequence: null, events: 1 });
  });
});

describe('delays', () => {
  it('are told from the event to its source, and from there to us', async () => {
    const at = (minutes: number) => new Date((NOW - minutes * 60_000_000) / 1_000).toISOString();
    const told = (n: number, happened: number, known: number): Wire => ({
      ...payment(SCHOOL, `d${n}`, 1, { source: '/platform/370799', time: at(happened) }),
      ...({ recordedtime: at(known) } as object),
    });
    await send(told(1, 10, 9), told(2, 10, 9), told(3, 500, 9));
    expect(await feed('/platform/370799')).toMatchObject({
      delays: { told: { p50: 60, p95: 43_200 }, received: { p50: 900, p95: 900 } },
    });
  });
});

describe('a bank’s completeness', () => {
  const account = (subject: string, accountId: string) =>
    event('account.registered', subject, {
      accountId,
      bankCode: 'B403',
      purpose: 'custody',
      mode: 'per_lesson',
      validFrom: '2026-06-30',
    });
  const balance = (subject: string, accountId: string, asOf: string) =>
    event(
      'custody.balance_reported',
      subject,
      { accountId, asOf, kind: 'end_of_day', bookedFen: 0 },
      { source: '/bank/B403', time: `${asOf}T23:50:00+08:00` },
    );

  it('counts the accounts that told their balance, day by day, from the day they are valid', async () => {
    await send(account(SCHOOL, 'A-1'), account(SCHOOL, 'A-2'), account(ELSEWHERE, 'A-3'));
    await send(
      balance(SCHOOL, 'A-1', '2026-06-30'),
      balance(SCHOOL, 'A-2', '2026-06-30'),
      balance(ELSEWHERE, 'A-3', '2026-06-30'),
      balance(SCHOOL, 'A-1', '2026-07-02'),
    );
    expect(await feed('/bank/B403')).toMatchObject({
      kind: 'bank',
      completeness: [
        { day: '2026-07-02', accounts: 3, reported: 1 },
        { day: '2026-07-01', accounts: 3, reported: 0 },
        { day: '2026-06-30', accounts: 3, reported: 3 },
      ],
    });
  });

  it('leaves out accounts that were closed', async () => {
    await send(event('account.state_changed', SCHOOL, { accountId: 'A-2', state: 'closed', filed: true }));
    expect(await feed('/bank/B403')).toMatchObject({
      completeness: [{ accounts: 2, reported: 1 }, {}, { reported: 2 }],
    });
  });

  it('is shown to a region for its own accounts alone', async () => {
    for (const [id, regionCode] of [
      [SCHOOL, '370702'],
      [ELSEWHERE, '110101'],
    ] as const)
      await seedEvaluation(h.db.pool, id, { score: 0, level: 'none', regionCode });
    expect(await institutionNo(h.db.pool, SCHOOL)).toBeGreaterThan(0);
    const regulator = { key: await h.key('regulator', '11') };
    expect(await feed('/bank/B403', regulator)).toMatchObject({ completeness: [{ accounts: 1, reported: 0 }, {}, {}] });
    const sources = async (call: object) =>
      (await h.call('GET', '/v1/feeds', call)).json.items.map((item: { source: string }) => item.source);
    expect(await sources(regulator)).toEqual(['/bank/B403']);
    expect(await sources({ key: await h.key('regulator', '3707') })).toEqual([
      '/bank/B403',
      '/platform/370700',
      '/platform/370799',
    ]);
    expect(await sources({ key: await h.key('regulator', '44') })).toEqual([]);
  });

  it('and everything else of a feed is shown to nobody else’s bank or platform', async () => {
    const sources = async (role: 'bank' | 'platform', scope: string) =>
      (await h.call('GET', '/v1/feeds', { key: await h.key(role, scope) })).json.items.map(
        (item: { source: string }) => item.source,
      );
    expect(await sources('bank', 'B403')).toEqual(['/bank/B403']);
    expect(await sources('bank', 'B40')).toEqual([]);
    expect(await sources('platform', '370702')).toEqual([]);
    expect(await sources('platform', '370799')).toEqual(['/platform/370799']);
  });
});

it('names the working days on which a source sent nothing, from its first day on', async () => {
  h.now = NOW + 5 * 86_400_000_000;
  try {
    await send(payment(SCHOOL, 'last', 1, { source: '/platform/370700' }));
    // Received on Friday the 3rd and on Wednesday the 8th; the data of Tuesday the 7th is due then.
    expect(await feed('/platform/370700')).toMatchObject({ daysWithout: ['2026-07-07', '2026-07-06'] });
  } finally {
    h.now = NOW;
  }
});

it('gives the feeds page by page', async () => {
  const seen: string[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const { json } = await h.call('GET', `/v1/feeds?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`);
    seen.push(...json.items.map((item: { source: string }) => item.source));
    cursor = json.nextCursor;
  }
  expect(seen).toEqual([...seen].sort());
  expect(seen).toContain('/registry/110000');
  expect(new Set(seen).size).toBe(seen.length);
});
