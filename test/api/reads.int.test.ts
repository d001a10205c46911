import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { account, event, institution, payment, uscc } from './events.js';
import { type Harness, startHarness } from './harness.js';
import { seedAlert, seedEvaluation, seedScore } from './seed.js';

/** A school with a contract, payments, credits, a lesson and refunds. */
const SCHOOL = uscc(1);
const OTHER = uscc(2);
const LEARNER = 'a'.repeat(64);

let h: Harness;
beforeAll(async () => {
  h = await startHarness();
  const contract = {
    contractId: 'C1',
    learnerHash: LEARNER,
    courseId: 'K1',
    courseKind: 'non_subject',
    modelForm: true,
    pricing: 'period',
    hoursPaid: 40,
    priceFen: 400_000,
    periodFrom: '2026-03-01',
    periodTo: '2026-08-31',
  };
  const day = (date: string) => ({ time: `2026-${date}T10:00:00+08:00` });
  const refund = (step: string, refundId: string, data: Record<string, unknown>, date: string) =>
    event(
      `refund.${step}`,
      SCHOOL,
      { refundId, contractId: 'C1', ...data },
      { ...day(date), id: `${step} ${refundId}` },
    );
  const body = [
    institution(SCHOOL, '370702', { id: 'profile', ...day('01-01') }, 'Blue Sky 蓝天'),
    institution(OTHER, '370703', day('01-01'), 'Red Flag'),
    account(SCHOOL),
    event('guarantee.registered', SCHOOL, {
      guaranteeId: 'G1',
      kind: 'insurance',
      coverFen: 5,
      validFrom: '2026-01-01',
      validTo: '2026-12-31',
    }),
    event('contract.signed', SCHOOL, contract, day('03-01')),
    event(
      'payment.succeeded',
      SCHOOL,
      { paymentId: 'P1', contractId: 'C1', amountFen: 400_000, channel: 'card', payeeAccountId: 'A1' },
      { id: 'pay', ...day('03-02') },
    ),
    event(
      'custody.credited',
      SCHOOL,
      { accountId: 'A1', bankTxnId: 'T1', amountFen: 400_000, bookedOn: '2026-03-03', paymentIds: ['P1'] },
      { source: '/bank/B403', id: 'credit', ...day('03-03') },
    ),
    event(
      'lesson.confirmed',
      SCHOOL,
      { confirmId: 'L1', contractId: 'C1', hours: 1, amountFen: 10_000, by: 'parent' },
      { id: 'lesson', ...day('04-01') },
    ),
    refund('requested', 'R1', { amountFen: 50_000, side: 'consumer' }, '05-06'),
    refund('approved', 'R2', { amountFen: 20_000 }, '06-01'),
    refund('requested', 'R2', { amountFen: 20_000, side: 'operator' }, '05-29'),
    refund('paid', 'R2', { amountFen: 20_000, via: 'institution' }, '06-02'),
    refund('requested', 'R3', { amountFen: 1, side: 'operator' }, '07-03'),
  ];
  const sent = await h.call('POST', '/v1/events', { body });
  expect(sent.json).toEqual({ accepted: body.length, duplicates: 0, rejected: [] });
});
afterAll(() => h.close());

const get = async (rest: string) => (await h.call('GET', `/v1/institutions/${SCHOOL}${rest}`)).json;

