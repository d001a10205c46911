import { type Day, formatDay, startOfDay, type Us } from '../../core/time.js';
import type { RiskContext } from '../context.js';
import { termsOf } from '../facts/collections.js';
import { refsOf } from '../facts/evidence.js';
import type { FactSheet } from '../facts/fact-sheet.js';
import { earliest, ifLater } from '../facts/moments.js';
import { Pauses } from '../facts/pauses.js';
import { newestFirst } from '../facts/payments.js';
import { CONTRACT_DAYS } from '../facts/rows.js';
import { owedSinceBefore, teachingTally } from '../facts/teaching.js';
import { leavesAt } from '../facts/windows.js';
import { atLeast, levelOf } from '../level.js';
import { defineRule } from '../rule.js';
import { is, judge } from '../steps.js';
import { enYuan, plural, zhYuan } from '../text.js';

/** Findings that say that families wait for their money or fear for it: beside them one lesson that falls out is no chance. */
const GRAVE = ['C01', 'C02', 'C03', 'C05', 'C07', 'C08', 'F04', 'F10', 'F11'];

/**
 * Whole days without a lesson since the last one, days of declared breaks left out, while fees are unearned. A school that has
 * not begun to teach is counted from its first payment, or from the first lesson day its contracts name. Where the rhythm of a
 * school is known, long holidays without a timetable are left out too, and days before a pause that the school has between its
 * lessons anyway. The short step with another warning needs a gap longer than the usual one: many teach on weekends only.
 */
export const rule = defineRule({
  id: 'D01',
  version: 4,
  group: 'D',
  name: { zh: '停课断课', en: 'Lessons stopped' },
  question: { zh: '收了钱还在不在上课？', en: 'Are lessons still given?' },
  basis: { zh: '本系统默认', en: 'Our default' },
  params: {
    orangeDays: { value: 7, unit: 'days', min: 1, source: 'ours', note: 'Seven days without a lesson.' },
    redDays: { value: 14, unit: 'days', min: 1, source: 'ours', note: 'Fourteen.' },
    signDays: { value: 3, unit: 'days', min: 1, source: 'ours', note: 'Three with an open finding of group C or F …' },
    signLevel: {
      value: 2,
      unit: 'level',
      min: 1,
      source: 'ours',
      note: '… of yellow or above: a blue one is a notice, not a warning.',
    },
    slackDays: {
      value: 1,
      unit: 'days',
      max: 30,
      source: 'ours',
      note: 'Three days count only when they are longer than the longest usual gap and this …',
    },
    mildTimes: {
      value: 2,
      unit: 'count',
      min: 1,
      max: 10,
      source: 'ours',
      note: '… or twice that gap and this, when no finding says that families wait for money or complain: a new owner and one lesson that falls out are common.',
    },
    rhythmDays: {
      value: 56,
      unit: 'days',
      min: 7,
      max: 300,
      source: 'ours',
      note: 'The usual gaps are those of these days before the last lesson.',
    },
  },
  order: [['signDays', 'orangeDays', 'redDays']],
  reads: ['C', 'F'],
  remedies: ['lessons_given'],
  evaluate(sheet, p, context) {
    const tally = teachingTally(sheet);
    const lastLesson = sheet.tallies.lastDay(tally, sheet.today);
    const since = lastLesson ?? expectedSince(sheet);
    const owes = sheet.unearnedFen > 0n && since !== null;
    const open = owes ? sheet.breaks.openDaysIn(since + 1, sheet.today - 1) : 0;
    const rhythm =
      owes && open >= p.signDays && lastLesson !== null ? rhythmOf(sheet, tally, lastLesson, p.rhythmDays) : null;
    const days = rhythm?.days ?? open;
    const sign = rhythm !== null && isStrange(rhythm, p, context);
    const judgement = judge([
      { level: 'orange', threshold: p.signDays, tests: [sheet.tests.from(days, p.signDays), is(sign)] },
      { level: 'orange', threshold: p.orangeDays, tests: [sheet.tests.from(days, p.orangeDays)] },
      { level: 'red', threshold: p.redDays, tests: [sheet.tests.from(days, p.redDays)] },
    ]);
    return {
      state: 'answered',
      ...judgement,
      value: days,
      unit: 'days',
      reason: () => ({
        zh: `未消课预收 ${zhYuan(sheet.unearnedFen)}，${lastLesson === null ? '没有上课记录' : `最后一次上课是 ${formatDay(lastLesson)}`}，已 ${days} 天没有上课（不含停课放假）`,
        en: `${enYuan(sheet.unearnedFen)} is unearned and ${lastLesson === null ? 'no lesson is known' : `the last lesson was on ${formatDay(lastLesson)}`}: ${plural(days, 'day')} without lessons (breaks left out)`,
      }),
      evidence: () => refsOf(evidence(sheet)),
      lookAgainAt: owes
        ? earliest(
            nextStep(sheet, since, open, [p.signDays, p.orangeDays, p.redDays]),
            lastLesson === null ? contractLeavesAt(sheet) : null,
          )
        : null,
    };
  },
});

