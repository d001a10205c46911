import { describe, expect, it } from 'vitest';
import { formatDay, startOfDay } from '../../../src/core/time.js';
import { rule } from '../../../src/risk/rules/e01-receipts-surge.js';
import { ask, school, steps, TODAY, yuan } from '../builders.js';

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

describe('E01 receipts surge', () => {
  steps(rule, 'against ¥10,000 in two weeks before, now ¥', (recent: number) => surge(recent), [
    [24_999.99, 'none'],
    [25_000, 'yellow'],
    [39_999.99, 'yellow'],
    [40_000, 'orange'],
  ]);
  // 1.1 × 56 / 4 = 15.4 lessons.
  steps(rule, 'four times the receipts, lessons against 14 before:', (lessons: number) => surge(40_000, lessons), [
    [15, 'orange'],
    [16, 'none'],
  ]);

  it('compares with the same weeks of last year where they are known', () => {
    const lastYear = (fen: number) =>
      surge(40_000)
        .history(400)
        .receipt(TODAY - 370, yuan(fen));
    expect(ask(rule, lastYear(10_000)).level).toBe('orange');
    expect(ask(rule, lastYear(16_000)).level).toBe('yellow');
    expect(ask(rule, lastYear(16_001)).level).toBe('none');
    expect(ask(rule, lastYear(16_001).history(376)).level).toBe('orange');
  });

  it('is orange only above one and a half times the best two weeks of the months before', () => {
    const termSeller = (fen: number, ago = 100) =>
      surge(40_000)
        .history(300)
        .receipt(TODAY - ago, yuan(fen));
    expect(ask(rule, termSeller(26_666)).level).toBe('orange');
    expect(ask(rule, termSeller(26_667)).level).toBe('yellow');
    expect(ask(rule, termSeller(26_667, 162)).level).toBe('yellow');
    expect(ask(rule, termSeller(26_667, 163)).level).toBe('orange');
  });

  it('is one level lower in the two weeks before a term', () => {
    const term = (from: number, to: number) =>
      surge(40_000).register('break.declared', { from: formatDay(TODAY + from), to: formatDay(TODAY + to) });
    expect(ask(rule, term(3, 13)).level).toBe('yellow');
    expect(ask(rule, term(3, 14)).level).toBe('orange');
    // A break of four days begins no term.
    expect(ask(rule, term(3, 6)).level).toBe('orange');
    expect(ask(rule, term(3, 7)).level).toBe('yellow');
  });

  it('needs ten weeks of history and the minimum sample', () => {
    expect(ask(rule, surge(90_000).with({ firstAt: startOfDay(TODAY - 69) })).state).toBe('not_applicable');
    expect(ask(rule, surge(90_000).with({ firstAt: startOfDay(TODAY - 70) })).level).toBe('orange');
    expect(ask(rule, surge(90_000).learners(19)).state).toBe('not_applicable');
    expect(ask(rule, school().receipt(TODAY, yuan(90_000))).level).toBe('none');
  });
});
