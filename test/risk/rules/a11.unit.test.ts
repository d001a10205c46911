import { describe, expect, it } from 'vitest';
import { formatDay, startOfDay } from '../../../src/core/time.js';
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

  it('takes the highest balance of thirty days, the first of equal ones, and nothing older', () => {
    const statements = (...told: (readonly [ago: number, amount: number])[]) => {
      const one = nobody().account({});
      for (const [ago, amount] of told) one.statement(TODAY - ago, yuan(amount));
      return one;
    };
    expect(ask(rule, statements([29, 100_000], [1, 59_999])).level).toBe('yellow');
    expect(ask(rule, statements([29, 80_000], [20, 100_000], [10, 90_000], [1, 59_999])).level).toBe('yellow');
    // ¥40,001 released on the 15th day: after the first peak, before the second.
    const twice = statements([20, 100_000], [12, 100_000], [1, 59_999]).release(TODAY - 15, yuan(40_001));
    expect(ask(rule, twice)).toMatchObject({ level: 'none', value: 10_000 });
    // Two statements are enough, and the newest must be of these days.
    expect(ask(rule, statements([2, 100_000], [1, 59_999])).level).toBe('yellow');
    expect(ask(rule, statements([31, 100_000], [30, 10_000]))).toMatchObject({ level: 'none', value: 10_000 });
    expect(ask(rule, statements([29, 100_000])).value).toBe(10_000);
    expect(ask(rule, statements([30, 100_000])).value).toBe(10_000);
    expect(ask(rule, statements([30, 100_000])).evidence()).toHaveLength(0);
    expect(ask(rule, statements([29, 100_000])).evidence()).toHaveLength(1);
  });

  it('names the withdrawals between the two balances', () => {
    const one = fell(30_000)
      .otherDebit(TODAY - 20, yuan(60_000))
      .otherDebit(TODAY - 19, yuan(20_000))
      .otherDebit(TODAY - 1, yuan(50_000))
      .otherDebit(TODAY, yuan(90_000));
    const [, second, third] = one.rows().withdrawals;
    expect(
      ask(rule, one)
        .evidence()
        .slice(2)
        .map(({ id }) => id),
    ).toEqual([third!.id, second!.id]);
  });

  it('explains a fall by what was released from the day after the peak to the newest balance', () => {
    const released = (ago: number) => ask(rule, fell(59_999).release(TODAY - ago, yuan(10_000))).level;
    expect([20, 19, 1, 0].map(released)).toEqual(['yellow', 'none', 'none', 'yellow']);
    const refunded = (ago: number) => ask(rule, fell(59_999).refundDebit(TODAY - ago, yuan(10_000))).level;
    expect([20, 19, 1, 0].map(refunded)).toEqual(['yellow', 'none', 'none', 'yellow']);
  });

  describe('with the bank changed ten days ago', () => {
    const moved = (left: number) => {
      const one = nobody().account({});
      one.account({ accountId: 'A2', validFrom: formatDay(TODAY - 10) });
      for (let ago = 25; ago > 10; ago -= 1) one.statement(TODAY - ago, yuan(100_000));
      for (let ago = 10; ago > 0; ago -= 1) one.statement(TODAY - ago, yuan(left), 'A2');
      return one.otherDebit(TODAY - 10, yuan(100_000)).credit(TODAY - 10, yuan(left), 'A2');
    };
    const closed = (left: number) =>
      moved(left).register(
        'account.state_changed',
        { accountId: 'A1', state: 'closed', filed: true },
        startOfDay(TODAY - 10),
      );

    it('counts no money twice that was moved to the new account', () => {
      const told = moved(100_000).statement(TODAY - 10, 0);
      expect(ask(rule, told)).toMatchObject({ level: 'none', value: 10_000 });
      expect(ask(rule, told).reason().en).toContain('the highest balance of 30 days, ¥100,000.00 on');
      expect(ask(rule, moved(39_999).statement(TODAY - 10, 0)).level).toBe('orange');
    });

    it('takes a closed account for empty, though its bank told no last balance', () => {
      expect(ask(rule, closed(100_000))).toMatchObject({ level: 'none', value: 10_000 });
      expect(ask(rule, closed(39_999)).level).toBe('orange');
    });

    it('explains by releases what fell beside the move, and takes the move for no fee', () => {
      const fallen = closed(100_000).statement(TODAY - 1, yuan(30_000), 'A2');
      expect(ask(rule, fallen).level).toBe('orange');
      expect(ask(rule, fallen.release(TODAY - 5, yuan(70_000), 'A2')).level).toBe('none');
    });

    it('waits up to three days for the first balance of the new account', () => {
      const waiting = (ago: number) => {
        const one = nobody().account({});
        one.account({ accountId: 'A2', validFrom: formatDay(TODAY - ago) });
        return one
          .statement(TODAY - 20, yuan(100_000))
          .statement(TODAY - ago, yuan(100_000))
          .statement(TODAY - 1, 0);
      };
      expect(ask(rule, waiting(3)).level).toBe('none');
      expect(ask(rule, waiting(4)).level).toBe('orange');
    });
  });
});
