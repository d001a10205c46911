import { describe, expect, it } from 'vitest';
import { formatDay, startOfDay } from '../../../src/core/time.js';
import { rule } from '../../../src/risk/rules/a01-custody-shortfall.js';
import { ask, depositSchool, nobody, school, steps, TODAY, yuan } from '../builders.js';

describe('A01 custody shortfall', () => {
  steps(
    rule,
    'custody against ¥100,000 unearned of ¥',
    (left: number) => school().otherDebit(TODAY - 40, yuan(100_000 - left)),
    [
      [100_000, 'none'],
      [99_000, 'none'],
      [98_999, 'blue'],
      [95_000, 'blue'],
      [94_999, 'yellow'],
      [85_000, 'yellow'],
      [84_999, 'orange'],
      [70_000, 'orange'],
      [69_999.99, 'red'],
      [0, 'red'],
    ],
  );

  steps(
    rule,
    'of ¥1,000,000 unearned, short of ¥',
    (short: number) =>
      school()
        .unearned(yuan(1_000_000))
        .credit(TODAY - 50, yuan(900_000 - short)),
    [
      [10_000, 'none'],
      [10_000.01, 'blue'],
    ],
  );

  it('does not speak of a shortfall up to ¥1,000, however small the school', () => {
    const small = (fen: number) =>
      school()
        .unearned(fen)
        .otherDebit(TODAY - 40, yuan(100_000));
    expect(ask(rule, small(yuan(1_000))).level).toBe('none');
    expect(ask(rule, small(yuan(1_000) + 1)).level).toBe('red');
  });

  it('counts a payment as in transit for five working days, then no more, and says when to look again', () => {
    const paid = (days: number) =>
      school()
        .unearned(yuan(150_000))
        .payment({ amountFen: yuan(50_000), paidOn: TODAY - days, settled: false });
    // Wednesday: seven days back is the fifth working day, eight days back the sixth.
    expect(ask(rule, paid(7))).toMatchObject({ level: 'none', lookAgainAt: startOfDay(TODAY + 1) });
    expect(ask(rule, paid(8)).level).toBe('red');
  });

  it('counts a refund that the bank has paid and the platform has not told as in transit', () => {
    expect(ask(rule, school().refundDebit(TODAY - 1, yuan(20_000))).level).toBe('none');
    expect(ask(rule, school().refundDebit(TODAY - 20, yuan(20_000))).level).toBe('orange');
    const told = school()
      .refundDebit(TODAY - 1, yuan(20_000))
      .entry('refund_books', '', TODAY - 1, 0, yuan(20_000))
      .unearned(yuan(80_000));
    expect(ask(rule, told).level).toBe('none');
    // What the platform has told as well is no longer on its way, and what was paid long ago is not either.
    expect(ask(rule, told.unearned(yuan(100_000))).level).toBe('orange');
    const older = school()
      .refundDebit(TODAY - 20, yuan(10_000))
      .refundDebit(TODAY - 1, yuan(10_000));
    expect(ask(rule, older)).toMatchObject({ level: 'yellow', value: 9_000 });
  });

  it('adds deposit and valid cover, and looks again when the cover ends', () => {
    const guarantee = {
      guaranteeId: 'g',
      kind: 'insurance' as const,
      coverFen: yuan(60_000),
      validFrom: formatDay(TODAY - 9),
      validTo: formatDay(TODAY),
    };
    const covered = school()
      .otherDebit(TODAY - 40, yuan(50_000))
      .register('guarantee.registered', guarantee);
    expect(ask(rule, covered)).toMatchObject({ level: 'none', lookAgainAt: startOfDay(TODAY + 1) });
    const ended = school()
      .otherDebit(TODAY - 40, yuan(50_000))
      .register('guarantee.registered', { ...guarantee, validTo: formatDay(TODAY - 1) });
    expect(ask(rule, ended)).toMatchObject({ level: 'red', lookAgainAt: null });
    const ahead = school().register('guarantee.registered', { ...guarantee, validFrom: formatDay(TODAY + 5) });
    expect(ask(rule, ahead).lookAgainAt).toBe(startOfDay(TODAY + 5));
    const deposited = school()
      .otherDebit(TODAY - 40, yuan(50_000))
      .account({ accountId: 'D1', purpose: 'deposit', openingFen: yuan(50_000) });
    expect(ask(rule, deposited).level).toBe('none');
  });

  it('spreads gifted hours over the price for red, and only for red', () => {
    const short = () => school().otherDebit(TODAY - 40, yuan(20_000));
    expect(ask(rule, short()).level).toBe('orange');
    expect(ask(rule, short().with({ unearnedOperatorFen: BigInt(yuan(120_000)) })).level).toBe('red');
    // ¥80,000 of ¥114,000 is a little more than 70%.
    const spread = ask(rule, short().with({ unearnedOperatorFen: BigInt(yuan(114_000)) }));
    expect(spread).toMatchObject({ level: 'orange', value: 8_000 });
    expect(spread.reason().en).not.toContain('gifted');
    expect(ask(rule, school().otherDebit(TODAY - 40, yuan(50_000))).reason().en).not.toContain('gifted');
  });

  it('tells the coverage that was compared where gifted hours make it red', () => {
    const short = school()
      .otherDebit(TODAY - 40, yuan(20_000))
      .with({ unearnedOperatorFen: BigInt(yuan(125_000)) });
    const answer = ask(rule, short);
    expect(answer).toMatchObject({ level: 'red', value: 6_400, threshold: 7_000 });
    expect(answer.reason?.().en).toContain('¥125,000.00 are unearned, coverage 64%');
  });

  it('finds nothing missing where nothing is unearned, however far below zero the account is booked', () => {
    const overdrawn = nobody()
      .account({})
      .otherDebit(TODAY - 40, yuan(30_000))
      .unearned(0);
    expect(ask(rule, overdrawn)).toMatchObject({ level: 'none', value: 10_000 });
  });

  it('holds the level until the shortfall is a tenth below the step', () => {
    const left = (fen: number) => ask(rule, school().otherDebit(TODAY - 40, yuan(100_000) - fen));
    expect(left(yuan(95_400))).toMatchObject({ level: 'blue', holdLevel: 'yellow' });
    expect(left(yuan(95_500))).toMatchObject({ level: 'blue', holdLevel: 'blue' });
    expect(left(yuan(100_000))).toMatchObject({ level: 'none', holdLevel: 'none' });
  });

  it('names what is missing before what is there, the largest sums first', () => {
    const short = school()
      .otherDebit(TODAY - 40, yuan(20_000))
      .otherDebit(TODAY - 3, yuan(5_000))
      .otherDebit(TODAY - 3, yuan(70_000), 'S1')
      .payment({ paidOn: TODAY - 20, settled: false, amountFen: yuan(9_000) })
      .payment({ paidOn: TODAY - 20, settled: false, amountFen: yuan(8_000), payee: 'private' })
      .payment({ paidOn: TODAY - 20, amountFen: yuan(7_000), payee: 'A1' });
    const [large, small] = short.rows().withdrawals;
    const [late, elsewhere] = short.rows().payments;
    const ids = [large, late?.told, elsewhere?.told, small].map((event) => event!.id);
    expect(
      ask(rule, short)
        .evidence()
        .map(({ id }) => id)
        .slice(0, -2),
    ).toEqual(ids);
  });

  it('is not asked in deposit mode, and has no data without any account', () => {
    expect(ask(rule, depositSchool(0)).state).toBe('not_applicable');
    expect(ask(rule, nobody().unearned(1)).state).toBe('no_data');
    expect(ask(rule, nobody()).state).toBe('not_applicable');
  });

  it('takes the statement where the booked balance is below zero', () => {
    const began = school()
      .unearned(yuan(30_000))
      .release(TODAY - 60, yuan(150_000))
      .statement(TODAY - 1, yuan(30_000));
    expect(ask(rule, began).level).toBe('none');
  });
});
