/** Pauses that double from `baseMs` up to `maxMs`, at most `attemptsMax` of them. */
export interface Backoff {
  readonly baseMs: number;
  readonly maxMs: number;
  readonly attemptsMax: number;
}

/** The pause after the `attempt`-th failure in a row, counted from 1. */
export function backoffMs({ baseMs, maxMs }: Backoff, attempt: number): number {
  return Math.min(maxMs, baseMs * 2 ** Math.min(attempt - 1, 30));
}
