import type { Day } from '../core/time.js';
import type { School } from './school.js';

/** How a school behaves on a day. Factors are against an even, honest school, shares lie between 0 and 1. */
export interface Behaviour {
  /** New contracts. */
  readonly sales: number;
  /** Families that buy again when their package ends. */
  readonly renewals: number;
  /** Of the lessons that the timetable holds, those that are given. */
  readonly lessonsHeld: number;
  /** Requests for refunds. */
  readonly refundsAsked: number;
  /** Time from the decision to the payment. */
  readonly refundTime: number;
  /** Of the refunds that are due, those that are paid at all. */
  readonly refundsPaid: number;
  /** Of the requests, those that get an answer. */
  readonly refundsAnswered: number;
  /** Of the answers, the refusals. */
  readonly refusals: number;
  /** Of the payments, those into an account of somebody else. */
  readonly offAccount: number;
  /** Of the new contracts, those for more than half a year at once. */
  readonly longPackages: number;
  /** Gifted hours, of the paid ones. */
  readonly gifts: number;
  /** Off the list price. */
  readonly discount: number;
  /** Confirmations without a lesson, per learner and day. */
  readonly falseConfirms: number;
  readonly complaints: number;
  /** Whether the deposit follows what was received. */
  readonly topUps: boolean;
  /** Whether somebody answers the telephone and opens the door. */
  readonly isThere: boolean;
}

export const HONEST: Behaviour = {
  sales: 1,
  renewals: 0.88,
  lessonsHeld: 0.99,
  refundsAsked: 1,
  refundTime: 1,
  refundsPaid: 1,
  refundsAnswered: 1,
  refusals: 0.04,
  offAccount: 0,
  longPackages: 0,
  gifts: 0,
  discount: 0,
  falseConfirms: 0,
  complaints: 1,
  topUps: true,
  isThere: true,
};

/** From that day on the school behaves differently in these respects. */
export interface Change {
  readonly from: Day;
  readonly set: Partial<Behaviour>;
}

/** Something that happens once. */
export interface Act {
  readonly day: Day;
  readonly run: (school: School, day: Day) => void;
}

export type FateKind = 'healthy' | 'failing' | 'violating';

/** The story of one institution: what it is labelled as, how it behaves from when on, and what happens to it. */
export interface Script {
  readonly kind: FateKind;
  readonly archetype: string | null;
  /** The first day without lessons for good; null if they go on. */
  readonly stopDay: Day | null;
  readonly changes: readonly Change[];
  readonly acts: readonly Act[];
  readonly notes: string;
  /** What makes the institution special from its first day on. */
  readonly profile?: Partial<ProfileTraits>;
}

/** Traits that a story may fix before the school opens. */
export interface ProfileTraits {
  readonly modes: readonly string[];
  readonly sizeFactor: number;
  readonly category: 'subject' | 'non_subject' | 'mixed';
  readonly delivery: 'offline' | 'online';
  readonly stages: readonly ('preschool' | 'compulsory' | 'senior')[];
  readonly registration: 'non_profit' | 'for_profit';
  readonly firstIssuedOn: string;
  readonly expiresOn: string;
  readonly licenceState: 'licence_only' | 'registration_only' | 'incomplete' | 'none';
}

/** A change of several steps: `value(share)` from the first day (0) to the last (1). */
export function ramp(from: Day, to: Day, steps: number, value: (share: number) => Partial<Behaviour>): Change[] {
  return Array.from({ length: steps }, (_, step) => ({
    from: Math.round(from + ((to - from) * step) / steps),
    set: value((step + 1) / steps),
  }));
}
