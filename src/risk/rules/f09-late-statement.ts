import { addMonths, type Day, dayOf, formatDay, parseDay, startOfDay, yearOf } from '../../core/time.js';
import { refsOf } from '../facts/evidence.js';
import type { FactSheet } from '../facts/fact-sheet.js';
import { earliest } from '../facts/moments.js';
import type { RegisterRow } from '../facts/rows.js';
import { leavesAt } from '../facts/windows.js';
import { defineRule, notApplicable, type Sentence } from '../rule.js';
import { is, judge } from '../steps.js';
import { plural } from '../text.js';

/**
 * Two ways of being late. The statement after the newest one filed: due a year after that one was, else on a fixed day; an
 * institution that never filed has no known duty to. And one that was filed after its own due day, which may be known from the
 * filing only: it is held against the institution for some days, for by then nothing is missing any more.
 */
export const rule = defineRule({
  id: 'F09',
  version: 3,
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
    heldDays: {
      value: 30,
      unit: 'days',
      min: 1,
      max: 365,
      source: 'ours',
      note: 'A statement filed late is held against the institution for so many days from the filing.',
    },
  },
  order: [['blueWorkingDays', 'yellowWorkingDays']],
  remedies: ['statement_filed', 'days'],
  evaluate(sheet, p) {
    const due = nextDue(sheet, p.dueMonth);
    if (due === null) return notApplicable('从未报送财务报告', 'No statement was ever filed');
    // Not asked of the calendar before it is due: the year may not be published yet.
    const missing = sheet.today > due.on ? sheet.calendar.workingDaysBetween(due.on, sheet.today) : 0;
    const next = [p.blueWorkingDays, p.yellowWorkingDays].find((step) => step > missing);
    const filed = filedLate(sheet, p.heldDays).filter(({ late }) => late >= p.blueWorkingDays);
    const worst = filed.reduce<FiledLate | null>((a, b) => (a !== null && a.late >= b.late ? a : b), null);
    const late = Math.max(missing, worst?.late ?? 0);
    return {
      state: 'answered',
      ...judge([
        { level: 'blue', threshold: p.blueWorkingDays, tests: [is(late >= p.blueWorkingDays)] },
        { level: 'yellow', threshold: p.yellowWorkingDays, tests: [is(late >= p.yellowWorkingDays)] },
      ]),
      value: late,
      unit: 'working_days',
      reason: () => (worst !== null && worst.late > missing ? reasonFiled(worst) : reasonDue(due, missing)),
      evidence: () => refsOf(worst === null ? [] : [worst.row], [...statements(sheet)].reverse()),
      lookAgainAt: earliest(
        ...filed.map(({ row }) => leavesAt(row.at, p.heldDays)),
        sheet.today <= due.on
          ? startOfDay(due.on + 1)
          : next === undefined
            ? null
            : startOfDay(sheet.calendar.addWorkingDays(due.on, next)),
      ),
    };
  },
});

interface Due {
  readonly year: number;
  readonly on: Day;
}

interface FiledLate {
  readonly row: RegisterRow<'statement.filed'>;
  readonly on: Day;
  readonly late: number;
}

/** Filed in the last days after the due day that they tell, with the working days between. */
function filedLate(sheet: FactSheet, heldDays: number): FiledLate[] {
  return statements(sheet).flatMap((row) => {
    const on = row.data.dueOn === undefined ? null : parseDay(row.data.dueOn);
    const filedOn = dayOf(row.at);
    if (on === null || filedOn <= on || filedOn <= sheet.today - heldDays || row.at > sheet.now) return [];
    return [{ row, on, late: sheet.calendar.workingDaysBetween(on, filedOn) }];
  });
}

function reasonFiled({ row, on, late }: FiledLate): Sentence {
  return {
    zh: `${row.data.period} 年度财务报告应于 ${formatDay(on)} 前报送，${formatDay(dayOf(row.at))} 才报送，迟 ${late} 个工作日`,
    en: `The statement for ${row.data.period} was due by ${formatDay(on)} and filed on ${formatDay(dayOf(row.at))}, ${plural(late, 'working day')} late`,
  };
}

function reasonDue({ year, on }: Due, late: number): Sentence {
  return {
    zh: `${year} 年度财务报告应于 ${formatDay(on)} 前报送，${late === 0 ? '尚未到期' : `已迟 ${late} 个工作日`}`,
    en: `The statement for ${year} was due by ${formatDay(on)}: ${late === 0 ? 'not yet late' : `${plural(late, 'working day')} late`}`,
  };
}

function statements(sheet: FactSheet): readonly RegisterRow<'statement.filed'>[] {
  return sheet.rows.registers['statement.filed'] ?? [];
}

function nextDue(sheet: FactSheet, dueMonth: number): Due | null {
  const filed = statements(sheet).filter((row) => row.at <= sheet.now);
  const newest = filed.reduce<(typeof filed)[number] | null>(
    (best, row) => (best === null || row.data.period > best.data.period ? row : best),
    null,
  );
  if (newest === null) return null;
  const year = Number(newest.data.period) + 1;
  const told = newest.data.dueOn === undefined ? null : addMonths(parseDay(newest.data.dueOn)!, 12);
  const on = told !== null && yearOf(told) > year ? told : addMonths(A_JANUARY, (year + 1 - 2_000) * 12 + dueMonth - 1);
  return { year, on };
}

/** Its year plus any: a text of the year after 9999 would be no date. */
const A_JANUARY = parseDay('2000-01-31')!;
