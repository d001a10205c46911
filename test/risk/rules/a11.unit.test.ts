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
