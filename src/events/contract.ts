import { define } from './definition.js';
import {
  date,
  fieldsOf,
  flag,
  hash,
  hours,
  id,
  money,
  notBefore,
  oneOf,
  optional,
  refundDays,
  text,
} from './fields.js';

export interface ContractSigned {
  readonly contractId: string;
  readonly learnerHash: string;
  readonly courseId: string;
  readonly courseKind: CourseKind;
  /** Whether the official model contract was used. */
  readonly modelForm: boolean;
  readonly pricing: Pricing;
  /** Hours have at most 2 decimals. */
  readonly hoursPaid: number;
  readonly hoursGifted?: number;
  readonly priceFen: number;
  readonly listPriceFen?: number;
  /** YYYY-MM-DD; the period holds both its first and its last day. */
  readonly periodFrom: string;
  readonly periodTo: string;
  readonly firstLessonOn?: string;
  readonly fullRefundUntil?: string;
  readonly refundDays?: number;
  /** Absent = calendar. */
  readonly refundDaysKind?: RefundDaysKind;
}

export interface ContractEnded {
  readonly contractId: string;
  readonly reason?: string;
}

export const COURSE_KINDS = ['subject', 'non_subject'] as const;
export type CourseKind = (typeof COURSE_KINDS)[number];
export const PRICINGS = ['period', 'hour'] as const;
export type Pricing = (typeof PRICINGS)[number];
export const REFUND_DAYS_KINDS = ['calendar', 'working'] as const;
export type RefundDaysKind = (typeof REFUND_DAYS_KINDS)[number];

export const contractSigned = define({
  type: 'contract.signed',
  number: 20,
  schema: notBefore(
    fieldsOf({
      contractId: id,
      learnerHash: hash,
      courseId: id,
      courseKind: oneOf(COURSE_KINDS),
      modelForm: flag,
      pricing: oneOf(PRICINGS),
      hoursPaid: hours,
      hoursGifted: optional(hours),
      priceFen: money,
      listPriceFen: optional(money),
      periodFrom: date,
      periodTo: date,
      firstLessonOn: optional(date),
      fullRefundUntil: optional(date),
      refundDays: optional(refundDays),
      refundDaysKind: optional(oneOf(REFUND_DAYS_KINDS)),
    }),
    'periodFrom',
    'periodTo',
  ),
  example: {
    source: '/platform/370700',
    time: '2026-01-06T18:30:00+08:00',
    data: {
      contractId: 'C-20001',
      learnerHash: '5f16f4c7f149ac4f9510d9cf8cf384038ad348b3bcdc01915f95de12df9d1b02',
      courseId: 'K-PIANO-1',
      courseKind: 'non_subject',
      modelForm: true,
      pricing: 'hour',
      hoursPaid: 40,
      hoursGifted: 1.5,
      priceFen: 480_000,
      listPriceFen: 520_000,
      periodFrom: '2026-01-10',
      periodTo: '2026-04-10',
      firstLessonOn: '2026-01-10',
      refundDays: 15,
      refundDaysKind: 'calendar',
    },
  },
});

export const contractEnded = define({
  type: 'contract.ended',
  number: 21,
  schema: fieldsOf({ contractId: id, reason: optional(text) }),
  example: {
    source: '/platform/370700',
    time: '2026-03-20T17:00:00+08:00',
    data: { contractId: 'C-20001', reason: 'refunded' },
  },
});
