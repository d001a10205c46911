import { describe, expect, it } from 'vitest';
import { startOfDay } from '../../../src/core/time.js';
import { rule } from '../../../src/risk/rules/c09-odd-refund-path.js';
import { ask, noon, school, steps, TODAY, yuan } from '../builders.js';

const odd = (fen: number, ago = 5) =>
  school().refund({
    requestedOn: TODAY - 100,
    approvedOn: TODAY - 99,
    amountFen: fen,
    paid: [{ on: TODAY - ago, fen, originalChannel: false }],
  });
const toOne = (count: number) => {
  const one = school();
  for (let i = 0; i < count; i += 1)
    one.refund({ contractId: `c${i}`, requestedOn: TODAY - 20, paid: [{ on: TODAY - 5, fen: 1, payeeHash: 'abc' }] });
  return one;
};

describe('C09 odd refund path', () => {
  steps(rule, 'not by the original channel, fen', (fen: number) => odd(fen), [
    [1, 'yellow'],
    [yuan(50_000) - 1, 'yellow'],
    [yuan(50_000), 'orange'],
  ]);
  steps(rule, 'refunds of different contracts to one payee:', toOne, [
    [2, 'none'],
    [3, 'yellow'],
  ]);

  it('sees who had not paid for the contract, where every payment tells its payer', () => {
    const to = (payers?: string[]) =>
      school().refund({
        requestedOn: TODAY - 9,
        paid: [{ on: TODAY - 5, fen: 1, payeeHash: 'abc', originalChannel: true }],
        ...(payers ? { payers } : {}),
      });
    expect(ask(rule, to(['abc', 'def'])).level).toBe('none');
    expect(ask(rule, to(['def'])).level).toBe('yellow');
    expect(ask(rule, to()).level).toBe('none');
    expect(ask(rule, to(['def'])).lookAgainAt).toBe(startOfDay(TODAY - 5 + 90));
  });

  it('looks back ninety days, and is not asked where nothing is told about it', () => {
    expect(ask(rule, odd(1, 89)).level).toBe('yellow');
    expect(ask(rule, odd(1, 90)).level).toBe('none');
    expect(ask(rule, school().refund({ requestedOn: TODAY - 9, paid: [{ on: TODAY, fen: 1 }] })).state).toBe(
      'not_applicable',
    );
  });

  it('takes parts of which something is told among others, and needs three contracts', () => {
    const mixed = odd(100).refund({ requestedOn: TODAY - 9, paid: [{ on: TODAY, fen: 1 }] });
    expect(ask(rule, mixed)).toMatchObject({ level: 'yellow', value: 100, threshold: 0 });
    const part = { on: TODAY - 5, fen: 1, payeeHash: 'abc' };
    const ofOne = school().refund({ requestedOn: TODAY - 20, paid: [part, part, part] });
    expect(ask(rule, ofOne)).toMatchObject({ state: 'answered', level: 'none', value: 0 });
    const untold = school().refund({
      requestedOn: TODAY - 20,
      paid: [{ on: TODAY - 5, fen: 1, originalChannel: true }],
      payers: ['def'],
    });
    expect(ask(rule, untold).level).toBe('none');
  });

  it('looks at parts of ninety days up to now, and again when one comes or leaves', () => {
    const paid = odd(100, 0);
    expect(ask(rule, paid, { now: noon(TODAY) }).level).toBe('yellow');
    expect(ask(rule, paid, { now: noon(TODAY) - 1 })).toMatchObject({
      state: 'not_applicable',
      lookAgainAt: noon(TODAY),
    });
    const later = odd(100, 5).refund({ requestedOn: TODAY - 9, paid: [{ on: TODAY + 1, fen: 1 }] });
    expect(ask(rule, later).lookAgainAt).toBe(noon(TODAY + 1));
  });
});
