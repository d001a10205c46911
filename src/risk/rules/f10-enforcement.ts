import { shareBasisPointsUp } from '../../core/money.js';
import { dayOf } from '../../core/time.js';
import { refsOf } from '../facts/evidence.js';
import { openSignals } from '../facts/signals.js';
import { defineRule } from '../rule.js';
import { is, judge } from '../steps.js';
import { enYuan, SHARE_MAX_BP, shareOf, zhYuan } from '../text.js';

/** Enforcement amounts told in the last months, against U. */
export const rule = defineRule({
  id: 'F10',
  version: 2,
  group: 'F',
  name: { zh: '被执行与诉讼', en: 'Enforcement' },
  question: {
    zh: '被执行金额相对未消课预收是否过大？',
    en: 'Are enforcement amounts large against the unearned fees?',
  },
  basis: { zh: '本系统默认（优胜教育一年 159 起诉讼）', en: 'Our default (159 suits in a year at Youwin)' },
  params: {
    windowDays: { value: 90, unit: 'days', min: 1, max: 400, source: 'ours', note: 'Amounts told in these days.' },
    yellowBp: { value: 1_000, unit: 'basis_points', source: 'ours', note: 'More than 10% of U.' },
    orangeBp: { value: 5_000, unit: 'basis_points', source: 'ours', note: 'More than 50%.' },
  },
  order: [['yellowBp', 'orangeBp']],
  remedies: ['signals_cleared', 'days'],
  evaluate(sheet, p) {
    const signals = openSignals(sheet, ['enforcement']).filter((one) => dayOf(one.row.at) > sheet.today - p.windowDays);
    const fen = signals.reduce((sum, one) => sum + BigInt(one.row.data.amountFen ?? 0), 0n);
    const over = (bp: number) => [fen === 0n ? is(false) : sheet.tests.overShare(fen, sheet.unearnedFen, bp)];
    const shareBp =
      fen === 0n
        ? 0
        : sheet.unearnedFen === 0n
          ? SHARE_MAX_BP
          : Math.min(SHARE_MAX_BP, shareBasisPointsUp(fen, sheet.unearnedFen));
    return {
      state: 'answered',
      ...judge([
        { level: 'yellow', threshold: p.yellowBp, tests: over(p.yellowBp) },
        { level: 'orange', threshold: p.orangeBp, tests: over(p.orangeBp) },
      ]),
      value: shareBp,
      unit: 'basis_points',
      reason: () => ({
        zh: `近 ${p.windowDays} 天新增被执行 ${zhYuan(fen)}，为未消课预收 ${zhYuan(sheet.unearnedFen)} 的 ${shareOf(shareBp).zh}`,
        en: `${enYuan(fen)} of enforcement in ${p.windowDays} days, ${shareOf(shareBp).en} of ${enYuan(sheet.unearnedFen)} unearned`,
      }),
      evidence: () => refsOf(signals.map((one) => one.row)),
      lookAgainAt: signals.length === 0 ? null : sheet.nextMidnight,
    };
  },
});
