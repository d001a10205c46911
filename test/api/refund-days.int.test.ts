import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Us } from '../../src/core/time.js';
import { publishPolicy } from '../../src/risk/policy-store.js';
import { us } from '../backtest/support.js';
import { entry, valid } from '../risk/policy/support.js';
import { evaluateAt } from '../risk/support.js';
import { event, institution } from './events.js';
import { type Harness, startHarness } from './harness.js';

/** A county that gives ten days where the defaults give fifteen, and others that do not. */
const QUICK = valid('quick', entry('common', '370702', { refundDaysAfter: 10 }, { validFrom: '2026-06-18' }));
const SCHOOL = 'X-370702-1';
const at = (time: string) => ({ time });

let h: Harness;
beforeAll(async () => {
  h = await startHarness();
  const refund = { refundId: 'R-1', contractId: 'C-1', amountFen: 300_000 };
  const told = [
    institution(SCHOOL, '370702', at('2026-06-01T09:00:00+08:00')),
    event('contract.signed', SCHOOL, {
      contractId: 'C-1',
      learnerHash: 'aaaaaaaaaaaaaaaa',
      courseId: 'K',
      courseKind: 'non_subject',
      modelForm: true,
      pricing: 'hour',
      hoursPaid: 40,
      priceFen: 400_000,
      periodFrom: '2026-06-02',
      periodTo: '2026-08-30',
    }),
    event('payment.succeeded', SCHOOL, { paymentId: 'P', contractId: 'C-1', amountFen: 400_000, channel: 'wechat' }),
    event('refund.requested', SCHOOL, { ...refund, side: 'consumer' }, at('2026-06-08T10:00:00+08:00')),
    event('refund.approved', SCHOOL, refund, at('2026-06-09T10:00:00+08:00')),
    institution(SCHOOL, '370703', at('2026-06-22T12:00:00+08:00')),
  ];
  await h.call('POST', '/v1/events', { body: told, type: 'application/cloudevents-batch+json' });
  const persons = { author: 'Li Na', approver: 'Wang Wei' };
  await publishPolicy(h.db.pool, QUICK, persons, us('2026-06-15T10:00:00+08:00'));
});
afterAll(() => h.close());

async function told(asOf: Us | null) {
  const query = asOf === null ? '' : `?asOf=${new Date(asOf / 1_000).toISOString()}`;
  const { json: books } = await h.call('GET', `/v1/institutions/${SCHOOL}/books${query}`);
  const { json: refunds } = await h.call('GET', `/v1/institutions/${SCHOOL}/refunds${query}`);
  return [books.refundOverdueFen, refunds.items[0].dueOn, refunds.items[0].daysOverdue];
}

it('counts a refund as overdue after the days that the policy of then gave the region of then', async () => {
  expect(await told(us('2026-06-17T23:00:00+08:00'))).toEqual([0, '2026-06-23', 0]);
  expect(await told(us('2026-06-18T00:00:00+08:00'))).toEqual([0, '2026-06-18', 0]);
  expect(await told(us('2026-06-20T09:00:00+08:00'))).toEqual([300_000, '2026-06-18', 2]);
  expect(await told(us('2026-06-22T13:00:00+08:00'))).toEqual([0, '2026-06-23', 0]);
});

it('calls overdue now what the rules call overdue', async () => {
  const moved = institution(SCHOOL, '370702', at('2026-06-22T14:00:00+08:00'));
  await h.call('POST', '/v1/events', { body: moved, type: 'application/cloudevents+json' });
  h.now = us('2026-06-22T15:00:00+08:00');
  await evaluateAt(h.db.pool, h.now);
  const { json } = await h.call('GET', `/v1/institutions/${SCHOOL}/alerts`);
  expect(json.items.some(({ ruleId }: { ruleId: string }) => ruleId === 'C01')).toBe(true);
  expect(await told(null)).toEqual([300_000, '2026-06-18', 4]);
});
