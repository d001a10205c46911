import { dayOf } from '../../core/time.js';
import { refsOf } from '../facts/evidence.js';
import type { RefundFacts } from '../facts/refunds.js';
import { medianHundredths } from '../facts/windows.js';
import { defineRule, notApplicable } from '../rule.js';
import { is, judge } from '../steps.js';
import { decimal, plural } from '../text.js';

/**
 * Median days from request to full payment: refunds completed in the last 30 days against the 90 days before. Few before are yellow
 * at most: one family that was paid at once would make any other time a multiple of it.
 */
export const rule = defineRule({
  id: 'C05',
  version: 2,
  group: 'C',
  name: { zh: '退费时长恶化', en: 'Slower refunds' },
  question: { zh: '退费用时是否明显变长？', en: 'Do refunds take much longer than before?' },
  basis: { zh: '本系统默认（优胜教育案例）', en: 'Our default (after the Youwin case)' },
  params: {
    recentDays: { value: 30, unit: 'days', min: 1, max: 100, source: 'ours', note: 'Refunds completed in these days.' },
    baseDays: {
      value: 90,
      unit: 'days',
      min: 1,
      max: 170,
      source: 'ours',
      note: 'Compared with those of these days before.',
    },
    minRefunds: {
      value: 5,
      unit: 'count',
      min: 1,
      source: 'ours',
      note: 'At least five of them, at every step.',
    },
    minBefore: {
      value: 5,
      unit: 'count',
      min: 1,
      source: 'ours',
      note: 'Orange by the multiple needs as many before.',
    },
    minDays: { value: 700, unit: 'hundredths', source: 'ours', note: 'More than seven days, at every step.' },
    yellowTimes: { value: 200, unit: 'hundredths', source: 'ours', note: 'Twice as long.' },
    orangeTimes: { value: 300, unit: 'hundredths', source: 'ours', note: 'Three times as long …' },
    orangeDays: { value: 3_000, unit: 'hundredths', source: 'ours', note: '… or more than 30 days.' },
  },
  order: [
    ['yellowTimes', 'orangeTimes'],
    ['minDays', 'orangeDays'],
  ],
  remedies: ['days'],
  evaluate(sheet, p) {
    const done = sheet.refunds.flatMap((refund) => completed(refund) ?? []).filter((one) => one.on <= sheet.today);
    const from = sheet.today - p.recentDays + 1;
    const recent = done.filter((one) => one.on >= from);
    const before = done.filter((one) => one.on < from && one.on >= from - p.baseDays);
    const median = medianHundredths(recent.map((one) => one.days));
    const base = medianHundredths(before.map((one) => one.days));
    if (median === null || recent.length < p.minRefunds)
      return notApplicable(
        `近 ${p.recentDays} 天完成的退费不足 ${p.minRefunds} 笔`,
        `Fewer than ${p.minRefunds} refunds completed in ${p.recentDays} days`,
      );
    const slow = sheet.tests.over(median, p.minDays);
    const times = (hundredths: number) => (base === null ? 0 : sheet.tests.from(median * 100, base * hundredths));
    const enoughBefore = is(before.length >= p.minBefore);
    const judgement = judge([
      { level: 'yellow', threshold: p.minDays, tests: [slow, times(p.yellowTimes)] },
      { level: 'orange', threshold: p.minDays, tests: [slow, enoughBefore, times(p.orangeTimes)] },
      { level: 'orange', threshold: p.orangeDays, tests: [slow, sheet.tests.over(median, p.orangeDays)] },
    ]);
    return {
      state: 'answered',
      ...judgement,
      value: median,
      unit: 'hundredths',
      reason: () => ({
        zh: `近 ${p.recentDays} 天 ${recent.length} 笔退费用时中位数 ${decimal(median)} 天，此前 ${base === null ? '无' : `${decimal(base)} 天`}`,
        en: `The median refund of ${p.recentDays} days took ${decimal(median)} days (${plural(recent.length, 'refund')}); before that ${base === null ? 'none' : `${decimal(base)} days`}`,
      }),
      evidence: () => refsOf([...recent].sort((a, b) => b.days - a.days).map((one) => one.ref)),
      lookAgainAt: sheet.nextMidnight,
    };
  },
});

function completed({ row, requestedOn, state }: RefundFacts) {
  const last = row.refund.paid.reduce<(typeof row.refund.paid)[number] | null>(
    (newest, part) => (newest === null || part.at > newest.at ? part : newest),
    null,
  );
  if (requestedOn === null || last === null || state.owedFen > 0n) return null;
  return { on: dayOf(last.at), days: Math.max(0, dayOf(last.at) - requestedOn), ref: last };
}
