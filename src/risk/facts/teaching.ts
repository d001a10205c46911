import type { Day } from '../../core/time.js';
import type { FactSheet } from './fact-sheet.js';
import { LOOK_BACK_DAYS } from './rows.js';

/** Tallies that show that lessons were given: the platform's deliveries, or parents' confirmations where it tells none. */
export function teachingTally(sheet: FactSheet): 'lessons_delivered' | 'confirmations_parent' {
  return sheet.tallies.lastDay('lessons_delivered', sheet.today) === null
    ? 'confirmations_parent'
    : 'lessons_delivered';
}

/**
 * The lessons given in [from, to], and the days on which some could be expected: outside declared breaks and statutory holidays, which
 * are runs of three rest days and more (weekends count). A school that teaches through a holiday has none: counting its lessons without
 * their days, it would seem to teach twice as much as before May Day, and half as much for weeks after it. One that gives an odd lesson
 * then has the holiday all the same, and neither counts.
 */
export function teachingIn(sheet: FactSheet, from: Day, to: Day): { readonly lessons: number; readonly days: number } {
  const tally = teachingTally(sheet);
  let lessons = sheet.tallies.count(tally, from, to);
  let days = sheet.breaks.openDaysIn(from, to);
  for (const run of sheet.calendar.restRuns(from, to)) {
    if (isTaught(sheet, tally, run)) continue;
    const first = Math.max(run.from, from);
    const last = Math.min(run.to, to);
    lessons -= sheet.tallies.count(tally, first, last);
    days -= sheet.breaks.openDaysIn(first, last);
  }
  return { lessons, days: Math.max(0, days) };
}

/** Up to yesterday at least half as many lessons as on the same days of the week before it. */
function isTaught(
  sheet: FactSheet,
  tally: ReturnType<typeof teachingTally>,
  run: { readonly from: Day; readonly to: Day },
): boolean {
  const to = Math.min(run.to, sheet.today - 1);
  const back = 7 * Math.ceil((run.to - run.from + 1) / 7);
  const given = sheet.tallies.count(tally, run.from, to);
  return given > 0 && given * 2 >= sheet.tallies.count(tally, run.from - back, to - back);
}

/**
 * The last day that is out of the rules' sight, if all that is unearned was paid by then: nothing came in since. Null if not. When the
 * last lesson was, or the last business, is then older than the days that are read, and not nothing: it counts as that day's.
 */
export function owedSinceBefore(sheet: FactSheet): Day | null {
  const { money, today } = sheet;
  const from = today - LOOK_BACK_DAYS;
  const cameIn = money.receipts(from, today) !== 0n || money.moved('stock', 'debitFen', null, from, today) !== 0n;
  return sheet.unearnedFen > 0n && !cameIn ? from - 1 : null;
}
