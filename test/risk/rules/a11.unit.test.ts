import { describe, expect, it } from 'vitest';
import { rule } from '../../../src/risk/rules/a11-sharp-fall.js';
import { ask, depositSchool, nobody, school, steps, TODAY, yuan } from '../builders.js';

const fell = (left: number) =>
  nobody()
    .account({})
    .statement(TODAY - 20, yuan(100_000))
    .statement(TODAY - 1, yuan(left));

describe('A11 sharp fall', () => {
  steps(rule, 'of ¥100,000, left unexplained ¥', fell, [
    [100_000, 'none'],
    [60_000, 'none'],
    [59_999, 'yellow'],
    [40_000, 'yellow'],
    [39_999, 'orange'],
  ]);

  it('explains a fall by releases and refunds since the peak', () => {
    expect(
      ask(
        rule,
        fell(30_000)
          .release(TODAY - 10, yuan(60_000))
          .refundDebit(TODAY - 5, yuan(10_000)),
      ).level,
    ).toBe('none');
    expect(ask(rule, fell(30_000).release(TODAY - 20, yuan(60_000))).level).toBe('orange');
  });

  steps(
    rule,
    'with ¥50,000 in and ¥50,000 released since the peak of ¥100,000, left ¥',
    (left: number) =>
      fell(left)
        .credit(TODAY - 12, yuan(50_000))
        .release(TODAY - 10, yuan(50_000)),
    [
      [60_000, 'none'],
      [59_999, 'yellow'],
      [40_000, 'yellow'],
      [39_999, 'orange'],
    ],
  );

  it('takes no more for gone than the fall, and counts credits since the peak against what releases explain', () => {
    // Fees of ¥100,000 came in and went: the balance itself stands at 70% of its peak.
    expect(ask(rule, fell(70_000).credit(TODAY - 10, yuan(100_000))).value).toBe(7_000);
    // A release of ¥40,000 explains the whole fall; with ¥5,000 of credits beside it, so much of the fall is open.
    expect(ask(rule, fell(60_000).release(TODAY - 10, yuan(40_000))).value).toBe(10_000);
    const open = fell(60_000)
      .credit(TODAY - 10, yuan(5_000))
      .release(TODAY - 9, yuan(40_000));
    expect(ask(rule, open).value).toBe(9_500);
    // Booked on the day of the peak itself: part of the peak.
    expect(
      ask(
        rule,
        fell(60_000)
          .release(TODAY - 10, yuan(40_000))
          .credit(TODAY - 20, yuan(5_000)),
      ).value,
    ).toBe(10_000);
  });

  it('looks back thirty days, needs the minimum sample, and is not asked in deposit mode', () => {
    expect(
      ask(
        rule,
        nobody()
          .account({})
          .statement(TODAY - 30, yuan(100_000))
          .statement(TODAY - 1, yuan(100)),
      ).level,
    ).toBe('none');
    expect(ask(rule, fell(100).learners(19)).state).toBe('not_applicable');
    expect(ask(rule, depositSchool(0)).state).toBe('not_applicable');
    expect(ask(rule, school()).level).toBe('none');
  });
});
