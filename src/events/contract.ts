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
