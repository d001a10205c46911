import { describe, expect, it } from 'vitest';
import { startOfDay, US_PER_HOUR } from '../../../src/core/time.js';
import type { LessonRow } from '../../../src/risk/facts/rows.js';
import { rule as b10 } from '../../../src/risk/rules/b10-late-lessons.js';
import { rule as b11 } from '../../../src/risk/rules/b11-subject-on-rest-day.js';
import { ask, on, school, steps, TODAY } from '../builders.js';

const lesson = (date: string, from: number, to: number, values: Partial<LessonRow> = {}): LessonRow => ({
  at: startOfDay(on(date)),
  source: 's',
  id: `l${date}`,
  lessonId: `l${date}`,
  startsAt: startOfDay(on(date)) + from * US_PER_HOUR,
  endsAt: startOfDay(on(date)) + to * US_PER_HOUR,
  delivery: 'offline',
  courseKind: 'non_subject',
  teacherHash: null,
  roomId: null,
  capacity: null,
  cancelled: false,
  endedAt: null,
  ...values,
});
const teaching = (...lessons: LessonRow[]) =>
  school().with({ lessons: lessons.sort((a, b) => a.startsAt - b.startsAt) });

describe('B10 late lessons', () => {
  steps(b10, 'offline until hour', (to: number) => teaching(lesson('2026-04-21', 19, to)), [
    [20.5, 'none'],
    [20.5 + 1 / 3600, 'blue'],
  ]);
  steps(b10, 'online until hour', (to: number) => teaching(lesson('2026-04-21', 19, to, { delivery: 'online' })), [
    [21, 'none'],
    [21 + 1 / 3600, 'blue'],
  ]);
  steps(
    b10,
    'late lessons:',
    (count: number) =>
      teaching(...['2026-04-21', '2026-04-20', '2026-04-17'].slice(0, count).map((date) => lesson(date, 19, 21.5))),
    [
      [2, 'blue'],
      [3, 'yellow'],
    ],
  );

  it('leaves out cancelled lessons and those of more than thirty days ago, and looks again when the next one ends', () => {
    expect(ask(b10, teaching(lesson('2026-04-21', 19, 22, { cancelled: true }))).level).toBe('none');
    expect(ask(b10, teaching(lesson('2026-03-23', 19, 22))).level).toBe('none');
    expect(ask(b10, teaching(lesson('2026-04-23', 19, 22)))).toMatchObject({
      level: 'none',
      lookAgainAt: startOfDay(TODAY + 1) + 22 * US_PER_HOUR,
    });
    expect(ask(b10, school()).state).toBe('not_applicable');
  });

  // Planned until 20:00.
  steps(
    b10,
    'in time by the schedule, told to have ended at hour',
    (to: number) =>
      teaching(lesson('2026-04-21', 18, 20, { endedAt: startOfDay(on('2026-04-21')) + to * US_PER_HOUR })),
    [
      [19, 'none'],
      [20.5, 'none'],
      [20.5 + 1 / 3600, 'blue'],
    ],
  );

  it('takes the later of the planned end and the one that was told', () => {
    const ended = (date: string, planned: number, told: number, values: Partial<LessonRow> = {}) =>
      lesson(date, 18, planned, { endedAt: startOfDay(on(date)) + told * US_PER_HOUR, ...values });
    expect(ask(b10, teaching(ended('2026-04-21', 21, 20))).level).toBe('blue');
    expect(ask(b10, teaching(ended('2026-04-21', 20, 21, { delivery: 'online' }))).level).toBe('none');
    expect(ask(b10, teaching(ended('2026-04-21', 20, 21.25, { delivery: 'online' }))).level).toBe('blue');
    const late = ['2026-04-17', '2026-04-20', '2026-04-21'].map((date) => ended(date, 20, 20.75));
    expect(ask(b10, teaching(...late))).toMatchObject({ level: 'yellow', value: 3 });
    // Told to end in the evening of a day that is not over: not yet late.
    const tonight = ended('2026-04-22', 20, 21);
    expect(ask(b10, teaching(tonight))).toMatchObject({
      level: 'none',
      lookAgainAt: startOfDay(TODAY) + 21 * US_PER_HOUR,
    });
  });

  it('looks again at the end of the next late lesson alone, and when the first one leaves the window', () => {
    const usual = lesson('2026-04-22', 18, 20);
    expect(ask(b10, teaching(usual)).lookAgainAt).toBeNull();
    expect(ask(b10, teaching(lesson('2026-04-17', 19, 21), usual)).lookAgainAt).toBe(startOfDay(on('2026-04-17') + 30));
  });

  it('takes the lessons of thirty days, from the first midnight on, and ends that are reached', () => {
    expect(ask(b10, teaching(lesson('2026-03-24', 19, 22))).level).toBe('blue');
    const night = lesson('2026-03-24', 0, 22);
    expect(ask(b10, teaching(night)).level).toBe('blue');
    const tonight = teaching(lesson('2026-04-22', 19, 22));
    const ends = startOfDay(TODAY) + 22 * US_PER_HOUR;
    expect(ask(b10, tonight, { now: ends - 1 }).level).toBe('none');
    expect(ask(b10, tonight, { now: ends })).toMatchObject({ level: 'blue', value: 1, threshold: 1 });
    // Ended late although the plan goes on: late as soon as the first end is reached.
    const told = lesson('2026-04-22', 19, 22, { endedAt: startOfDay(TODAY) + 21 * US_PER_HOUR });
    expect(ask(b10, teaching(told), { now: startOfDay(TODAY) + 21 * US_PER_HOUR }).level).toBe('blue');
  });

  it('names late lessons in the order of their days', () => {
    const days = ['2026-04-17', '2026-04-20', '2026-04-21'];
    const ids = ask(b10, teaching(...days.map((date) => lesson(date, 19, 22)))).evidence();
    expect(ids.map(({ id }) => id)).toEqual(days.map((date) => `l${date}`));
  });
});

