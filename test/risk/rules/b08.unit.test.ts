import { describe, expect, it } from 'vitest';
import { rule } from '../../../src/risk/rules/b08-split-orders.js';
import { ask, school, steps, TODAY, yuan } from '../builders.js';

const two = (fen: number, days = 6, courseId = 'k1') =>
  school()
    .learners(19)
    .contract({ priceFen: yuan(3_000) })
    .payment({ contractId: 'c1', amountFen: yuan(3_000), paidOn: TODAY - 10 })
    .contract({ priceFen: fen, courseId })
    .payment({ contractId: 'c2', amountFen: fen, paidOn: TODAY - 10 + days });

describe('B08 split orders', () => {
  steps(rule, '¥3,000 and within a week, fen', (fen: number) => two(fen), [
    [yuan(2_000), 'none'],
    [yuan(2_000) + 1, 'yellow'],
  ]);
  steps(
    rule,
    '40 hours and within a week, hours',
    (hoursPaid: number) =>
      school()
        .learners(19)
        .contract({ hoursPaid: 40 })
        .payment({ contractId: 'c1' })
        .contract({ hoursPaid })
        .payment({ contractId: 'c2' }),
    [
      [20, 'none'],
      [20.01, 'yellow'],
    ],
  );
  steps(
    rule,
    '30 new hours on top of hundredths of an hour left:',
    (hoursLeft: number) => school().learners(19).contract({ hoursPaid: 30, hoursLeft }).payment({ contractId: 'c1' }),
    [
      [3_000, 'none'],
      [3_001, 'yellow'],
    ],
  );

  it('needs one learner and seven days', () => {
    expect(ask(rule, two(yuan(3_000), 6)).level).toBe('yellow');
    expect(ask(rule, two(yuan(3_000), 7)).level).toBe('none');
    expect(ask(rule, two(yuan(3_000), 1, 'k2')).level).toBe('yellow');
  });

  it('does not repeat B02 and B03: a part above the caps by itself is theirs', () => {
    expect(ask(rule, two(yuan(5_001))).level).toBe('none');
  });

  it('is orange from 5% of the learners', () => {
    expect(ask(rule, two(yuan(3_000)).learners(20)).level).toBe('orange');
    expect(ask(rule, two(yuan(3_000)).learners(21)).level).toBe('yellow');
  });

  it('is no more than yellow for courses of different subjects', () => {
    expect(ask(rule, two(yuan(3_000), 6, 'k2').learners(20)).level).toBe('yellow');
  });
});
