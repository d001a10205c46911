/** Upper ends of the buckets in which delays are counted, in seconds; the last bucket has none. */
export const DELAY_SECONDS = [
  1, 10, 60, 300, 900, 3_600, 10_800, 21_600, 43_200, 86_400, 172_800, 259_200, 604_800,
] as const;

/** What a delay is measured between. Numbers are stored. */
export const DELAY_MEASURES = { told: 1, received: 2 } as const;
export type DelayMeasure = keyof typeof DELAY_MEASURES;

/** Counts per bucket (0 to DELAY_SECONDS.length) → the end of the bucket that holds the share, in seconds; null when nothing is counted or it lies beyond the last end. */
export function delayAt(counts: ReadonlyMap<number, number>, sharePercent: number): number | null {
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  let reached = 0;
  for (let bucket = 0; bucket < DELAY_SECONDS.length; bucket += 1) {
    reached += counts.get(bucket) ?? 0;
    if (reached * 100 >= total * sharePercent) return DELAY_SECONDS[bucket]!;
  }
  return null;
}
