import { type Day, dayOf } from '../../core/time.js';
import { refsOf } from '../facts/evidence.js';
import type { FactSheet } from '../facts/fact-sheet.js';
import { earliest } from '../facts/moments.js';
import { Pauses } from '../facts/pauses.js';
import { newestFirst } from '../facts/payments.js';
import type { LessonRow } from '../facts/rows.js';
import { tooFewForRatio } from '../facts/sample.js';
import { teachingIn } from '../facts/teaching.js';
import { defineRule, notApplicable, type RuleAnswer, type Sentence } from '../rule.js';
import { is, judge, type Step } from '../steps.js';
import { percent, plural } from '../text.js';

/**
 * Lessons per teaching day of two weeks against the eight weeks before. Breaks and holidays are no teaching days. A school that
 * stops bit by bit lowers its own mean: orange as well when, week after week, much of the timetable of four weeks is called off.
 */
export const rule = defineRule({
  id: 'D02',
  version: 4,
  group: 'D',
  name: { zh: '消课下滑', en: 'Lessons falling' },
  question: { zh: '上课量是否明显下滑？', en: 'Have lessons fallen much?' },
  basis: { zh: '本系统默认', en: 'Our default' },
  params: {
    yellowBelowBp: { value: 6_000, unit: 'basis_points', max: 10_000, source: 'ours', note: 'Below 60%.' },
    orangeBelowBp: { value: 3_500, unit: 'basis_points', max: 10_000, source: 'ours', note: 'Below 35%.' },
    recentDays: { value: 14, unit: 'days', min: 7, max: 60, source: 'ours', note: 'Lessons of these days …' },
    baseDays: { value: 56, unit: 'days', min: 14, max: 300, source: 'ours', note: '… against these before.' },
    afterBreakDays: {
      value: 14,
      unit: 'days',
      source: 'ours',
      note: 'Not asked in a declared break or a long holiday without lessons, and within these days of it.',
    },
    minTeachingDays: {
      value: 7,
      unit: 'days',
      min: 1,
      source: 'ours',
      note: 'Nor with fewer teaching days than this in the recent window.',
    },
    minLessons: {
      value: 10,
      unit: 'count',
      min: 1,
      source: 'ours',
      note: 'Nor with fewer lessons than this in the base window.',
    },
    orangeLessons: {
      value: 32,
      unit: 'count',
      min: 1,
      source: 'ours',
      note: 'Orange by the mean needs at least these in the base window: with one lesson every third day two that fall out are 40%.',
    },
    offShareBp: {
      value: 3_500,
      unit: 'basis_points',
      max: 10_000,
      source: 'ours',
      note: 'Orange: 35% of the lessons in the timetable were called off, and not given later …',
    },
    offDays: { value: 28, unit: 'days', min: 7, max: 34, source: 'ours', note: '… in these days, outside breaks …' },
    offMin: { value: 5, unit: 'count', min: 1, source: 'ours', note: '… at least so many …' },
    offWeeks: {
      value: 3,
      unit: 'count',
      min: 1,
      max: 5,
      source: 'ours',
      note: '… in so many different weeks, and of more than one teacher: a camp or an illness is over sooner.',
    },
  },
  order: [['orangeBelowBp', 'yellowBelowBp']],
  remedies: ['lessons_given'],
  evaluate(sheet, p) {
    const off = calledOff(sheet, p);
    const offShareBp = off.all === 0 ? 0 : Math.floor((off.count * 10_000) / off.all);
    const offSteps: readonly [Step] = [
      {
        level: 'orange',
        threshold: 10_000 - p.offShareBp,
        value: 10_000 - offShareBp,
        tests: [is(off.isSpread), sheet.tests.fromShare(BigInt(off.count), BigInt(off.all), p.offShareBp)],
      },
    ];
    const pace = paceOf(sheet, p);
    if ('state' in pace && !off.isSpread)
      return { ...pace, lookAgainAt: earliest(pace.lookAgainAt, off.mayCome ? sheet.nextMidnight : null) };
    const below = (bp: number, { missing, expected }: Pace) => [sheet.tests.overShare(missing, expected, 10_000 - bp)];
    const judgement =
      'state' in pace
        ? judge(offSteps)
        : judge([
            { level: 'yellow', threshold: p.yellowBelowBp, value: pace.shareBp, tests: below(p.yellowBelowBp, pace) },
            {
              level: 'orange',
              threshold: p.orangeBelowBp,
              value: pace.shareBp,
              tests: [is(pace.base >= p.orangeLessons), ...below(p.orangeBelowBp, pace)],
            },
            ...offSteps,
          ]);
    const reasonOff: Sentence = {
      zh: `近 ${p.offDays} 天课表 ${off.all} 节中取消 ${off.count} 节（${percent(offShareBp)}）`,
      en: `${off.count} of ${off.all} timetabled lessons called off in ${p.offDays} days (${percent(offShareBp)})`,
    };
    return {
      state: 'answered',
      ...judgement,
      value: judgement.value!,
      unit: 'basis_points',
      reason: () =>
        'state' in pace
          ? reasonOff
          : {
              zh: `${pace.reason.zh}${off.isSpread ? `；${reasonOff.zh}` : ''}`,
              en: `${pace.reason.en}${off.isSpread ? `; ${reasonOff.en}` : ''}`,
            },
      evidence: () =>
        refsOf(newestFirst(off.lessons), newestFirst(sheet.rows.deliveries), newestFirst(sheet.rows.lessons)),
      lookAgainAt: sheet.nextMidnight,
    };
  },
});

