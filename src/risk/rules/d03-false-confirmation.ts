import { dayOf, US_PER_HOUR, US_PER_SECOND } from '../../core/time.js';
import type { Told } from '../../ledger/rows.js';
import { refsOf } from '../facts/evidence.js';
import type { FactSheet } from '../facts/fact-sheet.js';
import type { ConfirmationRow, LessonRow } from '../facts/rows.js';
import { atLeast } from '../level.js';
import { defineRule, notApplicable, type Sentence } from '../rule.js';
import { is, judge } from '../steps.js';
import { enYuan, zhYuan } from '../text.js';

interface Sign {
  readonly name: Sentence;
  readonly events: readonly Told[];
  readonly fen: bigint;
}

/** Kinds of lessons and confirmations that cannot be true. Silent confirmations come in nightly batches and are left out. */
export const rule = defineRule({
  id: 'D03',
  version: 1,
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
    orangeFen: { value: 2_000_000, unit: 'fen', source: 'ours', note: '¥20,000 of such confirmations.' },
  },
  reads: ['A04'],
  remedies: ['days'],
  evaluate(sheet, p, context) {
    const from = sheet.today - p.windowDays + 1;
    const lessons = (sheet.rows.lessons ?? []).filter(
      (lesson) =>
        dayOf(lesson.startsAt) >= from && lesson.startsAt <= sheet.now && !lesson.cancelled && lesson.attended !== null,
    );
    const confirmations = (sheet.rows.confirmations ?? []).filter(
      (one) => one.by === 'parent' && dayOf(one.at) >= from && one.at <= sheet.now,
    );
    if (lessons.length === 0 && confirmations.length === 0)
      return notApplicable('没有课表或消课明细', 'No lessons or confirmations are reported');
    const signs = [
      sign('确认没有对应课程或早于上课', 'confirmed without or before its lesson', beforeLesson(sheet, confirmations)),
      sign('教师同时在两处', 'a teacher in two places', overlapping(lessons)),
      sign('教师日授课过长', 'a teacher teaching too long', tooLong(lessons, p.teacherHours)),
      sign(
        '超过教室容量',
        'a room over capacity',
        lessons.filter((lesson) => lesson.capacity !== null && (lesson.attended ?? 0) > lesson.capacity),
      ),
      sign('一分钟内批量确认', 'a batch of confirmations in one minute', inOneMinute(confirmations, p.minuteCount)),
      sign('确认过快', 'confirmations at once', quick(confirmations, p.quickShareBp, p.quickMin)),
    ].filter((one) => one.events.length > 0);
    const fen = signs.reduce((most, one) => (one.fen > most ? one.fen : most), 0n);
    const withMovement = atLeast(context.levelOf('A04'), 'yellow');
    return {
      state: 'answered',
      ...judge([
        { level: 'yellow', threshold: 1, tests: [is(signs.length >= 1)] },
        { level: 'orange', threshold: 2, tests: [is(signs.length >= 2)] },
        { level: 'orange', threshold: p.orangeFen, tests: [sheet.tests.from(fen, p.orangeFen)] },
        { level: 'red', threshold: 1, tests: [is(signs.length >= 1 && withMovement)] },
      ]),
      value: signs.length,
      unit: 'count',
      reason: () => ({
        zh: `${signs.length} 类异常：${signs.map((one) => one.name.zh).join('、') || '无'}，涉及 ${zhYuan(fen)}`,
        en: `${signs.length} kinds of signs: ${signs.map((one) => one.name.en).join('; ') || 'none'}, ${enYuan(fen)} concerned`,
      }),
      evidence: () => refsOf(...signs.map((one) => one.events)),
      lookAgainAt: signs.length === 0 ? null : sheet.nextMidnight,
    };
  },
});

function sign(zh: string, en: string, events: readonly (Told & { readonly amountFen?: number })[]): Sign {
  return { name: { zh, en }, events, fen: events.reduce((sum, event) => sum + BigInt(event.amountFen ?? 0), 0n) };
}

/** Only where a schedule is reported: a confirmation that names a lesson nobody scheduled, or that begins after it. */
function beforeLesson(sheet: FactSheet, confirmations: readonly ConfirmationRow[]): ConfirmationRow[] {
  const lessons = new Map((sheet.rows.lessons ?? []).map((lesson) => [lesson.lessonId, lesson]));
  if (lessons.size === 0) return [];
  return confirmations.filter((one) => {
    const lesson = one.lessonId === null ? undefined : lessons.get(one.lessonId);
    return lesson !== undefined && (lesson.cancelled || one.at < lesson.startsAt);
  });
}

function overlapping(lessons: readonly LessonRow[]): LessonRow[] {
  const found: LessonRow[] = [];
  for (const group of byTeacher(lessons).values()) {
    const sorted = [...group].sort((a, b) => a.startsAt - b.startsAt);
    for (let i = 1; i < sorted.length; i += 1) {
      const [earlier, later] = [sorted[i - 1]!, sorted[i]!];
      if (later.startsAt < earlier.endsAt && later.roomId !== earlier.roomId) found.push(earlier, later);
    }
  }
  return found;
}

function tooLong(lessons: readonly LessonRow[], hoursMax: number): LessonRow[] {
  const found: LessonRow[] = [];
  for (const group of byTeacher(lessons).values()) {
    for (const day of new Set(group.map((lesson) => dayOf(lesson.startsAt)))) {
      const of = group.filter((lesson) => dayOf(lesson.startsAt) === day);
      const taught = of.reduce((sum, lesson) => sum + lesson.endsAt - lesson.startsAt, 0);
      if (taught * 100 > hoursMax * US_PER_HOUR) found.push(...of);
    }
  }
  return found;
}

function byTeacher(lessons: readonly LessonRow[]): Map<string, LessonRow[]> {
  const groups = new Map<string, LessonRow[]>();
  for (const lesson of lessons) {
    if (lesson.teacherHash === null) continue;
    groups.set(lesson.teacherHash, [...(groups.get(lesson.teacherHash) ?? []), lesson]);
  }
  return groups;
}

function inOneMinute(confirmations: readonly ConfirmationRow[], count: number): ConfirmationRow[] {
  const sorted = [...confirmations].sort((a, b) => a.at - b.at);
  for (let i = 0; i + count <= sorted.length; i += 1) {
    if (sorted[i + count - 1]!.at - sorted[i]!.at < 60 * US_PER_SECOND) return sorted.slice(i, i + count);
  }
  return [];
}

function quick(confirmations: readonly ConfirmationRow[], shareBp: number, min: number): ConfirmationRow[] {
  const asked = confirmations.filter((one) => one.requestedAt !== null);
  const fast = asked.filter((one) => one.at - one.requestedAt! < 60 * US_PER_SECOND);
  return asked.length >= min && fast.length * 10_000 > asked.length * shareBp ? fast : [];
}
