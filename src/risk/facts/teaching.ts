import type { Day } from '../../core/time.js';
import type { FactSheet } from './fact-sheet.js';

/** Tallies that show that lessons were given: the platform's deliveries, or parents' confirmations where it tells none. */
export function teachingTally(sheet: FactSheet): 'lessons_delivered' | 'confirmations_parent' {
  return sheet.tallies.lastDay('lessons_delivered', sheet.today) === null
    ? 'confirmations_parent'
    : 'lessons_delivered';
}

/**
 * Days of [from, to] on which lessons can be expected: outside declared breaks and statutory holidays, which are runs of three rest
 * days and more (weekends count).
 */
export function teachingDaysIn(sheet: FactSheet, from: Day, to: Day): number {
  let days = sheet.breaks.openDaysIn(from, to);
  for (const run of sheet.calendar.restRuns(from, to))
    days -= sheet.breaks.openDaysIn(Math.max(run.from, from), Math.min(run.to, to));
  return Math.max(0, days);
}