describe('institutions', () => {
  test('before the first evaluation there is a name and no score', async () => {
    const { json } = await h.call('GET', '/v1/institutions?sort=id');
    expect(json).toMatchObject({ nextCursor: null, total: 2 });
    expect(json.items[0]).toEqual({
      institutionId: SCHOOL,
      name: 'Blue Sky 蓝天',
      regionCode: '370702',
      category: 'non_subject',
      score: null,
      level: null,
      grade: null,
      confidence: null,
      unearnedFen: null,
      evaluatedAt: null,
      events: 12,
      newestAt: '2026-07-03T10:00:00+08:00',
    });
  });

  test('one shows what was told of it', async () => {
    const json = await get('');
    expect(json).toMatchObject({
      institutionId: SCHOOL,
      profile: { name: 'Blue Sky 蓝天', licence: { state: 'complete' } },
    });
    expect(json.accounts.map((one: { accountId: string }) => one.accountId)).toEqual(['A1']);
    expect(json.guarantees.map((one: { guaranteeId: string }) => one.guaranteeId)).toEqual(['G1']);
  });

  test('an institution of which only money was told has no profile', async () => {
    const bare = uscc(3);
    await h.call('POST', '/v1/events', { body: payment(bare, 'p', 1) });
    const { json } = await h.call('GET', `/v1/institutions/${bare}`);
    expect(json).toMatchObject({ name: null, regionCode: null, profile: null, accounts: [], guarantees: [] });
  });

  test.each([
    ['q=blue', [1]],
    ['q=%E8%93%9D%E5%A4%A9', [1]],
    [`q=${SCHOOL.slice(0, 17).toLowerCase()}`, [1]],
    ['q=%25', []],
    ['region=370703', [2]],
    ['region=3707', [1, 2]],
    ['category=non_subject', [1, 2]],
    ['category=subject', []],
    ['level=red', [1]],
    ['minScore=80', [1]],
    ['maxScore=79', [2]],
    ['minScore=10&maxScore=10&level=blue', [2]],
    ['sort=score&region=37', [1, 2]],
    ['sort=score&region=37&limit=1', [1]],
  ])('the filter %s finds %j', async (query, expected) => {
    await h.db.pool.query('delete from evaluations');
    await seedEvaluation(h.db.pool, SCHOOL, { score: 80, level: 'red', unearnedFen: '27021597764222973' });
    await seedEvaluation(h.db.pool, OTHER, { score: 10, level: 'blue' });
    const { json } = await h.call('GET', `/v1/institutions?${query}`);
    expect(json.items.map((item: { institutionId: string }) => item.institutionId)).toEqual(expected.map(uscc));
  });

  test('an unearned amount beyond 2^53 is exact in the list too', async () => {
    expect((await h.call('GET', '/v1/institutions?minScore=80')).text).toContain('"unearnedFen":27021597764222973,');
  });
});

describe('scores', () => {
  test('the newest one carries its terms', async () => {
    expect(await get('/score')).toEqual({
      institutionId: SCHOOL,
      at: '2026-07-03T23:59:59+08:00',
      score: 80,
      level: 'red',
      grade: 'B',
      confidence: 97,
      groups: { A: 75, B: 0 },
      policyVersion: 'p1',
      nextAt: '2026-07-04T00:59:59+08:00',
      terms: [{ ruleId: 'A01', value: 75 }],
      // Its policy is not known here.
      groupPoints: null,
      floor: { level: 'orange', score: 60 },
      findings: [{ ruleId: 'A01', level: 'orange', value: 12 }],
      problems: ['calendar_missing:2031'],
      basis: 'stored',
      exact: true,
    });
  });

  test('before the first evaluation there is none', async () => {
    const answer = await h.call('GET', `/v1/institutions/${uscc(3)}/score`);
    expect([answer.status, answer.json.code]).toEqual([404, 'not_found']);
  });

  test('the history answers what was known when', async () => {
    for (const hours of [1, 2, 3]) await seedScore(h.db.pool, SCHOOL, hours, hours * 10);
    const scores = async (query: string) =>
      (await get(`/scores${query}`)).items.map((item: { score: number }) => item.score);
    expect(await scores('')).toEqual([10, 20, 30]);
    expect(await scores('?asOf=2026-07-03T21:59:59%2B08:00')).toEqual([20, 30]);
    expect(await scores('?asOf=2026-07-03T21:59:58%2B08:00&limit=1')).toEqual([30]);
    expect(await scores('?from=2026-07-03T21:59:59%2B08:00')).toEqual([10, 20]);
    expect(await scores('?to=2026-07-03T21:59:59%2B08:00')).toEqual([30]);
  });
});

describe('books', () => {
  test('now', async () => {
    expect(await get('/books')).toMatchObject({
      institutionId: SCHOOL,
      asOf: '2026-07-03T23:59:59+08:00',
      paidFen: 400_000,
      confirmedFen: 10_000,
      refundedFen: 20_000,
      unearnedFen: 370_000,
      activeLearners: 1,
      custodyBookedFen: 400_000,
      custodyReportedFen: null,
      coverFen: 5,
      paidNotCreditedFen: 0,
      refundOwedFen: 50_000,
      refundOverdueFen: 50_000,
      events: 12,
    });
  });

  test('as of a moment, whether its "+" is escaped or not', async () => {
    for (const asOf of ['2026-03-31T00:00:00%2B08:00', '2026-03-31T00:00:00+08:00']) {
      expect(await get(`/books?asOf=${asOf}`)).toMatchObject({
        asOf: '2026-03-31T00:00:00+08:00',
        unearnedFen: 400_000,
        confirmedFen: 0,
        events: 4,
      });
    }
  });

  test('before anything was known', async () => {
    const answer = await h.call('GET', `/v1/institutions/${SCHOOL}/books?asOf=2025-01-01T00:00:00Z`);
    expect([answer.status, answer.json.code]).toEqual([404, 'not_found']);
  });
});

