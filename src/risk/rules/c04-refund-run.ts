import { type Day, startOfDay } from '../../core/time.js';
import { refsOf } from '../facts/evidence.js';
import type { FactSheet } from '../facts/fact-sheet.js';
import { newestFirst } from '../facts/payments.js';
import { tooFewForRatio } from '../facts/sample.js';
import { timesMean, weeklyMean } from '../facts/windows.js';
import { lower } from '../level.js';
import { defineRule } from '../rule.js';
import { judge } from '../steps.js';
import { decimal, percent, plural } from '../text.js';

/** Requests of seven days against the mean week of the eight weeks before, and as a share of the active learners. */
export const rule = defineRule({
  id: 'C04',
  version: 5,
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
      note: 'Blue at most while so many lessons of these weeks were called off, others are given and no refund is overdue: a camp that does not take place.',
    },
    calledOffDays: {
      value: 21,
      unit: 'days',
      max: 34,
      source: 'ours',
      note: 'Lessons called off in these days, or still to come.',
    },
    oneCourseBp: {
      value: 8_000,
      unit: 'basis_points',
      max: 10_000,
      source: 'ours',
      note: 'The same while 80% of the requests concern one of several courses: its end need not be told as lessons called off.',
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
    // All that a step asks for, as a count of requests.
    const least = (bp: number) =>
      Math.max(p.minRequests, timesMean(mean, p.timesHundredths), Math.ceil((sheet.activeLearners * bp) / 10_000));
    const judgement = judge([
      { level: 'yellow', threshold: least(p.yellowBp), tests: step(p.yellowBp) },
      { level: 'orange', threshold: least(p.orangeBp), tests: step(p.orangeBp) },
      { level: 'red', threshold: least(p.redBp), tests: step(p.redBp) },
    ]);
    const camp = judgement.holdLevel !== 'none' && isCancelledCamp(sheet, p);
    const shareBp = sheet.activeLearners === 0 ? 0 : Math.floor((requests * 10_000) / sheet.activeLearners);
    return {
      state: 'answered',
      ...judgement,
      level: camp ? lower(judgement.level, 'blue') : judgement.level,
      holdLevel: camp ? lower(judgement.holdLevel, 'blue') : judgement.holdLevel,
      // Blue has no step of its own: it is blue from where it would be yellow.
      threshold: camp ? least(p.yellowBp) : judgement.threshold,
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

/** A course ends, others go on, and families get their money in time: a wave that a school causes and settles itself. */
function isCancelledCamp(
  sheet: FactSheet,
  p: Readonly<Record<'calledOff' | 'calledOffDays' | 'oneCourseBp', number>>,
): boolean {
  const from = startOfDay(sheet.today - p.calledOffDays + 1);
  const calledOff = sheet.rows.lessons.filter((lesson) => lesson.cancelled && lesson.startsAt >= from).length;
  return (
    (calledOff >= p.calledOff || isOfOneCourse(sheet, p.oneCourseBp)) &&
    sheet.tallies.count('lessons_delivered', weekBefore(sheet), sheet.today) > 0 &&
    !sheet.refunds.some(({ state }) => state.overdue)
  );
}

/** The first of the last seven days outside declared breaks: nobody teaches in those of the last weeks. */
function weekBefore(sheet: FactSheet): Day {
  return sheet.today - 6 - sheet.breaks.daysIn(sheet.today - BREAK_DAYS, sheet.today);
}
const BREAK_DAYS = 20;

/** Nearly all requests of the week concern one course, and families have signed for others too. */
function isOfOneCourse(sheet: FactSheet, shareBp: number): boolean {
  const asked = sheet.refunds.flatMap(({ row, requestedOn }) =>
    requestedOn !== null && requestedOn > sheet.today - 7 && requestedOn <= sheet.today
      ? [row.contract?.courseId ?? null]
      : [],
  );
  const most = Math.max(0, ...asked.map((course) => asked.filter((one) => one !== null && one === course).length));
  if (most === 0 || most * 10_000 < asked.length * shareBp) return false;
  return new Set(sheet.rows.contracts.map(({ data }) => data.courseId)).size > 1;
}
