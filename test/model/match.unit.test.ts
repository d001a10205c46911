import { describe, expect, it } from 'vitest';
import type { AnyEvent } from '../../src/events/event.js';
import {
  account,
  credited,
  custodyAccount,
  modelOf,
  moment,
  paid,
  quantitiesAfter,
  SCHOOL,
  tell,
  undo,
} from './tell.js';

/** Which payments have a credit, whatever the order of arrival. */
function settled(...events: readonly AnyEvent[]): string[] {
  const [one, other] = [events, events.toReversed()].map((told) => {
    const model = modelOf(...told);
    model.quantities(SCHOOL, moment('2026-03-20'));
    const rows = [...model.set.institution(SCHOOL).payments.rows.values()];
    return rows
      .filter((row) => row.told && (row.matchedBy || row.namedBy.length > 0))
      .map((row) => row.paymentId)
      .sort();
  });
  expect(other).toEqual(one);
  return one!;
}

const notCredited = (...events: readonly AnyEvent[]) => quantitiesAfter(events).paidNotCreditedFen;

describe('a credit without a list of payments', () => {
  it.each([
    ['takes a payment of the same day', '2026-03-02', '2026-03-02', true],
    ['takes a payment of the fifth working day before', '2026-03-02', '2026-03-09', true],
    ['takes no payment of the sixth working day before', '2026-03-02', '2026-03-10', false],
    ['takes a payment of Saturday on the Friday after', '2026-03-07', '2026-03-13', true],
    ['takes a payment from before the Spring Festival, the working Saturday counted', '2026-02-13', '2026-02-27', true],
    ['takes none from six working days before over the Spring Festival', '2026-02-13', '2026-02-28', false],
    ['takes a payment of the Sunday before the National Day that was worked', '2025-09-28', '2025-10-11', true],
    ['takes none from six working days before over the National Day', '2025-09-28', '2025-10-13', false],
    ['takes a payment of the last day before the National Day', '2025-09-30', '2025-10-14', true],
    ['takes no payment that was made after it', '2026-03-03', '2026-03-02', false],
  ])('%s', (_title, paidOn, bookedOn, taken) => {
    const events = [custodyAccount(), paid('P-1', 500, {}, { at: paidOn }), credited('T-1', 500, bookedOn)];
    expect(settled(...events)).toEqual(taken ? ['P-1'] : []);
    expect(notCredited(...events)).toBe(taken ? 0n : 500n);
  });

  it('counts the day of a payment in Shanghai', () => {
    expect(settled(paid('P-1', 500, {}, { at: '2026-03-01T16:00:00Z' }), credited('T-1', 500, '2026-03-09'))).toEqual([
      'P-1',
    ]);
    expect(settled(paid('P-1', 500, {}, { at: '2026-03-01T16:00:00Z' }), credited('T-1', 500, '2026-03-10'))).toEqual(
      [],
    );
  });

  it('takes the oldest of several equal payments, and each payment once', () => {
    const payments = ['2026-03-03', '2026-03-02', '2026-03-04'].map((at, n) => paid(`P-${n}`, 500, {}, { at }));
    expect(settled(...payments, credited('T-1', 500, '2026-03-04'))).toEqual(['P-1']);
    expect(settled(...payments, credited('T-1', 500, '2026-03-04'), credited('T-2', 500, '2026-03-04'))).toEqual([
      'P-0',
      'P-1',
    ]);
    expect(settled(payments[0]!, credited('T-1', 500, '2026-03-04'), credited('T-2', 500, '2026-03-04'))).toEqual([
      'P-0',
    ]);
  });

  it('takes only a payment of exactly its amount', () => {
    expect(settled(paid('P-1', 499), paid('P-2', 501), credited('T-1', 500, '2026-03-03'))).toEqual([]);
  });

  it('takes a payment to its own account or to none, and leaves those to another account', () => {
    expect(settled(paid('P-1', 500, { payeeAccountId: 'A-2' }), credited('T-1', 500, '2026-03-03'))).toEqual([]);
    expect(settled(paid('P-1', 500, { payeeAccountId: 'A-1' }), credited('T-1', 500, '2026-03-03'))).toEqual(['P-1']);
    const other = paid('P-1', 500, { payeeAccountId: 'A-2' }, { at: '2026-03-01' });
    expect(settled(other, paid('P-2', 500), credited('T-1', 500, '2026-03-03'))).toEqual(['P-2']);
  });

  it('leaves a payment that is wholly reversed, and takes one that is reversed in part', () => {
    const events = [custodyAccount(), paid('P-1', 500), credited('T-1', 500, '2026-03-03')];
    expect(settled(...events, tell('payment.reversed', { paymentId: 'P-1', amountFen: 500 }))).toEqual([]);
    expect(settled(...events, tell('payment.reversed', { paymentId: 'P-1', amountFen: 499 }))).toEqual(['P-1']);
  });

  it('goes to the next payment when the first one turns out to be reversed or named by another credit', () => {
    const events = [
      paid('P-1', 500, {}, { at: '2026-03-02' }),
      paid('P-2', 500, {}, { at: '2026-03-03' }),
      credited('T-1', 500, '2026-03-04'),
    ];
    expect(settled(...events)).toEqual(['P-1']);
    expect(settled(...events, tell('payment.reversed', { paymentId: 'P-1', amountFen: 500 }))).toEqual(['P-2']);
    expect(settled(...events, credited('T-2', 9, '2026-03-20', { paymentIds: ['P-1'] }))).toEqual(['P-1', 'P-2']);
    expect(settled(...events, undo(events[0]!))).toEqual(['P-2']);
    expect(settled(...events, undo(events[2]!))).toEqual([]);
  });

  it('leaves a payment to an earlier credit that can take no other', () => {
    const events = [
      paid('P-1', 500, {}, { at: '2026-03-02' }),
      paid('P-2', 500, {}, { at: '2026-03-05' }),
      credited('T-1', 500, '2026-03-03'),
      credited('T-2', 500, '2026-03-06'),
    ];
    expect(settled(...events)).toEqual(['P-1', 'P-2']);
  });

  it('of several credits lets the one booked first choose, then the one told for the earlier time, then the lesser key', () => {
    const pairs = (...events: readonly AnyEvent[]) => {
      const [one, other] = [events, events.toReversed()].map((told) => {
        const model = modelOf(...told);
        model.quantities(SCHOOL, moment('2026-03-20'));
        const books = model.set.institution(SCHOOL);
        const taken = [...books.credits.rows.values()].map((row) => [row.bankTxnId, row.matchedPayment]);
        for (const { paymentId, matchedBy } of books.payments.rows.values())
          if (matchedBy !== null) expect(taken).toContainEqual([matchedBy.credit.split('\x1f')[1], paymentId]);
        return Object.fromEntries(taken);
      });
      expect(other).toEqual(one);
      return one;
    };
    const payments = ['2026-03-02', '2026-03-03'].map((at, n) => paid(`P-${n}`, 500, {}, { at }));
    const at = (id: string, bookedOn: string, hour = '12') =>
      credited(id, 500, bookedOn, {}, { at: `${bookedOn}T${hour}:00:00+08:00` });
    expect(pairs(...payments, at('T-2', '2026-03-04'), at('T-1', '2026-03-05'))).toEqual({
      'T-2': 'P-0',
      'T-1': 'P-1',
    });
    expect(pairs(...payments, at('T-2', '2026-03-05', '09'), at('T-1', '2026-03-05', '10'))).toEqual({
      'T-2': 'P-0',
      'T-1': 'P-1',
    });
    expect(pairs(...payments, at('T-2', '2026-03-05'), at('T-1', '2026-03-05'))).toEqual({
      'T-1': 'P-0',
      'T-2': 'P-1',
    });
    expect(pairs(payments[0]!, at('T-2', '2026-03-05'), at('T-1', '2026-03-04'))).toEqual({
      'T-1': 'P-0',
      'T-2': null,
    });
    // Of payments of one moment the lesser id.
    const twins = ['P-9', 'P-8'].map((id) => paid(id, 500, {}, { at: '2026-03-02' }));
    expect(pairs(...twins, at('T-1', '2026-03-04'))).toEqual({ 'T-1': 'P-8' });
    // The earlier credit is not disturbed by what comes later.
    expect(pairs(...payments, at('T-1', '2026-03-02'), at('T-2', '2026-03-10'))).toEqual({
      'T-1': 'P-0',
      'T-2': 'P-1',
    });
  });
});

