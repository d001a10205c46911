import { startOfDay, type Us } from '../../core/time.js';
import { answerDueOn } from '../../ledger/refunds.js';
import { refsOf } from '../facts/evidence.js';
import type { FactSheet } from '../facts/fact-sheet.js';
import { earliest } from '../facts/moments.js';
import { refundEvidence } from '../facts/refunds.js';
import { lower } from '../level.js';
import { defineRule } from '../rule.js';
import { is, judge } from '../steps.js';
import { enYuan, plural, zhYuan } from '../text.js';

/** Approved or deemed approved, not paid in full, and the due day is over. The day after the due day is the first one late. */
export const rule = defineRule({
  id: 'C01',
  version: 1,
  group: 'C',
  name: { zh: '退费超期', en: 'Overdue refund' },
  question: { zh: '已同意的退费是否超过期限未付？', en: 'Are approved refunds unpaid after their due day?' },
  basis: {
    zh: '合同约定，或地方期限（北京：开课前 5 日、开课后 15 日）；分级为本系统默认',
    en: 'The contract, else the local limit (Beijing: 5 days before, 15 after the first lesson); the steps are our default',
  },
  params: {
    blueWorkingDays: {
      value: 1,
      unit: 'working_days',
      min: 1,
      source: 'ours',
      note: 'From the first working day late.',
    },
    yellowWorkingDays: { value: 4, unit: 'working_days', min: 1, source: 'ours', note: 'From the fourth.' },
    orangeWorkingDays: { value: 11, unit: 'working_days', min: 1, source: 'ours', note: 'From the eleventh.' },
    redWorkingDays: { value: 21, unit: 'working_days', min: 1, source: 'ours', note: 'From the twenty-first.' },
    smallFen: { value: 500_000, unit: 'fen', source: 'ours', note: 'Less than ¥5,000 overdue in all …' },
    smallCases: { value: 3, unit: 'count', source: 'ours', note: '… and fewer than three cases stay orange at most.' },
  },
  order: [['blueWorkingDays', 'yellowWorkingDays', 'orangeWorkingDays', 'redWorkingDays']],
  remedies: ['pay_refunds'],
  evaluate(sheet, p) {
    const late = sheet.refunds
      .filter((refund) => refund.state.overdue)
      .sort((a, b) => b.lateWorkingDays - a.lateWorkingDays);
    const oldest = late[0]?.lateWorkingDays ?? 0;
    const owedFen = late.reduce((sum, refund) => sum + refund.state.owedFen, 0n);
    const judgement = judge([
      { level: 'blue', threshold: p.blueWorkingDays, tests: [is(oldest >= p.blueWorkingDays)] },
      { level: 'yellow', threshold: p.yellowWorkingDays, tests: [is(oldest >= p.yellowWorkingDays)] },
      { level: 'orange', threshold: p.orangeWorkingDays, tests: [is(oldest >= p.orangeWorkingDays)] },
      { level: 'red', threshold: p.redWorkingDays, tests: [is(oldest >= p.redWorkingDays)] },
    ]);
    const small = owedFen < BigInt(p.smallFen) && late.length < p.smallCases;
    return {
      state: 'answered',
      level: small ? lower(judgement.level, 'orange') : judgement.level,
      holdLevel: small ? lower(judgement.holdLevel, 'orange') : judgement.holdLevel,
      threshold: judgement.threshold,
      value: oldest,
      unit: 'working_days',
      reason: () => ({
        zh: `${late.length} 笔退费超期未付，共 ${zhYuan(owedFen)}，最久超期 ${oldest} 个工作日`,
        en: `${plural(late.length, 'refund')} overdue, ${enYuan(owedFen)} in all, the oldest for ${plural(oldest, 'working day')}`,
      }),
      evidence: () => refsOf(late.map(refundEvidence)),
      lookAgainAt: nextLate(
        sheet,
        [p.blueWorkingDays, p.yellowWorkingDays, p.orangeWorkingDays, p.redWorkingDays],
        late.length > 0,
      ),
    };
  },
});

/** The first midnight at which some refund reaches a step; also when silence makes one owed. */
function nextLate(sheet: FactSheet, steps: readonly number[], someAreLate: boolean): Us | null {
  let at: Us | null = null;
  for (const { state, lateWorkingDays, row } of sheet.refunds) {
    if (state.owedFen > 0n && state.dueOn !== null) {
      // Beside others it counts as a case as soon as it is overdue, also on a day that is no working day.
      if (!state.overdue && someAreLate) at = earliest(at, startOfDay(state.dueOn + 1));
      const step = steps.find((days) => days > lateWorkingDays);
      if (step !== undefined) at = earliest(at, startOfDay(sheet.calendar.addWorkingDays(state.dueOn, step)));
      continue;
    }
    at = earliest(at, deemedAt(sheet, row.refund));
  }
  return at;
}

function deemedAt(sheet: FactSheet, refund: FactSheet['refunds'][number]['row']['refund']): Us | null {
  if (refund.requested === null || refund.approved !== null || refund.rejected !== null || refund.withdrawn !== null)
    return null;
  const at = startOfDay(answerDueOn(refund.requested.at, sheet.calendar) + 1);
  return at > sheet.now ? at : null;
}
