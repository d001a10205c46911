import { describe, expect, it } from 'vitest';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { formatDay, parseDay } from '../../src/core/time.js';
import type { AnyEvent, EventData } from '../../src/events/event.js';
import { isRefundRead, type RefundState, refundContract, refundState } from '../../src/ledger/refunds.js';
import { REFUND_DAYS } from '../../src/risk/facts/rows.js';
import { contract, modelOf, moment, quantitiesAfter, SCHOOL, tell, undo } from '../model/tell.js';

/** 2026: 2 March is a Monday. Off: 16–20 and 23 February. Working: Sunday 4 January, Saturdays 14 and 28 February. */
const requested = (at: string, amountFen = 900) =>
  tell('refund.requested', { refundId: 'R-1', contractId: 'C-1', amountFen, side: 'consumer' }, { at });
const approved = (at: string, more: Partial<EventData['refund.approved']> = {}) =>
  tell('refund.approved', { refundId: 'R-1', contractId: 'C-1', amountFen: 900, ...more }, { at });
const rejected = (at: string) => tell('refund.rejected', { refundId: 'R-1', contractId: 'C-1' }, { at });
const withdrawn = (at: string) => tell('refund.withdrawn', { refundId: 'R-1', contractId: 'C-1' }, { at });
const paid = (at: string, amountFen: number, more: Partial<EventData['refund.paid']> = {}) =>
  tell('refund.paid', { refundId: 'R-1', contractId: 'C-1', amountFen, via: 'custody', ...more }, { at });
const signed = (terms: Partial<EventData['contract.signed']>) => contract('C-1', terms);

function state(now: string, ...events: readonly AnyEvent[]): RefundState {
  const books = modelOf(...events).set.institution(SCHOOL);
  return refundState(books.refunds.get('R-1')!, books.contracts.get('C-1')?.data ?? null, moment(now), CHINA_CALENDAR);
}

function dueOn(...events: readonly AnyEvent[]): string | null {
  const day = state('2026-12-31', ...events).dueOn;
  return day === null ? null : formatDay(day);
}

describe('a fact sheet reads a refund that is no longer open', () => {
  const isRead = (from: string, ...events: readonly AnyEvent[]) =>
    isRefundRead(
      modelOf(...events)
        .set.institution(SCHOOL)
        .refunds.get('R-1')!,
      parseDay(from)!,
    );

  it('by the day of its request, and where none stands by its newest step', () => {
    const settled = [requested('2026-03-02'), paid('2026-03-05', 900)];
    expect(isRead('2026-03-02', ...settled)).toBe(true);
    expect(isRead('2026-03-03', ...settled)).toBe(false);
    expect(isRead('2026-03-05', paid('2026-03-05', 900))).toBe(true);
    expect(isRead('2026-03-06', paid('2026-03-05', 900))).toBe(false);
    expect(isRead('2026-03-05', rejected('2026-03-05'))).toBe(true);
    const request = requested('2026-03-02');
    expect(isRead('2026-03-05', request, rejected('2026-03-05'))).toBe(false);
    expect(isRead('2026-03-05', request, rejected('2026-03-05'), undo(request))).toBe(true);
    expect(isRead('2026-03-05', withdrawn('2026-03-05'))).toBe(true);
    expect(isRead('2026-03-06', withdrawn('2026-03-05'))).toBe(false);
    // Something is owed, or may be by silence.
    expect(isRead('2026-09-01', request)).toBe(true);
    expect(isRead('2026-09-01', approved('2026-03-03'))).toBe(true);
    expect(isRead('2026-09-01', approved('2026-03-03'), withdrawn('2026-03-05'))).toBe(false);
    expect(isRead('2026-03-05', approved('2026-03-05'), withdrawn('2026-03-02'))).toBe(true);
  });
});

it('is read on the day on which it is paid, almost a year after it was asked for', () => {
  const model = modelOf(requested('2025-03-03'), paid('2026-02-10', 900));
  const refund = model.set.institution(SCHOOL).refunds.get('R-1')!;
  expect(isRefundRead(refund, parseDay('2026-02-10')! - REFUND_DAYS)).toBe(true);
});

