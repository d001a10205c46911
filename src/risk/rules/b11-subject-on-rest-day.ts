import { type Day, dayOf, startOfDay, type Us } from '../../core/time.js';
import { refsOf } from '../facts/evidence.js';
import { earliest } from '../facts/moments.js';
import type { LessonRow } from '../facts/rows.js';
import { leavesAt } from '../facts/windows.js';
import { defineRule, notApplicable } from '../rule.js';
import { is, judge } from '../steps.js';
import { plural } from '../text.js';

/** No lesson is so old. */
const NEVER: Day = 0;

/**
 * Subject lessons on weekends and statutory holidays by the working-day calendar, and in the school vacation. Provinces and cities set
 * their vacations each year: the policy says them, in an entry for each that holds until the next one begins.
 */
export const rule = defineRule({
  id: 'B11',
  version: 2,
  group: 'B',
  name: { zh: '学科类违规时段', en: 'Subject lesson on a rest day' },
  question: {
    zh: '学科类课程是否安排在休息日、节假日或寒暑假？',
    en: 'Are subject lessons held on rest days, holidays or in vacations?',
  },
  basis: {
    zh: '“双减”意见：不得占用法定节假日、休息日及寒暑假组织学科培训',
    en: '“Double reduction” opinion: no subject training on holidays, rest days and vacations',
  },
  params: {
    windowDays: { value: 30, unit: 'days', min: 1, max: 35, source: 'ours', note: 'Lessons of these days.' },
    orangeCount: { value: 3, unit: 'count', min: 1, source: 'ours', note: 'Three in the window.' },
    vacationFrom: {
      value: NEVER,
      unit: 'day',
      source: 'rule',
      note: 'First day of the school vacation, as the province or city sets it. 1970-01-01: none is known.',
    },
    vacationTo: { value: NEVER, unit: 'day', source: 'rule', note: 'Its last day.' },
  },
  order: [['vacationFrom', 'vacationTo']],
  remedies: ['days'],
  evaluate(sheet, p) {
    const { lessons } = sheet.rows;
    if (lessons.length === 0) return notApplicable('没有课表', 'No lesson schedule is reported');
    const from = startOfDay(sheet.today - p.windowDays + 1);
    const wrong: LessonRow[] = [];
    let next: Us | null = null;
    // Ascending by start: the newest first, until the window is left.
    for (let at = lessons.length - 1; at >= 0; at -= 1) {
      const lesson = lessons[at]!;
      if (lesson.startsAt < from) break;
      if (lesson.cancelled || lesson.courseKind !== 'subject') continue;
      const day = dayOf(lesson.startsAt);
      const isInVacation = day >= p.vacationFrom && day <= p.vacationTo;
      if (!isInVacation && sheet.calendar.isWorkingDay(day) !== false) continue;
      if (lesson.startsAt <= sheet.now) wrong.push(lesson);
      else next = earliest(next, lesson.startsAt);
    }
    wrong.reverse();
    const judgement = judge([
      { level: 'yellow', threshold: 1, tests: [is(wrong.length > 0)] },
      { level: 'orange', threshold: p.orangeCount, tests: [sheet.tests.from(wrong.length, p.orangeCount)] },
    ]);
    return {
      state: 'answered',
      ...judgement,
      value: wrong.length,
      unit: 'count',
      reason: () => ({
        zh: `近 ${p.windowDays} 天有 ${wrong.length} 节学科课安排在休息日或寒暑假`,
        en: `In ${p.windowDays} days ${plural(wrong.length, 'subject lesson')} on rest days or in vacation`,
      }),
      evidence: () => refsOf(wrong),
      lookAgainAt: wrong.length > 0 ? earliest(next, leavesAt(wrong[0]!.startsAt, p.windowDays)) : next,
    };
  },
});
