import type { CourseKind } from './contract.js';

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
