import type { Fen } from '../../core/money.js';
import type { Day } from '../../core/time.js';
import type { EventRef } from './facts.js';

/** What can be wrong between the platform, the books and the bank. Names are stored and part of the interface. */
export const BREAK_KINDS = [
  'late',
  'missing',
  'amount_differs',
  'duplicated',
  'unknown_payer',
  'over_release',
  'off_account',
  'balance_differs',
  'feed_missing',
] as const;
export type BreakKind = (typeof BREAK_KINDS)[number];

/** Which comparison found it. */
export const COMPARISONS = ['credit', 'release', 'refund', 'balance', 'feed', 'account'] as const;
export type Comparison = (typeof COMPARISONS)[number];

/** Something that does not agree. Everything in it follows from the events, never from the order in which they came. */
export interface Break {
  /** The same for the same fault at every run, unique within the institution. */
  readonly key: string;
  readonly kind: BreakKind;
  readonly comparison: Comparison;
  /** Null when no one account can be named. */
  readonly accountId: string | null;
  readonly bankCode: string | null;
  /** The day of what is wrong; its age is counted from here. */
  readonly day: Day;
  readonly amountFen: Fen;
  /** Whose part is not here yet; null when nobody's telling alone would mend it. */
  readonly waitsFor: 'bank' | 'platform' | null;
  /** The events behind it, at most BREAK_EVENTS_MAX. */
  readonly events: readonly EventRef[];
  readonly reason: { readonly zh: string; readonly en: string };
}

/** A missing day may hold back thousands of payments: their number is told, and so many of them are named. */
export const BREAK_EVENTS_MAX = 50;

/** Our default, after ESOS of Australia (5 business days): what has not come by then is missing and not late. */
export const LATE_WORKING_DAYS = 5;
