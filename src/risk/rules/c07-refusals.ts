import { dayOf } from '../../core/time.js';
import { isNewer } from '../../ledger/rows.js';
import { refsOf } from '../facts/evidence.js';
import { lower } from '../level.js';
import { defineRule, notApplicable } from '../rule.js';
import { judge } from '../steps.js';
import { percent, plural } from '../text.js';

/** Rejected among decided requests; a request decided twice counts as decided last. */
export const rule = defineRule({
  id: 'C07',
  version: 3,
  group: 'C',
  name: { zh: '拒退率高', en: 'Refusals' },
  question: { zh: '退费申请被拒的比例是否过高？', en: 'Are too many refund requests refused?' },
  basis: { zh: '本系统默认', en: 'Our default' },
  params: {
    windowDays: { value: 30, unit: 'days', min: 1, max: 180, source: 'ours', note: 'Decisions of these days.' },
    minDecided: { value: 5, unit: 'count', min: 1, source: 'ours', note: 'At least five decided.' },
    minRefused: {
      value: 3,
      unit: 'count',
      min: 1,
      source: 'ours',
      note: 'Blue at most with fewer refusals: two of six may be chance, and a large school is one level up.',
    },
    yellowBp: { value: 3_000, unit: 'basis_points', max: 10_000, source: 'ours', note: '30% refused.' },
    orangeBp: { value: 6_000, unit: 'basis_points', max: 10_000, source: 'ours', note: '60% refused.' },
  },
  order: [['yellowBp', 'orangeBp']],
  remedies: ['days'],
  evaluate(sheet, p) {
    const from = sheet.today - p.windowDays + 1;
    const recent = (at: number) => dayOf(at) >= from && at <= sheet.now;
    const decided = sheet.refunds.flatMap(({ row: { refund } }) => {
      const rejected =
        refund.rejected !== null && (refund.approved === null || isNewer(refund.rejected, refund.approved));
      const step = rejected ? refund.rejected : refund.approved;
      return step !== null && recent(step.at) ? [{ step, rejected }] : [];
    });
    const refused = decided.filter((one) => one.rejected);
    if (decided.length < p.minDecided)
      return notApplicable(
        `近 ${p.windowDays} 天已决定的退费不足 ${p.minDecided} 笔`,
        `Fewer than ${p.minDecided} refunds decided in ${p.windowDays} days`,
      );
    const share = (bp: number) => [sheet.tests.fromShare(BigInt(refused.length), BigInt(decided.length), bp)];
    const judgement = judge([
      { level: 'yellow', threshold: p.yellowBp, tests: share(p.yellowBp) },
      { level: 'orange', threshold: p.orangeBp, tests: share(p.orangeBp) },
    ]);
    const few = refused.length < p.minRefused;
    const shareBp = Math.floor((refused.length * 10_000) / decided.length);
    return {
      state: 'answered',
      ...judgement,
      level: few ? lower(judgement.level, 'blue') : judgement.level,
      holdLevel: few ? lower(judgement.holdLevel, 'blue') : judgement.holdLevel,
      value: shareBp,
      unit: 'basis_points',
      reason: () => ({
        zh: `近 ${p.windowDays} 天决定 ${decided.length} 笔退费，拒绝 ${refused.length} 笔（${percent(shareBp)}）`,
        en: `Of ${plural(decided.length, 'refund')} decided in ${p.windowDays} days, ${refused.length} refused (${percent(shareBp)})`,
      }),
      evidence: () => refsOf(refused.map((one) => one.step)),
      lookAgainAt: sheet.nextMidnight,
    };
  },
});
