import type { Calendar } from '../../core/calendar.js';
import type { Day } from '../../core/time.js';

/** Days without work in a row, both included. */
export interface RestRun {
  readonly from: Day;
  readonly to: Day;
}

/** From so many rest days in a row a weekend is a public holiday. */
export const REST_RUN_DAYS = 3;

const known = new WeakMap<Calendar, readonly RestRun[]>();

/** All runs of a calendar, ascending, found once: a year without data has none, because nothing but its weekends is guessed. */
export function restRunsOf(calendar: Calendar): readonly RestRun[] {
  let runs = known.get(calendar);
  if (runs === undefined) {
    runs = findRuns(calendar);
    known.set(calendar, runs);
  }
  return runs;
}

function findRuns(calendar: Calendar): readonly RestRun[] {
  const found: RestRun[] = [];
  // A run may begin before the first day with data, and end after the last one.
  let before = calendar.addWorkingDays(calendar.firstDay, -1);
  while (before <= calendar.lastDay) {
    const next = calendar.addWorkingDays(before, 1);
    if (next - before - 1 >= REST_RUN_DAYS) found.push({ from: before + 1, to: next - 1 });
    before = next;
  }
  return found;
}
