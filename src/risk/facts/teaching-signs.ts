import { dayOf, startOfDay, US_PER_HOUR, US_PER_SECOND, type Us } from '../../core/time.js';
import type { ConfirmationRow, DeliveryRow } from './rows.js';

const MINUTE = 60 * US_PER_SECOND;

/**
 * Lessons of one teacher that overlap in different rooms, then overlapping lessons that one learner attended. `lessons` ascending
 * by start.
 */
export function inTwoPlaces(lessons: readonly DeliveryRow[]): readonly DeliveryRow[] {
  const byTeacher = new Set<DeliveryRow>();
  const byLearner = new Set<DeliveryRow>();
  const running: DeliveryRow[] = [];
  for (const lesson of lessons) {
    keepRunning(running, lesson.startsAt);
    for (const other of running) {
      const sameTeacher = lesson.teacherHash !== null && other.teacherHash === lesson.teacherHash;
      if (sameTeacher && other.roomId !== lesson.roomId) byTeacher.add(other).add(lesson);
      if (other.learners.some((learner) => lesson.learners.includes(learner))) byLearner.add(other).add(lesson);
    }
    running.push(lesson);
  }
  return byTeacher.size + byLearner.size === 0 ? NONE : [...byTeacher, ...byLearner];
}

const NONE: readonly DeliveryRow[] = [];

/** Drops in place those that are over at `at`. */
function keepRunning(running: DeliveryRow[], at: Us): void {
  let kept = 0;
  for (const lesson of running) {
    if (lesson.endsAt <= at) continue;
    running[kept] = lesson;
    kept += 1;
  }
  running.length = kept;
}

/** Lessons of days on which a teacher taught more than so many hundredths of hours. `lessons` ascending by start. */
export function teachersTooLong(lessons: readonly DeliveryRow[], hoursMax: number): readonly DeliveryRow[] {
  const found: DeliveryRow[] = [];
  let first = 0;
  while (first < lessons.length) {
    const dayEndsAt = startOfDay(dayOf(lessons[first]!.startsAt) + 1);
    let end = first;
    let taught = 0;
    for (; end < lessons.length && lessons[end]!.startsAt < dayEndsAt; end += 1)
      taught += lessons[end]!.endsAt - lessons[end]!.startsAt;
    // All teachers together rarely teach that long at a small school.
    if (taught * 100 > hoursMax * US_PER_HOUR) found.push(...tooLongOn(lessons.slice(first, end), hoursMax));
    first = end;
  }
  return found;
}

/** The same of the lessons of one day. */
function tooLongOn(lessons: readonly DeliveryRow[], hoursMax: number): readonly DeliveryRow[] {
  const taughtBy = new Map<string, number>();
  let isTooLong = false;
  for (const { teacherHash, startsAt, endsAt } of lessons) {
    if (teacherHash === null) continue;
    const taught = (taughtBy.get(teacherHash) ?? 0) + endsAt - startsAt;
    taughtBy.set(teacherHash, taught);
    isTooLong ||= taught * 100 > hoursMax * US_PER_HOUR;
  }
  if (!isTooLong) return NONE;
  return [...taughtBy].flatMap(([teacher, taught]) =>
    taught * 100 > hoursMax * US_PER_HOUR ? lessons.filter(({ teacherHash }) => teacherHash === teacher) : [],
  );
}

/** The first `count` confirmations within one minute; nothing when there are never so many. `confirmations` ascending. */
export function inOneMinute(confirmations: readonly ConfirmationRow[], count: number): readonly ConfirmationRow[] {
  for (let i = 0; i + count <= confirmations.length; i += 1) {
    if (confirmations[i + count - 1]!.at - confirmations[i]!.at < MINUTE) return confirmations.slice(i, i + count);
  }
  return [];
}

/** Answered within a minute of the request. */
export function isQuick({ at, requestedAt }: ConfirmationRow): boolean {
  return requestedAt !== null && at >= requestedAt && at - requestedAt < MINUTE;
}
