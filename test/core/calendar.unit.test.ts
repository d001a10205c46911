import { describe, expect, it } from 'vitest';
import { CHINA_CALENDAR, makeCalendar } from '../../src/core/calendar.js';
import { CALENDAR_YEARS } from '../../src/core/calendar-data.js';
import { type Day, formatDay, parseDay, weekday, yearOf } from '../../src/core/time.js';

const day = (text: string): Day => parseDay(text)!;
const calendar = CHINA_CALENDAR;

describe('working days', () => {
  it.each([
    ['2026-01-01', false, 'New Year'],
    ['2026-01-02', false, 'a Friday given off for it'],
    ['2026-01-04', true, 'the Sunday worked in exchange'],
    ['2026-02-14', true, 'the Saturday before the Spring Festival'],
    ['2026-02-23', false, 'the last day of the Spring Festival'],
    ['2026-02-24', true, 'the day after it'],
    ['2026-03-07', false, 'an ordinary Saturday'],
    ['2019-12-31', true, 'the last day of the first year'],
  ])('%s is a working day: %s (%s)', (text, works) => {
    expect(calendar.isWorkingDay(day(text))).toBe(works);
  });

  it('says null for a year without data instead of guessing', () => {
    expect(calendar.isWorkingDay(day('2018-12-31'))).toBeNull();
    expect(calendar.isWorkingDay(day('2026-12-31'))).toBe(true);
    expect(calendar.isWorkingDay(day('2027-01-04'))).toBeNull();
  });

  it('names the years without data between two days, in either order', () => {
    expect(calendar.missingYears(day('2019-01-01'), day('2026-12-31'))).toEqual([]);
    expect(calendar.missingYears(day('2026-12-31'), day('2027-01-01'))).toEqual([2027]);
    expect(calendar.missingYears(day('2028-06-01'), day('2018-06-01'))).toEqual([2018, 2027, 2028]);
    expect(calendar.missingYears(day('1900-01-01'), day('2000-01-01'))).toHaveLength(10);
  });
});

describe('counting working days', () => {
  it('does not count the first day and counts the last', () => {
    expect(calendar.workingDaysBetween(day('2026-03-02'), day('2026-03-02'))).toBe(0);
    expect(calendar.workingDaysBetween(day('2026-03-02'), day('2026-03-03'))).toBe(1);
    expect(calendar.workingDaysBetween(day('2026-03-06'), day('2026-03-08'))).toBe(0);
    expect(calendar.workingDaysBetween(day('2026-03-06'), day('2026-03-09'))).toBe(1);
    expect(calendar.workingDaysBetween(day('2026-03-09'), day('2026-03-06'))).toBe(-1);
  });

  it('skips the nine days of the Spring Festival 2026 and counts the Saturday worked for it', () => {
    expect(calendar.workingDaysBetween(day('2026-02-13'), day('2026-02-24'))).toBe(2);
    expect(formatDay(calendar.addWorkingDays(day('2026-02-13'), 1))).toBe('2026-02-14');
    expect(formatDay(calendar.addWorkingDays(day('2026-02-13'), 2))).toBe('2026-02-24');
  });

  it('adds nothing, forwards and backwards', () => {
    expect(formatDay(calendar.addWorkingDays(day('2026-03-07'), 0))).toBe('2026-03-07');
    expect(formatDay(calendar.addWorkingDays(day('2026-03-07'), 1))).toBe('2026-03-09');
    expect(formatDay(calendar.addWorkingDays(day('2026-03-07'), -1))).toBe('2026-03-06');
    expect(formatDay(calendar.addWorkingDays(day('2026-03-09'), -1))).toBe('2026-03-06');
  });

  it('moves a rest day to the next working day and leaves a working day alone', () => {
    expect(formatDay(calendar.nextWorkingDayOnOrAfter(day('2026-02-15')))).toBe('2026-02-24');
    expect(formatDay(calendar.nextWorkingDayOnOrAfter(day('2026-02-24')))).toBe('2026-02-24');
  });

  it('agrees with a walk day by day, across both ends of its data', () => {
    const works = (d: Day) => calendar.isWorkingDay(d) ?? weekday(d) <= 5;
    for (const start of ['2018-12-20', '2019-01-01', '2023-09-27', '2026-12-18', '2027-02-05', '2015-05-01']) {
      const from = day(start);
      let counted = 0;
      for (let d = from + 1; d <= from + 60; d += 1) {
        if (works(d)) counted += 1;
        expect(calendar.workingDaysBetween(from, d)).toBe(counted);
        if (works(d)) expect(calendar.addWorkingDays(from, counted)).toBe(d);
      }
      let back = 0;
      for (let d = from - 1; d >= from - 60; d -= 1) {
        if (!works(d)) continue;
        back += 1;
        expect(calendar.addWorkingDays(from, -back)).toBe(d);
      }
      for (let d = from; d < from + 60; d += 1) {
        let next = d;
        while (!works(next)) next += 1;
        expect(calendar.nextWorkingDayOnOrAfter(d)).toBe(next);
      }
    }
  });
});

describe('the calendar as data', () => {
  it('carries a version that names its years and its content', () => {
    expect(calendar.version).toMatch(/^cn-2019-2026-[0-9a-f]{8}$/);
  });

  it('lists as off only weekdays and as worked only weekend days', () => {
    for (const { year, off, work } of CALENDAR_YEARS) {
      for (const text of off.split(' ')) expect(weekday(day(`${year}-${text}`))).toBeLessThanOrEqual(5);
      for (const text of work.split(' ')) expect(weekday(day(`${year}-${text}`))).toBeGreaterThanOrEqual(6);
      expect(yearOf(day(`${year}-${off.split(' ')[0]}`))).toBe(year);
    }
  });

  it('refuses years with a gap', () => {
    expect(() => makeCalendar('x', [CALENDAR_YEARS[0]!, CALENDAR_YEARS[2]!])).toThrow(RangeError);
    expect(() => makeCalendar('x', [])).toThrow(RangeError);
    expect(() => makeCalendar('x', [{ year: 2025, off: '01-01 02-29', work: '' }])).toThrow('2025-02-29 is not a day');
  });
});
