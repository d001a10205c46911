import { dayOf } from '../../core/time.js';
import { termsOf } from '../facts/collections.js';
import { largestFirst, refsOf } from '../facts/evidence.js';
import { defineRule, notApplicable } from '../rule.js';
import { is, judge } from '../steps.js';
import { enYuan, plural, zhYuan } from '../text.js';

/** Price per paid hour of subject contracts against the local guide price; a place without a guide price is not asked. */
export const rule = defineRule({
  id: 'B07',
  version: 3,
  group: 'B',
  name: { zh: '超政府指导价', en: 'Above guide price' },
  question: { zh: '学科类收费是否超过政府指导价？', en: 'Are subject fees above the guide price?' },
  basis: {
    zh: '“双减”意见：学科类收费实行政府指导价；标准由地方制定',
    en: '“Double reduction” opinion: guide prices for subject training, set locally',
  },
  params: {
    guideFenPerHour: {
      value: 0,
      unit: 'fen',
      source: 'rule',
      note: 'The local guide price per class-hour; 0 where none is set.',
    },
    allowedUpBp: {
      value: 1_000,
      unit: 'basis_points',
      max: 10_000,
      source: 'rule',
      note: 'How far above it is allowed; local.',
    },
    windowDays: { value: 30, unit: 'days', min: 1, max: 60, source: 'ours', note: 'Contracts signed in these days.' },
  },
  remedies: ['days'],
  evaluate(sheet, p) {
    if (p.guideFenPerHour === 0) return notApplicable('当地没有设定指导价', 'No guide price is set here');
    const from = sheet.today - p.windowDays + 1;
    const limit = BigInt(p.guideFenPerHour) * BigInt(10_000 + p.allowedUpBp);
    const over = sheet.rows.contracts.filter((contract) => {
      const { hours } = termsOf(contract.data);
      if (contract.data.courseKind !== 'subject' || hours === 0 || dayOf(contract.at) < from || contract.at > sheet.now)
        return false;
      return BigInt(contract.data.priceFen) * 100n * 10_000n > limit * BigInt(hours);
    });
    // Rounded up, so that what is just above the price is not told as the price.
    const hourFen = ({ data }: (typeof over)[number]) => Math.ceil((data.priceFen * 100) / termsOf(data).hours);
    const most = over.reduce((fen, one) => Math.max(fen, hourFen(one)), 0);
    const threshold = Math.floor((p.guideFenPerHour * (10_000 + p.allowedUpBp)) / 10_000);
    return {
      state: 'answered',
      ...judge([{ level: 'yellow', threshold, tests: [is(over.length > 0)] }]),
      value: most,
      unit: 'fen',
      reason: () => ({
        zh: `近 ${p.windowDays} 天有 ${over.length} 份学科类合同单价超过 ${zhYuan(threshold)}/课时，最高 ${zhYuan(most)}`,
        en: `In ${p.windowDays} days ${plural(over.length, 'subject contract')} above ${enYuan(threshold)} per hour, at most ${enYuan(most)}`,
      }),
      evidence: () => refsOf(largestFirst(over, hourFen)),
      lookAgainAt: over.length === 0 ? null : sheet.nextMidnight,
    };
  },
});