describe('a credit with a list of payments', () => {
  it('settles all of them whatever its amount and whenever they were made', () => {
    const payments = [paid('P-1', 500, {}, { at: '2025-06-01' }), paid('P-2', 700, { payeeAccountId: 'A-2' })];
    expect(settled(...payments, credited('T-1', 3, '2026-03-03', { paymentIds: ['P-1', 'P-2', 'P-0'] }))).toEqual([
      'P-1',
      'P-2',
    ]);
  });

  it('takes no other payment of its amount', () => {
    expect(settled(paid('P-1', 500), credited('T-1', 500, '2026-03-03', { paymentIds: ['P-0'] }))).toEqual([]);
  });

  it('frees its payments when it is reversed, unless another credit names them too', () => {
    const one = credited('T-1', 500, '2026-03-03', { paymentIds: ['P-1', 'P-2'] });
    const two = credited('T-2', 500, '2026-03-03', { paymentIds: ['P-2'] });
    expect(settled(paid('P-1', 500), paid('P-2', 500), one, two, undo(one))).toEqual(['P-2']);
  });

  it('of an empty list is a credit without one', () => {
    expect(settled(paid('P-1', 500), credited('T-1', 500, '2026-03-03', { paymentIds: [] }))).toEqual(['P-1']);
  });
});

describe('paid and not credited', () => {
  it('counts payments to a custody account or to none, less what was reversed, where there is a custody account', () => {
    const payments = [
      paid('P-1', 500),
      paid('P-2', 70, { payeeAccountId: 'A-1' }),
      paid('P-3', 900, { payeeAccountId: 'U-9' }),
      tell('payment.reversed', { paymentId: 'P-1', amountFen: 200 }),
    ];
    expect(notCredited(...payments)).toBe(0n);
    expect(notCredited(account('A-1', 'deposit', 'deposit'), ...payments)).toBe(0n);
    expect(notCredited(custodyAccount(), ...payments)).toBe(370n);
    expect(notCredited(custodyAccount(), ...payments, credited('T-1', 70, '2026-03-03'))).toBe(300n);
  });
});
