import { describe, expect, it } from 'vitest';
import { rule } from '../../../src/risk/rules/a10-off-account.js';
import { ask, depositSchool, nobody, noon, school, steps, TODAY, yuan } from '../builders.js';

const offAccount = (fen: number) =>
  school()
    .receipt(TODAY - 3, fen, 'X9')
    .payment({ amountFen: fen, payee: 'X9', paidOn: TODAY - 3, settled: false });

describe('A10 off-account collection', () => {
  steps(rule, 'paid into another account, fen', offAccount, [
    [0, 'none'],
    [1, 'orange'],
    [yuan(10_000), 'orange'],
    [yuan(10_000) + 1, 'red'],
  ]);

  it('takes the custody account, and a payee that is not told, as lawful', () => {
    expect(ask(rule, school().receipt(TODAY, yuan(20_000), 'A1').receipt(TODAY, yuan(20_000))).level).toBe('none');
    expect(ask(rule, depositSchool(0).receipt(TODAY, yuan(20_000), 'S1')).level).toBe('none');
    expect(
      ask(rule, school().account({ accountId: 'S1', purpose: 'settlement' }).receipt(TODAY, yuan(20_000), 'S1')).level,
    ).toBe('red');
  });

  it('forgets after ninety days, and what was reversed', () => {
    expect(ask(rule, school().receipt(TODAY - 89, yuan(1), 'X9')).level).toBe('orange');
    expect(ask(rule, school().receipt(TODAY - 90, yuan(1), 'X9')).level).toBe('none');
    const reversed = school()
      .receipt(TODAY - 3, yuan(1_000), 'X9')
      .payment({ payee: 'X9', paidOn: TODAY - 3, reversedFen: yuan(1_000) });
    expect(ask(rule, reversed).level).toBe('none');
  });

  it('needs proof: an inspection, or a complaint that was upheld', () => {
    const complaint = () =>
      school().register(
        'complaint.received',
        { ticketId: 't', kind: 'off_account', amountFen: yuan(20_000) },
        noon(TODAY - 5),
      );
    expect(ask(rule, complaint()).level).toBe('none');
    expect(
      ask(rule, complaint().register('complaint.closed', { ticketId: 't', upheld: false }, noon(TODAY - 2))).level,
    ).toBe('none');
    expect(
      ask(rule, complaint().register('complaint.closed', { ticketId: 't', upheld: true }, noon(TODAY - 2))).level,
    ).toBe('red');
    const inspected = school().register(
      'inspection.recorded',
      { inspectionId: 'i', role: 'grid', findings: ['off_account'] },
      noon(TODAY - 5),
    );
    expect(ask(rule, inspected)).toMatchObject({ level: 'orange' });
    expect(ask(rule, inspected).evidence()).toHaveLength(1);
  });

  it('cannot judge payees before any account is registered', () => {
    expect(ask(rule, nobody().unearned(1).receipt(TODAY, 1, 'X9')).state).toBe('no_data');
  });
});