describe('an approved refund is due', () => {
  const first = { periodFrom: '2026-02-01', firstLessonOn: '2026-03-10' };
  it.each<[string, string, AnyEvent[]]>([
    [
      '5 calendar days after a request before the first lesson, moved off the weekend',
      '2026-03-09',
      [signed(first), requested('2026-03-02'), approved('2026-03-03')],
    ],
    [
      '5 days when only the period is told and has not begun',
      '2026-03-09',
      [signed({ periodFrom: '2026-03-05' }), requested('2026-03-02'), approved('2026-03-03')],
    ],
    [
      '15 calendar days after a request on the day of the first lesson',
      '2026-03-17',
      [signed({ firstLessonOn: '2026-03-02' }), requested('2026-03-02'), approved('2026-03-03')],
    ],
    [
      '15 days after the request when the contract is not known',
      '2026-03-17',
      [requested('2026-03-02'), approved('2026-03-03')],
    ],
    ['15 days after the approval when the request is not known', '2026-03-18', [approved('2026-03-03')]],
    [
      'after the days of the contract, calendar days when it does not say which',
      '2026-03-12',
      [signed({ refundDays: 10 }), requested('2026-03-02'), approved('2026-03-03')],
    ],
    [
      'after the working days of the contract',
      '2026-03-16',
      [signed({ refundDays: 10, refundDaysKind: 'working' }), requested('2026-03-02'), approved('2026-03-03')],
    ],
    [
      'after working days that count the swapped Saturday and skip the Spring Festival',
      '2026-02-25',
      [signed({ refundDays: 3, refundDaysKind: 'working' }), requested('2026-02-13'), approved('2026-02-13')],
    ],
    [
      'on the day of the request when the contract says 0 days',
      '2026-03-02',
      [signed({ refundDays: 0 }), requested('2026-03-02'), approved('2026-03-02')],
    ],
    [
      'on the day told with the approval, whatever the contract says',
      '2026-04-01',
      [signed({ refundDays: 3 }), requested('2026-03-02'), approved('2026-03-03', { dueOn: '2026-04-01' })],
    ],
    [
      'after the holiday when the day told lies in it',
      '2026-02-24',
      [requested('2026-02-02'), approved('2026-02-03', { dueOn: '2026-02-17' })],
    ],
    [
      'on a Saturday that was made a working day',
      '2026-02-28',
      [requested('2026-02-02'), approved('2026-02-03', { dueOn: '2026-02-28' })],
    ],
    [
      'never before its approval, even when another day was told',
      '2026-03-10',
      [requested('2026-03-02'), approved('2026-03-10', { dueOn: '2026-03-05' })],
    ],
    [
      'never before its approval, even when the days of the contract are over',
      '2026-03-12',
      [signed({ refundDays: 3 }), requested('2026-03-02'), approved('2026-03-12')],
    ],
    [
      'on the next working day when it was approved late on a Saturday',
      '2026-03-16',
      [signed({ refundDays: 3 }), requested('2026-03-02'), approved('2026-03-14')],
    ],
  ])('%s', (_title, day, events) => {
    expect(dueOn(...events)).toBe(day);
    expect(dueOn(...events.toReversed())).toBe(day);
  });
});

describe('silence on a request counts as yes', () => {
  it.each([
    ['after the fifth working day, a request on Monday', '2026-03-02', '2026-03-10T00:00:00+08:00'],
    ['after the fifth working day, a request on a Saturday', '2026-03-07', '2026-03-14T00:00:00+08:00'],
    ['not counting the working Saturday on which it was asked', '2026-02-28', '2026-03-07T00:00:00+08:00'],
    ['counting a working Saturday and skipping the Spring Festival', '2026-02-12', '2026-02-27T00:00:00+08:00'],
    ['counting from the day in Shanghai, not in UTC', '2026-03-01T16:30:00Z', '2026-03-10T00:00:00+08:00'],
  ])('%s', (_title, at, from) => {
    const before = new Date(Date.parse(from) - 1).toISOString();
    expect(state(before, requested(at)).owedFen).toBe(0n);
    expect(state(from, requested(at)).owedFen).toBe(900n);
    expect(state(from, requested(at))).toMatchObject({ deemed: true, approvedAt: moment(from) });
  });

  it('is due no earlier than it counts as yes, moved off the weekend', () => {
    expect(dueOn(signed({ refundDays: 0 }), requested('2026-03-07'))).toBe('2026-03-16');
    expect(dueOn(signed({ periodFrom: '2026-06-01' }), requested('2026-02-12'))).toBe('2026-02-27');
  });

  it('is late only after the end of the due day', () => {
    const events = [requested('2026-03-02')];
    expect(quantitiesAfter(events, '2026-03-17T23:59:59.999999+08:00')).toMatchObject({
      refundOwedFen: 900n,
      refundOverdueFen: 0n,
    });
    expect(quantitiesAfter(events, '2026-03-18T00:00:00+08:00')).toMatchObject({
      refundOwedFen: 900n,
      refundOverdueFen: 900n,
    });
  });
});

