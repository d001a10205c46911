import { startOfDay, US_PER_DAY, type Us } from '../../core/time.js';
import type { Told } from '../../ledger/rows.js';
import { refsOf } from '../facts/evidence.js';
import type { FactSheet } from '../facts/fact-sheet.js';
import { earliest } from '../facts/moments.js';
import { type ConfirmationRow, type DeliveryRow, LESSON_DAYS } from '../facts/rows.js';
import { inOneMinute, inTwoPlaces, isQuick, teachersTooLong } from '../facts/teaching-signs.js';
import { leavesAt, within } from '../facts/windows.js';
import { atLeast } from '../level.js';
import { defineRule, notApplicable, type Sentence } from '../rule.js';
import { is, judge } from '../steps.js';
import { enYuan, plural, zhYuan } from '../text.js';

const NEVER = Number.POSITIVE_INFINITY;
const startOf = ({ startsAt }: DeliveryRow): Us => startsAt;
const momentOf = ({ at }: ConfirmationRow): Us => at;

interface Sign {
  readonly name: Sentence;
  readonly events: readonly Told[];
  readonly fen: bigint;
}

/**
 * Kinds of lessons and confirmations that cannot be true. Silence comes in nightly batches and is left out where speed is judged.
 * Without a scheduled lesson: only where a schedule is told at all, once the schedule would have arrived; those that name no lesson
 * where most others name theirs.
 */
