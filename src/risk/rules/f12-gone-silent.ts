import { type Day, dayOf, formatDay, startOfDay } from '../../core/time.js';
import { refsOf } from '../facts/evidence.js';
import type { FactSheet } from '../facts/fact-sheet.js';
import { Pauses } from '../facts/pauses.js';
import { newestFirst } from '../facts/payments.js';
import { profileEvidence } from '../facts/profile.js';
import { owedSinceBefore } from '../facts/teaching.js';
import { defineRule, type EvidenceRef, notApplicable, type Sentence } from '../rule.js';
import { is, judge } from '../steps.js';
import { enYuan, plural, zhYuan } from '../text.js';

/**
 * Nothing of its own business is reported any more: no payment, lesson or confirmation outside breaks and long holidays for which
 * nothing stands in the timetable, while fees are unearned.
 */
export const rule = defineRule({
  id: 'F12',
  version: 5,
  group: 'F',
  name: { zh: '数据停报', en: 'Gone silent' },
  question: { zh: '应报送数据的机构是否停止报送？', en: 'Has an institution that should report gone silent?' },
  basis: {
    zh: '平台应用管理办法（2025）：销售、退费、资金变动须可追溯；天数为本系统默认',
    en: 'Platform rules of 2025: sales, refunds and funds must be traceable; the days are our default',
  },
  params: {
    blueDays: { value: 7, unit: 'days', min: 1, source: 'ours', note: 'Nothing for seven days.' },
    yellowDays: { value: 14, unit: 'days', min: 1, source: 'ours', note: 'For fourteen.' },
    orangeDays: { value: 30, unit: 'days', min: 1, source: 'ours', note: 'For thirty.' },
  },
  order: [['blueDays', 'yellowDays', 'orangeDays']],
  remedies: ['lessons_given'],
  evaluate(sheet, p) {
    const last = lastActivity(sheet);
    if (sheet.unearnedFen === 0n) return notApplicable(NOTHING_DUE.zh, NOTHING_DUE.en);
    // Old stock alone: once its day is out of sight, nothing has been reported for all that time.
    if (last === null) return notApplicable(NOTHING_DUE.zh, NOTHING_DUE.en, sheet.nextMidnight);
    const open = sheet.breaks.openDaysIn(last + 1, sheet.today - 1);
    const days = open < p.blueDays ? open : silentDays(sheet, last, p.blueDays);
    const next = [p.blueDays, p.yellowDays, p.orangeDays].find((step) => step > days);
    return {
      state: 'answered',
      ...judge([
        { level: 'blue', threshold: p.blueDays, tests: [is(days >= p.blueDays)] },
        { level: 'yellow', threshold: p.yellowDays, tests: [is(days >= p.yellowDays)] },
        { level: 'orange', threshold: p.orangeDays, tests: [is(days >= p.orangeDays)] },
      ]),
      value: days,
      unit: 'days',
      reason: () => ({
        zh: `未消课预收 ${zhYuan(sheet.unearnedFen)}，最后一次业务数据在 ${formatDay(last)}，已 ${days} 天没有报送（不含报备停课和长假）`,
        en: `${enYuan(sheet.unearnedFen)} is unearned and the last business was reported for ${formatDay(last)}: ${plural(days, 'day')} of silence (breaks and long holidays left out)`,
      }),
      evidence: () => refsOf(lastBusiness(sheet), profileEvidence(sheet, 'status')),
      lookAgainAt:
        next === undefined
          ? null
          : days < open
            ? sheet.nextMidnight
            : startOfDay(sheet.breaks.dayAfterOpenDays(last, next) + 1),
    };
  },
});

const NOTHING_DUE: Sentence = { zh: '没有应报送的业务', en: 'There is no business to report' };

/** Whole days since the last business. Those before a pause count where they were a silence by themselves: a week has days off. */
function silentDays(sheet: FactSheet, last: Day, blueDays: number): number {
  const runs = new Pauses(sheet, last + 1, sheet.today).runs(last + 1, sheet.today - 1);
  return runs.reduce((sum, run, at) => (at === runs.length - 1 || run >= blueDays ? sum + run : sum), 0);
}

/**
 * The newest lesson, payment and contract, as far as they are read. A lesson that only stands in the timetable is no sign of life: it
 * has to be of a day on which lessons were told as given.
 */
function lastBusiness({ rows, payments, now, tallies }: FactSheet): readonly EvidenceRef[] {
  const wereGiven = (day: Day) => tallies.count('lessons_delivered', day, day) > 0;
  const lesson = rows.lessons.findLast(
    ({ cancelled, startsAt }) => !cancelled && startsAt <= now && wereGiven(dayOf(startsAt)),
  );
  return [
    ...(lesson === undefined ? [] : [lesson]),
    ...payments.slice(-1).map(({ told }) => told),
    ...newestFirst(rows.contracts).slice(0, 1),
  ];
}

function lastActivity(sheet: FactSheet): Day | null {
  const days = [
    sheet.tallies.lastDay('lessons_delivered', sheet.today),
    sheet.tallies.lastDay('confirmations_parent', sheet.today),
    sheet.tallies.lastDay('confirmations_silent', sheet.today),
    sheet.money.lastDay('receipts', 'debitFen', sheet.today),
  ].filter((day) => day !== null);
  return days.length > 0 ? Math.max(...days) : owedSinceBefore(sheet);
}
