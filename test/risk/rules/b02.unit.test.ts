import { describe, expect, it } from 'vitest';
import { rule } from '../../../src/risk/rules/b02-over-sixty-hours.js';
import { ask, school, steps, TODAY, yuan } from '../builders.js';

const hours = (hoursPaid: number, hoursGifted = 0, paid = 1_000) =>
  school()
    .contract({ hoursPaid, hoursGifted, priceFen: yuan(1_000) })
    .payment({ contractId: 'c1', amountFen: yuan(paid) });

describe('B02 more than sixty hours', () => {
  steps(rule, 'hours in one collection:', (value: number) => hours(value), [
    [60, 'none'],
    [60.01, 'yellow'],
    [120, 'yellow'],
    [120.01, 'orange'],
  ]);

  it('counts gifted hours, unless a place does not', () => {
    expect(ask(rule, hours(50, 11)).level).toBe('yellow');
    expect(ask(rule, hours(50, 11), { params: { countGifted: 0 } }).level).toBe('none');
  });

  it('tells more hours than are allowed, however little it is', () => {
    const half = school()
      .contract({ hoursPaid: 120, priceFen: 1_000_001 })
      .payment({ contractId: 'c1', amountFen: 500_001 });
    expect(ask(rule, half)).toMatchObject({ level: 'yellow', value: 6_001, threshold: 6_000 });
  });

  it('names the collection of most hours first', () => {
    const two = hours(61)
      .contract({ hoursPaid: 70, priceFen: yuan(1_000) })
      .payment({ contractId: 'c2', amountFen: yuan(1_000) });
    expect(ask(rule, two).evidence()[0]).toMatchObject({ id: two.rows().contracts[1]!.id });
  });

  it('takes the part that one payment covers', () => {
    expect(ask(rule, hours(120, 0, 500)).level).toBe('none');
    expect(ask(rule, hours(120, 0, 501)).level).toBe('yellow');
  });

  it('looks at the contracts that were signed or paid for in thirty days', () => {
    const old = (signed: number, paid: number) =>
      school()
        .contract({ hoursPaid: 61, signedOn: TODAY - signed })
        .payment({ contractId: 'c1', paidOn: TODAY - paid });
    expect(ask(rule, old(29, 40)).level).toBe('yellow');
    expect(ask(rule, old(40, 29)).level).toBe('yellow');
    expect(ask(rule, old(30, 30))).toMatchObject({ level: 'none', value: 0 });
    expect(ask(rule, hours(61)).value).toBe(6_100);
    expect(ask(rule, hours(50, 11)).value).toBe(6_100);
  });
});
