import { startOfDay } from '../../core/time.js';
import { refsOf } from '../facts/evidence.js';
import type { FactSheet } from '../facts/fact-sheet.js';
import { newestFirst } from '../facts/payments.js';
import { tooFewForRatio } from '../facts/sample.js';
import { weeklyMean } from '../facts/windows.js';
import { lower } from '../level.js';
import { defineRule } from '../rule.js';
import { judge } from '../steps.js';
import { decimal, percent, plural } from '../text.js';

/** Requests of seven days against the mean week of the eight weeks before, and as a share of the active learners. */
export const rule = defineRule({
  id: 'C04',
  version: 2,
  group: 'C',
  name: { zh: '集中退费', en: 'Refund run' },
  question: { zh: '退费申请是否突然集中？', en: 'Have refund requests suddenly bunched?' },
  basis: { zh: '本系统默认', en: 'Our default' },
  params: {
    timesHundredths: {
      value: 300,
      unit: 'hundredths',
      source: 'ours',
      note: 'At least three times the mean week, at every level.',
    },
    minRequests: {
      value: 5,
      unit: 'count',
      min: 1,
      source: 'ours',
      note: 'At least five requests, at every level.',
    },
    yellowBp: { value: 200, unit: 'basis_points', max: 10_000, source: 'ours', note: '2% of the active learners.' },
    orangeBp: { value: 500, unit: 'basis_points', max: 10_000, source: 'ours', note: '5%.' },
    redBp: { value: 1_000, unit: 'basis_points', max: 10_000, source: 'ours', note: '10%.' },
    baseWeeks: { value: 8, unit: 'count', min: 4, max: 52, source: 'ours', note: 'Weeks of the mean.' },
    calledOff: {
      value: 2,
      unit: 'count',
      min: 1,
      source: 'ours',
      note: 'Yellow at most while so many lessons of these weeks were called off, others are given and no refund is overdue: a camp that does not take place.',
    },
    calledOffDays: {
      value: 21,
      unit: 'days',
      max: 34,
      source: 'ours',
      note: 'Lessons called off in these days, or still to come.',
    },
  },
  order: [['yellowBp', 'orangeBp', 'redBp']],
  remedies: ['days'],
  evaluate(sheet, p) {
    const few = tooFewForRatio(sheet);
    if (few !== null) return few;
    const requests = sheet.tallies.count('refunds_requested', sheet.today - 6, sheet.today);
    const mean = weeklyMean(sheet, p.baseWeeks, (from, to) => sheet.tallies.count('refunds_requested', from, to));
    const both = [
      sheet.tests.from(requests, p.minRequests),
      sheet.tests.from(requests * 100 * mean.days, mean.sum * 7 * p.timesHundredths),
    ];
    const step = (bp: number) => [...both, sheet.tests.fromShare(BigInt(requests), BigInt(sheet.activeLearners), bp)];
    const judgement = judge([
      { level: 'yellow', threshold: p.minRequests, tests: step(p.yellowBp) },
      { level: 'orange', threshold: Math.ceil((sheet.activeLearners * p.orangeBp) / 10_000), tests: step(p.orangeBp) },
      { level: 'red', threshold: Math.ceil((sheet.activeLearners * p.redBp) / 10_000), tests: step(p.redBp) },
    ]);
    const camp = judgement.holdLevel !== 'none' && isCancelledCamp(sheet, p);
    const shareBp = sheet.activeLearners === 0 ? 0 : Math.floor((requests * 10_000) / sheet.activeLearners);
    return {
      state: 'answered',
      ...judgement,
      level: camp ? lower(judgement.level, 'yellow') : judgement.level,
      holdLevel: camp ? lower(judgement.holdLevel, 'yellow') : judgement.holdLevel,
      value: requests,
      unit: 'count',
      reason: () => ({
        zh: `近七日退费申请 ${requests} 件，此前周均 ${decimal(mean.perWeekHundredths)} 件，占在读学员 ${percent(shareBp)}`,
        en: `${plural(requests, 'refund request')} in seven days against a mean week of ${decimal(mean.perWeekHundredths)}: ${percent(shareBp)} of the active learners`,
      }),
      evidence: () =>
        refsOf(
          newestFirst(
            sheet.refunds.flatMap(({ row, requestedOn }) =>
              row.refund.requested !== null && requestedOn! > sheet.today - 7 ? [row.refund.requested] : [],
            ),
          ),
        ),
      lookAgainAt: requests >= p.minRequests || judgement.holdLevel !== 'none' ? sheet.nextMidnight : null,
    };
  },
});

/** Lessons were called off, others go on, and families get their money in time: a wave that a school causes and settles itself. */
function isCancelledCamp(sheet: FactSheet, p: { readonly calledOff: number; readonly calledOffDays: number }): boolean {
  const from = startOfDay(sheet.today - p.calledOffDays + 1);
  const calledOff = sheet.rows.lessons.filter((lesson) => lesson.cancelled && lesson.startsAt >= from).length;
  return (
    calledOff >= p.calledOff &&
    sheet.tallies.count('lessons_delivered', sheet.today - 6, sheet.today) > 0 &&
    !sheet.refunds.some(({ state }) => state.overdue)
  );
}
