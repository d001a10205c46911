import type pg from 'pg';
import type { Day } from '../core/time.js';
import { dayOf } from '../core/time.js';
import { isNewer } from '../ledger/rows.js';
import {
  readConfirmations,
  readLessons,
  readLessonsByIds,
  type StoredConfirmation,
  type StoredLesson,
} from '../ledger/sql/read-teaching.js';
import { CONFIRMATION_DAYS, DELIVERY_DAYS, isBefore, LESSON_DAYS, type LessonRow, REQUEST_DAYS } from './facts/rows.js';
import type { BuildingOf } from './read-building.js';

/** Lessons and confirmations of the windows, each confirmation with the lesson that it names. */
export async function readTeaching(
  client: pg.ClientBase,
  nos: readonly number[],
  today: Day,
  of: BuildingOf,
): Promise<void> {
  const lessons = await readLessons(client, nos, today - LESSON_DAYS, today - DELIVERY_DAYS);
  const confirmations = await readConfirmations(client, nos, today - CONFIRMATION_DAYS, REQUEST_DAYS);
  const known = new Map<string, LessonRow>();
  for (const lesson of lessons) {
    const { institutionNo, learners, ...row } = lesson;
    known.set(keyOf(institutionNo, row.lessonId), row);
    of(institutionNo).lessons.push(row);
    if (learners !== null && dayOf(row.startsAt) >= today - DELIVERY_DAYS)
      of(institutionNo).deliveries.push({ ...row, learners });
  }
  for (const older of await readLessonsByIds(client, missing(confirmations, known)))
    known.set(keyOf(older.institutionNo, older.lessonId), older);
  for (const { institutionNo, ...row } of confirmations) {
    const lesson = row.lessonId === null ? undefined : known.get(keyOf(institutionNo, row.lessonId));
    of(institutionNo).confirmations.push({
      ...row,
      lesson: lesson ? { startsAt: lesson.startsAt, cancelled: lesson.cancelled } : null,
    });
  }
  for (const no of nos) {
    const rows = of(no);
    rows.lessons.sort(byStart);
    rows.deliveries.sort(byStart);
    rows.confirmations.sort((a, b) => (isNewer(a, b) ? 1 : -1));
  }
}

/** Lessons that are named and did not start within the window. */
function missing(
  confirmations: readonly StoredConfirmation[],
  known: ReadonlyMap<string, unknown>,
): { institutionNo: number; lessonId: string }[] {
  const wanted = new Map<string, { institutionNo: number; lessonId: string }>();
  for (const { institutionNo, lessonId } of confirmations) {
    if (lessonId === null || known.has(keyOf(institutionNo, lessonId))) continue;
    wanted.set(keyOf(institutionNo, lessonId), { institutionNo, lessonId });
  }
  return [...wanted.values()];
}

function byStart(a: Pick<StoredLesson, 'startsAt' | 'lessonId'>, b: typeof a): number {
  return isBefore(a, b) ? -1 : 1;
}

function keyOf(institutionNo: number, lessonId: string): string {
  return `${institutionNo}/${lessonId}`;
}
