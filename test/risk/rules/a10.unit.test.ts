import { describe, expect, it } from 'vitest';
import { startOfDay } from '../../../src/core/time.js';
import { ACCOUNT } from '../../../src/ledger/accounts.js';
import { rule } from '../../../src/risk/rules/a10-off-account.js';
import { ask, depositSchool, NOW, nobody, noon, school, steps, TODAY, yuan } from '../builders.js';

/** It has taken fees for months. */
const established = () => school().receipt(TODAY - 100, yuan(1_000), 'A1');
const offAccount = (fen: number) =>
  established()
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
    expect(ask(rule, established().receipt(TODAY - 89, yuan(1), 'X9')).level).toBe('orange');
    expect(ask(rule, established().receipt(TODAY - 90, yuan(1), 'X9')).level).toBe('none');
    const reversed = school()
      .receipt(TODAY - 3, yuan(1_000), 'X9')
      .payment({ payee: 'X9', paidOn: TODAY - 3, reversedFen: yuan(1_000) });
    expect(ask(rule, reversed).level).toBe('none');
  });

  it('does not wait for an account of which nothing is left: every telling of it was taken back', () => {
    const takenBack = (days: { debitFen: bigint; creditFen: bigint }) =>
      nobody().with({
        unearnedFen: 0n,
        turnovers: [{ account: ACCOUNT.receipts, sub: 'X9', days: [{ day: TODAY - 1, ...days }] }],
      });
    expect(ask(rule, takenBack({ debitFen: 0n, creditFen: 0n })).state).toBe('answered');
    expect(ask(rule, takenBack({ debitFen: 1n, creditFen: 0n })).state).toBe('no_data');
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

  it('tells at once of fees in another account where lawful ones are registered, also of one that is registered', () => {
    expect(ask(rule, established().receipt(TODAY, 1, 'X9')).level).toBe('orange');
    expect(ask(rule, school().receipt(TODAY, 1, 'X9')).level).toBe('orange');
    const settlement = () => nobody().unearned(1).account({ accountId: 'S1', purpose: 'settlement' });
    expect(ask(rule, settlement().receipt(TODAY, 1, 'S1')).level).toBe('orange');
  });

  it('cannot judge payees of which nothing is told, or before the registration of an account may have come', () => {
    expect(ask(rule, nobody().unearned(1)).state).toBe('no_data');
    expect(ask(rule, nobody())).toMatchObject({ state: 'answered', level: 'none', threshold: 0 });
    expect(ask(rule, nobody().unearned(1).account({}))).toMatchObject({ state: 'answered', level: 'none' });
    const unknown = nobody().unearned(1).receipt(TODAY, 1);
    expect(ask(rule, unknown)).toMatchObject({ state: 'no_data', lookAgainAt: null });
    const waiting = (ago: number) =>
      nobody()
        .unearned(1)
        .receipt(TODAY - ago, 1, 'X9');
    expect(ask(rule, waiting(0))).toMatchObject({ state: 'no_data', lookAgainAt: startOfDay(TODAY + 4) });
    expect(ask(rule, waiting(3))).toMatchObject({ state: 'no_data', lookAgainAt: startOfDay(TODAY + 1) });
    expect(ask(rule, waiting(4))).toMatchObject({ state: 'answered', level: 'orange' });
  });

  it('waits for a lawful account where only others are registered yet', () => {
    // The deposit account is known, the settlement account that takes the fees is not.
    const half = (ago: number) =>
      nobody()
        .account({ accountId: 'D1', purpose: 'deposit', mode: 'deposit' })
        .unearned(1)
        .receipt(TODAY - 100, 1)
        .receipt(TODAY - ago, yuan(20_000), 'S1');
    const registered = half(3).account({ accountId: 'S1', purpose: 'settlement', mode: 'deposit' });
    expect(ask(rule, half(3))).toMatchObject({ state: 'no_data', lookAgainAt: startOfDay(TODAY + 1) });
    expect(ask(rule, half(4)).level).toBe('red');
    expect(ask(rule, registered)).toMatchObject({ state: 'answered', level: 'none', lookAgainAt: null });
    // What was proved otherwise does not wait, and neither does what went into an account that is known and may not take fees.
    expect(ask(rule, half(1).receipt(TODAY, 1, 'D1'))).toMatchObject({ level: 'orange', value: 1 });
    const inspected = half(1).register(
      'inspection.recorded',
      { inspectionId: 'i', role: 'grid', findings: ['off_account'] },
      noon(TODAY - 1),
    );
    expect(ask(rule, inspected).level).toBe('orange');
  });

  it('takes off what was reversed of these payments, and of no others', () => {
    const paid = (ago: number, payee: string, reversedFen: number) =>
      offAccount(yuan(1_000)).payment({ amountFen: yuan(500), payee, paidOn: TODAY - ago, reversedFen });
    const none = ask(rule, paid(3, 'A1', yuan(500)));
    expect(none).toMatchObject({ level: 'orange', value: yuan(1_000) });
    expect(ask(rule, paid(89, 'X9', yuan(200))).value).toBe(yuan(800));
    expect(ask(rule, paid(90, 'X9', yuan(200))).value).toBe(yuan(1_000));
    expect(none.evidence()).toHaveLength(1);
  });

  it('forgets proofs after ninety days, and takes none from the future or about something else', () => {
    const from = startOfDay(TODAY - 89);
    const inspected = (at: number, finding: 'off_account' | 'shut' = 'off_account') =>
      ask(
        rule,
        school().register(
          'inspection.recorded',
          { inspectionId: 'i', role: 'grid', findings: [finding], amountFen: 700 },
          at,
        ),
        { now: NOW },
      );
    expect(inspected(from)).toMatchObject({ level: 'orange', value: 700 });
    expect(inspected(from - 1).level).toBe('none');
    expect(inspected(NOW).level).toBe('orange');
    expect(inspected(NOW + 1).level).toBe('none');
    expect(inspected(from, 'shut').level).toBe('none');
    const complained = (at: number, kind: 'off_account' | 'refund', ticketId = 't') =>
      ask(
        rule,
        school()
          .register('complaint.received', { ticketId, kind }, at)
          .register('complaint.closed', { ticketId: 't', upheld: true }, noon(TODAY - 1)),
      );
    expect(complained(from, 'off_account')).toMatchObject({ level: 'orange', value: 0 });
    expect(complained(from - 1, 'off_account').level).toBe('none');
    expect(complained(from, 'refund').level).toBe('none');
    expect(complained(from, 'off_account', 'u').level).toBe('none');
  });
});
