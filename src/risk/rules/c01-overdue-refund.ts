import { dayOf, startOfDay, type Us } from '../../core/time.js';
import { answerDueOn } from '../../ledger/refunds.js';
import type { FactSheet } from '../facts/fact-sheet.js';
import { earliest } from '../facts/moments.js';
import { type RefundFacts, refundsEvidence } from '../facts/refunds.js';
import { defineRule } from '../rule.js';
import { is, judge } from '../steps.js';
import { enYuan, plural, zhYuan } from '../text.js';

/**
 * Approved or deemed approved, not paid in full, and the due day is over. The day after the due day is the first one late. Who pays late
 * time and again is orange before any single refund has waited that long. Few families ask at a small school: there the second one is
 * enough when none was in time.
 */
export const rule = defineRule({
  id: 'C01',
  version: 5,
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
    repeatCases: {
      value: 3,
      unit: 'count',
      min: 2,
      source: 'ours',
      note: 'Orange from the fourth working day on already when it is the third refund that is late, or was paid late, …',
    },
    repeatDays: { value: 60, unit: 'days', min: 1, max: 150, source: 'ours', note: '… of those due in these days …' },
    repeatShareBp: {
      value: 5_000,
      unit: 'basis_points',
      max: 10_000,
      source: 'ours',
      note: '… and at least half of them were …',
    },
    everyCases: {
      value: 2,
      unit: 'count',
      min: 2,
      source: 'ours',
      note: '… or the second already, when all that were due in these days …',
    },
    everyWorkingDays: {
      value: 2,
      unit: 'working_days',
      min: 1,
      source: 'ours',
      note: '… were late by at least so many working days: the day after may be the bank.',
    },
  },
  order: [['blueWorkingDays', 'yellowWorkingDays', 'orangeWorkingDays', 'redWorkingDays']],
  remedies: ['pay_refunds'],
  evaluate(sheet, p) {
    const late = sheet.refunds
      .filter((refund) => refund.state.overdue)
      .sort((a, b) => b.lateWorkingDays - a.lateWorkingDays);
    const oldest = late[0]?.lateWorkingDays ?? 0;
    const owedFen = late.reduce((sum, refund) => sum + refund.state.owedFen, 0n);
    // Without a refund that waits nothing else is read: most institutions have none.
    const due = late.length === 0 ? [] : sheet.refunds.filter((refund) => wasDue(sheet, refund, p.repeatDays));
    const missed = due.filter((refund) => missedBy(sheet, refund) >= 1).length;
    const isEvery = due.every((refund) => missedBy(sheet, refund) >= p.everyWorkingDays);
    const isRepeated =
      (missed >= p.repeatCases && missed * 10_000 >= due.length * p.repeatShareBp) ||
      (missed >= p.everyCases && isEvery);
    // Few and small ones are never red: the step that is told is the one that they reach.
    const few = owedFen < BigInt(p.smallFen) && late.length < p.smallCases;
    const judgement = judge([
      { level: 'blue', threshold: p.blueWorkingDays, tests: [is(oldest >= p.blueWorkingDays)] },
      { level: 'yellow', threshold: p.yellowWorkingDays, tests: [is(oldest >= p.yellowWorkingDays)] },
      { level: 'orange', threshold: p.orangeWorkingDays, tests: [is(oldest >= p.orangeWorkingDays)] },
      { level: 'orange', threshold: p.yellowWorkingDays, tests: [is(oldest >= p.yellowWorkingDays && isRepeated)] },
      { level: 'red', threshold: p.redWorkingDays, tests: [is(oldest >= p.redWorkingDays), is(!few)] },
    ]);
    return {
      state: 'answered',
      ...judgement,
      value: oldest,
      unit: 'working_days',
      reason: () => ({
        zh: `${late.length} 笔退费超期未付，共 ${zhYuan(owedFen)}，最久超期 ${oldest} 个工作日${isRepeated ? `；近 ${p.repeatDays} 天到期的 ${due.length} 笔中 ${missed} 笔逾期` : ''}`,
        en: `${plural(late.length, 'refund')} overdue, ${enYuan(owedFen)} in all, the oldest for ${plural(oldest, 'working day')}${isRepeated ? `; ${missed} of the ${due.length} due in ${p.repeatDays} days were late` : ''}`,
      }),
      evidence: () => refundsEvidence(late),
      lookAgainAt: earliest(
        nextLate(
          sheet,
          [p.blueWorkingDays, p.yellowWorkingDays, p.orangeWorkingDays, p.redWorkingDays],
          late.length > 0,
        ),
        // The days of the others pass: they leave the share.
        missed >= Math.min(p.repeatCases, p.everyCases) ? sheet.nextMidnight : null,
      ),
    };
  },
});

/** Its due day is over, and was one of the last days. */
function wasDue(sheet: FactSheet, { state }: RefundFacts, days: number): boolean {
  return state.dueOn !== null && state.dueOn < sheet.today && state.dueOn > sheet.today - days;
}

/** Working days by which it is late, or its last part was paid late. One that waits is late from the day after the due day on. */
function missedBy(sheet: FactSheet, { row, state, lateWorkingDays }: RefundFacts): number {
  if (state.overdue) return Math.max(1, lateWorkingDays);
  if (state.dueOn === null) return 0;
  const paidOn = row.refund.paid.reduce((day, { at }) => (at > sheet.now ? day : Math.max(day, dayOf(at))), 0);
  return sheet.calendar.workingDaysBetween(state.dueOn, paidOn);
}

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
