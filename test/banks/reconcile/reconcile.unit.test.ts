import { describe, expect, it } from 'vitest';
import type { AnyEvent } from '../../../src/events/event.js';
import {
  account,
  contract,
  credited,
  custodyAccount,
  debited,
  modelOf,
  paid,
  SCHOOL,
  tell,
  undo,
} from '../../model/tell.js';
import { reconcileModel } from './support.js';

/** Kinds with their amounts, by day. 2026-03-02 is a Monday. */
function breaks(asOf: string, ...events: readonly AnyEvent[]): string[] {
  return reconcileModel(modelOf(custodyAccount(), ...events), SCHOOL, asOf).breaks.map(
    (one) => `${one.kind} ${one.amountFen}${one.waitsFor === null ? '' : ` ${one.waitsFor}`}`,
  );
}

const balance = (asOf: string, bookedFen: number): AnyEvent =>
  tell(
    'custody.balance_reported',
    { accountId: 'A-1', asOf, kind: 'end_of_day', bookedFen },
    { at: `${asOf}T23:50:00+08:00` },
  );

describe('a payment without its credit', () => {
  const payment = paid('P-1', 1_000);

  it('is in transit for two working days, late for five, then missing', () => {
    expect(breaks('2026-03-04', payment)).toEqual([]);
    expect(breaks('2026-03-05', payment)).toEqual(['late 1000 bank']);
    expect(breaks('2026-03-09', payment)).toEqual(['late 1000 bank']);
    expect(breaks('2026-03-10', payment)).toEqual(['missing 1000 bank']);
  });

  it('is missing at once when the bank’s balance shows that the money is there', () => {
    expect(breaks('2026-03-02', payment, balance('2026-03-02', 1_000))).toEqual(['missing 1000 bank']);
  });

  it('is no break once it is reversed in full, and one of the rest when in part', () => {
    const reversal = (amountFen: number) => tell('payment.reversed', { paymentId: 'P-1', amountFen });
    expect(breaks('2026-03-10', payment, reversal(1_000))).toEqual([]);
    expect(breaks('2026-03-10', payment, reversal(400))).toEqual(['missing 600 bank']);
  });

  it('comes back when its credit is reversed', () => {
    const credit = credited('T-1', 1_000, '2026-03-03', { paymentIds: ['P-1'] });
    expect(breaks('2026-03-10', payment, credit)).toEqual([]);
    expect(breaks('2026-03-10', payment, credit, undo(credit))).toEqual(['missing 1000 bank']);
  });

  it('is no matter of the bank when it was paid elsewhere, or before there was a custody account', () => {
    expect(breaks('2026-03-10', paid('P-1', 1_000, { payeeAccountId: 'Z-9' }))).toEqual(['off_account 1000']);
    expect(breaks('2026-03-10', paid('P-1', 1_000, {}, { at: '2025-12-30' }))).toEqual([]);
  });

  it('is found by a credit of its amount that comes much later', () => {
    expect(breaks('2026-03-20', payment, credited('T-1', 1_000, '2026-03-18'))).toEqual([]);
  });
});

describe('amounts that differ', () => {
  it('are the difference between a credit and the payments it names, reversals before or after included', () => {
    const payments = [paid('P-1', 1_000), paid('P-2', 500)];
    const credit = (fen: number) => credited('T-1', fen, '2026-03-02', { paymentIds: ['P-1', 'P-2'] });
    expect(breaks('2026-03-10', ...payments, credit(1_500))).toEqual([]);
    expect(breaks('2026-03-10', ...payments, credit(1_450))).toEqual(['amount_differs 50']);
    expect(breaks('2026-03-02', ...payments, credit(1_600))).toEqual(['amount_differs 100']);
    const reversal = tell('payment.reversed', { paymentId: 'P-2', amountFen: 500 });
    expect(breaks('2026-03-10', ...payments, reversal, credit(1_500))).toEqual([]);
    expect(breaks('2026-03-10', ...payments, reversal, credit(1_000))).toEqual([]);
    expect(breaks('2026-03-10', ...payments, reversal, credit(1_200))).toEqual(['amount_differs 200']);
  });

  it('are named once a part of a payment is overdue, not while it may still come', () => {
    const part = credited('T-1', 400, '2026-03-02', { paymentIds: ['P-1'] });
    expect(breaks('2026-03-04', paid('P-1', 1_000), part)).toEqual([]);
    expect(breaks('2026-03-05', paid('P-1', 1_000), part)).toEqual(['amount_differs 600']);
    const rest = credited('T-2', 600, '2026-03-05', { paymentIds: ['P-1'] });
    expect(breaks('2026-03-05', paid('P-1', 1_000), part, rest)).toEqual([]);
  });

  it('are told of an entry without a name when the bank’s balance proves them', () => {
    const events = [paid('P-1', 1_000), credited('T-1', 900, '2026-03-02'), balance('2026-03-02', 1_000)];
    expect(breaks('2026-03-10', ...events, balance('2026-03-10', 1_000))).toEqual(['amount_differs 100']);
    expect(breaks('2026-03-10', paid('P-1', 1_000), credited('T-1', 900, '2026-03-02'))).toEqual([
      'unknown_payer 900',
      'missing 1000 bank',
    ]);
  });

  it('are told of an entry that came twice with different amounts, until a balance says which is right', () => {
    const events = [
      paid('P-1', 1_000),
      credited('T-1', 1_000, '2026-03-02', { paymentIds: ['P-1'] }),
      credited('T-1', 900, '2026-03-02', { paymentIds: ['P-1'] }),
    ];
    expect(breaks('2026-03-02', ...events)).toEqual(['amount_differs 100']);
    expect(breaks('2026-03-02', ...events, balance('2026-03-02', 1_000))).toEqual([]);
    expect(breaks('2026-03-02', ...events, balance('2026-03-02', 900))).toEqual(['amount_differs 100']);
  });
});

