import { type Collection, coveredOver, coveredUp } from '../facts/collections.js';
import { largestFirst, refsOf } from '../facts/evidence.js';
import { defineRule } from '../rule.js';
import { is, judge } from '../steps.js';
import { decimal, plural } from '../text.js';

/** Paid and gifted hours of a contract, in the proportion that one payment covers. A contract is about one course. */
export const rule = defineRule({
  id: 'B02',
  version: 3,
  group: 'B',
  name: { zh: '超六十课时', en: 'More than sixty hours' },
  question: { zh: '有没有一次性收取超过 60 课时的费用？', en: 'Were more than 60 class-hours collected at once?' },
  basis: {
    zh: '教监管函〔2021〕2号：不得一次性收取超过 60 课时的费用',
    en: 'Notice 2021 No. 2: no collection at once for more than 60 class-hours',
  },
  params: {
    yellowHours: { value: 6_000, unit: 'hundredths', source: 'rule', note: 'More than 60 class-hours.' },
    orangeHours: { value: 12_000, unit: 'hundredths', source: 'ours', note: 'More than 120.' },
    countGifted: { value: 1, unit: 'flag', source: 'ours', note: 'Gifted hours count.' },
    windowDays: {
      value: 30,
      unit: 'days',
      min: 1,
      max: 60,
      source: 'ours',
      note: 'Contracts signed or paid in these days.',
    },
  },
  order: [['yellowHours', 'orangeHours']],
  remedies: ['days'],
  evaluate(sheet, p) {
    const all = sheet.collectionsSince(sheet.today - p.windowDays + 1);
    const hoursOf = (one: Collection) => one.terms.hours + (p.countGifted ? one.terms.gifted : 0);
    const breaches = all.filter((one) => coveredOver(one, hoursOf(one), p.yellowHours));
    const large = breaches.filter((one) => coveredOver(one, hoursOf(one), p.orangeHours));
    const judgement = judge([
      { level: 'yellow', threshold: p.yellowHours, tests: [is(breaches.length > 0)] },
      { level: 'orange', threshold: p.orangeHours, tests: [is(large.length > 0)] },
    ]);
    const paidHoursOf = (one: Collection) => coveredUp(one, hoursOf(one));
    const most = breaches.reduce((hours, one) => Math.max(hours, paidHoursOf(one)), 0);
    return {
      state: 'answered',
      ...judgement,
      value: most,
      unit: 'hundredths',
      reason: () => ({
        zh: `近 ${p.windowDays} 天 ${all.length} 份合同中有 ${breaches.length} 份一次收费超过 ${decimal(p.yellowHours)} 课时，最多 ${decimal(most)} 课时`,
        en: `Of ${plural(all.length, 'contract')} in ${p.windowDays} days, ${breaches.length} collected more than ${decimal(p.yellowHours)} hours at once, at most ${decimal(most)}`,
      }),
      evidence: () =>
        refsOf(
          largestFirst(breaches, paidHoursOf).map((one) => one.contract),
          largestFirst(breaches, paidHoursOf).map((one) => one.payment.told),
        ),
      lookAgainAt: breaches.length === 0 ? null : sheet.nextMidnight,
    };
  },
});
