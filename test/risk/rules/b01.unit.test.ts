import { describe, expect, it } from 'vitest';
import { rule } from '../../../src/risk/rules/b01-span-over-three-months.js';
import { ask, school, steps, TODAY, yuan } from '../builders.js';

const period = (periodTo: string, paid = 1_000) =>
  school()
    .learners(19)
    .contract({ periodFrom: '2026-03-01', periodTo, priceFen: yuan(1_000) })
    .payment({ contractId: 'c1', amountFen: yuan(paid) });

describe('B01 span over three months', () => {
  steps(rule, 'from 1 March to', (to: string) => period(to), [
    ['2026-06-01', 'none'],
    ['2026-06-02', 'yellow'],
    ['2026-09-01', 'yellow'],
    ['2026-09-02', 'orange'],
  ]);

  it.each([
    ['2026-06-02', 1_000, 4],
    ['2026-09-02', 1_000, 7],
    ['2027-02-28', 260, 4],
  ])('tells more months than are allowed: to %s for ¥%i of ¥1,000 it is %i', (to, paid, months) => {
    expect(ask(rule, period(to, paid)).value).toBe(months);
  });

  it('names the longest span first', () => {
    const two = period('2026-07-01')
      .contract({ periodFrom: '2026-03-01', periodTo: '2026-08-01', priceFen: yuan(1_000) })
      .payment({ contractId: 'c2', amountFen: yuan(1_000) });
    const [short, long] = two.rows().contracts;
    const ids = ask(rule, two)
      .evidence()
      .map(({ id }) => id);
    expect(ids.slice(0, 2)).toEqual([long!.id, short!.id]);
  });

  it('takes the part of the period that one payment covers: a year paid by the quarter is no breach', () => {
    expect(ask(rule, period('2027-02-28', 250)).level).toBe('none');
    expect(ask(rule, period('2027-02-28', 260)).level).toBe('yellow');
    expect(ask(rule, period('2027-02-28', 520)).level).toBe('orange');
  });

  it('is orange when 5% of the contracts of a large enough school breach', () => {
    const share = (others: number, learners = 50) => {
      const one = school()
        .learners(learners)
        .contract({ periodFrom: '2026-03-01', periodTo: '2026-06-02' })
        .payment({ contractId: 'c1' });
      for (let i = 0; i < others; i += 1) one.contract().payment({ contractId: `c${i + 2}` });
      return ask(rule, one).level;
    };
    expect(share(19)).toBe('orange');
    expect(share(20)).toBe('yellow');
    expect(share(19, 19)).toBe('yellow');
  });

  it('needs a payment that stands, within thirty days', () => {
    const breach = () => school().learners(19);
    expect(ask(rule, breach().contract({ periodFrom: '2026-03-01', periodTo: '2026-12-01' })).level).toBe('none');
    expect(
      ask(
        rule,
        breach()
          .contract({ periodFrom: '2026-03-01', periodTo: '2026-12-01' })
          .payment({ contractId: 'c1', reversedFen: yuan(1_000) }),
      ).level,
    ).toBe('none');
    const old = (ago: number) =>
      breach()
        .contract({ signedOn: TODAY - ago, periodFrom: '2026-03-01', periodTo: '2026-12-01' })
        .payment({ contractId: 'c1', paidOn: TODAY - ago });
    expect(ask(rule, old(29)).level).toBe('orange');
    expect(ask(rule, old(30)).level).toBe('none');
  });

  it('tells the share of the contracts and the longest of them', () => {
    const two = school()
      .learners(19)
      .contract({ periodFrom: '2026-03-01', periodTo: '2026-06-02' })
      .payment({ contractId: 'c1' })
      .contract({ periodFrom: '2026-03-01', periodTo: '2026-06-29' })
      .payment({ contractId: 'c2' })
      .contract()
      .payment({ contractId: 'c3' });
    expect(ask(rule, two).reason().en).toContain('66.66%');
    expect(ask(rule, two).reason().en).toContain('120');
    expect(ask(rule, school()).reason().en).toContain('0%');
    expect(ask(rule, school()).value).toBe(0);
  });
});
