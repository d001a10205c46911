import { describe, expect, it } from 'vitest';
import { formatDay } from '../../../src/core/time.js';
import { rule } from '../../../src/risk/rules/a04-large-movement.js';
import { ask, depositSchool, on, school, steps, TODAY, yuan } from '../builders.js';

const large = () => school().credit(TODAY - 90, yuan(900_000));

describe('A04 large movement', () => {
  steps(rule, 'a small account, leaving in one day ¥', (fen: number) => school().otherDebit(TODAY, yuan(fen)), [
    [50_000, 'none'],
    [50_000.01, 'red'],
  ]);
  steps(rule, 'of ¥1,000,000, leaving in one day ¥', (fen: number) => large().otherDebit(TODAY, yuan(fen)), [
    [200_000, 'none'],
    [200_000.01, 'yellow'],
    [400_000, 'yellow'],
    [400_000.01, 'red'],
  ]);
  steps(
    rule,
    'of ¥1,000,000, leaving in equal parts over five days ¥',
    (fen: number) => [0, 1, 2, 3, 4].reduce((one, ago) => one.otherDebit(TODAY - ago, yuan(fen / 5)), large()),
    [
      [400_000, 'none'],
      [400_005, 'orange'],
    ],
  );

  it('sees a debit that is told up to a week late', () => {
    expect(ask(rule, large().otherDebit(TODAY - 6, yuan(300_000))).level).toBe('yellow');
    expect(ask(rule, large().otherDebit(TODAY - 7, yuan(300_000))).level).toBe('none');
  });

  it('names the debits of its windows, the largest first, then what else shows them', () => {
    const one = large()
      .account({ accountId: 'S1', purpose: 'settlement' })
      .otherDebit(TODAY, yuan(1))
      .otherDebit(on('2026-04-01'), yuan(300_000))
      .otherDebit(TODAY - 3, yuan(200_000))
      .otherDebit(TODAY - 2, yuan(900_000), 'S1')
      .otherDebit(on('2026-03-31'), yuan(400_000));
    const amounts = new Map(one.rows().withdrawals.map(({ id, amountFen }) => [id, amountFen]));
    const [largest, second, third, ...others] = ask(rule, one).evidence();
    expect([largest, second, third].map((ref) => amounts.get(ref!.id))).toEqual([
      yuan(300_000),
      yuan(200_000),
      yuan(1),
    ]);
    expect(others.length).toBeGreaterThan(0);
    for (const { id } of others) expect(amounts.has(id)).toBe(false);
    // A policy that looks back further than a month.
    const far = ask(rule, one, { params: { lookBackDays: 60 } }).evidence();
    expect(amounts.get(far[0]!.id)).toBe(yuan(400_000));
  });

  it('does not count releases and refunds', () => {
    expect(ask(rule, large().release(TODAY, yuan(600_000)).refundDebit(TODAY, yuan(300_000))).level).toBe('none');
  });

  it('compares the calendar month with twice the minimum, where one is set', () => {
    const month = (fen: number) => large().otherDebit(TODAY - 15, yuan(fen));
    const set = (fen: number) =>
      month(fen).register('account.requirement_set', {
        accountId: 'A1',
        kind: 'min_balance',
        amountFen: yuan(20_000),
        validFrom: formatDay(TODAY - 100),
      });
    expect(ask(rule, set(40_000)).level).toBe('none');
    expect(ask(rule, set(40_001)).level).toBe('orange');
    expect(ask(rule, month(40_001)).level).toBe('none');
  });

  it('tells the figure that the step reached compares: of a day, of a week or of the month', () => {
    const twoDays = large()
      .otherDebit(TODAY - 1, yuan(210_000))
      .otherDebit(TODAY, yuan(190_000));
    expect(ask(rule, twoDays)).toMatchObject({ level: 'yellow', value: yuan(210_000), threshold: yuan(200_000) });
    const week = [0, 1, 2].reduce((one, ago) => one.otherDebit(TODAY - ago, yuan(150_000)), large());
    expect(ask(rule, week)).toMatchObject({ level: 'orange', value: yuan(450_000), threshold: yuan(400_000) });
    const month = large()
      .otherDebit(TODAY - 15, yuan(40_000))
      .otherDebit(TODAY, yuan(1_000))
      .register('account.requirement_set', {
        accountId: 'A1',
        kind: 'min_balance',
        amountFen: yuan(20_000),
        validFrom: formatDay(TODAY - 100),
      });
    expect(ask(rule, month)).toMatchObject({ level: 'orange', value: yuan(41_000), threshold: yuan(40_000) });
    expect(ask(rule, large().otherDebit(TODAY, yuan(1_000)))).toMatchObject({ value: yuan(1_000) });
  });

  it('is not asked in deposit mode', () => {
    expect(ask(rule, depositSchool(0)).state).toBe('not_applicable');
  });

  it('adds up seven days whatever number of days is looked at for the largest', () => {
    const spread = (...ago: number[]) =>
      ago.reduce(
        (one, days) => one.otherDebit(TODAY - days, yuan(200_001)),
        school().credit(TODAY - 90, yuan(700_000)),
      );
    for (const lookBackDays of [1, 7, 14]) {
      const params = { lookBackDays };
      expect(ask(rule, spread(0, 6), { params }).level, `${lookBackDays} days`).toBe('orange');
      expect(ask(rule, spread(0, 7), { params }).level, `${lookBackDays} days`).toBe('yellow');
    }
  });

  it('says nothing of ¥150,000 in seven days, however small the account', () => {
    const parts = (fen: number) => {
      const one = school().credit(TODAY - 90, yuan(100_000));
      for (const ago of [0, 1, 2, 3]) one.otherDebit(TODAY - ago, yuan(37_500));
      return ask(rule, one.otherDebit(TODAY, fen));
    };
    expect(parts(0).level).toBe('none');
    expect(parts(1)).toMatchObject({ level: 'orange', threshold: yuan(150_000) });
  });

  it('tells the largest day, or the week where it is more, and takes shares of the balance before', () => {
    const one = large()
      .otherDebit(TODAY - 5, yuan(100_000))
      .otherDebit(TODAY - 3, yuan(300_000))
      .otherDebit(TODAY - 1, yuan(50_000));
    // ¥300,000 of the ¥900,000 that were there that morning: a fifth is ¥180,000.
    expect(ask(rule, one)).toMatchObject({ level: 'orange', value: yuan(450_000), threshold: yuan(400_000) });
    expect(ask(rule, one).reason().en).toContain('¥300,000.00 on the largest day (2026-04-19)');
    const old = large()
      .otherDebit(TODAY - 8, yuan(300_000))
      .otherDebit(TODAY, yuan(100_000));
    const answer = ask(rule, old, { params: { lookBackDays: 14 } });
    expect(answer).toMatchObject({ level: 'yellow', value: yuan(300_000), threshold: yuan(200_000) });
  });

  it('tells the day that reached the level beside the largest one', () => {
    // ¥190,000 of ¥1,000,000 is no fifth; ¥170,000 of the ¥210,000 that were left is most of it.
    const drained = large()
      .otherDebit(TODAY - 6, yuan(190_000))
      .release(TODAY - 4, yuan(600_000))
      .otherDebit(TODAY - 2, yuan(170_000));
    const answer = ask(rule, drained);
    expect(answer).toMatchObject({ level: 'red', value: yuan(170_000), threshold: yuan(84_000) });
    expect(answer.reason().en).toContain('¥190,000.00 on the largest day (2026-04-16), ¥170,000.00 on 2026-04-20, a');
    expect(answer.reason().zh).toContain('190,000.00 元（2026-04-16），2026-04-20 支出 170,000.00 元，占');
  });

  it('sets a debit against what was there that day, not against what came in since', () => {
    const refilled = large()
      .otherDebit(TODAY - 3, yuan(200_001))
      .credit(TODAY - 2, yuan(900_000));
    expect(ask(rule, refilled).level).toBe('yellow');
    expect(
      ask(
        rule,
        large()
          .otherDebit(TODAY - 3, yuan(200_001))
          .credit(TODAY - 3, yuan(900_000)),
      ).level,
    ).toBe('none');
  });

  it('counts the month from its first day on, and the minimums of custody accounts only', () => {
    const minimum = (accountId: string, day: number) =>
      large()
        .account({ accountId: 'S1', purpose: 'settlement' })
        .otherDebit(day, yuan(40_001))
        .register('account.requirement_set', {
          accountId,
          kind: 'min_balance',
          amountFen: yuan(20_000),
          validFrom: formatDay(TODAY - 100),
        });
    expect(ask(rule, minimum('A1', on('2026-04-01')))).toMatchObject({ level: 'orange', threshold: yuan(40_000) });
    expect(ask(rule, minimum('A1', on('2026-03-31'))).level).toBe('none');
    expect(ask(rule, minimum('S1', on('2026-04-01'))).level).toBe('none');
  });
});
