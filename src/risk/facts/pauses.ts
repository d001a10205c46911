import { type Day, dayOf } from '../../core/time.js';
import type { FactSheet } from './fact-sheet.js';

/** From so many rest days in a row a public holiday is one on which few schools teach and not all declare it: the three long ones. */
const HOLIDAY_DAYS = 4;

interface Span {
  readonly from: Day;
  readonly to: Day;
}

/**
 * Spans on which no lesson is expected: declared breaks, and long public holidays for which nothing stands in the timetable.
 * A school that goes on teaching has lessons in it, and one that is gone has those that nobody called off.
 */
export class Pauses {
  private readonly spans: readonly Span[];

  constructor(sheet: FactSheet, from: Day, to: Day) {
    const spans = [...sheet.breaks.intervals, ...holidays(sheet, from, to)].sort((a, b) => a.from - b.from);
    const merged: { from: Day; to: Day }[] = [];
    for (const span of spans) {
      const last = merged.at(-1);
      if (last !== undefined && span.from <= last.to + 1) last.to = Math.max(last.to, span.to);
      else merged.push({ ...span });
    }
    this.spans = merged;
  }

  /** Lengths of the runs of days of [from, to] between the pauses, ascending by day. The last is 0 when the end lies in a pause. */
  runs(from: Day, to: Day): number[] {
    const found: number[] = [];
    let day = from;
    for (const span of this.spans) {
      if (span.to < from) continue;
      if (span.from > to) break;
      found.push(Math.max(0, span.from - day));
      day = Math.max(day, span.to + 1);
    }
    found.push(Math.max(0, to - day + 1));
    return found;
  }

  /** Whether one of the days of [from, to] lies in a pause. */
  touch(from: Day, to: Day): boolean {
    return this.spans.some((span) => span.from <= to && from <= span.to);
  }
}

/** The long runs of rest days that touch [from, to], whole, without those in which lessons are timetabled. */
function holidays(sheet: FactSheet, from: Day, to: Day): Span[] {
  return sheet.calendar
    .restRuns(from, to)
    .filter((run) => run.to - run.from + 1 >= HOLIDAY_DAYS && !isTimetabled(sheet, run.from, run.to));
}

function isTimetabled(sheet: FactSheet, from: Day, to: Day): boolean {
  return sheet.rows.lessons.some(({ startsAt, cancelled }) => {
    const day = dayOf(startsAt);
    return !cancelled && from <= day && day <= to;
  });
}
