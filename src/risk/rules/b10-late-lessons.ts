import { dayOf, startOfDay, US_PER_SECOND, type Us } from '../../core/time.js';
import { refsOf } from '../facts/evidence.js';
import { earliest } from '../facts/moments.js';
import type { LessonRow } from '../facts/rows.js';
import { leavesAt } from '../facts/windows.js';
import { defineRule, notApplicable } from '../rule.js';
import { is, judge } from '../steps.js';
import { plural } from '../text.js';

/**
 * Lessons that ended after the hour at which they must end: as scheduled, or later than that, as told when they were given.
 * Cancelled lessons do not count.
 */
export const rule = defineRule({
  id: 'B10',
  version: 2,
  group: 'B',
  name: { zh: '超时授课', en: 'Late lessons' },
  question: { zh: '有没有超过规定时间上课？', en: 'Did lessons end too late?' },
  basis: {
    zh: '教监管〔2022〕4号：线下不晚于 20:30，线上不晚于 21:00',
    en: 'Opinion 2022 No. 4: offline lessons end by 20:30, online by 21:00',
  },
  params: {
    offlineMinute: { value: 1_230, unit: 'minutes', source: 'rule', note: '20:30' },
    onlineMinute: { value: 1_260, unit: 'minutes', source: 'rule', note: '21:00' },
    windowDays: { value: 30, unit: 'days', min: 1, max: 35, source: 'ours', note: 'Lessons of these days.' },
    yellowCount: { value: 3, unit: 'count', min: 1, source: 'ours', note: 'Three in the window.' },
  },
  remedies: ['days'],
  evaluate(sheet, p) {
    const { lessons } = sheet.rows;
    if (lessons.length === 0) return notApplicable('没有课表', 'No lesson schedule is reported');
    const from = startOfDay(sheet.today - p.windowDays + 1);
    const minute = 60 * US_PER_SECOND;
    const late: LessonRow[] = [];
    let next: Us | null = null;
    // Ascending by start: the newest first, until the window is left.
    for (let at = lessons.length - 1; at >= 0; at -= 1) {
      const lesson = lessons[at]!;
      if (lesson.startsAt < from) break;
      if (lesson.cancelled) continue;
      const until = (lesson.delivery === 'online' ? p.onlineMinute : p.offlineMinute) * minute;
      const limit = startOfDay(dayOf(lesson.startsAt)) + until;
      if (lesson.endsAt <= limit && (lesson.endedAt === null || lesson.endedAt <= limit)) continue;
      const ends = [lesson.endsAt, lesson.endedAt ?? lesson.endsAt].filter((end) => end > limit);
      if (ends.some((end) => end <= sheet.now)) late.push(lesson);
      else next = earliest(next, ...ends);
    }
    late.reverse();
    const judgement = judge([
      { level: 'blue', threshold: 1, tests: [is(late.length > 0)] },
      { level: 'yellow', threshold: p.yellowCount, tests: [sheet.tests.from(late.length, p.yellowCount)] },
    ]);
    return {
      state: 'answered',
      ...judgement,
      value: late.length,
      unit: 'count',
      reason: () => ({
        zh: `近 ${p.windowDays} 天有 ${late.length} 节课超过规定时间结束`,
        en: `In ${p.windowDays} days ${plural(late.length, 'lesson')} ended after the hour allowed`,
      }),
      evidence: () => refsOf(late),
      lookAgainAt: late.length > 0 ? earliest(next, leavesAt(late[0]!.startsAt, p.windowDays)) : next,
    };
  },
});