/** The day before the first lesson was to be given; null while nothing was paid. */
function expectedSince(sheet: FactSheet): Day | null {
  const outOfSight = owedSinceBefore(sheet);
  if (outOfSight !== null) return outOfSight;
  const paid = sheet.money.firstDay('receipts', 'debitFen') ?? sheet.money.firstDay('stock', 'debitFen');
  if (paid === null) return null;
  const first = sheet.rows.contracts.reduce<Day | null>(
    (day, { data }) => (day === null ? termsOf(data).firstLesson : Math.min(day, termsOf(data).firstLesson)),
    null,
  );
  return first === null ? paid : Math.max(paid, first - 1);
}

/**
 * When the oldest contract is no longer read: the first lesson day that it names is then forgotten. One that is older is read for
 * what was paid on it, which may end on any day.
 */
function contractLeavesAt(sheet: FactSheet): Us | null {
  const oldest = sheet.rows.contracts[0];
  if (oldest === undefined) return null;
  return ifLater(leavesAt(oldest.at, CONTRACT_DAYS + 1), sheet.now) ?? sheet.nextMidnight;
}

interface Rhythm {
  /** Whole days without a lesson since the last one. */
  readonly days: number;
  /** The longest run of such days between two lessons of the weeks before, pauses left out. */
  readonly usual: number;
}

/** Null with too few lesson days to speak of a rhythm. */
function rhythmOf(
  sheet: FactSheet,
  tally: 'lessons_delivered' | 'confirmations_parent',
  last: Day,
  rhythmDays: number,
): Rhythm | null {
  const lessons = sheet.tallies.daysWith(tally, last - rhythmDays, last);
  if (lessons.length < LESSON_DAYS_MIN) return null;
  const pauses = new Pauses(sheet, lessons[0]!, sheet.today);
  let usual = 0;
  for (let i = 1; i < lessons.length; i += 1)
    usual = Math.max(usual, ...pauses.runs(lessons[i - 1]! + 1, lessons[i]! - 1));
  const runs = pauses.runs(last + 1, sheet.today - 1);
  // What lies before a pause counts only if it is more than the school has between its lessons anyway.
  const days = runs.reduce((sum, run, at) => (at === runs.length - 1 || run > usual ? sum + run : sum), 0);
  return { days, usual };
}

/** Longer without lessons than one that fell out explains, while something else is wrong. */
function isStrange(
  { days, usual }: Rhythm,
  p: { readonly signLevel: number; readonly slackDays: number; readonly mildTimes: number },
  context: RiskContext,
): boolean {
  const level = levelOf(p.signLevel);
  if (days <= usual + p.slackDays || !context.hadFinding(['C', 'F'], level, 0)) return false;
  return days > usual * p.mildTimes + p.slackDays || GRAVE.some((rule) => atLeast(context.levelOf(rule), level));
}

/** Fewer lesson days than this say nothing about a rhythm. */
const LESSON_DAYS_MIN = 4;

function nextStep(sheet: FactSheet, since: Day, days: number, steps: readonly number[]): Us | null {
  let at: Us | null = null;
  for (const step of steps)
    if (step > days) at = earliest(at, startOfDay(sheet.breaks.dayAfterOpenDays(since, step) + 1));
  // Between the short step and the next one, the usual gap and other findings decide: look every day.
  return days >= steps[0]! ? earliest(at, sheet.nextMidnight) : at;
}

function evidence(sheet: FactSheet) {
  const lessons = sheet.rows.lessons.filter((lesson) => !lesson.cancelled && lesson.startsAt <= sheet.now);
  return [
    ...newestFirst(lessons),
    ...newestFirst(sheet.rows.contracts),
    ...[...sheet.payments].reverse().map((payment) => payment.told),
  ];
}
