import type { Fen } from '../../core/money.js';
import type { Day } from '../../core/time.js';

/** An earlier contract of the same learner and course, as far as it matters to a later one. Hours in hundredths. */
export interface EarlierContract {
  readonly hours: number;
  readonly periodTo: Day;
  /** Confirmed up to the moment at which the later one was signed. */
  readonly confirmed: number;
  readonly paidFen: Fen;
  readonly refundedFen: Fen;
}

/**
 * Paid hours of earlier contracts that were still to be taught on `signedOn`, in hundredths. One that was never paid for, that is
 * being refunded, or whose period was over leaves nothing to be taught. Null when there is no earlier contract.
 */
export function hoursLeft(earlier: readonly EarlierContract[], signedOn: Day): number | null {
  if (earlier.length === 0) return null;
  let sum = 0;
  for (const one of earlier) {
    if (one.paidFen <= 0n || one.refundedFen > 0n || one.periodTo < signedOn) continue;
    sum += Math.max(0, one.hours - one.confirmed);
  }
  return sum;
}
