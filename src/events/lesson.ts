import { COURSE_KINDS, type CourseKind } from './contract.js';
import { define } from './definition.js';
import {
  capacity,
  date,
  fieldsOf,
  hash,
  hours,
  id,
  listOf,
  money,
  notBefore,
  oneOf,
  optional,
  text,
  time,
} from './fields.js';

export interface LessonScheduled {
  readonly lessonId: string;
  readonly courseId: string;
  readonly teacherHash?: string;
  readonly roomId?: string;
  readonly capacity?: number;
  /** RFC 3339 */
  readonly startsAt: string;
  readonly endsAt: string;
  readonly delivery: LessonDelivery;
  readonly courseKind: CourseKind;
}

export interface LessonCancelled {
  readonly lessonId: string;
}

export interface LessonDelivered {
  readonly lessonId: string;
  readonly learnerHashes?: readonly string[];
  /** RFC 3339 */
  readonly endedAt?: string;
}

export interface LessonConfirmRequested {
  readonly confirmId: string;
  readonly contractId: string;
  readonly lessonId?: string;
  readonly hours: number;
  readonly amountFen: number;
  /** YYYY-MM-DD: the day on which silence counts as yes. */
  readonly silentOn?: string;
}

export interface LessonConfirmed {
  readonly confirmId: string;
  readonly contractId: string;
  readonly lessonId?: string;
  readonly hours: number;
  readonly amountFen: number;
  readonly by: ConfirmedBy;
}

export interface LessonDisputed {
  readonly confirmId: string;
  readonly contractId: string;
  readonly reason?: string;
}

export const LESSON_DELIVERIES = ['offline', 'online'] as const;
export type LessonDelivery = (typeof LESSON_DELIVERIES)[number];
export const CONFIRMED_BY = ['parent', 'silence', 'regulator'] as const;
export type ConfirmedBy = (typeof CONFIRMED_BY)[number];

export const lessonScheduled = define({
  type: 'lesson.scheduled',
  number: 60,
  schema: notBefore(
    fieldsOf({
      lessonId: id,
      courseId: id,
      teacherHash: optional(hash),
      roomId: optional(id),
      capacity: optional(capacity),
      startsAt: time,
      endsAt: time,
      delivery: oneOf(LESSON_DELIVERIES),
      courseKind: oneOf(COURSE_KINDS),
    }),
    'startsAt',
    'endsAt',
  ),
  example: {
    source: '/platform/370700',
    time: '2026-01-08T08:00:00+08:00',
    data: {
      lessonId: 'L-70001',
      courseId: 'K-PIANO-1',
      teacherHash: 'c775e7b757ede630cd0aa1113bd102661ab38829ca52a6422ab782862f268646',
      roomId: 'R-2',
      capacity: 12,
      startsAt: '2026-01-10T09:00:00+08:00',
      endsAt: '2026-01-10T10:30:00+08:00',
      delivery: 'offline',
      courseKind: 'non_subject',
    },
  },
});

export const lessonCancelled = define({
  type: 'lesson.cancelled',
  number: 61,
  schema: fieldsOf({ lessonId: id }),
  example: { source: '/platform/370700', time: '2026-01-09T20:00:00+08:00', data: { lessonId: 'L-70002' } },
});

export const lessonDelivered = define({
  type: 'lesson.delivered',
  number: 62,
  schema: fieldsOf({ lessonId: id, learnerHashes: optional(listOf(hash)), endedAt: optional(time) }),
  example: {
    source: '/platform/370700',
    time: '2026-01-10T10:31:00+08:00',
    data: {
      lessonId: 'L-70001',
      learnerHashes: ['5f16f4c7f149ac4f9510d9cf8cf384038ad348b3bcdc01915f95de12df9d1b02'],
      endedAt: '2026-01-10T10:30:00+08:00',
    },
  },
});

export const lessonConfirmRequested = define({
  type: 'lesson.confirm_requested',
  number: 63,
  schema: fieldsOf({
    confirmId: id,
    contractId: id,
    lessonId: optional(id),
    hours,
    amountFen: money,
    silentOn: optional(date),
  }),
  example: {
    source: '/platform/370700',
    time: '2026-01-10T10:35:00+08:00',
    data: {
      confirmId: 'F-80001',
      contractId: 'C-20001',
      lessonId: 'L-70001',
      hours: 2,
      amountFen: 24_000,
      silentOn: '2026-01-17',
    },
  },
});

export const lessonConfirmed = define({
  type: 'lesson.confirmed',
  number: 64,
  schema: fieldsOf({
    confirmId: id,
    contractId: id,
    lessonId: optional(id),
    hours,
    amountFen: money,
    by: oneOf(CONFIRMED_BY),
  }),
  example: {
    source: '/platform/370700',
    time: '2026-01-10T19:02:44+08:00',
    data: {
      confirmId: 'F-80001',
      contractId: 'C-20001',
      lessonId: 'L-70001',
      hours: 2,
      amountFen: 24_000,
      by: 'parent',
    },
  },
});

export const lessonDisputed = define({
  type: 'lesson.disputed',
  number: 65,
  schema: fieldsOf({ confirmId: id, contractId: id, reason: optional(text) }),
  example: {
    source: '/platform/370700',
    time: '2026-01-18T12:00:00+08:00',
    data: { confirmId: 'F-80002', contractId: 'C-20001', reason: 'the lesson did not take place' },
  },
});
