import { expect, it } from 'vitest';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { formatTime, parseTime } from '../../src/core/time.js';
import { JOBS } from '../../src/jobs/list.js';
import { lastDueAt, nextDueAt, type Schedule, scheduleText } from '../../src/jobs/schedule.js';

const around = (schedule: Schedule, now: string): string[] =>
  [lastDueAt, nextDueAt].map((due) => formatTime(due(schedule, parseTime(now)!, CHINA_CALENDAR)).slice(0, 16));

it('is due at a time of Shanghai, every day or every working day', () => {
  const daily: Schedule = { at: [12, 30], on: 'every_day' };
  expect(around(daily, '2026-03-07T12:29:59+08:00')).toEqual(['2026-03-06T12:30', '2026-03-07T12:30']);
  expect(around(daily, '2026-03-07T12:30:00+08:00')).toEqual(['2026-03-07T12:30', '2026-03-08T12:30']);
  const working: Schedule = { at: [12, 30], on: 'working_days' };
  expect(around(working, '2026-03-06T12:30:00+08:00')).toEqual(['2026-03-06T12:30', '2026-03-09T12:30']);
  expect(around(working, '2026-03-08T20:00:00+08:00')).toEqual(['2026-03-06T12:30', '2026-03-09T12:30']);
  // The Sunday before New Year's day of 2026 was a rest day; Sunday, 4 January was worked.
  expect(around(working, '2026-01-04T13:00:00+08:00')).toEqual(['2026-01-04T12:30', '2026-01-05T12:30']);
  expect(around(working, '2026-01-02T13:00:00+08:00')).toEqual(['2025-12-31T12:30', '2026-01-04T12:30']);
});

it('is due every so many minutes of the hour', () => {
  expect(around({ everyMinutes: 10 }, '2026-03-07T12:29:59+08:00')).toEqual(['2026-03-07T12:20', '2026-03-07T12:30']);
});

it('is told in words, and no two jobs share a name or a lock', () => {
  expect(JOBS.map((job) => scheduleText(job.schedule))).toEqual([
    '00:00 on every day',
    'every 10 minutes',
    '12:30 on working days',
  ]);
  expect(new Set(JOBS.map((job) => job.name)).size).toBe(JOBS.length);
  expect(new Set(JOBS.map((job) => job.lock)).size).toBe(JOBS.length);
});
