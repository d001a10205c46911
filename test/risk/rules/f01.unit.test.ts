import { describe, expect, it } from 'vitest';
import { formatDay } from '../../../src/core/time.js';
import { rule } from '../../../src/risk/rules/f01-control-change.js';
import { ask, noon, school, steps, TODAY } from '../builders.js';
import { timetabled } from '../timetable.js';

const REPS = ['aaaaaaaaaaaaaaaa', 'bbbbbbbbbbbbbbbb', 'cccccccccccccccc'];
/** Told first 300 days ago, then another representative on each of the given days ago. */
const changed = (...ago: number[]) =>
  ago.reduce(
    (one, days, index) => one.profile({ legalRepHash: REPS[index + 1]! }, noon(TODAY - days)),
    school().profile({ legalRepHash: REPS[0]! }, noon(TODAY - 390)),
  );
const finding = {
  context: {
    hadFinding: (groups: readonly string[], floor: string, days: number) =>
      groups.join() === 'A,C' && floor === 'orange' && days === 90,
  },
};

describe('F01 control change', () => {
  steps(rule, 'changed days ago', (ago: number) => changed(ago), [
    [89, 'yellow'],
    [90, 'none'],
  ]);
  steps(rule, 'changed ten days ago and before that days ago', (ago: number) => changed(ago, 10), [
    [364, 'orange'],
    [365, 'yellow'],
  ]);

  it('is red with an account or refund finding of orange or above', () => {
    expect(ask(rule, changed(10), finding).level).toBe('red');
    expect(ask(rule, changed(100), finding).level).toBe('none');
  });

  it('is orange while families wait for refunds, or with lessons that fall', () => {
    const beside = (found: string, level: 'blue' | 'yellow' = 'yellow', ago = 10) =>
      ask(rule, changed(ago), { context: { levelOf: (id) => (id === found ? level : 'none') } }).level;
    expect([beside('C01'), beside('D02')]).toEqual(['orange', 'orange']);
    expect([beside('C01', 'blue'), beside('D02', 'blue')]).toEqual(['yellow', 'yellow']);
    expect([beside('C04'), beside('C06'), beside('C09')]).toEqual(['yellow', 'yellow', 'yellow']);
    expect(beside('C01', 'yellow', 100)).toBe('none');
  });

  describe('with fewer lessons than before the change', () => {
    /** Changed twenty days ago; ten teaching weeks of `before` lessons a day until then, `after` in each of the last fourteen days. */
    const since = (after: number, before = 8) =>
      changed(20)
        .tallies('lessons_delivered', TODAY - 76, TODAY - 15, before)
        .tallies('lessons_delivered', TODAY - 14, TODAY - 1, after);

    // Eight a day for 56 days, the Spring Festival among them: 75% is 6.
    steps(rule, 'lessons a day', (after: number) => since(after), [
      [6, 'yellow'],
      [5, 'orange'],
      [0, 'orange'],
    ]);

    it('leaves out the illness of one teacher', () => {
      const off = (teachers: readonly string[]) =>
        since(0, 1).with({
          lessons: Array.from({ length: 14 }, (_, at) =>
            timetabled(TODAY - 1 - at, `l${at}`, { cancelled: true, teacherHash: teachers[at % teachers.length]! }),
          ),
        });
      expect(ask(rule, off(['aaaaaaaaaaaaaaaa'])).level).toBe('yellow');
      expect(ask(rule, off(['aaaaaaaaaaaaaaaa', 'bbbbbbbbbbbbbbbb'])).level).toBe('orange');
    });

    it('needs three lessons fewer than expected, a fortnight since the change, and no pause', () => {
      const few = (given: number) =>
        changed(20)
          .tallies('lessons_delivered', TODAY - 76, TODAY - 68, 1)
          .tallies('lessons_delivered', TODAY - 10, TODAY - 10, given);
      // 9 / 47 a day make 2.7 of two weeks.
      expect(ask(rule, few(0)).level).toBe('yellow');
      const soon = changed(13)
        .tallies('lessons_delivered', TODAY - 76, TODAY - 15, 8)
        .tallies('lessons_delivered', TODAY - 14, TODAY - 1, 1);
      expect(ask(rule, soon).level).toBe('yellow');
      const paused = since(1).register('break.declared', {
        from: formatDay(TODAY - 9),
        to: formatDay(TODAY - 5),
      });
      expect(ask(rule, paused).level).toBe('yellow');
      expect(ask(rule, since(1).learners(19)).level).toBe('yellow');
    });
  });

  it('sees other controllers, in whatever order they are told, and takes the first telling as no change', () => {
    const controllers = (...hashes: string[]) =>
      ask(
        rule,
        school()
          .profile({ controllerHashes: [REPS[0]!, REPS[1]!] }, noon(TODAY - 200))
          .profile({ controllerHashes: hashes }, noon(TODAY - 5)),
      ).level;
    expect(controllers(REPS[1]!, REPS[0]!)).toBe('none');
    expect(controllers(REPS[1]!)).toBe('yellow');
    expect(
      ask(
        rule,
        school()
          .profile({}, noon(TODAY - 200))
          .profile({ legalRepHash: REPS[0]! }, noon(TODAY - 5)),
      ).level,
    ).toBe('none');
  });

  it('asks only while fees are unearned', () => {
    expect(ask(rule, changed(5).unearned(0)).level).toBe('none');
  });

  it.each(['C01', 'C02', 'C03', 'C05', 'C07', 'C08', 'D02'])('is orange beside a yellow finding of %s', (found) => {
    const context = { levelOf: (id: string) => (id === found ? ('yellow' as const) : ('none' as const)) };
    expect(ask(rule, changed(10), { context }).level).toBe('orange');
  });

  it('tells how many changes there were in a year, and names the newest first', () => {
    expect(ask(rule, changed(10))).toMatchObject({ value: 1, threshold: 1 });
    const twice = changed(364, 10);
    expect(ask(rule, twice)).toMatchObject({ value: 2, threshold: 2 });
    const ids = twice.rows().profileEvents.map(({ id }) => id);
    expect(
      ask(rule, twice)
        .evidence()
        .map(({ id }) => id),
    ).toEqual([ids[2], ids[1]]);
    expect(ask(rule, changed(364, 100)).level).toBe('none');
  });

  it('does not see a change that is told for a later moment, and remembers through tellings that leave it out', () => {
    expect(ask(rule, changed(0), { now: noon(TODAY) }).level).toBe('yellow');
    expect(ask(rule, changed(0), { now: noon(TODAY) - 1 }).level).toBe('none');
    const silent = (last: object) =>
      ask(
        rule,
        school()
          .profile({ legalRepHash: REPS[0]!, controllerHashes: [REPS[0]!] }, noon(TODAY - 200))
          .profile({ name: '新名' }, noon(TODAY - 20))
          .profile(last, noon(TODAY - 5)),
      );
    expect(silent({ legalRepHash: REPS[1]! })).toMatchObject({ level: 'yellow', value: 1 });
    expect(silent({ controllerHashes: [REPS[1]!] })).toMatchObject({ level: 'yellow', value: 1 });
    expect(silent({ legalRepHash: REPS[0]!, controllerHashes: [REPS[0]!] }).level).toBe('none');
    const first = school()
      .profile({}, noon(TODAY - 200))
      .profile({ controllerHashes: [REPS[0]!] }, noon(TODAY - 5));
    expect(ask(rule, first).level).toBe('none');
  });

  it('compares two weeks of lessons with the eight before the change', () => {
    const lessons = (ago: number, count: number, before: readonly [number, number] = [76, 21]) =>
      ask(
        rule,
        changed(20)
          .tallies('lessons_delivered', TODAY - before[0], TODAY - before[1], 10_000)
          .tally('lessons_delivered', TODAY - ago, count),
      ).level;
    // 75% of 140,000 is 105,000.
    expect([lessons(1, 105_000), lessons(1, 104_999)]).toEqual(['yellow', 'orange']);
    expect([lessons(14, 105_000), lessons(15, 105_000), lessons(0, 105_000)]).toEqual(['yellow', 'orange', 'orange']);
    // What was given before those eight weeks, and from the change on, is not the pace before it.
    expect([lessons(1, 105_000, [90, 21]), lessons(1, 105_000, [76, 15])]).toEqual(['yellow', 'yellow']);
    // With one of the days missing the pace is lower.
    expect([lessons(1, 103_125, [75, 21]), lessons(1, 103_125, [76, 22])]).toEqual(['yellow', 'yellow']);
    const young = (days: number) =>
      ask(
        rule,
        changed(20)
          .history(days)
          .tallies('lessons_delivered', TODAY - 76, TODAY - 21, 8),
      ).level;
    expect([young(33), young(34)]).toEqual(['yellow', 'orange']);
    // A fortnight must lie between.
    const soon = (ago: number) =>
      ask(rule, changed(ago).tallies('lessons_delivered', TODAY - 76, TODAY - ago - 1, 8)).level;
    expect([soon(14), soon(15)]).toEqual(['yellow', 'orange']);
  });

  it('takes off only lessons that were called off in these two weeks', () => {
    const off = (...ago: number[]) =>
      ask(
        rule,
        changed(20)
          .tallies('lessons_delivered', TODAY - 76, TODAY - 21, 1)
          .tallies('lessons_delivered', TODAY - 14, TODAY - 1, 1, 2)
          .with({
            lessons: [
              timetabled(TODAY - 6, 'given', { teacherHash: 'bbbbbbbbbbbbbbbb' }),
              ...ago.map((days) =>
                timetabled(TODAY - days, `l${days}`, { cancelled: true, teacherHash: 'aaaaaaaaaaaaaaaa' }),
              ),
            ],
          }),
      ).level;
    // Seven lessons are missing of fourteen; three must remain.
    expect(off(2, 4, 6, 8)).toBe('orange');
    expect(off(2, 4, 6, 8, 10)).toBe('yellow');
    expect(off(2, 4, 6, 8, 14)).toBe('yellow');
    expect(off(2, 4, 6, 8, 15)).toBe('orange');
    expect(off(2, 4, 6, 8, 0)).toBe('orange');
  });
});
