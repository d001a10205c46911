import { shareBasisPointsUp } from '../../core/money.js';
import { refsOf } from '../facts/evidence.js';
import { tooFewForRatio } from '../facts/sample.js';
import { atLeast, levelOf } from '../level.js';
import { defineRule, noData } from '../rule.js';
import { is, judge } from '../steps.js';
import { enYuan, percent, zhYuan } from '../text.js';

/** Lessons have fallen, or the fees last too long. */
const SIGNS = ['D02', 'D06'];

/**
 * What of U belongs to contracts whose period is over: neither taught nor refunded. Families who miss lessons make them up later:
 * orange only where lessons have fallen, or the fees last too long at the present pace.
 */
export const rule = defineRule({
  id: 'D07',
  version: 4,
  group: 'D',
  name: { zh: '逾期未消课', en: 'Expired untaught' },
  question: { zh: '合同期已过仍未消课退费的有多少？', en: 'How much is left untaught after the contract period?' },
  basis: { zh: '本系统默认', en: 'Our default' },
  params: {
    yellowBp: { value: 1_000, unit: 'basis_points', max: 10_000, source: 'ours', note: 'More than 10% of U.' },
    orangeBp: { value: 2_500, unit: 'basis_points', max: 10_000, source: 'ours', note: 'More than 25% …' },
    signLevel: {
      value: 2,
      unit: 'level',
      min: 1,
      source: 'ours',
      note: '… with a finding of D02 or D06 of yellow or above: else what is late is still being taught.',
    },
  },
  reads: SIGNS,
  order: [['yellowBp', 'orangeBp']],
  remedies: ['expired_lessons'],
  evaluate(sheet, p, context) {
    const expiredFen = sheet.rows.expiredUnearnedFen;
    if (expiredFen === null)
      return noData('没有计算到期未消课金额', 'What is unearned past its period was not computed');
    const few = tooFewForRatio(sheet);
    if (few !== null) return few;
    const over = (bp: number) => [sheet.tests.overShare(expiredFen, sheet.unearnedFen, bp)];
    const falls = SIGNS.some((rule) => atLeast(context.levelOf(rule), levelOf(p.signLevel)));
    const shareBp = sheet.unearnedFen === 0n ? 0 : shareBasisPointsUp(expiredFen, sheet.unearnedFen);
    return {
      state: 'answered',
      ...judge([
        { level: 'yellow', threshold: p.yellowBp, tests: over(p.yellowBp) },
        { level: 'orange', threshold: p.orangeBp, tests: [...over(p.orangeBp), is(falls)] },
      ]),
      value: shareBp,
      unit: 'basis_points',
      reason: () => ({
        zh: `合同期已过的未消课 ${zhYuan(expiredFen)}，占未消课预收 ${zhYuan(sheet.unearnedFen)} 的 ${percent(shareBp)}`,
        en: `${enYuan(expiredFen)} is untaught past its contract period, ${percent(shareBp)} of ${enYuan(sheet.unearnedFen)} unearned`,
      }),
      evidence: () => refsOf(sheet.rows.expiredContracts),
      lookAgainAt: sheet.unearnedFen > 0n ? sheet.nextMidnight : null,
    };
  },
});
