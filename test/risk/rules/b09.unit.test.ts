import { describe, expect, it } from 'vitest';
import { rule } from '../../../src/risk/rules/b09-no-model-contract.js';
import { ask, school, steps, TODAY, yuan } from '../builders.js';

const payments = (bare: number, good: number) => {
  const one = school();
  for (let i = 0; i < bare; i += 1) one.payment();
  for (let i = 0; i < good; i += 1) one.payment({ contractId: 'signed' });
  return one;
};

describe('B09 no model contract', () => {
  steps(rule, 'of ten and nine more payments, without contract:', (bare: number) => payments(bare, 10), [
    [0, 'none'],
    [1, 'blue'],
    [2, 'yellow'],
  ]);

  it('is yellow at exactly a tenth, with the minimum sample only', () => {
    expect(ask(rule, payments(1, 9)).level).toBe('yellow');
    expect(ask(rule, payments(1, 9).learners(19)).level).toBe('blue');
  });

  it('tells the tenth as a number of payments, as the figure beside it is one', () => {
    expect(ask(rule, payments(2, 14))).toMatchObject({ level: 'yellow', value: 2, threshold: 2, unit: 'count' });
  });

  it('counts a contract in another form, and takes an older contract as model', () => {
    expect(ask(rule, school().contract({ modelForm: false }).payment({ contractId: 'c1' }).learners(19)).level).toBe(
      'blue',
    );
    expect(ask(rule, school().contract({ modelForm: true }).payment({ contractId: 'c1' })).level).toBe('none');
  });

  it('looks at the payments of thirty days that stand', () => {
    const paid = (ago: number, reversedFen = 0) => ask(rule, school().payment({ paidOn: TODAY - ago, reversedFen }));
    expect(paid(29).level).toBe('yellow');
    expect(paid(30)).toMatchObject({ level: 'none', value: 0, threshold: 1 });
    expect(paid(5, yuan(1_000)).level).toBe('none');
    expect(paid(5, yuan(1_000) - 1).level).toBe('yellow');
    // Nine good ones of these days, ten before: the tenth is of these days.
    const diluted = payments(1, 9).payment({ contractId: 'signed', paidOn: TODAY - 30 });
    expect(ask(rule, diluted).level).toBe('yellow');
    expect(ask(rule, payments(2, 4)).reason().en).toContain('33.33%');
    expect(ask(rule, school()).reason().en).toContain('0%');
  });
});