describe('credits nobody paid', () => {
  it('are an unknown payer after two working days, unless the payment is told', () => {
    const credit = credited('T-1', 1_000, '2026-03-02');
    expect(breaks('2026-03-04', credit)).toEqual([]);
    expect(breaks('2026-03-05', credit)).toEqual(['unknown_payer 1000']);
    expect(breaks('2026-03-05', credit, paid('P-1', 1_000))).toEqual([]);
  });

  it('wait for the platform when they name a payment that nobody told of', () => {
    const credit = credited('T-1', 1_500, '2026-03-02', { paymentIds: ['P-1', 'P-2'] });
    expect(breaks('2026-03-05', credit)).toEqual(['missing 1500 platform']);
    expect(breaks('2026-03-05', credit, paid('P-1', 1_000))).toEqual(['missing 500 platform']);
  });

  it('are in order when they bring in declared stock, or are the quarter’s interest', () => {
    const stock = tell('stock.declared', { amountFen: 5_000, dueOn: '2026-03-31' });
    const credits = [credited('T-1', 3_000, '2026-03-02'), credited('T-2', 2_000, '2026-03-03')];
    expect(breaks('2026-03-10', stock, ...credits)).toEqual([]);
    expect(breaks('2026-03-10', stock, ...credits, credited('T-3', 1, '2026-03-03'))).toEqual(['unknown_payer 1']);
    const fee = [paid('P-1', 100_000), credited('T-1', 100_000, '2026-03-02', { paymentIds: ['P-1'] })];
    expect(breaks('2026-03-31', ...fee, credited('T-2', 500, '2026-03-21'))).toEqual([]);
    expect(breaks('2026-03-31', ...fee, credited('T-2', 501, '2026-03-21'))).toEqual(['unknown_payer 501']);
    expect(breaks('2026-03-31', ...fee, credited('T-2', 500, '2026-03-23'))).toEqual(['unknown_payer 500']);
  });
});

describe('releases', () => {
  const instructed = tell('release.instructed', {
    instructionId: 'N-1',
    accountId: 'A-1',
    lines: [{ contractId: 'C-1', amountFen: 700 }],
  });
  const confirmed = (amountFen: number) =>
    tell('lesson.confirmed', { confirmId: 'F-1', contractId: 'C-1', hours: 1, amountFen, by: 'parent' });
  const release = (amountFen: number, instructionId?: string) =>
    debited(`T-${amountFen}`, amountFen, 'release', {
      bookedOn: '2026-03-02',
      ...(instructionId === undefined ? {} : { instructionId }),
    });

  it('wait for the bank, then are missing; carried out they are no break', () => {
    expect(breaks('2026-03-05', contract('C-1'), confirmed(700), instructed)).toEqual(['late 700 bank']);
    expect(breaks('2026-03-10', contract('C-1'), confirmed(700), instructed)).toEqual(['missing 700 bank']);
    expect(breaks('2026-03-10', contract('C-1'), confirmed(700), instructed, release(700, 'N-1'))).toEqual([]);
  });

  it('beyond the confirmed lessons of a contract are over-released', () => {
    expect(breaks('2026-03-10', contract('C-1'), confirmed(500), instructed, release(700, 'N-1'))).toEqual([
      'over_release 200',
    ]);
  });

  it('without an instruction are over-released unless confirmed lessons cover them', () => {
    expect(breaks('2026-03-10', release(700))).toEqual(['over_release 700']);
    expect(breaks('2026-03-10', confirmed(700), release(700))).toEqual([]);
    expect(breaks('2026-03-10', confirmed(2_000), instructed, release(700, 'N-1'), release(300))).toEqual(
      ['over_release 700', 'missing 300 platform'].slice(1),
    );
  });
});

