/** How often, and after what pause, a failed delivery is tried again. Times in milliseconds. */
export interface RetryPolicy {
  readonly delayMsFirst: number;
  readonly factor: number;
  readonly delayMsMax: number;
  /** After so many failed attempts the delivery is dead. */
  readonly attemptsMax: number;
}

/** Our default: 5 s, 15 s, 45 s … 6 h; twelve attempts in about 23 hours, so that a receiver may be down for a night and a day. */
export const WEBHOOK_RETRY: RetryPolicy = { delayMsFirst: 5_000, factor: 3, delayMsMax: 21_600_000, attemptsMax: 12 };

/** A receiver may ask for a longer pause (`Retry-After`), but not for more than this. Our default: 1 h. */
export const RETRY_AFTER_MS_MAX = 3_600_000;

/** Share of the pause that is left to chance, so that what failed together is not tried again together. */
const JITTER = 0.2;

/**
 * The pause after the `attempt`-th failed attempt (1 = the first), or null when it was the last one allowed.
 * `random` is in [0, 1). `askedMs` is what the receiver asked for: it lengthens the pause, never shortens it.
 */
export function retryDelayMs(
  attempt: number,
  policy: RetryPolicy,
  random: number,
  askedMs: number | null = null,
): number | null {
  if (attempt >= policy.attemptsMax) return null;
  // The exponent is held down: factor ** 1000 is Infinity, and Infinity × 0 is not a number.
  const steps = Math.min(attempt - 1, EXPONENT_MAX);
  const planned = Math.min(policy.delayMsMax, policy.delayMsFirst * policy.factor ** steps);
  const spread = planned * (1 - JITTER + 2 * JITTER * random);
  return Math.max(spread, Math.min(askedMs ?? 0, RETRY_AFTER_MS_MAX));
}
const EXPONENT_MAX = 32;
