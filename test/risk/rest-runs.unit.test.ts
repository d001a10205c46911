import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Calendar, CHINA_CALENDAR, makeCalendar } from '../../src/core/calendar.js';
import { type Day, formatDay, parseDay } from '../../src/core/time.js';
import { CalendarWatch } from '../../src/risk/facts/calendar-watch.js';
import { REST_RUN_DAYS, type RestRun } from '../../src/risk/facts/rest-runs.js';

const day = (text: string): Day => parseDay(text)!;
const told = (runs: readonly RestRun[]) => runs.map(({ from, to }) => `${formatDay(from)} ${formatDay(to)}`);

/** Day by day, far enough on both sides for every run to be whole. */
function runsByWalking(calendar: Calendar, from: Day, to: Day): RestRun[] {
  const works = (one: Day) => calendar.workingDaysBetween(one - 1, one) === 1;
  const found: RestRun[] = [];
  let first: Day | null = null;
  for (let one = from - 20; one <= to + 20; one += 1) {
    if (!works(one)) first ??= one;
    else if (first !== null) {
      if (one - first >= REST_RUN_DAYS) found.push({ from: first, to: one - 1 });
      first = null;
    }
  }
  return found.filter((run) => run.to >= from && run.from <= to);
}

describe('runs of rest days', () => {
  it('are the public holidays, with the weekends that touch them', () => {
    const watch = new CalendarWatch(CHINA_CALENDAR);
    expect(told(watch.restRuns(day('2026-02-20'), day('2026-03-10')))).toEqual(['2026-02-15 2026-02-23']);
    expect(told(watch.restRuns(day('2026-03-01'), day('2026-03-31')))).toEqual([]);
  });

  it('are those that one finds day by day', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: day('2018-12-01'), max: day('2027-01-31') }),
        fc.integer({ min: 0, max: 120 }),
        (from, days) => {
          const watch = new CalendarWatch(CHINA_CALENDAR);
          expect(told(watch.restRuns(from, from + days))).toEqual(
            told(runsByWalking(CHINA_CALENDAR, from, from + days)),
          );
        },
      ),
    );
  });

  it('say when they rest on a year without data', () => {
    const calendar = makeCalendar('test', [{ year: 2025, off: '01-01 12-30 12-31', work: '' }]);
    const watch = new CalendarWatch(calendar);
    watch.restRuns(day('2025-12-01'), day('2025-12-29'));
    expect(watch.guessedYears).toEqual([]);
    // Whether the holiday at the end of the year goes on is not known.
    watch.restRuns(day('2025-12-01'), day('2025-12-31'));
    expect(watch.guessedYears).toEqual([2026]);
  });
});
