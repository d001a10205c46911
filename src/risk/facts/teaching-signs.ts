import { dayOf, US_PER_HOUR, US_PER_SECOND } from '../../core/time.js';
import type { ConfirmationRow, DeliveryRow } from './rows.js';

const MINUTE = 60 * US_PER_SECOND;

/** Lessons of one teacher that overlap in different rooms. `lessons` ascending by start. */
export function teachersInTwoPlaces(lessons: readonly DeliveryRow[]): readonly DeliveryRow[] {
  const found = new Set<DeliveryRow>();
  const latest = new Map<string, DeliveryRow[]>();
  for (const lesson of lessons) {
    if (lesson.teacherHash === null) continue;
    const running = (latest.get(lesson.teacherHash) ?? []).filter(({ endsAt }) => endsAt > lesson.startsAt);
    for (const other of running) if (other.roomId !== lesson.roomId) found.add(other).add(lesson);
    latest.set(lesson.teacherHash, [...running, lesson]);
  }
  return [...found];
}

/** Overlapping lessons that one learner attended. `lessons` ascending by start. */
export function learnersInTwoPlaces(lessons: readonly DeliveryRow[]): readonly DeliveryRow[] {
  const found = new Set<DeliveryRow>();
  let running: DeliveryRow[] = [];
  for (const lesson of lessons) {
    running = running.filter(({ endsAt }) => endsAt > lesson.startsAt);
    for (const other of running) {
      if (other.learners.some((learner) => lesson.learners.includes(learner))) found.add(other).add(lesson);
    }
    running.push(lesson);
  }
  return [...found];
}

/** Lessons of days on which a teacher taught more than so many hundredths of hours. */
export function teachersTooLong(lessons: readonly DeliveryRow[], hoursMax: number): readonly DeliveryRow[] {
  const days = new Map<string, { taught: number; lessons: DeliveryRow[] }>();
  for (const lesson of lessons) {
    if (lesson.teacherHash === null) continue;
    const key = `${dayOf(lesson.startsAt)}/${lesson.teacherHash}`;
    const day = days.get(key) ?? { taught: 0, lessons: [] };
    days.set(key, day);
    day.taught += lesson.endsAt - lesson.startsAt;
    day.lessons.push(lesson);
  }
  return [...days.values()].flatMap((day) => (day.taught * 100 > hoursMax * US_PER_HOUR ? day.lessons : []));
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