describe('a refund', () => {
  it('is nothing to anybody before it is decided, after it is withdrawn, and without a request', () => {
    const nothing = { owedFen: 0n, dueOn: null, approvedAt: null, deemed: false, overdue: false };
    expect(state('2026-03-05', requested('2026-03-02'))).toMatchObject(nothing);
    expect(state('2026-12-31', requested('2026-03-02'), withdrawn('2026-03-03'))).toMatchObject(nothing);
    expect(state('2026-12-31', approved('2026-03-02'), withdrawn('2026-03-03'))).toMatchObject(nothing);
    expect(state('2026-12-31', requested('2026-03-02'), rejected('2026-03-03'))).toMatchObject(nothing);
    expect(state('2026-12-31', paid('2026-03-02', 900))).toMatchObject({ ...nothing, paidFen: 900n });
  });

  it('is overdue while something is owed', () => {
    const events = [requested('2026-03-02'), approved('2026-03-03', { dueOn: '2026-03-09' })];
    expect(state('2026-03-09', ...events)).toMatchObject({ overdue: false, deemed: false, owedFen: 900n });
    expect(state('2026-03-10', ...events).overdue).toBe(true);
    expect(state('2026-03-10', ...events, paid('2026-03-04', 900)).overdue).toBe(false);
    expect(state('2026-03-10', requested('2026-03-02'))).toMatchObject({ deemed: true, overdue: false });
  });

  it('is about the contract that its request names, else the first of its other steps', () => {
    const of = (...events: readonly AnyEvent[]) =>
      refundContract(
        modelOf(...events)
          .set.institution(SCHOOL)
          .refunds.get('R-1')!,
      );
    expect(of(requested('2026-03-02'))).toBe('C-1');
    for (const step of [approved('2026-03-03'), paid('2026-03-04', 1), rejected('2026-03-05'), withdrawn('2026-03-06')])
      expect(of(step)).toBe('C-1');
    const bare = { refundId: 'R-1', requested: null, approved: null, rejected: null, withdrawn: null, paid: [] };
    expect(() => refundContract(bare)).toThrow('at least one step');
  });
});

describe('what is owed on a refund', () => {
  it.each<[string, bigint, AnyEvent[]]>([
    ['is nothing while nobody has answered and the days are not over', 0n, [requested('2026-04-28')]],
    [
      'is the amount that was approved, not the one that was asked for',
      700n,
      [requested('2026-03-02', 1_000), approved('2026-03-03', { amountFen: 700 })],
    ],
    ['is nothing when it was rejected', 0n, [requested('2026-03-02'), rejected('2026-03-04')]],
    [
      'is nothing when it was rejected after silence had counted as yes',
      0n,
      [requested('2026-03-02'), rejected('2026-03-25')],
    ],
    [
      'is nothing when a later rejection takes the approval back',
      0n,
      [requested('2026-03-02'), approved('2026-03-03'), rejected('2026-03-04')],
    ],
    [
      'is the amount when a later approval takes the rejection back',
      900n,
      [requested('2026-03-02'), rejected('2026-03-03'), approved('2026-03-04')],
    ],
    [
      'is nothing when it was withdrawn, approved or not',
      0n,
      [requested('2026-03-02'), approved('2026-03-03'), withdrawn('2026-03-02')],
    ],
    [
      'is less by every part paid',
      300n,
      [
        approved('2026-03-03'),
        paid('2026-03-04', 400, { bankTxnId: 'T-1' }),
        paid('2026-03-05', 200, { bankTxnId: 'T-2' }),
      ],
    ],
    [
      'counts parts without a bank transaction one by one',
      300n,
      [approved('2026-03-03'), paid('2026-03-04', 300), paid('2026-03-05', 300)],
    ],
    [
      'counts one bank transaction once, whoever tells it',
      500n,
      [
        approved('2026-03-03'),
        paid('2026-03-04', 400, { bankTxnId: 'T-1' }),
        paid('2026-03-04', 400, { bankTxnId: 'T-1' }),
      ],
    ],
    ['is never less than nothing', 0n, [approved('2026-03-03'), paid('2026-03-04', 1_000)]],
    ['is nothing when only a payment is known', 0n, [paid('2026-03-04', 1_000)]],
  ])('%s', (_title, owed, events) => {
    expect(quantitiesAfter(events, '2026-04-30').refundOwedFen).toBe(owed);
    expect(quantitiesAfter(events.toReversed(), '2026-04-30').refundOwedFen).toBe(owed);
  });

  it('comes back when the rejection, the withdrawal or the payment is reversed', () => {
    for (const step of [rejected('2026-03-04'), withdrawn('2026-03-04'), paid('2026-03-04', 900)]) {
      const events = [requested('2026-03-02'), approved('2026-03-03'), step];
      expect(quantitiesAfter(events, '2026-04-30').refundOwedFen).toBe(0n);
      expect(quantitiesAfter([...events, undo(step)], '2026-04-30').refundOwedFen).toBe(900n);
      expect(quantitiesAfter([undo(step), ...events], '2026-04-30').refundOwedFen).toBe(900n);
    }
  });

  it('falls back to silence when the approval is reversed', () => {
    const approval = approved('2026-03-03', { amountFen: 700 });
    expect(quantitiesAfter([requested('2026-03-02'), approval, undo(approval)], '2026-03-09').refundOwedFen).toBe(0n);
    expect(quantitiesAfter([requested('2026-03-02'), approval, undo(approval)], '2026-03-10').refundOwedFen).toBe(900n);
  });
});
