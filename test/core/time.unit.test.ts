import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addMonths,
  dayOf,
  formatDay,
  formatTime,
  parseDay,
  parseTime,
  startOfDay,
  US_PER_DAY,
  US_PER_HOUR,
  weekday,
  yearOf,
} from '../../src/core/time.js';

const MS_MIN = Date.UTC(1700, 0, 1);
const MS_MAX = Date.UTC(2250, 0, 1);
const days = fc.integer({ min: MS_MIN / 86_400_000, max: MS_MAX / 86_400_000 });
const instants = fc.maxSafeInteger().filter((us) => us > MS_MIN * 1_000 && us < MS_MAX * 1_000);

describe('parseTime', () => {
  it('reads the same moment from every offset', () => {
    const us = Date.UTC(2026, 0, 5, 1, 2, 3) * 1_000;
    for (const text of [
      '2026-01-05T01:02:03Z',
      '2026-01-05t01:02:03z',
      '2026-01-05T09:02:03+08:00',
      '2026-01-04T20:32:03-04:30',
    ]) {
      expect(parseTime(text)).toBe(us);
    }
  });

  it('takes offsets up to a minute less than a day, with their minutes', () => {
    const us = Date.UTC(2026, 0, 5, 1, 2, 3) * 1_000;
    for (const text of ['2026-01-06T01:01:03+23:59', '2026-01-04T01:03:03-23:59', '2026-01-05T06:47:03+05:45'])
      expect(parseTime(text), text).toBe(us);
  });

  it('keeps microseconds and cuts finer digits', () => {
    expect(parseTime('1970-01-01T00:00:00.000001Z')).toBe(1);
    expect(parseTime('1970-01-01T00:00:00.5Z')).toBe(500_000);
    expect(parseTime('1970-01-01T00:00:00.123456789Z')).toBe(123_456);
    expect(parseTime('1970-01-01T00:00:00.000000999Z')).toBe(0);
    expect(parseTime('1969-12-31T23:59:59.999999Z')).toBe(-1);
  });

  it('counts a leap second as the first second of the next minute', () => {
    expect(parseTime('2016-12-31T23:59:60Z')).toBe(parseTime('2017-01-01T00:00:00Z'));
  });

  it.each([
    '2026-01-05T09:02:03',
    '2026-01-05 09:02:03+08:00',
    '2026-01-05T09:02+08:00',
    '2026-01-05T24:00:00Z',
    '2026-01-05T09:60:00Z',
    '2026-01-05T09:02:61Z',
    '2026-02-29T09:02:03Z',
    '2026-13-01T09:02:03Z',
    '2026-01-05T09:02:03+24:00',
    '2026-01-05T09:02:03+08:60',
    '2026-01-05T09:02:03-24:00',
    '2026-01-00T09:02:03Z',
    '2026-00-05T09:02:03Z',
    '0000-01-05T09:02:03Z',
    '2026-01-05T09:02:03+0800',
    '2026-01-05T09:02:03.Z',
    '2026-01-05',
    '',
    ' 2026-01-05T09:02:03Z',
    '2026-01-05T09:02:03Z\n',
  ])('refuses %j', (text) => {
    expect(parseTime(text)).toBeNull();
  });

  it('reads back what formatTime writes', () => {
    fc.assert(
      fc.property(instants, (us) => {
        expect(parseTime(formatTime(us))).toBe(us);
      }),
    );
  });

  it('agrees with the platform on milliseconds', () => {
    fc.assert(
      fc.property(fc.integer({ min: MS_MIN, max: MS_MAX }), (ms) => {
        expect(parseTime(new Date(ms).toISOString())).toBe(ms * 1_000);
      }),
    );
  });
});

