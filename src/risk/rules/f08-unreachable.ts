import { type Day, dayOf } from '../../core/time.js';
import { refsOf } from '../facts/evidence.js';
import { defineRule } from '../rule.js';
import { is, judge } from '../steps.js';
import { plural } from '../text.js';

/** Failed contacts in a row, counted in working days on which they were tried; one that is answered ends the row. */
export const rule = defineRule({
  id: 'F08',
  version: 2,
  group: 'F',
  name: { zh: '失联', en: 'Unreachable' },
  question: { zh: '是不是联系不上机构？', en: 'Can the institution not be reached?' },
  basis: {
    zh: '参照上海单用途卡规定第 25 条；天数为本系统默认',
    en: 'After Shanghai’s card ordinance, art. 25; the days are our default',
  },
  params: {
    orangeDays: { value: 2, unit: 'working_days', min: 1, source: 'ours', note: 'Failed on two working days.' },
    redDays: { value: 3, unit: 'working_days', min: 1, source: 'ours', note: 'On three.' },
    windowDays: { value: 60, unit: 'days', min: 1, max: 400, source: 'ours', note: 'How long failed contacts count.' },
  },
  order: [['orangeDays', 'redDays']],
  remedies: ['contact_answered', 'days'],
  evaluate(sheet, p) {
    const rows = sheet.rows.registers['contact.attempted'] ?? [];
    const failed: (typeof rows)[number][] = [];
    const days = new Set<Day>();
    for (let i = rows.length - 1; i >= 0; i -= 1) {
      const row = rows[i]!;
      if (row.at > sheet.now) continue;
      const day = dayOf(row.at);
      if (row.data.answered || day <= sheet.today - p.windowDays) break;
      failed.push(row);
      // Tried on a rest day, it counts for the next working day once that has come: nobody need answer on a Sunday.
      const countsOn = sheet.calendar.nextWorkingDayOnOrAfter(day);
      if (countsOn <= sheet.today) days.add(countsOn);
    }
    return {
      state: 'answered',
      ...judge([
        { level: 'orange', threshold: p.orangeDays, tests: [is(days.size >= p.orangeDays)] },
        { level: 'red', threshold: p.redDays, tests: [is(days.size >= p.redDays)] },
      ]),
      value: days.size,
      unit: 'working_days',
      reason: () => ({
        zh: `连续 ${days.size} 个工作日联系不上（共 ${failed.length} 次）`,
        en: `Not reached on ${plural(days.size, 'working day')} in a row (${plural(failed.length, 'attempt')})`,
      }),
      evidence: () => refsOf(failed),
      lookAgainAt: failed.length === 0 ? null : sheet.nextMidnight,
    };
  },
});
