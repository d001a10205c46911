import type { Day } from '../../core/time.js';
import type { FactSheet } from './fact-sheet.js';

/** Tallies that show that lessons were given: the platform's deliveries, or parents' confirmations where it tells none. */
export function teachingTally(sheet: FactSheet): 'lessons_delivered' | 'confirmations_parent' {
  return sheet.tallies.lastDay('lessons_delivered', sheet.today) === null
    ? 'confirmations_parent'
    : 'lessons_delivered';
}

/** Runs of at least this many rest days in a row are a holiday, on which few schools teach. */
const HOLIDAY_DAYS = 3;

/** Days of [from, to] on which lessons can be expected: outside declared breaks and statutory holidays (weekends count). */
export function teachingDaysIn(sheet: FactSheet, from: Day, to: Day): number {
  let days = sheet.breaks.openDaysIn(from, to);
  const { calendar } = sheet;
  // Jump from rest day to rest day: only runs of three and more are looked at.
  let day = from;
  while (day <= to) {
    const next = calendar.nextWorkingDayOnOrAfter(day);
    if (next - day + (day === from ? restBefore(sheet, day) : 0) >= HOLIDAY_DAYS) {
      for (let rest = day; rest < next && rest <= to; rest += 1) if (!sheet.breaks.covers(rest)) days -= 1;
    }
    day = next;
    while (day <= to && calendar.workingDaysBetween(day - 1, day) === 1) day += 1;
  }
  return Math.max(0, days);
}

/** Rest days right before `day`, if `day` itself is one. */
function restBefore(sheet: FactSheet, day: Day): number {
  return day - 1 - sheet.calendar.addWorkingDays(day, -1);
}