describe('B11 subject lesson on a rest day', () => {
  const subject = (date: string) => lesson(date, 9, 11, { courseKind: 'subject' });
  steps(b11, 'subject lesson on', (date: string) => teaching(subject(date)), [
    ['2026-04-17', 'none'],
    ['2026-04-18', 'yellow'],
    ['2026-04-06', 'yellow'],
  ]);
  steps(
    b11,
    'subject lessons on rest days:',
    (count: number) => teaching(...['2026-04-18', '2026-04-19', '2026-04-12'].slice(0, count).map(subject)),
    [
      [2, 'yellow'],
      [3, 'orange'],
    ],
  );

  it('allows a weekend day that is worked, and other kinds of lessons', () => {
    expect(ask(b11, teaching(lesson('2026-04-18', 9, 11))).level).toBe('none');
    const worked = ask(b11, teaching(subject('2026-05-09')), { now: startOfDay(on('2026-05-10')) });
    expect(worked.level).toBe('none');
    expect(ask(b11, school()).state).toBe('not_applicable');
  });

  const vacation = {
    params: { vacationFrom: on('2026-04-13'), vacationTo: on('2026-04-16') },
  };
  steps(
    b11,
    'in a vacation of 13 to 16 April, on',
    (date: string) => teaching(subject(date)),
    [
      ['2026-04-10', 'none'],
      ['2026-04-13', 'yellow'],
      ['2026-04-16', 'yellow'],
      ['2026-04-17', 'none'],
    ],
    vacation,
  );

  it('counts a weekend in the vacation once, and looks again at the next lesson in it', () => {
    const spring = { vacationFrom: on('2026-04-18'), vacationTo: on('2026-04-24') };
    expect(ask(b11, teaching(subject('2026-04-18')), { params: spring })).toMatchObject({
      level: 'yellow',
      value: 1,
    });
    expect(ask(b11, teaching(subject('2026-04-24')), { params: spring })).toMatchObject({
      level: 'none',
      lookAgainAt: startOfDay(on('2026-04-24')) + 9 * US_PER_HOUR,
    });
    expect(ask(b11, teaching(lesson('2026-04-21', 9, 11)), { params: spring }).level).toBe('none');
  });

  it('looks again when the next one begins, and when the first one leaves the window', () => {
    const next = teaching(subject('2026-04-18'), subject('2026-04-25'));
    expect(ask(b11, next).lookAgainAt).toBe(startOfDay(on('2026-04-25')) + 9 * US_PER_HOUR);
    expect(ask(b11, teaching(subject('2026-04-18'))).lookAgainAt).toBe(startOfDay(on('2026-04-18') + 30));
    expect(ask(b11, teaching(subject('2026-04-24'))).lookAgainAt).toBeNull();
  });

  it('takes the lessons of thirty days that have begun and are not cancelled, and names them by their days', () => {
    // The 28th and 29th of March are a weekend; on Monday the 27th of April the window begins on the 29th.
    const monday = startOfDay(on('2026-04-27'));
    expect(ask(b11, teaching(subject('2026-03-28')), { now: monday }).level).toBe('none');
    const sunday = lesson('2026-03-29', 0, 2, { courseKind: 'subject' });
    expect(ask(b11, teaching(sunday), { now: monday }).level).toBe('yellow');
    expect(ask(b11, teaching(lesson('2026-04-18', 9, 11, { courseKind: 'subject', cancelled: true }))).level).toBe(
      'none',
    );
    const begins = startOfDay(on('2026-04-18')) + 9 * US_PER_HOUR;
    expect(ask(b11, teaching(subject('2026-04-18')), { now: begins - 1 }).level).toBe('none');
    expect(ask(b11, teaching(subject('2026-04-18')), { now: begins })).toMatchObject({ level: 'yellow', threshold: 1 });
    const days = ['2026-04-12', '2026-04-18', '2026-04-19'];
    const ids = ask(b11, teaching(...days.map(subject))).evidence();
    expect(ids.map(({ id }) => id)).toEqual(days.map((date) => `l${date}`));
  });
});
