import { describe, expect, it } from 'vitest';
import { formatDay } from '../../../src/core/time.js';
import { rule } from '../../../src/risk/rules/d02-lessons-falling.js';
import { ask, school, steps, TODAY } from '../builders.js';

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
});
