import { addMonths, type Day, formatDay, parseDay, startOfDay, yearOf } from '../../core/time.js';
import { refsOf } from '../facts/evidence.js';
import type { FactSheet } from '../facts/fact-sheet.js';
import { defineRule, notApplicable } from '../rule.js';
import { is, judge } from '../steps.js';
import { plural } from '../text.js';

/**
 * The statement after the newest one filed: due a year after that one was, else on a fixed day. An institution that never filed
 * has no known duty to.
 */
export const rule = defineRule({
  id: 'F09',
  version: 1,
  group: 'F',
  name: { zh: '财务报告迟报', en: 'Late statement' },
  question: { zh: '年度财务报告是否按期报送？', en: 'Is the annual statement filed in time?' },
  basis: {
    zh: '参照美国教育部触发条件；天数为本系统默认',
    en: 'After the triggers of the US Department of Education; the days are our default',
  },
  params: {
    dueMonth: {
      value: 4,
      unit: 'count',
      min: 1,
      max: 12,
      source: 'ours',
      note: 'Due at the end of April of the following year where no day was told.',
    },
    blueWorkingDays: { value: 5, unit: 'working_days', min: 1, source: 'ours', note: 'Five working days late.' },
    yellowWorkingDays: { value: 20, unit: 'working_days', min: 1, source: 'ours', note: 'Twenty.' },
  },
  order: [['blueWorkingDays', 'yellowWorkingDays']],
  remedies: ['statement_filed'],
  evaluate(sheet, p) {
    const due = nextDue(sheet, p.dueMonth);
    if (due === null) return notApplicable('从未报送财务报告', 'No statement was ever filed');
    // Not asked of the calendar before it is due: the year may not be published yet.
    const late = sheet.today > due.on ? sheet.calendar.workingDaysBetween(due.on, sheet.today) : 0;
    const next = [p.blueWorkingDays, p.yellowWorkingDays].find((step) => step > late);
    return {
      state: 'answered',
      ...judge([
        { level: 'blue', threshold: p.blueWorkingDays, tests: [is(late >= p.blueWorkingDays)] },
        { level: 'yellow', threshold: p.yellowWorkingDays, tests: [is(late >= p.yellowWorkingDays)] },
      ]),
      value: late,
      unit: 'working_days',
      reason: () => ({
        zh: `${due.year} 年度财务报告应于 ${formatDay(due.on)} 前报送，${late === 0 ? '尚未到期' : `已迟 ${late} 个工作日`}`,
        en: `The statement for ${due.year} was due by ${formatDay(due.on)}: ${late === 0 ? 'not yet late' : `${plural(late, 'working day')} late`}`,
      }),
      evidence: () => refsOf([...(sheet.rows.registers['statement.filed'] ?? [])].reverse()),
      lookAgainAt:
        sheet.today <= due.on
          ? startOfDay(due.on + 1)
          : next === undefined
            ? null
            : startOfDay(sheet.calendar.addWorkingDays(due.on, next)),
    };
  },
});

function nextDue(sheet: FactSheet, dueMonth: number): { readonly year: number; readonly on: Day } | null {
  const filed = (sheet.rows.registers['statement.filed'] ?? []).filter((row) => row.at <= sheet.now);
  const newest = filed.reduce<(typeof filed)[number] | null>(
    (best, row) => (best === null || row.data.period > best.data.period ? row : best),
    null,
  );
  if (newest === null) return null;
  const year = Number(newest.data.period) + 1;
  const told = newest.data.dueOn === undefined ? null : addMonths(parseDay(newest.data.dueOn)!, 12);
  const on = told !== null && yearOf(told) > year ? told : addMonths(parseDay(`${year + 1}-01-31`)!, dueMonth - 1);
  return { year, on };
}
