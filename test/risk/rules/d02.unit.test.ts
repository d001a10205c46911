import { describe, expect, it } from 'vitest';
import { formatDay, startOfDay } from '../../../src/core/time.js';
import { rule } from '../../../src/risk/rules/d02-lessons-falling.js';
import { ask, expectWellFormed, NOW, noon, on, school, steps, TODAY } from '../builders.js';
import { timetabled } from '../timetable.js';

/** Ten lessons a day for the 56 days before, `recent` in each of the last 14. The window ends yesterday. */
const falling = (recent: number) =>
  school()
    .tallies('lessons_delivered', TODAY - 70, TODAY - 15, 100)
    .tallies('lessons_delivered', TODAY - 14, TODAY - 1, recent);

describe('D02 lessons falling', () => {
  it('expects nothing on holidays', () => {
    // Twelve days of the base window are holidays: the same number of lessons a day is a slower pace than on the days that were left.
    expect(ask(rule, falling(100)).value).toBeLessThan(10_000);
  });

  // 44 teaching days before (the Spring Festival and Qingming lie there): 5600 / 44 = 127.3 a day; 60% is 76.4, 35% is 44.5.
  steps(rule, 'lessons a day against 127.3 before:', falling, [
    [77, 'none'],
    [76, 'yellow'],
    [45, 'yellow'],
    [44, 'orange'],
  ]);

  it('leaves out declared breaks on both sides, and is not asked within two weeks of one', () => {
    const onBreak = (from: number, to: number) =>
      falling(20).register('break.declared', { from: formatDay(TODAY + from), to: formatDay(TODAY + to) });
    expect(ask(rule, onBreak(-30, -15)).level).toBe('orange');
    expect(ask(rule, onBreak(-30, -14)).state).toBe('not_applicable');
    expect(ask(rule, onBreak(-9, 5)).state).toBe('not_applicable');
  });

  it('needs the minimum sample, history, and enough lessons to compare', () => {
    expect(ask(rule, falling(0).learners(19)).state).toBe('not_applicable');
    expect(ask(rule, falling(0).history(41)).state).toBe('not_applicable');
    expect(ask(rule, school().tallies('lessons_delivered', TODAY - 70, TODAY - 62)).state).toBe('not_applicable');
  });

  it('is orange by the mean only with enough lessons before: with few, two that fall out are much', () => {
    // One lesson every second day, or third day: 28 or 19 in the 44 teaching days of eight weeks … and none for two weeks.
    const few = (perWeek: number) => {
      const one = school();
      for (let at = 0; at < perWeek * 8; at += 1)
        one.tally('lessons_delivered', TODAY - 70 + Math.floor((at * 56) / (perWeek * 8)));
      return ask(rule, one).level;
    };
    expect([few(4), few(3)]).toEqual(['orange', 'yellow']);
  });

  it('is not asked after a long holiday without lessons, be it declared or not', () => {
    const may = (now: string, lessons: readonly string[] = []) => {
      const one = school().tallies('lessons_delivered', on(now) - 70, on(now) - 15, 10);
      const rows = lessons.map((day, at) => timetabled(on(day), `l${at}`));
      return ask(rule, one.with({ lessons: rows }), { now: noon(on(now)) });
    };
    expect(may('2026-05-12').state).toBe('not_applicable');
    expect(may('2026-05-12', ['2026-05-02'])).toMatchObject({ state: 'answered', level: 'orange' });
    expect(may('2026-05-19').state).toBe('not_applicable');
    expect(may('2026-05-20').state).toBe('answered');
  });

  describe('called off', () => {
    /** Every lesson day of four weeks has two lessons of two teachers; of `off` days both are called off. */
    const timetable = (off: readonly number[], given = 0) => {
      const lessons = Array.from({ length: 15 }, (_, at) => 28 - at * 2).flatMap((ago) =>
        ['aa', 'bb'].map((teacher) =>
          timetabled(TODAY - ago, `${teacher}${ago}`, {
            teacherHash: teacher.repeat(8),
            cancelled: off.includes(ago),
          }),
        ),
      );
      return school()
        .learners(12)
        .tallies('lessons_delivered', TODAY - 70, TODAY - 29, 1)
        .tally('lessons_delivered', TODAY - 3, given)
        .with({ lessons });
    };
    const weekly = [28, 24, 18, 12, 8];

    it('is orange when 35% of the timetable of four weeks is called off, week after week, also at a small school', () => {
      // Five of fourteen days: 35.7%; four: 28.6%.
      expect(ask(rule, timetable(weekly))).toMatchObject({ level: 'orange', value: 6_429, state: 'answered' });
      expect(ask(rule, timetable(weekly.slice(1))).level).toBe('none');
      expect(ask(rule, timetable(weekly), { params: { offMin: 11 } }).state).toBe('not_applicable');
      expectWellFormed(rule, ask(rule, timetable(weekly)), NOW);
      // Few learners: only lessons called off, also those to come, can change the answer by time alone.
      expect(ask(rule, timetable([])).lookAgainAt).toBeNull();
      expect(ask(rule, timetable([4, 2, 0])).lookAgainAt).toBe(startOfDay(TODAY + 1));
    });

    it('is silent for a fortnight called off, for one teacher, for lessons made up for, and for a declared break', () => {
      expect(ask(rule, timetable([28, 26, 24, 22, 20, 18, 16])).state).toBe('not_applicable');
      const oneTeacher = timetable([28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6]).rows();
      const lessons = oneTeacher.lessons.map((one) => ({
        ...one,
        cancelled: one.cancelled && one.lessonId[0] === 'a',
      }));
      expect(ask(rule, timetable([]).with({ lessons })).state).toBe('not_applicable');
      expect(ask(rule, timetable(weekly, 19)).level).toBe('none');
      expect(ask(rule, timetable(weekly, 18)).level).toBe('orange');
      const onBreak = timetable(weekly).register('break.declared', {
        from: formatDay(TODAY - 28),
        to: formatDay(TODAY - 20),
      });
      expect(ask(rule, onBreak).state).toBe('not_applicable');
    });
  });
});
