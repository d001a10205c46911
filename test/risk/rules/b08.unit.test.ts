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
  it('names the learner who paid most first', () => {
    const other = { learnerHash: 'fedcba9876543210' };
    const more = two(yuan(2_001));
    for (const contractId of ['c3', 'c4'])
      more.contract({ ...other, contractId, priceFen: yuan(4_000) }).payment({ contractId, amountFen: yuan(4_000) });
    const answer = ask(rule, more);
    expect(answer.reason().en).toContain('at most ¥8,000.00');
    expect(answer.evidence()[0]).toMatchObject({ id: more.rows().payments[1]!.told!.id });
  });
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

  it('tells learners beside learners', () => {
    expect(ask(rule, two(yuan(3_000)))).toMatchObject({ level: 'yellow', value: 1, threshold: 1, unit: 'count' });
  });

  it('needs one learner and seven days', () => {
    expect(ask(rule, two(yuan(3_000), 6)).level).toBe('yellow');
    expect(ask(rule, two(yuan(3_000), 7)).level).toBe('none');
    expect(ask(rule, two(yuan(3_000), 1, 'k2')).level).toBe('yellow');
  });

  it('does not repeat B02 and B03: a part above the caps by itself is theirs', () => {
    expect(ask(rule, two(yuan(5_001))).level).toBe('none');
  });

  it('adds up the instalments of one contract, each with its share of the hours', () => {
    const instalments = (contract: { priceFen: number; hoursPaid?: number }, fen: number[], days = 1) => {
      const one = school().learners(19).contract(contract);
      for (const [at, amountFen] of fen.entries())
        one.payment({ contractId: 'c1', amountFen, paidOn: TODAY - 20 + at * days });
      return ask(rule, one);
    };
    const split = instalments({ priceFen: yuan(6_000) }, [yuan(3_000), yuan(3_000)]);
    expect(split).toMatchObject({ level: 'yellow', value: 1 });
    expect(instalments({ priceFen: yuan(6_000) }, [yuan(3_000), yuan(3_000)], 7).level).toBe('none');
    expect(instalments({ priceFen: yuan(5_000) }, [yuan(2_500), yuan(2_500)]).level).toBe('none');
    expect(instalments({ priceFen: yuan(6_000) }, [yuan(5_500), yuan(500)]).level).toBe('none');
    expect(instalments({ priceFen: yuan(4_000), hoursPaid: 60 }, [yuan(2_000), yuan(2_000)]).level).toBe('none');
    expect(instalments({ priceFen: yuan(4_000), hoursPaid: 61 }, [yuan(2_000), yuan(2_000)]).level).toBe('yellow');
  });

  it('finds the split beside a part above the caps', () => {
    const three = (fen: number) =>
      two(fen)
        .contract({ priceFen: yuan(6_000) })
        .payment({ contractId: 'c3', amountFen: yuan(6_000), paidOn: TODAY - 8 });
    expect(ask(rule, three(yuan(2_001))).level).toBe('yellow');
    expect(ask(rule, three(yuan(2_000))).level).toBe('none');
  });

  /** So many learners with two payments of ¥3,000 each within a week, or one on top of forty hours that are left. */
  const several = (count: number, learners: number, onTop = false, courseId = 'k1') => {
    const one = school().learners(learners);
    for (let at = 0; at < count; at += 1) {
      const learnerHash = `${at}`.padStart(16, '0');
      const first = `c${at * 2 + 1}`;
      const second = `c${at * 2 + 2}`;
      one
        .contract({ learnerHash, priceFen: yuan(3_000), ...(onTop ? { hoursPaid: 30, hoursLeft: 4_000 } : {}) })
        .payment({ contractId: first, amountFen: yuan(onTop ? 500 : 3_000), paidOn: TODAY - 10 })
        .contract({ learnerHash, priceFen: yuan(3_000), courseId })
        .payment({ contractId: second, amountFen: yuan(onTop ? 500 : 3_000), paidOn: TODAY - 4 });
    }
    return ask(rule, one).level;
  };

  it('is orange from 5% of the learners, and from three of them', () => {
    expect([several(3, 60), several(3, 61)]).toEqual(['orange', 'yellow']);
    expect([several(3, 20), several(2, 20)]).toEqual(['orange', 'yellow']);
  });

  it('is no more than yellow for courses of different subjects, and for hours on top of others', () => {
    expect(several(3, 30, false, 'k2')).toBe('yellow');
    expect(several(3, 30, true)).toBe('yellow');
  });

  it('looks at what was paid in thirty days, whatever was paid before', () => {
    const paid = (first: number, second: number) =>
      school()
        .learners(19)
        .contract({ priceFen: yuan(3_000), signedOn: TODAY - first })
        .payment({ contractId: 'c1', amountFen: yuan(3_000), paidOn: TODAY - first })
        .contract({ priceFen: yuan(3_000), signedOn: TODAY - second })
        .payment({ contractId: 'c2', amountFen: yuan(3_000), paidOn: TODAY - second });
    expect(ask(rule, paid(29, 26)).level).toBe('yellow');
    expect(ask(rule, paid(30, 26)).level).toBe('none');
    expect(ask(rule, paid(26, 29)).level).toBe('yellow');
    const instalments = (first: number) =>
      school()
        .learners(19)
        .contract({ priceFen: yuan(6_000), signedOn: TODAY - 60 })
        .payment({ contractId: 'c1', amountFen: yuan(3_000), paidOn: TODAY - first })
        .payment({ contractId: 'c1', amountFen: yuan(3_000), paidOn: TODAY - 26 });
    expect(ask(rule, instalments(29)).level).toBe('yellow');
    expect(ask(rule, instalments(30)).level).toBe('none');
    const onTop = (ago: number) =>
      school()
        .learners(19)
        .contract({ hoursPaid: 30, hoursLeft: 3_001, signedOn: TODAY - ago })
        .payment({ contractId: 'c1', paidOn: TODAY - ago });
    expect([ask(rule, onTop(29)).level, ask(rule, onTop(30)).level]).toEqual(['yellow', 'none']);
  });

  it('counts the later instalment of an older purchase beside another one', () => {
    const beside = (fen: number, older = 4_000, hoursPaid = 20, ago = 2) =>
      ask(
        rule,
        school()
          .learners(19)
          .contract({ priceFen: yuan(7_000), hoursPaid, signedOn: TODAY - 45 })
          .payment({ contractId: 'c1', amountFen: yuan(older), paidOn: TODAY - 45 })
          .payment({ contractId: 'c1', amountFen: yuan(3_000), paidOn: TODAY - ago })
          .contract({ priceFen: yuan(fen), hoursPaid: 30, signedOn: TODAY - 1 })
          .payment({ contractId: 'c2', amountFen: yuan(fen), paidOn: TODAY - 1 }),
      );
    expect(beside(2_001)).toMatchObject({ level: 'yellow', value: 1 });
    expect(beside(2_001).evidence()).toHaveLength(2);
    expect(beside(2_000).level).toBe('none');
    expect(beside(2_001, 4_000, 20, 8).level).toBe('none');
    expect(beside(2_001, 1_000).level).toBe('yellow');
    // Three sevenths of seventy hours are thirty.
    expect([beside(1_000, 4_000, 70).level, beside(1_000, 4_000, 70.03).level]).toEqual(['none', 'yellow']);
    expect([beside(1_000, 1_000, 70).level, beside(1_000, 1_000, 70.03).level]).toEqual(['none', 'yellow']);
    // Paid in full once, and again on the same contract.
    expect(beside(2_001, 7_000).level).toBe('yellow');
  });

  it('takes the later instalment of an older purchase for no new one on top of hours left', () => {
    const later = (first: number, second: number) =>
      ask(
        rule,
        school()
          .learners(19)
          .contract({ hoursPaid: 30, hoursLeft: 4_000, priceFen: yuan(3_000), signedOn: TODAY - 45 })
          .payment({ contractId: 'c1', amountFen: yuan(first), paidOn: TODAY - 45 })
          .payment({ contractId: 'c1', amountFen: yuan(second), paidOn: TODAY - 2 }),
      ).level;
    expect([later(2_000, 1_000), later(1_000, 2_000)]).toEqual(['none', 'yellow']);
  });

  it('adds up three instalments, and none that was taken back or is of no contract', () => {
    const paid = (...parts: (readonly [contractId: string | null, amount: number, reversed?: number])[]) => {
      const one = school()
        .learners(19)
        .contract({ priceFen: yuan(9_000) });
      for (const [contractId, amount, reversed = 0] of parts)
        one.payment({ contractId, amountFen: yuan(amount), reversedFen: yuan(reversed), paidOn: TODAY - 9 });
      return ask(rule, one);
    };
    expect(paid(['c1', 2_000], ['c1', 2_000], ['c1', 1_001]).level).toBe('yellow');
    expect(paid(['c1', 2_000], ['c1', 2_000], ['c1', 1_000]).level).toBe('none');
    expect(paid(['c1', 3_000], ['c1', 3_000, 3_000]).level).toBe('none');
    expect(paid(['c1', 3_000], ['c1', 3_000, 1_000]).level).toBe('none');
    expect(paid(['c1', 3_000], [null, 3_000]).level).toBe('none');
    expect(paid([null, 3_000], [null, 3_000]).level).toBe('none');
    expect(paid(['c1', 2_000], ['c1', 2_000], ['c1', 1_001]).evidence()).toHaveLength(3);
    expect(paid(['c1', 2_000], ['c1', 2_000], ['c1', 1_001]).reason().en).toContain('¥5,001.00');
  });

  it('finds a split that does not begin with the first payment, and names its parts only', () => {
    const one = school().learners(19);
    for (const [ago, amount] of [
      [20, 1_000],
      [9, 3_000],
      [4, 2_500],
    ] as const)
      one
        .contract({ priceFen: yuan(amount), signedOn: TODAY - ago })
        .payment({ contractId: `c${one.rows().contracts.length}`, amountFen: yuan(amount), paidOn: TODAY - ago });
    expect(ask(rule, one)).toMatchObject({ level: 'yellow', value: 1 });
    expect(ask(rule, one).evidence()).toEqual(
      one
        .rows()
        .payments.slice(1)
        .map(({ told }) => ({ source: told!.source, id: told!.id })),
    );
    expect(ask(rule, one).reason().en).toContain('¥5,500.00');
  });

  it('takes up to the caps for a part, and only whole sums above them for a split', () => {
    expect(ask(rule, two(yuan(5_000))).level).toBe('yellow');
    const hours = (first: number, second: number) =>
      school()
        .learners(19)
        .contract({ hoursPaid: first })
        .payment({ contractId: 'c1' })
        .contract({ hoursPaid: second })
        .payment({ contractId: 'c2' });
    expect(ask(rule, hours(60, 1)).level).toBe('yellow');
    expect(ask(rule, hours(60.01, 60)).level).toBe('none');
    const gifted = school().learners(19).contract({ hoursPaid: 30, hoursGifted: 10, hoursLeft: 2_001 });
    expect(ask(rule, gifted.payment({ contractId: 'c1' })).level).toBe('yellow');
    const onTop = (hoursPaid: number, hoursLeft: number) =>
      ask(rule, school().learners(19).contract({ hoursPaid, hoursLeft }).payment({ contractId: 'c1' })).level;
    expect([onTop(60, 1), onTop(60.01, 5_000), onTop(60, 0)]).toEqual(['yellow', 'none', 'none']);
    const named = ask(
      rule,
      school().learners(19).contract({ hoursPaid: 60, hoursLeft: 1 }).payment({ contractId: 'c1' }),
    );
    expect(named.evidence()).toHaveLength(1);
  });

  it('tells how many learners the orange step takes', () => {
    const share = (learners: number) => {
      const one = school().learners(learners);
      for (let at = 0; at < 4; at += 1)
        for (const half of [1, 2])
          one
            .contract({ learnerHash: `${at}`.padStart(16, '0'), priceFen: yuan(3_000) })
            .payment({ contractId: `c${at * 2 + half}`, amountFen: yuan(3_000), paidOn: TODAY - 9 });
      return ask(rule, one);
    };
    expect(share(61)).toMatchObject({ level: 'orange', value: 4, threshold: 4 });
    expect(share(50)).toMatchObject({ level: 'orange', threshold: 3 });
    expect(share(19)).toMatchObject({ level: 'yellow', threshold: 1 });
  });
});
