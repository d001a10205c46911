import { describe, expect, it } from 'vitest';
import { formatDay, startOfDay } from '../../../src/core/time.js';
import { rule } from '../../../src/risk/rules/a03-below-minimum.js';
import { ask, depositSchool, school, steps, TODAY, yuan } from '../builders.js';

const preset = (amount: number, from = TODAY - 1) =>
  school().register('account.requirement_set', {
    accountId: 'A1',
    kind: 'min_balance',
    amountFen: yuan(amount),
    validFrom: formatDay(from),
  });

describe('A03 below local minimum', () => {
  steps(rule, '¥100,000 in custody, local minimum ¥', (amount: number) => preset(amount), [
    [100_000, 'none'],
    [100_000.01, 'yellow'],
    [200_000, 'yellow'],
    [200_000.01, 'red'],
  ]);

  steps(
    rule,
    'default of 10% of receipts, U of ¥50,000, custody of ¥',
    (left: number) =>
      school()
        .unearned(yuan(50_000))
        .receipt(TODAY - 30, yuan(400_000))
        .otherDebit(TODAY - 40, yuan(100_000 - left)),
    [
      [40_000, 'none'],
      [39_999, 'yellow'],
      [20_000, 'yellow'],
      [19_999, 'red'],
    ],
  );

  it('does not blame an account that empties with the term: the default is never above U', () => {
    const term = (left: number) =>
      school()
        .unearned(yuan(left))
        .receipt(TODAY - 80, yuan(400_000))
        .release(TODAY - 1, yuan(100_000 - left));
    expect(ask(rule, term(500)).level).toBe('none');
    expect(ask(rule, term(0)).level).toBe('none');
  });

  it('is left when the balance is a tenth above the minimum, or without a preset when all of U is there', () => {
    const held = (amount: number) => ask(rule, preset(amount)).holdLevel;
    expect([held(90_909), held(90_910), held(100_000)]).toEqual(['none', 'yellow', 'yellow']);
    const byDefault = (unearned: number) =>
      ask(
        rule,
        school()
          .unearned(yuan(unearned))
          .receipt(TODAY - 30, yuan(400_000))
          .otherDebit(TODAY - 40, yuan(58_000)),
      );
    // ¥42,000 in custody, of a minimum of ¥40,000.
    expect(byDefault(42_001)).toMatchObject({ level: 'none', holdLevel: 'yellow' });
    expect(byDefault(42_000)).toMatchObject({ level: 'none', holdLevel: 'none' });
  });

  it('names what was withdrawn beside the statement', () => {
    const drained = school()
      .receipt(TODAY - 20, yuan(400_000))
      .otherDebit(TODAY - 10, yuan(100_000));
    expect(ask(rule, drained).evidence()[0]).toMatchObject({ id: drained.rows().withdrawals[0]!.id });
  });

  it('has no default for small or young schools', () => {
    const drained = () =>
      school()
        .receipt(TODAY - 20, yuan(400_000))
        .otherDebit(TODAY - 10, yuan(100_000));
    expect(ask(rule, drained()).level).toBe('red');
    expect(ask(rule, drained().learners(19)).level).toBe('none');
    expect(ask(rule, drained().history(27)).level).toBe('none');
  });

  it('adds the minimums of the custody accounts, and takes a preset at its word for a small school', () => {
    const minimum = (school: ReturnType<typeof preset>, accountId: string, amount: number) =>
      school.register('account.requirement_set', {
        accountId,
        kind: 'min_balance',
        amountFen: yuan(amount),
        validFrom: formatDay(TODAY - 1),
      });
    const two = () => minimum(preset(60_000).account({ accountId: 'A2' }), 'A2', 50_000);
    expect(ask(rule, two())).toMatchObject({ level: 'yellow', threshold: yuan(110_000) });
    const other = preset(60_000).account({ accountId: 'S1', purpose: 'settlement' });
    expect(ask(rule, minimum(other, 'S1', 50_000))).toMatchObject({ level: 'none', threshold: yuan(60_000) });
    expect(ask(rule, preset(150_000).learners(19)).level).toBe('yellow');
    expect(ask(rule, preset(300_000).learners(19))).toMatchObject({ level: 'red', threshold: yuan(150_000) });
  });

  it('counts payments on their way, and nothing once nothing is unearned', () => {
    expect(
      ask(rule, preset(150_000).payment({ amountFen: yuan(50_000), paidOn: TODAY - 1, settled: false })).level,
    ).toBe('none');
    const onItsWay = (days: number) =>
      preset(150_000).payment({ amountFen: yuan(50_000), paidOn: TODAY - days, settled: false });
    // Seven days back is the fifth working day, eight days back the sixth.
    expect(ask(rule, onItsWay(7)).level).toBe('none');
    expect(ask(rule, onItsWay(8)).level).toBe('yellow');
    expect(ask(rule, preset(300_000).unearned(0)).level).toBe('none');
  });

  it('waits for the first day of a preset, and is not asked in deposit mode', () => {
    expect(ask(rule, preset(300_000, TODAY + 2))).toMatchObject({ level: 'none', lookAgainAt: startOfDay(TODAY + 2) });
    expect(ask(rule, depositSchool(0)).state).toBe('not_applicable');
  });
});
