import { addMonths, type Day } from '../../core/time.js';
import { termsOf } from '../facts/collections.js';
import { refsOf } from '../facts/evidence.js';
import type { SignedContract } from '../facts/rows.js';
import { defineRule } from '../rule.js';
import { is, judge } from '../steps.js';
import { plural } from '../text.js';

/**
 * Paid more than a month before the first lesson, in full or in part: also a small first instalment is collected. Priced by the hour it is
 * also in time within the last 20 hours of the learner's current course, so it is a breach only if more are left, or there is no current
 * course.
 */
export const rule = defineRule({
  id: 'B04',
  version: 2,
  group: 'B',
  name: { zh: '提前收费', en: 'Collected too early' },
  question: { zh: '有没有过早收取下一期费用？', en: 'Were fees collected too early?' },
  basis: {
    zh: '按周期收费不早于开课前一个月；按课时收费不早于余 20 课时或开课前一个月',
    en: 'By period not earlier than one month before; by hour not before the last 20 hours or one month before',
  },
  params: {
    monthsBefore: { value: 1, unit: 'months', source: 'rule', note: 'One month before the first lesson.' },
    hoursLeft: {
      value: 2_000,
      unit: 'hundredths',
      source: 'rule',
      note: 'The last 20 class-hours of the current course.',
    },
    windowDays: { value: 30, unit: 'days', min: 1, max: 60, source: 'ours', note: 'Payments of these days.' },
    yellowCount: { value: 10, unit: 'count', min: 1, source: 'ours', note: 'Ten breaches in the window.' },
  },
  remedies: ['days'],
  evaluate(sheet, p) {
    const from = sheet.today - p.windowDays + 1;
    const contracts = new Map(sheet.rows.contracts.map((contract) => [contract.contractId, contract]));
    const breaches = sheet.payments.flatMap((payment) => {
      const { told, paidOn, netFen } = payment;
      if (paidOn < from || netFen <= 0n || told.contractId === null) return [];
      const contract = contracts.get(told.contractId);
      return contract !== undefined && isEarly(contract, paidOn, p) ? [{ payment, contract }] : [];
    });
    const judgement = judge([
      { level: 'blue', threshold: 1, tests: [is(breaches.length > 0)] },
      { level: 'yellow', threshold: p.yellowCount, tests: [sheet.tests.from(breaches.length, p.yellowCount)] },
    ]);
    return {
      state: 'answered',
      ...judgement,
      value: breaches.length,
      unit: 'count',
      reason: () => ({
        zh: `近 ${p.windowDays} 天有 ${breaches.length} 笔费用早于开课前 ${p.monthsBefore} 个月收取`,
        en: `In ${p.windowDays} days ${plural(breaches.length, 'payment')} came earlier than ${plural(p.monthsBefore, 'month')} before the first lesson`,
      }),
      evidence: () =>
        refsOf(
          breaches.map((one) => one.payment.told),
          breaches.map((one) => one.contract),
        ),
      lookAgainAt: breaches.length === 0 ? null : sheet.nextMidnight,
    };
  },
});

function isEarly(
  { data, hoursLeftHundredths }: SignedContract,
  paidOn: Day,
  p: { readonly monthsBefore: number; readonly hoursLeft: number },
): boolean {
  const { firstLesson } = termsOf(data);
  // A month has at least 28 days: most payments need no calendar arithmetic.
  if (paidOn >= firstLesson - p.monthsBefore * 28 || paidOn >= addMonths(firstLesson, -p.monthsBefore)) return false;
  return data.pricing === 'period' || hoursLeftHundredths === null || hoursLeftHundredths > p.hoursLeft;
}
