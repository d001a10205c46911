import { describe, expect, it } from 'vitest';
import { rule } from '../../../src/risk/rules/b06-excessive-gifts.js';
import { ask, noon, school, steps, TODAY, yuan } from '../builders.js';

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

  it('tells the most and names those above the first step, the most first', () => {
    const four = school()
      .contract({ hoursPaid: 70, hoursGifted: 40 })
      .contract({ hoursPaid: 70, hoursGifted: 30 })
      .contract({ hoursPaid: 70, hoursGifted: 60 })
      .contract({ hoursPaid: 70, hoursGifted: 80, signedOn: TODAY - 30 });
    expect(ask(rule, four)).toMatchObject({ level: 'yellow', value: 4_616 });
    const ids = [2, 0].map((at) => four.rows().contracts.find(({ contractId }) => contractId === `c${at + 1}`)!.id);
    expect(
      ask(rule, four)
        .evidence()
        .map(({ id }) => id),
    ).toEqual(ids);
    expect(ask(rule, school().contract({ hoursPaid: 0, listPriceFen: 0, priceFen: 0 })).value).toBe(0);
    expect(ask(rule, school().contract({ listPriceFen: yuan(500), priceFen: yuan(1_000) })).level).toBe('none');
    expect(ask(rule, school().contract({ listPriceFen: 3, priceFen: 2 })).value).toBe(3_334);
  });

  it('does not look at a contract that is told for a later moment', () => {
    const signed = school().contract({ hoursGifted: 100, signedOn: TODAY });
    expect(ask(rule, signed, { now: noon(TODAY) - 1 }).level).toBe('none');
    expect(ask(rule, signed, { now: noon(TODAY) }).level).toBe('orange');
  });
});
