/**
 * How far a long reading has come, from the packed bytes read so far. Pure: the caller says what time it is (milliseconds of any steady clock) and
 * draws the bar.
 */
export interface Progress {
  readonly doneBytes: number;
  /** Null when nobody knows, as for stdin. */
  readonly totalBytes: number | null;
  /** 0 to 1; null without a total. */
  readonly share: number | null;
  /** Bytes per second, smoothed; 0 before the second observation. */
  readonly bytesPerSecond: number;
  /** Seconds; null while it cannot be told. */
  readonly secondsLeft: number | null;
  readonly atMs: number;
}

/** `doneBytes`: what an earlier run has read already; it counts as done but not for the rate. */
export function startProgress(totalBytes: number | null, nowMs: number, doneBytes = 0): Progress {
  return describe(totalBytes, doneBytes, 0, nowMs);
}

/** The next state. `doneBytes` counts all bytes so far, over all files. Observations at the same moment, or back in time, leave the rate as it is. */
export function advanceProgress(before: Progress, doneBytes: number, nowMs: number): Progress {
  const seconds = (nowMs - before.atMs) / 1000;
  if (seconds <= 0) return describe(before.totalBytes, doneBytes, before.bytesPerSecond, before.atMs);
  const now = Math.max(0, doneBytes - before.doneBytes) / seconds;
  const weight = before.bytesPerSecond === 0 ? 1 : 1 - Math.exp(-seconds / SMOOTHING_SECONDS);
  return describe(before.totalBytes, doneBytes, before.bytesPerSecond + weight * (now - before.bytesPerSecond), nowMs);
}

/** An observation weighs 1/e after this time: calm enough to read, quick enough to show a stall (our default). */
const SMOOTHING_SECONDS = 5;

function describe(totalBytes: number | null, doneBytes: number, bytesPerSecond: number, atMs: number): Progress {
  const leftBytes = totalBytes === null ? null : Math.max(0, totalBytes - doneBytes);
  const share = totalBytes === null ? null : totalBytes === 0 ? 1 : Math.min(1, doneBytes / totalBytes);
  const secondsLeft =
    leftBytes === 0 ? 0 : leftBytes === null || bytesPerSecond === 0 ? null : leftBytes / bytesPerSecond;
  return { doneBytes, totalBytes, share, bytesPerSecond, secondsLeft, atMs };
}