export const rule = defineRule({
  id: 'D03',
  version: 8,
  group: 'D',
  name: { zh: '虚假消课', en: 'False confirmation' },
  question: { zh: '有没有不可能真实的上课或消课？', en: 'Are there lessons or confirmations that cannot be true?' },
  basis: { zh: '本系统默认', en: 'Our default' },
  params: {
    teacherHours: {
      value: 1_000,
      unit: 'hundredths',
      source: 'ours',
      note: 'A teacher teaches at most ten hours a day.',
    },
    minuteCount: {
      value: 30,
      unit: 'count',
      min: 2,
      source: 'ours',
      note: 'Thirty confirmations by parents in one minute.',
    },
    quickShareBp: {
      value: 8_000,
      unit: 'basis_points',
      max: 10_000,
      source: 'ours',
      note: 'More than 80% confirmed within a minute of the request …',
    },
    quickMin: { value: 20, unit: 'count', min: 1, source: 'ours', note: '… of at least twenty.' },
    windowDays: {
      value: 7,
      unit: 'days',
      min: 1,
      max: 7,
      source: 'ours',
      note: 'Lessons and confirmations of these days.',
    },
    lateDays: {
      value: 3,
      unit: 'days',
      max: 6,
      source: 'ours',
      note: 'A schedule may be told this many days late: until then a confirmation is not one without a lesson.',
    },
    orangeFen: { value: 2_000_000, unit: 'fen', source: 'ours', note: '¥20,000 of such confirmations.' },
    inventedShareBp: {
      value: 1_000,
      unit: 'basis_points',
      max: 10_000,
      source: 'ours',
      note: 'Orange as well when a tenth of the value confirmed had no lesson or came before it …',
    },
    inventedMin: {
      value: 3,
      unit: 'count',
      min: 1,
      source: 'ours',
      note: '… in at least three confirmations: a small school is drained with small sums.',
    },
    namedShareBp: {
      value: 5_000,
      unit: 'basis_points',
      min: 1,
      max: 10_000,
      source: 'ours',
      note: 'Confirmations that name no lesson have none where at least half of the week’s name theirs; so many as above, or they are a slip.',
    },
  },
  reads: ['A04'],
  remedies: ['days'],
  evaluate(sheet, p, context) {
    const from = startOfDay(sheet.today - p.windowDays + 1);
    const lessons = within(sheet.rows.deliveries, startOf, from, sheet.now);
    const confirmations = within(sheet.rows.confirmations, momentOf, from, sheet.now);
    const comes = comesAt(sheet.rows.deliveries, sheet.rows.confirmations, sheet.now);
    if (lessons.length === 0 && confirmations.length === 0)
      return notApplicable('没有课表或消课明细', 'No lessons or confirmations are reported', comes);
    const { byParents, quickCount, odd, nameless, namedCount } = looked(confirmations);
    const judged = sheet.now - p.lateDays * US_PER_DAY;
    const lessonless = odd.filter(hasNoLesson);
    const scheduleFrom = lessonless.length + nameless.length === 0 ? NEVER : scheduledSince(sheet);
    const unscheduled = lessonless.filter(({ at }) => scheduleFrom <= at);
    const couldBeNameless = namedCount > 0 && nameless.length >= p.inventedMin;
    const unnamed = couldBeNameless ? nameless.filter(({ at }) => scheduleFrom <= at) : NONE;
    const invented = sign('确认早于上课或没有对应课程', 'confirmed before or without its lesson', [
      ...odd.filter((one) => !hasNoLesson(one) || (one.at <= judged && scheduleFrom <= one.at)),
      ...(isHabit(unnamed.length, namedCount, lessons, p) ? NONE : unnamed),
    ]);
    const confirmedFen =
      invented.fen === 0n ? 0n : confirmations.reduce((sum, { amountFen }) => sum + BigInt(amountFen), 0n);
    // Slow confirmations that leave the window raise the share: could it pass the limit by that alone?
    const couldBeQuick = quickCount * 10_000 > p.quickMin * p.quickShareBp;
    const signs = [
      invented,
      sign('教师或学员同时在两处', 'a teacher or a learner in two places', inTwoPlaces(lessons)),
      sign('教师日授课过长', 'a teacher teaching too long', teachersTooLong(lessons, p.teacherHours)),
      sign('超过教室容量', 'a room over capacity', lessons.filter(isOverCapacity)),
      sign('一分钟内批量确认', 'a batch of confirmations in one minute', inOneMinute(byParents, p.minuteCount)),
      sign('确认过快', 'confirmations at once', couldBeQuick ? quick(byParents, p.quickShareBp, p.quickMin) : NONE),
    ].filter((one) => one.events.length > 0);
    const fen = signs.reduce((most, one) => (one.fen > most ? one.fen : most), 0n);
    const withMovement = atLeast(context.levelOf('A04'), 'yellow');
    const waits = unscheduled.filter(({ at }) => at > judged).map(({ at }) => at + p.lateDays * US_PER_DAY);
    return {
      state: 'answered',
      ...judge([
        { level: 'yellow', threshold: 1, tests: [is(signs.length >= 1)] },
        { level: 'orange', threshold: 2, tests: [is(signs.length >= 2)] },
        // The sum and the share are told in the reason: the figure is a number of kinds.
        { level: 'orange', threshold: 1, tests: [sheet.tests.from(fen, p.orangeFen)] },
        {
          level: 'orange',
          threshold: 1,
          tests: [
            sheet.tests.from(invented.events.length, p.inventedMin),
            sheet.tests.fromShare(invented.fen, confirmedFen, p.inventedShareBp),
          ],
        },
        { level: 'red', threshold: 1, tests: [is(signs.length >= 1 && withMovement)] },
      ]),
      value: signs.length,
      unit: 'count',
      reason: () => ({
        zh: `${signs.length} 类异常：${signs.map((one) => one.name.zh).join('、') || '无'}，涉及 ${zhYuan(fen)}`,
        en: `${plural(signs.length, 'kind of sign', 'kinds of signs')}: ${signs.map((one) => one.name.en).join('; ') || 'none'}, ${enYuan(fen)} concerned`,
      }),
      evidence: () => refsOf(...signs.map((one) => one.events)),
      lookAgainAt: earliest(
        comes,
        ...waits,
        unscheduled.length + unnamed.length > 0 ? leavesAt(scheduleFrom, LESSON_DAYS + 1) : null,
        signs.length > 0 || couldBeQuick || couldBeNameless ? leavesFirst(lessons, confirmations, p.windowDays) : null,
      ),
    };
  },
});

