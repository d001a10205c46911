import { describe, expect, it } from 'vitest';
import { startOfDay, US_PER_HOUR } from '../../../src/core/time.js';
import type { DeliveryRow } from '../../../src/risk/facts/rows.js';
import { teachingIn } from '../../../src/risk/facts/teaching.js';
import { inOneMinute, inTwoPlaces, isQuick, teachersTooLong } from '../../../src/risk/facts/teaching-signs.js';
import { nobody, noon, on, sheetOf, TODAY } from '../builders.js';
import { timetabled } from '../timetable.js';

describe('lessons and the days on which some could be expected', () => {
  /** So many lessons a day from one day to another, asked at noon of a day. */
  const taught = (now: string, ...given: readonly (readonly [from: string, to: string, count: number])[]) => {
    const school = nobody();
    for (const [from, to, count] of given) school.tallies('lessons_delivered', on(from), on(to), count);
    const sheet = sheetOf(school, { now: noon(on(now)) });
    return (from: string, to: string) => teachingIn(sheet, on(from), on(to));
  };

  it('leave a holiday out, with the odd lesson given in it, until half as many are given as a week before', () => {
    // May Day 2026 is from Friday the 1st to Tuesday the 5th; the same weekdays before it are the 24th to the 28th of April.
    const before = ['2026-04-24', '2026-04-28', 2] as const;
    const may = (...holiday: readonly (readonly [string, string, number])[]) =>
      taught(
        '2026-05-20',
        before,
        ['2026-04-23', '2026-04-23', 50],
        ['2026-04-29', '2026-04-29', 50],
        ...holiday,
      )('2026-04-30', '2026-05-10');
    expect(may()).toEqual({ lessons: 0, days: 6 });
    expect(may(['2026-05-01', '2026-05-04', 1])).toEqual({ lessons: 0, days: 6 });
    expect(may(['2026-05-01', '2026-05-05', 1])).toEqual({ lessons: 5, days: 11 });
    expect(may(['2026-05-01', '2026-05-01', 5])).toEqual({ lessons: 5, days: 11 });
    expect(may(['2026-05-05', '2026-05-05', 5])).toEqual({ lessons: 5, days: 11 });
    expect(may(['2026-04-30', '2026-04-30', 9], ['2026-05-06', '2026-05-06', 9])).toEqual({ lessons: 18, days: 6 });
  });

  it('compare a holiday of more than a week with as many weeks before it', () => {
    // The National Day of 2025 is from 1 to 8 October; two weeks before that are 17 to 24 September.
    const october = (count: number) =>
      taught(
        '2025-10-20',
        ['2025-09-17', '2025-09-24', 2],
        ['2025-09-25', '2025-09-30', 50],
        ['2025-10-01', '2025-10-08', count],
      );
    expect(october(1)('2025-10-01', '2025-10-10')).toEqual({ lessons: 8, days: 10 });
    expect(october(0)('2025-10-01', '2025-10-10')).toEqual({ lessons: 0, days: 2 });
  });

  it('judge a holiday that still goes on by its days up to yesterday', () => {
    const may = (now: string) => taught(now, ['2026-04-24', '2026-04-28', 2], ['2026-05-01', '2026-05-03', 1]);
    expect(may('2026-05-04')('2026-05-01', '2026-05-04')).toEqual({ lessons: 3, days: 4 });
    expect(may('2026-05-05')('2026-05-01', '2026-05-05')).toEqual({ lessons: 0, days: 0 });
    // On its first day nothing can be said yet.
    expect(may('2026-05-01')('2026-04-30', '2026-05-01')).toEqual({ lessons: 0, days: 1 });
  });

  it('take a holiday at the edge of the window by the days that lie in it', () => {
    const asked = taught('2026-05-20', ['2026-04-01', '2026-05-10', 1]);
    expect(asked('2026-05-04', '2026-05-07')).toEqual({ lessons: 4, days: 4 });
    const open = taught('2026-05-20', ['2026-04-01', '2026-04-30', 1], ['2026-05-02', '2026-05-04', 1]);
    expect(open('2026-05-04', '2026-05-07')).toEqual({ lessons: 1, days: 4 });
  });
});

describe('signs of lessons that nobody gave', () => {
  const lesson = (id: string, from: number, to: number, over: Partial<DeliveryRow> = {}): DeliveryRow => ({
    ...timetabled(TODAY, id, {
      startsAt: startOfDay(TODAY) + from * US_PER_HOUR,
      endsAt: startOfDay(TODAY) + to * US_PER_HOUR,
    }),
    learners: [],
    ...over,
  });
  const ids = (rows: readonly { readonly lessonId: string }[]) => rows.map(({ lessonId }) => lessonId);

  it('are a teacher in two rooms at a time, not two teachers, nor lessons that name none', () => {
    const both = (one: string | null, other: string | null, rooms = ['R1', 'R2']) =>
      ids(
        inTwoPlaces([
          lesson('a', 9, 11, { teacherHash: one, roomId: rooms[0]! }),
          lesson('b', 10, 12, { teacherHash: other, roomId: rooms[1]! }),
        ]),
      );
    expect(both('t1', 't1')).toEqual(['a', 'b']);
    expect(both('t1', 't1', ['R1', 'R1'])).toEqual([]);
    expect(both('t1', 't2')).toEqual([]);
    expect(both('t1', null)).toEqual([]);
    expect(both(null, 't1')).toEqual([]);
    expect(both(null, null)).toEqual([]);
  });

  it('are those of a teacher who taught longer than the limit on one day, and of nobody else', () => {
    const day = [
      lesson('a', 8, 13, { teacherHash: 't1' }),
      lesson('b', 8, 20, { teacherHash: null }),
      lesson('c', 9, 19, { teacherHash: 't2' }),
      lesson('d', 14, 19, { teacherHash: 't1' }),
      lesson('e', 24, 25, { teacherHash: 't1' }),
      lesson('f', 25, 26, { teacherHash: 't2' }),
    ];
    expect(ids(teachersTooLong(day, 1_000))).toEqual([]);
    expect(ids(teachersTooLong(day, 999))).toEqual(['a', 'd', 'c']);
    expect(ids(teachersTooLong(day.toSpliced(3, 1, lesson('d', 14, 19.01, { teacherHash: 't1' })), 1_000))).toEqual([
      'a',
      'd',
    ]);
  });

  it('are confirmations within less than a minute of each other, or of their request', () => {
    const second = US_PER_HOUR / 3_600;
    const at = (...seconds: number[]) => seconds.map((one) => ({ at: one * second }) as never);
    expect(inOneMinute(at(0, 30, 60), 3)).toEqual([]);
    expect(inOneMinute(at(0, 30, 59), 3)).toHaveLength(3);
    expect(inOneMinute(at(0, 60, 90, 119), 3)).toEqual(at(60, 90, 119));
    expect(inOneMinute(at(0, 1), 3)).toEqual([]);
    const quick = (requested: number | null, answered: number) =>
      isQuick({ at: answered * second, requestedAt: requested === null ? null : requested * second } as never);
    expect([quick(0, 59), quick(0, 60), quick(60, 60), quick(61, 60), quick(null, 60)]).toEqual([
      true,
      false,
      true,
      false,
      false,
    ]);
  });
});
