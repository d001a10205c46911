import { type Fen, maxFen, minFen, shareBasisPointsUp } from '../../core/money.js';
import { dayOf, startOfDay, type Us } from '../../core/time.js';
import { largestFirst } from '../facts/evidence.js';
import type { FactSheet } from '../facts/fact-sheet.js';
import { earliest, ifLater } from '../facts/moments.js';
import { nextOverdueAt, type RefundFacts, refundsEvidence } from '../facts/refunds.js';
import { defineRule } from '../rule.js';
import { is, judge } from '../steps.js';
import { enYuan, plural, SHARE_MAX_BP, shareOf, zhYuan } from '../text.js';

/**
 * Overdue refunds against U, and in custody mode against B, whichever is smaller. Few families ask at a small school: there
 * two that wait well past their day say more than the share of what they are owed.
 */
export const rule = defineRule({
  id: 'C03',
  version: 6,
  group: 'C',
  name: { zh: '退费积压', en: 'Refund backlog' },
  question: {
    zh: '超期退费占未消课预收或托管余额多大比例？',
    en: 'How large are overdue refunds against the unearned fees or the balance?',
  },
  basis: { zh: '本系统默认', en: 'Our default' },
  params: {
    yellowBp: { value: 200, unit: 'basis_points', max: 10_000, source: 'ours', note: 'More than 2%.' },
    orangeBp: { value: 500, unit: 'basis_points', max: 10_000, source: 'ours', note: 'More than 5%.' },
    redBp: {
      value: 1_500,
      unit: 'basis_points',
      max: 10_000,
      source: 'ours',
      note: 'More than 15%, or more than the whole balance.',
    },
    minCases: {
      value: 2,
      unit: 'count',
      min: 1,
      source: 'ours',
      note: 'Red, and orange at once, need at least two overdue refunds …',
    },
    aloneWorkingDays: {
      value: 4,
      unit: 'working_days',
      min: 1,
      source: 'ours',
      note: '… one alone is orange when it is late by so many working days: until then it may be an oversight.',
    },
    lateCases: {
      value: 2,
      unit: 'count',
      min: 2,
      source: 'ours',
      note: 'Orange from 2% on as well when at least two refunds …',
    },
    lateWorkingDays: {
      value: 4,
      unit: 'working_days',
      min: 1,
      source: 'ours',
      note: '… are late by so many working days, or were when they were paid …',
    },
    lateDays: {
      value: 60,
      unit: 'days',
      min: 1,
      max: 150,
      source: 'ours',
      note: '… in these days: at a small school few families ask at the same time.',
    },
  },
  order: [['yellowBp', 'orangeBp', 'redBp']],
  remedies: ['pay_refunds'],
  evaluate(sheet, p) {
    const late = sheet.refunds.filter((refund) => refund.state.overdue);
    const overdueFen = late.reduce((sum, refund) => sum + refund.state.owedFen, 0n);
    // Without an overdue refund nothing else is read: most institutions have none.
    const wholeFen = overdueFen === 0n ? 0n : backedBy(sheet);
    const enough = is(overdueFen > 0n && sheet.enoughForRatios);
    const several = sheet.tests.from(late.length, p.minCases);
    const oldest = late.reduce((days, { lateWorkingDays }) => Math.max(days, lateWorkingDays), 0);
    const waits = is(late.length >= p.minCases || oldest >= p.aloneWorkingDays);
    const longLate = overdueFen === 0n ? 0 : sheet.refunds.filter((refund) => isLongLate(sheet, refund, p)).length;
    const judgement = judge([
      {
        level: 'yellow',
        threshold: p.yellowBp,
        tests: [enough, sheet.tests.overShare(overdueFen, wholeFen, p.yellowBp)],
      },
      {
        level: 'orange',
        threshold: p.orangeBp,
        tests: [enough, waits, sheet.tests.overShare(overdueFen, wholeFen, p.orangeBp)],
      },
      {
        level: 'orange',
        threshold: p.yellowBp,
        tests: [sheet.tests.from(longLate, p.lateCases), sheet.tests.overShare(overdueFen, wholeFen, p.yellowBp)],
      },
      {
        level: 'red',
        threshold: p.redBp,
        tests: [enough, several, sheet.tests.overShare(overdueFen, wholeFen, p.redBp)],
      },
    ]);
    const shareBp =
      overdueFen === 0n
        ? 0
        : wholeFen === 0n
          ? SHARE_MAX_BP
          : Math.min(SHARE_MAX_BP, shareBasisPointsUp(overdueFen, wholeFen));
    return {
      state: 'answered',
      ...judgement,
      value: shareBp,
      unit: 'basis_points',
      reason: () => {
        const balanceFen = custodyBalance(sheet);
        return {
          zh: `超期退费 ${late.length} 笔共 ${zhYuan(overdueFen)}，未消课预收 ${zhYuan(sheet.unearnedFen)}${balanceFen === null ? '' : `，托管余额 ${zhYuan(balanceFen)}`}，占比 ${shareOf(shareBp).zh}`,
          en: `${plural(late.length, 'overdue refund')} of ${enYuan(overdueFen)} against ${enYuan(sheet.unearnedFen)} unearned${balanceFen === null ? '' : ` and ${enYuan(balanceFen)} in custody`}: ${shareOf(shareBp).en}`,
        };
      },
      evidence: () => refundsEvidence(largestFirst(late, ({ state }) => Number(state.owedFen))),
      lookAgainAt: earliest(
        nextOverdueAt(sheet),
        overdueFen > 0n ? sheet.ratiosFrom : null,
        ...late.flatMap((refund) => [p.lateWorkingDays, p.aloneWorkingDays].map((days) => lateAt(sheet, refund, days))),
      ),
    };
  },
});

/** Late by many working days, or paid so late not long ago. */
function isLongLate(
  sheet: FactSheet,
  { row, state, lateWorkingDays }: RefundFacts,
  p: { readonly lateWorkingDays: number; readonly lateDays: number },
): boolean {
  if (state.owedFen > 0n || state.dueOn === null) return lateWorkingDays >= p.lateWorkingDays;
  const paidOn = row.refund.paid.reduce((day, { at }) => (at > sheet.now ? day : Math.max(day, dayOf(at))), 0);
  return (
    paidOn > sheet.today - p.lateDays && sheet.calendar.workingDaysBetween(state.dueOn, paidOn) >= p.lateWorkingDays
  );
}

/** When it is late by so many working days; null when it is. */
function lateAt(sheet: FactSheet, { state }: RefundFacts, workingDays: number): Us | null {
  return state.dueOn === null
    ? null
    : ifLater(startOfDay(sheet.calendar.addWorkingDays(state.dueOn, workingDays)), sheet.now);
}

/** What refunds can be paid from: U, or the custody balance if that is less. */
function backedBy(sheet: FactSheet): Fen {
  const balanceFen = custodyBalance(sheet);
  return balanceFen === null ? sheet.unearnedFen : minFen(maxFen(0n, balanceFen), sheet.unearnedFen);
}

function custodyBalance(sheet: FactSheet): Fen | null {
  return sheet.inCustodyMode ? sheet.custodyFen : null;
}
