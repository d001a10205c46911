import { describe, expect, it } from 'vitest';
import { formatDay, startOfDay } from '../../../src/core/time.js';
import { rule } from '../../../src/risk/rules/e01-receipts-surge.js';
import { type AskOptions, ask, type School, school, steps, TODAY, yuan } from '../builders.js';

/** ¥40,000 in the 56 days before (¥10,000 per two weeks), `recent` in the last 14; 14 and 56 lessons. */
const surge = (recent: number, lessons = 14) =>
  school()
    .receipt(TODAY - 20, yuan(10_000))
    .receipt(TODAY - 34, yuan(10_000))
    .receipt(TODAY - 48, yuan(10_000))
    .receipt(TODAY - 62, yuan(10_000))
    .receipt(TODAY - 5, yuan(recent))
    .tally('lessons_delivered', TODAY - 5, lessons)
    .tally('lessons_delivered', TODAY - 30, 56);

/** Something else is wrong: packages that are too long. */
const drive = { context: { levelOf: (id: string) => (id === 'B01' ? ('yellow' as const) : ('none' as const)) } };
const asked = (one: School, options: AskOptions = drive) => ask(rule, one, options);

describe('E01 receipts surge', () => {
  steps(
    rule,
    'against ¥10,000 in two weeks before, now ¥',
    (recent: number) => surge(recent),
    [
      [24_999.99, 'none'],
      [25_000, 'yellow'],
      [39_999.99, 'yellow'],
      [40_000, 'orange'],
    ],
    drive,
  );
  // 1.1 × 56 / 4 = 15.4 lessons.
  steps(
    rule,
    'four times the receipts, lessons against 14 before:',
    (lessons: number) => surge(40_000, lessons),
    [
      [15, 'orange'],
      [16, 'none'],
    ],
    drive,
  );

  it('compares lessons by the days outside declared breaks', () => {
    const onBreak = (from: number, to: number, lessons: number) =>
      asked(
        surge(25_000, lessons).register('break.declared', { from: formatDay(TODAY + from), to: formatDay(TODAY + to) }),
      );
    // 56 lessons in 45 days make 17.4 of fourteen days, 19.2 with the tenth; ten open days of the two weeks 11.
    expect(onBreak(-67, -57, 19).level).toBe('yellow');
    expect(onBreak(-67, -57, 20).level).toBe('none');
    expect(onBreak(-13, -10, 11).level).toBe('yellow');
    expect(onBreak(-13, -10, 12).level).toBe('none');
    // Through a break of all the weeks before nobody can tell: lessons are more than none.
    expect(onBreak(-69, -14, 14).level).toBe('none');
    expect(onBreak(-69, -14, 0).level).toBe('yellow');
  });

  it('compares with the same weeks of last year where they are known', () => {
    const lastYear = (fen: number) =>
      surge(40_000)
        .history(400)
        .receipt(TODAY - 370, yuan(fen));
    expect(asked(lastYear(10_000)).level).toBe('orange');
    expect(asked(lastYear(16_000)).level).toBe('yellow');
    expect(asked(lastYear(16_001)).level).toBe('none');
    expect(asked(lastYear(16_001).history(376)).level).toBe('orange');
  });

  it('is orange only above one and a half times the best two weeks of the months before', () => {
    const termSeller = (fen: number, ago = 100) =>
      surge(40_000)
        .history(300)
        .receipt(TODAY - ago, yuan(fen));
    expect(asked(termSeller(26_666)).level).toBe('orange');
    expect(asked(termSeller(26_667)).level).toBe('yellow');
    // The 150 days before the two weeks, the first of them as well.
    expect(asked(termSeller(26_667, 163)).level).toBe('yellow');
    expect(asked(termSeller(26_667, 164)).level).toBe('orange');
  });

  it('knows one span of best weeks where no more days before are looked at than it is long', () => {
    const short = { ...drive, params: { peakDays: 14 } };
    const best = (fen: number) => asked(surge(150_000).receipt(TODAY - 14, yuan(fen)), short).level;
    // With the ¥10,000 of the same weeks.
    expect([best(90_000), best(90_001)]).toEqual(['orange', 'yellow']);
  });

  it('is orange only beside another sign: a good season of enrolment is sound', () => {
    const beside = (found: string, level: 'blue' | 'yellow') =>
      asked(surge(90_000), { context: { levelOf: (id) => (id === found ? level : 'none') } }).level;
    expect(asked(surge(90_000), {}).level).toBe('yellow');
    expect([beside('A10', 'yellow'), beside('A10', 'blue')]).toEqual(['orange', 'yellow']);
    expect([beside('D06', 'yellow'), beside('B08', 'yellow'), beside('A07', 'yellow')]).toEqual([
      'orange',
      'yellow',
      'yellow',
    ]);
    const refunds = (floor: string, within: number) =>
      asked(surge(90_000), {
        context: { hadFinding: (groups, level, days) => groups.includes('C') && level === floor && days === within },
      }).level;
    expect([refunds('yellow', 14), refunds('orange', 14)]).toEqual(['orange', 'yellow']);
  });

  it('is one level lower in the two weeks before a term', () => {
    const term = (from: number, to: number) =>
      surge(40_000).register('break.declared', { from: formatDay(TODAY + from), to: formatDay(TODAY + to) });
    expect(asked(term(3, 13)).level).toBe('yellow');
    expect(asked(term(3, 14)).level).toBe('orange');
    // A break of four days begins no term.
    expect(asked(term(3, 6)).level).toBe('orange');
    expect(asked(term(3, 7)).level).toBe('yellow');
  });

  it('needs ten weeks of history and the minimum sample', () => {
    expect(asked(surge(90_000).with({ firstAt: startOfDay(TODAY - 69) })).state).toBe('not_applicable');
    expect(asked(surge(90_000).with({ firstAt: startOfDay(TODAY - 70) })).level).toBe('orange');
    expect(asked(surge(90_000).learners(19)).state).toBe('not_applicable');
    expect(asked(school().receipt(TODAY, yuan(90_000))).level).toBe('none');
  });

  it('compares fourteen days with the fifty-six before them, and tells how many times as much it is', () => {
    const base = (ago: number) =>
      asked(
        school()
          .receipt(TODAY - ago, yuan(40_000))
          .receipt(TODAY - 5, yuan(25_000))
          .tally('lessons_delivered', TODAY - 30, 56),
      );
    expect([base(14).level, base(69).level]).toEqual(['yellow', 'yellow']);
    expect([base(13).level, base(70).level]).toEqual(['none', 'none']);
    expect(base(14).value).toBe(250);
    expect(base(70).value).toBe(0);
    expect(asked(surge(99_999)).value).toBe(999);
    expect(
      asked(
        school()
          .receipt(TODAY - 20, 1)
          .receipt(TODAY, yuan(1_000_000)),
      ).value,
    ).toBe(1_000_000);
    const first = (ago: number) => asked(surge(0).receipt(TODAY - ago, yuan(25_000))).level;
    expect([first(13), first(0)]).toEqual(['yellow', 'yellow']);
  });

  it('compares lessons exactly, those of the day before the two weeks among the ones before', () => {
    const lessons = (recent: number) =>
      asked(surge(40_000, recent).tally('lessons_delivered', TODAY - 30, 5_544)).level;
    expect([lessons(1_540), lessons(1_541)]).toEqual(['orange', 'none']);
    const edge = (ago: number) => asked(surge(40_000, 15).tally('lessons_delivered', TODAY - ago, 4)).level;
    // 60 lessons before make 16.5 of two weeks.
    const sixteen = (ago: number) => asked(surge(40_000, 16).tally('lessons_delivered', TODAY - ago, 4)).level;
    expect([sixteen(14), sixteen(69), sixteen(70)]).toEqual(['orange', 'orange', 'none']);
    expect(edge(13)).toBe('none');
  });

  it('takes the same weekdays of last year, from the first day of which the history knows', () => {
    const lastYear = (ago: number, history = 500) =>
      asked(
        surge(40_000)
          .history(history)
          .receipt(TODAY - ago, yuan(16_001)),
      ).level;
    expect([lastYear(364), lastYear(377)]).toEqual(['none', 'none']);
    expect([lastYear(363), lastYear(378)]).toEqual(['orange', 'orange']);
    expect([lastYear(370, 377), lastYear(370, 376)]).toEqual(['none', 'orange']);
  });

  it('keeps an open finding one level lower before a term, and takes the best two weeks from the day before these', () => {
    const term = surge(40_000).register('break.declared', { from: formatDay(TODAY + 3), to: formatDay(TODAY + 13) });
    expect(asked(term)).toMatchObject({ level: 'yellow', holdLevel: 'yellow' });
    const peak = (ago: number, fen: number) =>
      asked(
        school()
          .receipt(TODAY - 60, yuan(20_000))
          .receipt(TODAY - ago, yuan(fen))
          .receipt(TODAY, yuan(90_000))
          .tally('lessons_delivered', TODAY - 30, 56),
      ).level;
    // ¥90,000 against ¥60,000 in the two weeks that end the day before: one and a half times.
    expect([peak(14, 60_000), peak(14, 60_001)]).toEqual(['orange', 'yellow']);
  });
});
