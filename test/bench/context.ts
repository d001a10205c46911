import { type Day, dayOf } from '../../src/core/time.js';
import { History, type HistoryOptions } from './generate.js';
import type { Lab } from './lab.js';
import type { Scale } from './scale.js';

/** What every measurement gets. */
export interface Bench {
  readonly lab: Lab;
  readonly scale: Scale;
  readonly seed: number;
  /** The day of the run. */
  readonly today: Day;
  /** One line about what goes on, for a person who waits. */
  readonly say: (text: string) => void;
}

/** Steps of one matter (a refund, a confirmation) come up to so many days after it began, and nothing may lie in the future. */
const DAYS_BEFORE_TODAY = 8;
/** A history may hold a little more than was asked for. */
const SPARE = 1.1;

export function historyOf(
  bench: Bench,
  given: Pick<HistoryOptions, 'events' | 'institutions'> & Partial<HistoryOptions>,
): History {
  return new History({
    seed: bench.seed,
    endDay: bench.today - DAYS_BEFORE_TODAY,
    ...given,
    events: Math.ceil(given.events * SPARE),
  });
}

export function todayOf(nowMs: number): Day {
  return dayOf(nowMs * 1_000);
}