describe('refunds', () => {
  const told = (amountFen: number, bankTxnId?: string) =>
    tell('refund.paid', {
      refundId: 'Y-1',
      contractId: 'C-1',
      amountFen,
      via: 'custody',
      ...(bankTxnId === undefined ? {} : { bankTxnId }),
    });
  const debit = (bankTxnId: string, amountFen: number) =>
    debited(bankTxnId, amountFen, 'refund', { bookedOn: '2026-03-02', refundId: 'Y-1' });

  it('in parts are matched part by part, and only the part that lacks is missing', () => {
    const parts = [told(300, 'T-1'), told(400, 'T-2')];
    expect(breaks('2026-03-10', ...parts, debit('T-1', 300), debit('T-2', 400))).toEqual([]);
    expect(breaks('2026-03-10', ...parts, debit('T-2', 400))).toEqual(['missing 300 bank']);
  });

  it('that only the bank tells of wait for the platform', () => {
    expect(breaks('2026-03-10', debit('T-1', 300))).toEqual(['missing 300 platform']);
    expect(breaks('2026-03-10', debit('T-1', 300), told(300))).toEqual([]);
  });
});

describe('balances', () => {
  it('that are wrong for one day are one break, named by its day, and stay until they are corrected', () => {
    const days = [balance('2026-03-02', 0), balance('2026-03-03', 77), balance('2026-03-04', 0)];
    expect(breaks('2026-03-04', ...days)).toEqual(['balance_differs 77']);
    const corrected = tell(
      'custody.balance_reported',
      { accountId: 'A-1', asOf: '2026-03-03', kind: 'end_of_day', bookedFen: 0 },
      { at: '2026-03-05' },
    );
    expect(breaks('2026-03-04', ...days, corrected)).toEqual([]);
  });

  it('that differ from some day on are one break, not one a day', () => {
    const days = ['2026-03-02', '2026-03-03', '2026-03-04', '2026-03-05'];
    expect(breaks('2026-03-05', ...days.map((on, i) => balance(on, i === 0 ? 0 : 77)))).toEqual(['balance_differs 77']);
  });

  it('of a day that did not come are no break when the next one agrees', () => {
    expect(breaks('2026-03-04', balance('2026-03-02', 0), balance('2026-03-04', 0))).toEqual([]);
  });

  it('of the last days are one missing feed, with the payments that wait for it', () => {
    const payments = [paid('P-1', 1_000, {}, { at: '2026-03-03' }), paid('P-2', 500, {}, { at: '2026-03-04' })];
    const found = reconcileModel(
      modelOf(custodyAccount(), balance('2026-03-02', 0), ...payments),
      SCHOOL,
      '2026-03-10',
    ).breaks;
    expect(found).toMatchObject([{ kind: 'feed_missing', amountFen: 1_500n, accountId: 'A-1', bankCode: 'B003' }]);
    expect(found[0]!.events).toHaveLength(2);
  });

  it('of deposit accounts are compared too; a settlement account is the institution’s own', () => {
    const deposit = account('D-1', 'deposit', 'deposit', 500);
    const report = (accountId: string) =>
      tell('custody.balance_reported', { accountId, asOf: '2026-03-02', kind: 'end_of_day', bookedFen: 400 });
    const found = reconcileModel(
      modelOf(deposit, account('S-1', 'settlement', 'deposit'), report('D-1'), report('S-1')),
      SCHOOL,
      '2026-03-02',
    ).breaks;
    expect(found).toMatchObject([{ kind: 'balance_differs', accountId: 'D-1', amountFen: 100n }]);
  });
});

it('comes to an end in a bounded time when nothing of a large institution fits', () => {
  const many = 600;
  const events = Array.from({ length: many }, (_, i) => [
    paid(`P-${i}`, 1_000_003 + 2 * i, {}, { at: `2026-03-0${2 + (i % 4)}` }),
    credited(`T-${i}`, 5_000_002 + 4 * i, `2026-03-0${3 + (i % 4)}`),
  ]).flat();
  const model = modelOf(custodyAccount(), ...events, balance('2026-03-09', 77));
  const started = process.cpuUsage().user;
  const { breaks } = reconcileModel(model, SCHOOL, '2026-03-20');
  expect(breaks.length).toBeGreaterThan(many);
  // Seconds of processor time; every pair compared with every sum would take hours.
  expect((process.cpuUsage().user - started) / 1_000_000).toBeLessThan(20);
});
