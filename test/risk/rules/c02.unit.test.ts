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

  it('waits for no silence where somebody has answered, and for the last day of all others', () => {
    const asked = (answer: object) =>
      ask(rule, school().refund({ requestedOn: on('2026-04-20'), ...answer })).lookAgainAt;
    // Nobody has to answer before the 27th is over; the third working day after it is the 30th.
    expect(asked({})).toBe(startOfDay(on('2026-04-30')));
    expect(asked({ rejectedOn: on('2026-04-21') })).toBeNull();
    expect(asked({ withdrawnOn: on('2026-04-21') })).toBeNull();
    expect(asked({ approvedOn: on('2026-04-21') })).toBeNull();
    // The last day to answer a request of the 15th is today.
    expect(ask(rule, silent('2026-04-15')).lookAgainAt).toBe(startOfDay(on('2026-04-27')));
  });

  it('adds up and names what is agreed by silence and unpaid, and nothing else', () => {
    const three = silent('2026-04-10')
      .refund({ requestedOn: on('2026-04-01'), amountFen: yuan(300), paid: [{ on: TODAY - 1, fen: yuan(100) }] })
      .refund({ requestedOn: on('2026-04-01'), amountFen: yuan(300), paid: [{ on: TODAY - 1, fen: yuan(300) }] })
      .refund({ requestedOn: on('2026-04-01'), rejectedOn: on('2026-04-02') })
      .refund({ requestedOn: on('2026-04-01'), approvedOn: on('2026-04-02') })
      .refund({ requestedOn: on('2026-04-21') })
      .refund({ approvedOn: on('2026-04-21') });
    const answer = ask(rule, three);
    expect(answer).toMatchObject({ level: 'yellow', value: 9 });
    expect(answer.reason().en).toContain('2 refunds agreed by silence and unpaid, ¥1,200.00 in all');
    const [ten, first] = three.rows().refunds.map(({ refund }) => refund.requested?.id);
    expect(answer.evidence().map(({ id }) => id)).toEqual([first, ten]);
    expect(ask(rule, school())).toMatchObject({ level: 'none', value: 0 });
  });
});