describe('journal', () => {
  test('each journal balances and names its event and accounts in two languages', async () => {
    const { items } = await get('/journal');
    expect(items.map((item: { event: { id: string } }) => item.event.id)).toEqual([
      'paid R2',
      'lesson',
      'credit',
      'pay',
    ]);
    for (const { entries } of items) {
      const sum = (side: string) =>
        entries.reduce((total: number, entry: Record<string, number>) => total + entry[side]!, 0);
      expect(sum('debitFen')).toBe(sum('creditFen'));
    }
    expect(items[3]).toMatchObject({
      event: {
        source: '/platform/370700',
        type: 'prepaid.payment.succeeded.v1',
        time: '2026-03-02T10:00:00+08:00',
        data: { paymentId: 'P1', amountFen: 400_000 },
      },
      entries: [
        {
          line: 1,
          account: 1002,
          accountName: { code: 'receipts', zh: '家长付款', en: 'paid by parents, by payee account' },
          sub: 'A1',
          bookedOn: '2026-03-02',
          debitFen: 400_000,
          creditFen: 0,
        },
        { line: 2, account: 2001, accountName: { code: 'unearned' }, debitFen: 0, creditFen: 400_000 },
      ],
    });
  });

  test('both days of a range belong to it', async () => {
    const ids = async (query: string) =>
      (await get(`/journal?${query}`)).items.map((item: { event: { id: string } }) => item.event.id);
    expect(await ids('from=2026-03-03&to=2026-04-01')).toEqual(['lesson', 'credit']);
    expect(await ids('to=2026-03-02')).toEqual(['pay']);
    expect(await ids('from=2026-06-03')).toEqual([]);
  });
});

describe('refunds', () => {
  test('each shows its steps and what they come to', async () => {
    const { items } = await get('/refunds');
    expect(items.map((item: { refundId: string }) => item.refundId)).toEqual(['R1', 'R2', 'R3']);
    const [silent, paid, fresh] = items;
    // Asked on 6 May: five working days later silence is consent, and 15 days after the request it is due.
    expect(silent).toMatchObject({
      requestedFen: 50_000,
      side: 'consumer',
      deemed: true,
      owedFen: 50_000,
      paidFen: 0,
      dueOn: '2026-05-21',
      daysOverdue: 43,
    });
    expect(paid).toMatchObject({
      deemed: false,
      owedFen: 0,
      paidFen: 20_000,
      daysOverdue: 0,
      paidParts: [{ amountFen: 20_000, id: 'paid R2' }],
    });
    expect(paid.events.map((one: { id: string }) => one.id)).toEqual(['requested R2', 'approved R2', 'paid R2']);
    expect(fresh).toMatchObject({ approvedAt: null, dueOn: null, owedFen: 0, answerDueOn: '2026-07-10' });
  });

  test('are shown as they were known and stood at a moment, page by page', async () => {
    const at = async (day: string, more = '') => (await get(`/refunds?asOf=2026-${day}T00:00:00%2B08:00${more}`)).items;
    const [silent, ...others] = await at('05-22', '&limit=1');
    expect(others).toEqual([]);
    expect(silent).toMatchObject({
      refundId: 'R1',
      deemed: true,
      owedFen: 50_000,
      dueOn: '2026-05-21',
      daysOverdue: 1,
    });
    expect(await at('05-21')).toMatchObject([{ refundId: 'R1', daysOverdue: 0 }]);
    expect(await at('05-07')).toMatchObject([{ refundId: 'R1', deemed: false, owedFen: 0, dueOn: null }]);
    expect(await at('05-06')).toEqual([]);
    expect(await at('05-07', '&state=closed')).toEqual([]);
    const whole = await get('/refunds');
    const first = await get('/refunds?limit=2&asOf=2026-07-03T23:59:59%2B08:00');
    const second = await get(`/refunds?limit=2&asOf=2026-07-03T23:59:59%2B08:00&cursor=${first.nextCursor}`);
    expect([...first.items, ...second.items]).toEqual(whole.items);
    const before = await h.call('GET', `/v1/institutions/${SCHOOL}/refunds?asOf=2020-01-01T00:00:00Z`);
    expect([before.status, before.json.code]).toEqual([404, 'not_found']);
  });

  test('open and closed are told apart', async () => {
    const ids = async (state: string) =>
      (await get(`/refunds?state=${state}`)).items.map((item: { refundId: string }) => item.refundId);
    expect([await ids('open'), await ids('closed')]).toEqual([['R1', 'R3'], ['R2']]);
  });
});

