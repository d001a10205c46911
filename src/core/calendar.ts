import { CALENDAR_VERSION, CALENDAR_YEARS, type CalendarYear } from './calendar-data.js';
import { type Day, parseDay, weekday, yearOf } from './time.js';

/**
 * The working-day calendar (Civil Code art. 201 and 203: the first day is not counted; a last day that is a rest day moves
 * to the next working day). Holidays and swapped weekends are published year by year, so a year may be without data: then
 * every answer falls back to Monday–Friday and `isWorkingDay` says null; callers ask `missingYears` and surface the data
 * problem `calendar_missing:<year>`. All answers are table look-ups or arithmetic, never loops over days.
 */
export interface Calendar {
  /** Which data this is; part of every result that is stored. */
  readonly version: string;
  /** First and last day with data. */
  readonly firstDay: Day;
  readonly lastDay: Day;
  /** null: the year has no data. */
  isWorkingDay(day: Day): boolean | null;
  /** The n-th working day after `day` (n > 0), the n-th before it (n < 0), or `day` itself (n = 0). */
  addWorkingDays(day: Day, n: number): Day;
  /** How many working days lie in (a, b]; negative when b < a. */
  workingDaysBetween(a: Day, b: Day): number;
  /** `day` if it is a working day, else the next one. */
  nextWorkingDayOnOrAfter(day: Day): Day;
  /** The years of [a, b] (in either order) that have no data, ascending; at most `MISSING_YEARS_MAX`. */
  missingYears(a: Day, b: Day): readonly number[];
}

export const MISSING_YEARS_MAX = 10;

/** The published calendar of mainland China. */
export const CHINA_CALENDAR: Calendar = makeCalendar(CALENDAR_VERSION, CALENDAR_YEARS);

/** `years` must be consecutive and ascending. Exported for tests that need a year to be missing. */
export function makeCalendar(version: string, years: readonly CalendarYear[]): Calendar {
  const table = makeTable(years);
  const { first, last, prefix, workingDays, firstYear, lastYear } = table;

  /** Working days in (origin, day], where origin is the day before the table; negative before it. */
  function count(day: Day): number {
    if (day < first) return -mondayToFriday(day, first - 1);
    if (day > last) return prefix[last - first]! + mondayToFriday(last, day);
    return prefix[day - first]!;
  }

  /** The day on which `count` first reaches `n`. */
  function dayOfCount(n: number): Day {
    if (n >= 1 && n <= workingDays.length) return workingDays[n - 1]!;
    if (n > workingDays.length) return dayOfMondayToFridayCount(mondayToFridayUpTo(last) + n - workingDays.length);
    return dayOfMondayToFridayCount(mondayToFridayUpTo(first - 1) + n);
  }

  const works = (day: Day) => count(day) > count(day - 1);

  return {
    version,
    firstDay: first,
    lastDay: last,
    isWorkingDay: (day) => (day < first || day > last ? null : works(day)),
    addWorkingDays: (day, n) => {
      if (n === 0) return day;
      // Backwards from a rest day, the working day just passed is the first one before it.
      return n > 0 ? dayOfCount(count(day) + n) : dayOfCount(count(day - 1) + n + 1);
    },
    workingDaysBetween: (a, b) => count(b) - count(a),
    nextWorkingDayOnOrAfter: (day) => (works(day) ? day : dayOfCount(count(day) + 1)),
    missingYears: (a, b) => {
      const from = yearOf(Math.min(a, b));
      const to = yearOf(Math.max(a, b));
      if (from >= firstYear && to <= lastYear) return NO_YEARS;
      const missing: number[] = [];
      for (let year = from; year <= to && missing.length < MISSING_YEARS_MAX; year += 1) {
        if (year < firstYear || year > lastYear) missing.push(year);
      }
      return missing;
    },
  };
}

const NO_YEARS: readonly number[] = [];

interface Table {
  readonly firstYear: number;
  readonly lastYear: number;
  readonly first: Day;
  readonly last: Day;
  /** prefix[i]: working days in [first, first + i]. */
  readonly prefix: Int32Array;
  readonly workingDays: readonly Day[];
}

function makeTable(years: readonly CalendarYear[]): Table {
  const firstYear = years[0]?.year;
  const lastYear = years.at(-1)?.year;
  if (firstYear === undefined || lastYear === undefined) throw new RangeError('a calendar needs at least one year');
  const off = new Set<Day>();
  const work = new Set<Day>();
  years.forEach((entry, index) => {
    if (entry.year !== firstYear + index) throw new RangeError('the years of a calendar must be consecutive');
    for (const day of daysOf(entry.year, entry.off)) off.add(day);
    for (const day of daysOf(entry.year, entry.work)) work.add(day);
  });
  const first = parseDay(`${firstYear}-01-01`)!;
  const last = parseDay(`${lastYear}-12-31`)!;
  const prefix = new Int32Array(last - first + 1);
  const workingDays: Day[] = [];
  for (let day = first; day <= last; day += 1) {
    if (work.has(day) || (weekday(day) <= 5 && !off.has(day))) workingDays.push(day);
    prefix[day - first] = workingDays.length;
  }
  return { firstYear, lastYear, first, last, prefix, workingDays };
}

function daysOf(year: number, monthDays: string): Day[] {
  return monthDays
    .split(' ')
    .filter((text) => text !== '')
    .map((text) => {
      const day = parseDay(`${year}-${text}`);
      if (day === null) throw new RangeError(`${year}-${text} is not a day`);
      return day;
    });
}

/** Weekdays Monday–Friday in (a, b], a ≤ b. */
function mondayToFriday(a: Day, b: Day): number {
  return mondayToFridayUpTo(b) - mondayToFridayUpTo(a);
}

/** Weekdays in (a fixed Sunday, day]. Day −4 (1969-12-28) is a Sunday. */
function mondayToFridayUpTo(day: Day): number {
  const days = day + 4;
  const weeks = Math.floor(days / 7);
  return weeks * 5 + Math.min(days - weeks * 7, 5);
}

/** The weekday on which `mondayToFridayUpTo` reaches `count`. */
function dayOfMondayToFridayCount(count: number): Day {
  const weeks = Math.floor((count - 1) / 5);
  return weeks * 7 + (count - weeks * 5) - 4;
}