describe('days', () => {
  it('reads real days only', () => {
    expect(parseDay('1970-01-01')).toBe(0);
    expect(parseDay('2000-02-29')).toBe(11_016);
    expect(parseDay('0001-01-01')).toBe(-719_162);
    for (const text of [
      '1900-02-29',
      '2026-02-30',
      '2026-04-31',
      '2026-00-01',
      '2026-1-5',
      '0000-01-01',
      '2026-01-05T',
    ]) {
      expect(parseDay(text)).toBeNull();
    }
  });

  it('writes what it reads', () => {
    fc.assert(
      fc.property(days, (day) => {
        expect(parseDay(formatDay(day))).toBe(day);
      }),
    );
  });

  it('changes the day at midnight in Shanghai', () => {
    const day = parseDay('2026-01-05')!;
    expect(dayOf(parseTime('2026-01-04T15:59:59.999999Z')!)).toBe(day - 1);
    expect(dayOf(parseTime('2026-01-04T16:00:00Z')!)).toBe(day);
    expect(formatTime(startOfDay(day))).toBe('2026-01-05T00:00:00+08:00');
  });

  it('holds 24 hours from the start of each day', () => {
    fc.assert(
      fc.property(days, (day) => {
        expect(dayOf(startOfDay(day))).toBe(day);
        expect(dayOf(startOfDay(day) - 1)).toBe(day - 1);
        expect(startOfDay(day + 1) - startOfDay(day)).toBe(US_PER_DAY);
      }),
    );
    expect(US_PER_DAY).toBe(24 * US_PER_HOUR);
  });

  it('cuts a month later to the last day of that month', () => {
    const later = (text: string, months: number) => formatDay(addMonths(parseDay(text)!, months));
    expect(later('2026-01-31', 1)).toBe('2026-02-28');
    expect(later('2024-01-31', 1)).toBe('2024-02-29');
    expect(later('2026-03-31', -1)).toBe('2026-02-28');
    expect(later('2026-11-30', 3)).toBe('2027-02-28');
    expect(later('2026-01-15', -13)).toBe('2024-12-15');
    expect(later('2026-05-20', 0)).toBe('2026-05-20');
    expect(later('0001-01-31', 1)).toBe('0001-02-28');
    expect(later('0103-12-31', -46)).toBe('0100-02-28');
  });

  it('reads the ends of every month of the years 1 to 9999 as the calendar has them', () => {
    const date = new Date(0);
    const wrong: string[] = [];
    for (let year = 1; year <= 9_999; year += 1) {
      for (let month = 1; month <= 12; month += 1) {
        // The last day of the month, and from it the first of the next.
        date.setUTCFullYear(year, month, 0);
        const last = date.getTime() / 86_400_000;
        const text = `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-`;
        const days = date.getUTCDate();
        if (parseDay(`${text}${days}`) !== last || parseDay(`${text}01`) !== last - days + 1) wrong.push(text);
        if (parseDay(`${text}${days + 1}`) !== null) wrong.push(`${text}${days + 1}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('reads the usual way of writing a time as any other way', () => {
    const anyTime = fc.integer({ min: -8_000_000_000, max: 8_000_000_000 });
    fc.assert(
      fc.property(anyTime, (seconds) => {
        const utc = new Date(seconds * 1_000).toISOString().slice(0, 19);
        const local = new Date((seconds + 8 * 3_600) * 1_000).toISOString().slice(0, 19);
        expect(parseTime(`${local}+08:00`)).toBe(seconds * 1_000_000);
        expect(parseTime(`${utc}.000Z`)).toBe(seconds * 1_000_000);
      }),
    );
    expect(parseTime('2026-02-29T10:00:00+08:00')).toBeNull();
    expect(parseTime('2026-02-28T24:00:00+08:00')).toBeNull();
    expect(parseTime('2026-02-28T23:60:00+08:00')).toBeNull();
  });

  it('knows weekday and year', () => {
    expect(weekday(parseDay('2026-01-05')!)).toBe(1);
    expect(weekday(parseDay('2026-01-11')!)).toBe(7);
    expect(weekday(parseDay('1969-12-31')!)).toBe(3);
    expect(yearOf(parseDay('1969-12-31')!)).toBe(1969);
    expect(yearOf(parseDay('2026-12-31')!)).toBe(2026);
  });
});

describe('formatTime', () => {
  it('reads as many decimals as RFC 3339 allows: any number', () => {
    const us = parseTime('2026-01-06T18:35:12.123456+08:00');
    for (const more of ['7', '7890', '7890123456789'])
      expect(parseTime(`2026-01-06T18:35:12.123456${more}+08:00`)).toBe(us);
    expect(parseTime(`2026-01-06T18:35:12.${'0'.repeat(1_000)}Z`)).toBe(parseTime('2026-01-06T18:35:12Z'));
  });

  it('writes Shanghai time with no more decimals than it needs', () => {
    expect(formatTime(0)).toBe('1970-01-01T08:00:00+08:00');
    expect(formatTime(1)).toBe('1970-01-01T08:00:00.000001+08:00');
    expect(formatTime(500_000)).toBe('1970-01-01T08:00:00.5+08:00');
    expect(formatTime(-1)).toBe('1970-01-01T07:59:59.999999+08:00');
    expect(formatTime(-8 * US_PER_HOUR - 1)).toBe('1969-12-31T23:59:59.999999+08:00');
  });
});
