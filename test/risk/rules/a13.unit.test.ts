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

  it('takes what reaches other accounts for no stock, and payments from before custody for none of its own', () => {
    const other = (purpose: 'settlement' | 'deposit') =>
      declared(-10, yuan(10_000))
        .account({ accountId: 'A2', purpose })
        .entry('credit_clearing', 'A2', TODAY - 30, 0, yuan(50_000));
    for (const purpose of ['settlement', 'deposit'] as const)
      expect(ask(rule, other(purpose))).toMatchObject({ level: 'yellow', value: yuan(40_000) });
    // Paid into the settlement account in deposit mode, and credited there.
    const switched = (ago: number) =>
      other('settlement')
        .credit(TODAY - 40, yuan(40_000))
        .receipt(TODAY - ago, yuan(30_000));
    expect(ask(rule, switched(201)).level).toBe('none');
    expect(ask(rule, switched(200))).toMatchObject({ level: 'yellow', value: yuan(30_000) });
    const into = (payee: string | null, paidOn: number) =>
      ask(rule, switched(paidOn).payment({ payee, amountFen: yuan(30_000), paidOn: TODAY - paidOn })).value;
    expect([into('A1', 90), into(null, 90), into('A2', 90)]).toEqual([yuan(30_000), yuan(30_000), 0]);
    expect([into('A1', 201), into(null, 201)]).toEqual([yuan(30_000), 0]);
    // After the days that are looked back there are only totals: never more than came into custody.
    const old = (fen: number) =>
      ask(
        rule,
        nobody()
          .account({ validFrom: formatDay(TODAY - 400) })
          .unearned(yuan(80_000))
          .credit(TODAY - 50, fen)
          .register('stock.declared', { amountFen: yuan(50_000), dueOn: formatDay(TODAY - 10) })
          .entry('credit_clearing', 'A2', TODAY - 30, 0, yuan(30_000))
          .receipt(TODAY - 410, yuan(30_000)),
      ).value;
    expect([old(yuan(50_000)), old(yuan(20_000))]).toEqual([0, yuan(30_000)]);
  });
});
