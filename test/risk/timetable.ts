import { type Day, startOfDay, US_PER_HOUR } from '../../src/core/time.js';
import type { LessonRow } from '../../src/risk/facts/rows.js';

/** A lesson of the timetable, at six in the evening. */
export function timetabled(day: Day, lessonId: string, over: Partial<LessonRow> = {}): LessonRow {
  return {
    at: startOfDay(day - 7),
    source: '/test',
    id: lessonId,
    lessonId,
    startsAt: startOfDay(day) + 18 * US_PER_HOUR,
    endsAt: startOfDay(day) + 20 * US_PER_HOUR,
    delivery: 'offline',
    courseKind: 'non_subject',
    teacherHash: null,
    roomId: null,
    capacity: null,
    cancelled: false,
    endedAt: null,
    ...over,
  };
}
