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

/** What the pace says. */
const ask0 = ({ level, value }: ReturnType<typeof ask>) => ({ level, value });

describe('D02 lessons falling', () => {
  // 100 a day for 56 days, the Spring Festival and Qingming among them: this school has no holidays. 60% is 60, 35% is 35.
  steps(rule, 'lessons a day against 100 before, holidays too:', falling, [
    [60, 'none'],
    [59, 'yellow'],
    [35, 'yellow'],
    [34, 'orange'],
  ]);

  describe('statutory holidays', () => {
    /** Eight lessons on each day but `closed` ones, until `today`; half as many, or none, on the days of `fewer`. */
    const around = (today: string, fewer: Readonly<Record<string, number>> = {}, halvedFrom?: string) => {
      const one = school();
      for (let day = on(today) - 93; day < on(today); day += 1) {
        const usual = halvedFrom !== undefined && day >= on(halvedFrom) ? 4 : 8;
        one.tally('lessons_delivered', day, fewer[formatDay(day)] ?? usual);
      }
      const timetable = timetabled(on('2026-05-02'), 'may');
      return ask(rule, one.with({ lessons: [timetable] }), { now: noon(on(today)) });
    };
    const days = (from: string, to: string, lessons: number) =>
      Object.fromEntries(Array.from({ length: on(to) - on(from) + 1 }, (_, at) => [formatDay(on(from) + at), lessons]));
    const closed = {
      ...days('2026-02-15', '2026-02-23', 0),
      ...days('2026-04-04', '2026-04-06', 0),
      ...days('2026-05-01', '2026-05-05', 0),
    };

    it('are days like others to a school that teaches then', () => {
      // Before and after May Day, and with the Spring Festival and Qingming in the weeks before.
      for (const today of ['2026-04-24', '2026-05-06', '2026-05-14', '2026-05-28'])
        expect(ask0(around(today))).toEqual({ level: 'none', value: 10_000 });
      // Half of the lessons since 22 April, through May Day: nine teaching days would make 78% of it.
      expect(ask0(around('2026-05-06', {}, '2026-04-22'))).toEqual({ level: 'yellow', value: 5_000 });
    });

    it('count neither as days nor with their lessons where the school is closed, but for an odd lesson', () => {
      for (const today of ['2026-04-24', '2026-05-14', '2026-05-28'])
        expect(ask0(around(today, closed))).toEqual({ level: 'none', value: 10_000 });
      const odd = { ...closed, '2026-05-02': 3 };
      for (const today of ['2026-05-04', '2026-05-14', '2026-05-28'])
        expect(ask0(around(today, odd))).toEqual({ level: 'none', value: 10_000 });
    });
  });

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
    // One lesson every second day, or third day … and none for two weeks.
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

    it('tells what was not called off where that is the step reached, and not the pace, which is kept', () => {
      const kept = timetable(weekly, 9)
        .learners(50)
        .tally('lessons_delivered', TODAY - 20, 9);
      const answer = ask(rule, kept);
      expect(answer).toMatchObject({ level: 'orange', value: 6_429, threshold: 6_500 });
      expect(answer.reason().en).toMatch(/10 of 28 timetabled lessons called off in 28 days \(35.71%\)$/);
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

  steps(
    rule,
    'lessons a day against 10,000 before:',
    (recent: number) =>
      school()
        .tallies('lessons_delivered', TODAY - 70, TODAY - 15, 10_000)
        .tallies('lessons_delivered', TODAY - 14, TODAY - 1, recent),
    [
      [6_000, 'none'],
      [5_999, 'yellow'],
      [3_500, 'yellow'],
      [3_499, 'orange'],
    ],
  );

  it('needs ten lessons before, thirty-two of them for orange, and counts yesterday but not today', () => {
    const taught = (count: number) => ask(rule, school().tallies('lessons_delivered', TODAY - 70, TODAY - 71 + count));
    expect(taught(9).state).toBe('not_applicable');
    expect(taught(10)).toMatchObject({ state: 'answered', level: 'yellow', value: 0 });
    expect([taught(31).level, taught(32).level]).toEqual(['yellow', 'orange']);
    const lessons = (from: number, to: number) =>
      ask(
        rule,
        school()
          .tallies('lessons_delivered', TODAY - 70, TODAY - 15, 10)
          .tallies('lessons_delivered', TODAY - from, TODAY - to, 70),
      ).value;
    expect(lessons(1, 0)).toBe(5_000);
    expect(lessons(14, 13)).toBe(10_000);
    expect(lessons(70, 70)).toBe(0);
    expect(lessons(13, 10)).toBe(20_000);
  });

  it('needs seven teaching days of the last fourteen', () => {
    const onBreak = (days: number) =>
      ask(
        rule,
        falling(50).register('break.declared', {
          from: formatDay(TODAY - 13),
          to: formatDay(TODAY - 14 + days),
        }),
        { params: { afterBreakDays: 0 } },
      ).state;
    expect([onBreak(7), onBreak(8)]).toEqual(['answered', 'not_applicable']);
  });

  it('takes five lessons called off in three weeks, of two teachers where there are two', () => {
    const off = (days: readonly number[], teacher: (ago: number) => string | null = () => null) => {
      const lessons = Array.from({ length: 14 }, (_, at) => 28 - at * 2).map((ago) =>
        timetabled(TODAY - ago, `l${ago}`, { teacherHash: teacher(ago), cancelled: days.includes(ago) }),
      );
      const one = school()
        .learners(12)
        .tallies('lessons_delivered', TODAY - 70, TODAY - 29, 1);
      return ask(rule, one.with({ lessons }));
    };
    const [first, second, third] = [28, 20, 12];
    expect(off([first, 26, second, 18, third]).level).toBe('orange');
    expect(off([first, 26, second, third]).state).toBe('not_applicable');
    expect(off([first, 26, 24, 16, 18]).state).toBe('not_applicable');
    const two = (ago: number) => (ago > 14 ? 'aa' : 'bb');
    expect(off([first, 26, second, 18, third], two).level).toBe('orange');
    expect(off([first, 26, second, 18, third], (ago) => (ago > 2 ? 'aa' : 'bb')).state).toBe('not_applicable');
    const three = (ago: number) => (ago < 3 ? 'cc' : two(ago));
    expect(off([first, 26, second, 18, third], three).level).toBe('orange');
    // Seven of twenty are 35%.
    const twenty = (count: number) => {
      const lessons = Array.from({ length: 20 }, (_, at) =>
        timetabled(TODAY - 28 + at, `l${at}`, { cancelled: at % 3 === 0 && at / 3 < count }),
      );
      return ask(rule, school().learners(12).with({ lessons }));
    };
    expect(twenty(7)).toMatchObject({ level: 'orange', value: 6_500, threshold: 6_500 });
    expect(twenty(6).level).toBe('none');
  });
});
