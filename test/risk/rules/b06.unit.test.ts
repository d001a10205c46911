import { describe, expect, it } from 'vitest';
import { rule } from '../../../src/risk/rules/b06-excessive-gifts.js';
import { ask, school, steps, TODAY, yuan } from '../builders.js';

describe('B06 excessive gifts', () => {
  steps(
    rule,
    'gifted hours beside 70 paid:',
    (hoursGifted: number) => school().contract({ hoursPaid: 70, hoursGifted }),
    [
      [30, 'none'],
      [30.01, 'yellow'],
      [70, 'yellow'],
      [70.01, 'orange'],
    ],
  );
  steps(
    rule,
    'discounted from ¥1,000 to ¥',
    (price: number) => school().contract({ listPriceFen: yuan(1_000), priceFen: yuan(price) }),
    [
      [700, 'none'],
      [699.99, 'yellow'],
      [500, 'yellow'],
      [499.99, 'orange'],
    ],
  );

  it('looks at the contracts of thirty days', () => {
    expect(ask(rule, school().contract({ hoursGifted: 100, signedOn: TODAY - 29 })).level).toBe('orange');
    expect(ask(rule, school().contract({ hoursGifted: 100, signedOn: TODAY - 30 })).level).toBe('none');
  });
});
