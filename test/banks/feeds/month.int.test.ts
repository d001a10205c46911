import { afterAll, beforeAll, expect, it } from 'vitest';
import { readBankMonth } from '../../../src/banks/feeds/month.js';
import { reconcileNow } from '../../../src/banks/reconcile-now.js';
import { CHINA_CALENDAR } from '../../../src/core/calendar.js';
import { formatDay, parseDay } from '../../../src/core/time.js';
import { event, uscc } from '../../api/events.js';
import { type Harness, NOW, startHarness } from '../../api/harness.js';

const SCHOOL = uscc(1);
let h: Harness;
beforeAll(async () => {
  h = await startHarness();
});
afterAll(() => h.close());

const account = (accountId: string, bankCode: string) =>
  event('account.registered', SCHOOL, {
    accountId,
    bankCode,
    purpose: 'custody',
    mode: 'per_lesson',
    validFrom: '2026-06-29',
  });
const paid = (paymentId: string, day: string, payeeAccountId: string, amountFen = 10_000) =>
  event(
    'payment.succeeded',
    SCHOOL,
    { paymentId, amountFen, channel: 'card', payeeAccountId },
    { time: `${day}T10:00:00+08:00` },
  );
const credited = (paymentId: string, day: string, accountId = 'A-1', named = true, amountFen = 10_000) =>
  event(
    'custody.credited',
    SCHOOL,
    {
      accountId,
      bankTxnId: `t-${paymentId}`,
      amountFen,
      bookedOn: day,
      ...(named ? { paymentIds: [paymentId] } : {}),
    },
    { source: accountId === 'A-1' ? '/bank/B1' : '/bank/B2', time: `${day}T21:00:00+08:00` },
  );
const balance = (asOf: string, bookedFen: number) =>
  event(
    'custody.balance_reported',
    SCHOOL,
    { accountId: 'A-1', asOf, kind: 'end_of_day', bookedFen },
    { source: '/bank/B1', time: `${asOf}T23:50:00+08:00` },
  );

it('tells the month of one bank: completeness, breaks and their age, late credits, refusals', async () => {
  await h.call('POST', '/v1/events', {
    body: [
      account('A-1', 'B1'),
      account('A-2', 'B2'),
      paid('in time', '2026-06-29', 'A-1'),
      credited('in time', '2026-06-30'),
      // Friday to Wednesday: three working days.
      paid('late', '2026-06-26', 'A-1', 7_700),
      paid('late too', '2026-06-29', 'A-1', 7_900),
      credited('late too', '2026-07-02', 'A-1', false, 7_900),
      paid('never', '2026-06-29', 'A-1', 500),
      paid('elsewhere', '2026-06-29', 'A-2'),
      credited('elsewhere', '2026-07-02', 'A-2'),
      balance('2026-06-29', 0),
      balance('2026-06-30', 10_000),
      balance('2026-07-02', 17_900),
      { ...balance('2026-07-01', 0), data: { accountId: 'A-1' } },
    ],
  });
  const options = { pool: h.db.pool, calendar: CHINA_CALENDAR, clock: () => NOW, institutionId: null, waitMs: 0 };
  await reconcileNow(options);
  const query = { bankCode: 'B1', asOf: parseDay('2026-07-02')!, calendar: CHINA_CALENDAR };
  const july = await readBankMonth(h.db.pool, { ...query, day: parseDay('2026-07-01')! });
  expect(july).toMatchObject({
    bankCode: 'B1',
    month: '2026-07',
    accounts: 1,
    events: 5,
    refused: [{ code: 'missing_field', count: 1 }],
    breaks: [],
    credits: { count: 1, late: 1, lateFen: 7_900n, workingDaysMax: 3 },
    instructions: { count: 0, open: 0, openFen: 0n },
  });
  expect(july.days.map(({ day, ...counts }) => [formatDay(day), counts])).toEqual([
    ['2026-07-01', { accounts: 1, reported: 0 }],
    ['2026-07-02', { accounts: 1, reported: 1 }],
  ]);
  const june = await readBankMonth(h.db.pool, { ...query, day: parseDay('2026-06-15')! });
  expect(june).toMatchObject({
    month: '2026-06',
    credits: { count: 1, late: 0, workingDaysMax: 1 },
    breaks: [{ kind: 'late', count: 1, amountFen: 500n, open: 1, explained: 0, oldestWorkingDays: 3 }],
  });
});

it('tells nothing of a bank that is not known', async () => {
  const query = {
    bankCode: 'B',
    day: parseDay('2026-06-15')!,
    asOf: parseDay('2026-07-02')!,
    calendar: CHINA_CALENDAR,
  };
  expect(await readBankMonth(h.db.pool, query)).toMatchObject({ accounts: 0, days: [], events: 0, breaks: [] });
});
