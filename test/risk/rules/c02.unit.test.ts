import { describe, expect, it } from 'vitest';
import { startOfDay } from '../../../src/core/time.js';
import { rule } from '../../../src/risk/rules/c02-deemed-unpaid.js';
import { ask, on, school, steps, TODAY, yuan } from '../builders.js';

const silent = (date: string) => school().refund({ requestedOn: on(date) });

describe('C02 deemed agreed, unpaid', () => {
  // Asked on 10 April (a Friday), the fifth working day is the 17th; the third one after it is Wednesday the 22nd.
  steps(rule, 'asked and not answered since', silent, [
    ['2026-04-22', 'none'],
    ['2026-04-13', 'none'],
    ['2026-04-10', 'yellow'],
    ['2026-04-01', 'yellow'],
    ['2026-03-31', 'orange'],
  ]);

  it('does not count what was answered, withdrawn or paid', () => {
    const base = { requestedOn: on('2026-03-01') };
    expect(ask(rule, school().refund({ ...base, approvedOn: on('2026-03-03') })).level).toBe('none');
    expect(ask(rule, school().refund({ ...base, rejectedOn: on('2026-03-03') })).level).toBe('none');
    expect(ask(rule, school().refund({ ...base, withdrawnOn: on('2026-03-03') })).level).toBe('none');
    expect(ask(rule, school().refund({ ...base, paid: [{ on: TODAY - 1, fen: yuan(1_000) }] })).level).toBe('none');
    expect(ask(rule, school().refund({ ...base, paid: [{ on: TODAY - 1, fen: yuan(999) }] })).level).toBe('orange');
  });

  it('looks again when a step is reached', () => {
    expect(ask(rule, silent('2026-04-13')).lookAgainAt).toBe(startOfDay(on('2026-04-23')));
    expect(ask(rule, silent('2026-04-10')).lookAgainAt).toBe(startOfDay(on('2026-05-06')));
    expect(ask(rule, silent('2026-03-01')).lookAgainAt).toBeNull();
  });
});
