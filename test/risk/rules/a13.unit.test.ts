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
});