describe('alerts', () => {
  beforeAll(async () => {
    const evidence = [
      { source: '/bank/B403', id: 'credit' },
      { source: '/platform/370700', id: 'pay' },
      { source: '/bank/B403', id: 'never told' },
    ];
    await seedAlert(h.db.pool, SCHOOL, { alertId: 'a1', hoursAgo: 3, evidence });
    await seedAlert(h.db.pool, SCHOOL, { alertId: 'a2', hoursAgo: 2, level: 'red', ruleId: 'C01', cleared: true });
    await seedAlert(h.db.pool, OTHER, { alertId: 'a3', hoursAgo: 1, level: 'red' });
  });

  test('one carries every step and the events behind it', async () => {
    const { json } = await h.call('GET', '/v1/alerts/a1');
    expect(json).toMatchObject({
      alertId: 'a1',
      caseId: 'case-a1',
      institutionId: SCHOOL,
      ruleId: 'A01',
      level: 'orange',
      state: 'open',
      clearedAt: null,
    });
    expect(json.records).toMatchObject([
      { step: 1, kind: 'raised', at: '2026-07-03T20:59:59+08:00', data: { alertId: 'a1' } },
    ]);
    expect(json.evidence.map((one: { id: string; type: string }) => [one.id, one.type])).toEqual([
      ['credit', 'prepaid.custody.credited.v1'],
      ['pay', 'prepaid.payment.succeeded.v1'],
    ]);
    expect((await h.call('GET', '/v1/alerts/a2')).json.records.map((record: { kind: string }) => record.kind)).toEqual([
      'raised',
      'cleared',
    ]);
  });

  test.each([
    ['', ['a3', 'a2', 'a1']],
    ['state=open', ['a3', 'a1']],
    ['state=cleared', ['a2']],
    ['level=red', ['a3', 'a2']],
    ['rule=C01', ['a2']],
    ['region=370703', ['a3']],
    [`institution=${SCHOOL}`, ['a2', 'a1']],
    ['from=2026-07-03T21:59:59%2B08:00', ['a3', 'a2']],
    ['to=2026-07-03T21:59:59%2B08:00', ['a1']],
    ['state=open&level=red', ['a3']],
  ])('the filter "%s" finds %j', async (query, expected) => {
    const { json } = await h.call('GET', `/v1/alerts?${query}`);
    expect(json.items.map((item: { alertId: string }) => item.alertId)).toEqual(expected);
    expect(json.total).toBe(expected.length);
  });

  test('those of an institution', async () => {
    expect((await get('/alerts')).items.map((item: { alertId: string }) => item.alertId)).toEqual(['a2', 'a1']);
    expect((await get('/alerts?state=open')).items).toHaveLength(1);
  });
});

describe('evidence', () => {
  test('of which a reversal is known is told as reversed', async () => {
    const third = uscc(3);
    const source = '/grid/370702';
    const inspection = (id: string) =>
      event('inspection.recorded', third, { inspectionId: id, role: 'grid', findings: ['shut'] }, { source, id });
    const reversal = event(
      'event.reversed',
      third,
      { reverses: { source, id: 'seen' }, reason: 'another school' },
      { source },
    );
    await h.call('POST', '/v1/events', { body: [inspection('seen'), inspection('again'), reversal] });
    const evidence = ['seen', 'again'].map((id) => ({ source, id }));
    await seedAlert(h.db.pool, third, { alertId: 'a9', hoursAgo: 1, evidence });
    const { json } = await h.call('GET', '/v1/alerts/a9');
    expect(json.evidence.map((one: { id: string; reversed: boolean }) => [one.id, one.reversed])).toEqual([
      ['seen', true],
      ['again', false],
    ]);
  });
});
