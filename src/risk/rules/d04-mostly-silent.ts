import { shareBasisPointsUp } from '../../core/money.js';
import { refsOf } from '../facts/evidence.js';
import { tooFewForRatio } from '../facts/sample.js';
import { defineRule, notApplicable } from '../rule.js';
import { judge } from '../steps.js';
import { percent, plural } from '../text.js';

/** Confirmations by silence among all of 30 days. */
export const rule = defineRule({
  id: 'D04',
  version: 2,
  group: 'D',
  name: { zh: '默示确认占比高', en: 'Mostly silent' },
  question: { zh: '消课是否大多靠默示确认？', en: 'Are lessons mostly confirmed by silence?' },
  basis: { zh: '本系统默认', en: 'Our default' },
  params: {
    windowDays: { value: 30, unit: 'days', min: 7, max: 200, source: 'ours', note: 'Confirmations of these days.' },
    blueBp: { value: 6_000, unit: 'basis_points', max: 10_000, source: 'ours', note: 'More than 60%.' },
    yellowBp: { value: 8_500, unit: 'basis_points', max: 10_000, source: 'ours', note: 'More than 85%.' },
    minCount: { value: 20, unit: 'count', min: 1, source: 'ours', note: 'Of at least twenty confirmations.' },
  },
  order: [['blueBp', 'yellowBp']],
  remedies: ['days'],
  evaluate(sheet, p) {
    const few = tooFewForRatio(sheet);
    if (few !== null) return few;
    const from = sheet.today - p.windowDays + 1;
    const silent = sheet.tallies.count('confirmations_silent', from, sheet.today);
    const all =
      silent +
      sheet.tallies.count('confirmations_parent', from, sheet.today) +
      sheet.tallies.count('confirmations_regulator', from, sheet.today);
    if (all < p.minCount) return notApplicable('消课确认过少', 'Too few confirmations');
    const over = (bp: number) => [sheet.tests.overShare(BigInt(silent), BigInt(all), bp)];
    const shareBp = shareBasisPointsUp(BigInt(silent), BigInt(all));
    return {
      state: 'answered',
      ...judge([
        { level: 'blue', threshold: p.blueBp, tests: over(p.blueBp) },
        { level: 'yellow', threshold: p.yellowBp, tests: over(p.yellowBp) },
      ]),
      value: shareBp,
      unit: 'basis_points',
      reason: () => ({
        zh: `近 ${p.windowDays} 天 ${all} 次消课确认中默示 ${silent} 次（${percent(shareBp)}）`,
        en: `Of ${plural(all, 'confirmation')} in ${p.windowDays} days, ${silent} by silence (${percent(shareBp)})`,
      }),
      evidence: () => refsOf(sheet.rows.confirmations.filter((one) => one.by === 'silence')),
      lookAgainAt: sheet.nextMidnight,
    };
  },
});