function sign(zh: string, en: string, events: readonly (Told & { readonly amountFen?: number })[]): Sign {
  return { name: { zh, en }, events, fen: events.reduce((sum, event) => sum + BigInt(event.amountFen ?? 0), 0n) };
}

interface Looked {
  readonly byParents: readonly ConfirmationRow[];
  /** Of those, answered within a minute. */
  readonly quickCount: number;
  /** Before their lesson, of a cancelled one, or without one that is told. */
  readonly odd: readonly ConfirmationRow[];
  /** They name no lesson; what a regulator settles need not name one. */
  readonly nameless: readonly ConfirmationRow[];
  readonly namedCount: number;
}

/** All in one pass: a week of a large school is many. */
function looked(confirmations: readonly ConfirmationRow[]): Looked {
  const byParents: ConfirmationRow[] = [];
  const odd: ConfirmationRow[] = [];
  const nameless: ConfirmationRow[] = [];
  let namedCount = 0;
  let quickCount = 0;
  for (const one of confirmations) {
    const { lesson } = one;
    if (lesson === null ? one.lessonId !== null : lesson.cancelled || one.at < lesson.startsAt) odd.push(one);
    if (one.lessonId !== null) namedCount += 1;
    else if (one.by !== 'regulator') nameless.push(one);
    if (one.by !== 'parent') continue;
    byParents.push(one);
    if (isQuick(one)) quickCount += 1;
  }
  return { byParents, quickCount, odd, nameless, namedCount };
}

/** A learner who is told twice, say for two contracts, takes one seat. */
function isOverCapacity({ capacity, learners }: DeliveryRow): boolean {
  return capacity !== null && learners.length > capacity && new Set(learners).size > capacity;
}

/** It names a lesson that is not scheduled. */
function hasNoLesson({ lessonId, lesson }: ConfirmationRow): boolean {
  return lessonId !== null && lesson === null;
}

/** The first lesson of the timetable of the last weeks; never when none is told. */
function scheduledSince(sheet: FactSheet): Us {
  const from = startOfDay(sheet.today - LESSON_DAYS);
  return sheet.rows.lessons.find(({ startsAt }) => startsAt >= from)?.startsAt ?? NEVER;
}

/**
 * Whether confirmations without a lesson's name say nothing: too few of them, too few that name theirs, or no more confirmed in all than
 * learners were told to have come (some platforms name the lesson now and then only).
 */
function isHabit(
  unnamed: number,
  named: number,
  lessons: readonly DeliveryRow[],
  p: { readonly namedShareBp: number; readonly inventedMin: number },
): boolean {
  if (unnamed < p.inventedMin || named * 10_000 < (named + unnamed) * p.namedShareBp) return true;
  return unnamed + named <= lessons.reduce((sum, { learners }) => sum + learners.length, 0);
}

function quick(confirmations: readonly ConfirmationRow[], shareBp: number, min: number): readonly ConfirmationRow[] {
  const asked = confirmations.filter((one) => one.requestedAt !== null);
  const fast = asked.filter(isQuick);
  return asked.length >= min && fast.length * 10_000 > asked.length * shareBp ? fast : NONE;
}

const NONE: readonly ConfirmationRow[] = [];

/** Something is told of the time to come. */
function comesAt(lessons: readonly DeliveryRow[], confirmations: readonly ConfirmationRow[], now: Us): Us | null {
  let at: Us | null = null;
  // Both are ascending: what is to come is at the end, and nearly always nothing is.
  for (let last = lessons.length - 1; last >= 0 && lessons[last]!.startsAt > now; last -= 1)
    at = lessons[last]!.startsAt;
  for (let last = confirmations.length - 1; last >= 0 && confirmations[last]!.at > now; last -= 1)
    at = earliest(at, confirmations[last]!.at);
  return at;
}

/** When the oldest lesson or confirmation leaves the window. */
function leavesFirst(
  lessons: readonly DeliveryRow[],
  confirmations: readonly ConfirmationRow[],
  days: number,
): Us | null {
  const oldest = earliest(lessons[0]?.startsAt ?? null, confirmations[0]?.at ?? null);
  return oldest === null ? null : leavesAt(oldest, days);
}