interface Pace {
  /** Lessons × teaching days: what the pace of before makes of the last two weeks, and what of it was not given. */
  readonly expected: bigint;
  readonly missing: bigint;
  /** Lessons of the base window. */
  readonly base: number;
  readonly shareBp: number;
  readonly reason: Sentence;
}

/** Both sides per teaching day, cross-multiplied: lessons / days against base / daysBefore. An answer when they cannot be compared. */
function paceOf(
  sheet: FactSheet,
  p: Readonly<Record<'recentDays' | 'baseDays' | 'afterBreakDays' | 'minTeachingDays' | 'minLessons', number>>,
): Pace | RuleAnswer {
  const few = tooFewForRatio(sheet, Math.max(sheet.common.minHistoryDays, p.recentDays + sheet.common.minHistoryDays));
  if (few !== null) return few;
  const from = sheet.today - p.recentDays;
  // The weekdays of a window that a pause has cut are not those of the weeks before: few schools teach the same every day.
  const recovering = sheet.today - p.afterBreakDays;
  if (new Pauses(sheet, recovering, sheet.today).touch(recovering, sheet.today))
    return notApplicable('停课放假期间或刚结束', 'A break has just ended or goes on', sheet.nextMidnight);
  const baseDays = Math.min(p.baseDays, sheet.historyDays - p.recentDays);
  const { lessons, days } = teachingIn(sheet, from, sheet.today - 1);
  const { lessons: base, days: daysBefore } = teachingIn(sheet, from - baseDays, from - 1);
  if (days < p.minTeachingDays || base < p.minLessons || daysBefore === 0)
    return notApplicable('可比的上课日不足', 'Too few comparable teaching days', sheet.nextMidnight);
  const expected = BigInt(base) * BigInt(days);
  const given = BigInt(lessons) * BigInt(daysBefore);
  const shareBp = Number((given * 10_000n) / expected);
  return {
    expected,
    missing: expected > given ? expected - given : 0n,
    base,
    shareBp,
    reason: {
      zh: `近 ${p.recentDays} 天上课 ${lessons} 次（${days} 个上课日），按此前 ${baseDays} 天的 ${base} 次折算为 ${percent(shareBp)}`,
      en: `${plural(lessons, 'lesson')} in ${p.recentDays} days (${plural(days, 'teaching day')}), ${percent(shareBp)} of the pace of the ${baseDays} days before (${base})`,
    },
  };
}

interface CalledOff {
  /** Lessons that stood in the timetable, and those of them that were called off and not made up for. */
  readonly all: number;
  readonly count: number;
  /** Enough of them, in several weeks and of several teachers. */
  readonly isSpread: boolean;
  /** Enough are known for it to be so one day, by the passing of time alone. */
  readonly mayCome: boolean;
  readonly lessons: readonly LessonRow[];
}

const NOTHING = { all: 0, count: 0, isSpread: false, lessons: [] };

function calledOff(sheet: FactSheet, p: Readonly<Record<'offDays' | 'offMin' | 'offWeeks', number>>): CalledOff {
  const cancelled = sheet.rows.lessons.filter((lesson) => lesson.cancelled);
  const mayCome = cancelled.length >= p.offMin;
  const from = sheet.today - p.offDays;
  const inWindow = (lesson: LessonRow) => dayOf(lesson.startsAt) >= from && dayOf(lesson.startsAt) < sheet.today;
  // Nothing else is looked at while too few are called off: nearly always.
  if (cancelled.filter(inWindow).length < p.offMin) return { ...NOTHING, mayCome };
  const open = (day: Day) => !sheet.breaks.covers(day);
  const timetable = sheet.rows.lessons.filter((lesson) => inWindow(lesson) && open(dayOf(lesson.startsAt)));
  const lessons = timetable.filter((lesson) => lesson.cancelled);
  // A lesson that was moved stands in the timetable twice: as often as it was made up for, it was not called off.
  const given = sheet.tallies.count('lessons_delivered', from, sheet.today - 1);
  const count = Math.min(lessons.length, Math.max(0, timetable.length - given));
  const weeks = new Set(lessons.map((lesson) => Math.floor((dayOf(lesson.startsAt) - from) / 7)));
  const teachers = (list: readonly LessonRow[]) => new Set(list.map((lesson) => lesson.teacherHash));
  return {
    all: timetable.length,
    count,
    isSpread:
      count >= p.offMin && weeks.size >= p.offWeeks && teachers(lessons).size >= Math.min(2, teachers(timetable).size),
    mayCome,
    lessons,
  };
}
