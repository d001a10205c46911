import { describe, expect, it } from 'vitest';
import { formatDay, startOfDay } from '../../../src/core/time.js';
import { rule } from '../../../src/risk/rules/a13-stock-not-brought-in.js';
import { ask, nobody, school, steps, TODAY, yuan } from '../builders.js';

const declared = (dueIn: number, creditedFen = 0) =>
  nobody()
    .account({})
    .unearned(yuan(80_000))
    .credit(TODAY - 50, creditedFen)
    .register('stock.declared', { amountFen: yuan(50_000), dueOn: formatDay(TODAY + dueIn) });

describe('A13 old stock not brought in', () => {
  steps(rule, 'nothing brought in, days until the due day', (days: number) => declared(days), [
    [0, 'none'],
    [-1, 'yellow'],
    [-29, 'yellow'],
    [-30, 'orange'],
  ]);
  steps(rule, 'overdue, brought in fen', (fen: number) => declared(-10, fen), [
    [yuan(50_000), 'none'],
    [yuan(49_900), 'none'],
    [yuan(49_900) - 1, 'yellow'],
  ]);

  it('does not take credits of payments for stock, and nothing that is taught need come in', () => {
    const paid = declared(-10, yuan(50_000)).receipt(TODAY - 51, yuan(50_000));
    expect(ask(rule, paid).level).toBe('yellow');
    expect(ask(rule, declared(-10).unearned(0)).level).toBe('none');
  });

  it('tells an amount beside an amount, however long it is due', () => {
    for (const days of [-10, -40]) expect(ask(rule, declared(days))).toMatchObject({ threshold: 10_000, unit: 'fen' });
    expect(ask(rule, declared(-40)).level).toBe('orange');
  });

  it('looks again after the due day', () => {
    expect(ask(rule, declared(3)).lookAgainAt).toBe(startOfDay(TODAY + 4));
    expect(ask(rule, declared(-3)).lookAgainAt).toBe(startOfDay(TODAY + 27));
    expect(ask(rule, school()).state).toBe('not_applicable');
  });

  it('adds up what is due, is as late as the first, and leaves the rest for its day', () => {
    const second = (fen: number, dueIn: number) =>
      declared(-10).register('stock.declared', { amountFen: fen, dueOn: formatDay(TODAY + dueIn) });
    expect(ask(rule, second(yuan(20_000), -1))).toMatchObject({ level: 'yellow', value: yuan(70_000) });
    expect(ask(rule, second(yuan(20_000), -40))).toMatchObject({ level: 'orange', value: yuan(70_000) });
    expect(ask(rule, second(yuan(20_000), 0))).toMatchObject({ level: 'yellow', value: yuan(50_000) });
    expect(ask(rule, second(yuan(90_000), -1)).value).toBe(yuan(80_000));
    expect(ask(rule, second(yuan(20_000), -40)).reason().en).toContain('40 days after the due day');
    expect(ask(rule, second(yuan(20_000), 0)).lookAgainAt).toBe(startOfDay(TODAY + 1));
  });

  it('counts for stock what came in beyond payments, reversed and travelling ones left out', () => {
    const credited = () => declared(-10, yuan(50_000));
    expect(ask(rule, credited().receipt(TODAY - 51, yuan(20_000))).value).toBe(yuan(20_000));
    const reversed = credited()
      .receipt(TODAY - 51, yuan(20_000))
      .entry('receipts_reversed', '', TODAY - 50, 0, yuan(20_000));
    expect(ask(rule, reversed).level).toBe('none');
    const travelling = credited()
      .receipt(TODAY - 1, yuan(20_000))
      .payment({ amountFen: yuan(20_000), paidOn: TODAY - 1, settled: false });
    expect(ask(rule, travelling).level).toBe('none');
    expect(ask(rule, declared(-10).receipt(TODAY - 51, yuan(20_000))).value).toBe(yuan(50_000));
  });

  it('takes no payment that never reached custody from what came in for the stock', () => {
    const beside = (payment: { payee?: string; paidOn: number }) =>
      ask(
        rule,
        declared(-10, yuan(50_000))
          .receipt(payment.paidOn, yuan(5_000))
          .payment({ ...payment, amountFen: yuan(5_000), settled: false }),
      );
    expect(beside({ paidOn: TODAY - 20, payee: 'private' })).toMatchObject({ level: 'none', value: 0 });
    // From before the account was valid.
    expect(beside({ paidOn: TODAY - 500 })).toMatchObject({ level: 'none', value: 0 });
  });
});
