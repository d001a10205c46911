import { US_PER_SECOND, type Us } from '../core/time.js';

/**
 * How long one transaction of evaluations should take. What it finds is told when all of it is done, and whoever becomes due meanwhile
 * waits for it; in a shorter one its own statements would weigh (our default).
 */
const BATCH_US = US_PER_SECOND / 4;
/** Before anything is known of the machine and the institutions. */
export const FIRST_BATCH = 20;
const BATCH_MIN = 5;

/**
 * Institutions of the next transaction, by the last one, which was to take `size` of them, took `evaluated` and `us` for it. One that was
 * not full says nothing: what it costs in any case would count for too few.
 */
export function nextBatchSize(size: number, evaluated: number, us: Us, max: number): number {
  if (evaluated < size) return size;
  const wanted = Math.round((size * BATCH_US) / Math.max(us, 1));
  return Math.min(max, Math.max(Math.min(wanted, 2 * size), BATCH_MIN));
}
