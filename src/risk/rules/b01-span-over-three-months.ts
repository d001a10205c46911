import { type Collection, coveredUp, monthsCovered, spansOver } from '../facts/collections.js';
import { largestFirst, refsOf } from '../facts/evidence.js';
import { defineRule } from '../rule.js';
import { is, judge } from '../steps.js';
import { percent, plural } from '../text.js';

/** The period of a contract, in the proportion that one payment covers: a year paid by the quarter is no breach. */
export const rule = defineRule({
  id: 'B01',
  version: 3,
  group: 'B',
  name: { zh: '超三个月收费', en: 'Span over three months' },
  question: { zh: '有没有一次性收取超过三个月的费用？', en: 'Was a span of more than three months collected at once?' },
  basis: {
    zh: '教监管函〔2021〕2号：不得一次性收取时间跨度超过三个月的费用',
    en: 'Notice 2021 No. 2: no collection at once for more than three months',
  },
  params: {
    yellowMonths: { value: 3, unit: 'months', min: 1, source: 'rule', note: 'More than three calendar months.' },
    orangeMonths: { value: 6, unit: 'months', min: 1, source: 'ours', note: 'More than six.' },
    windowDays: {
      value: 30,
      unit: 'days',
      min: 1,
      max: 60,
      source: 'ours',
      note: 'Contracts signed or paid in these days.',
    },
    orangeShareBp: {
      value: 500,
      unit: 'basis_points',
      max: 10_000,
      source: 'ours',
      note: 'Or 5% of the contracts of these days; a ratio, so with the minimum sample.',
    },
  },
  order: [['yellowMonths', 'orangeMonths']],
  remedies: ['days'],
  evaluate(sheet, p) {
    const all = sheet.collectionsSince(sheet.today - p.windowDays + 1);
    const breaches = all.filter((one) => spansOver(one, p.yellowMonths));
    const long = breaches.filter((one) => spansOver(one, p.orangeMonths));
    const judgement = judge([
      { level: 'yellow', threshold: p.yellowMonths, tests: [is(breaches.length > 0)] },
      { level: 'orange', threshold: p.orangeMonths, tests: [is(long.length > 0)] },
      {
        level: 'orange',
        threshold: p.yellowMonths,
        tests: [
          is(sheet.enoughForRatios),
          sheet.tests.fromShare(BigInt(breaches.length), BigInt(all.length), p.orangeShareBp),
        ],
      },
    ]);
    const longest = breaches.reduce((days, one) => Math.max(days, daysOf(one)), 0);
    return {
      state: 'answered',
      ...judgement,
      value: breaches.reduce((months, one) => Math.max(months, monthsCovered(one)), 0),
      unit: 'months',
      reason: () => ({
        zh: `近 ${p.windowDays} 天 ${all.length} 份合同中有 ${breaches.length} 份一次收费跨度超过 ${p.yellowMonths} 个月（占 ${share(breaches, all)}），最长 ${longest} 天`,
        en: `Of ${plural(all.length, 'contract')} in ${p.windowDays} days, ${breaches.length} collected more than ${p.yellowMonths} months at once (${share(breaches, all)}); the longest span is ${plural(longest, 'day')}`,
      }),
      evidence: () =>
        refsOf(
          largestFirst(breaches, daysOf).map((one) => one.contract),
          largestFirst(breaches, daysOf).map((one) => one.payment.told),
        ),
      lookAgainAt: breaches.length === 0 ? null : sheet.nextMidnight,
    };
  },
});

/** The days of the period that were paid for. */
function daysOf(one: Collection): number {
  return coveredUp(one, one.terms.to - one.terms.from);
}

function share(part: readonly Collection[], whole: readonly Collection[]): string {
  return percent(whole.length === 0 ? 0 : Math.floor((part.length * 10_000) / whole.length));
}
