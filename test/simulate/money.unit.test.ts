import { beforeAll, describe, expect, it } from 'vitest';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { parseTime } from '../../src/core/time.js';
import type { Quantities } from '../../src/ledger/quantities.js';
import { Model } from '../../src/model/model.js';
import { DISORDERS } from '../../src/simulate/disorder.js';
import { decodeLine } from '../support/history.js';
import { eventsOf, simulated } from './support.js';

const CUSTODY = ['per_lesson', 'staged', 'parent_lock', 'ecny'];
const { lines, labels } = simulated({
  failingShare: 0,
  violatingShare: 0,
  disorder: DISORDERS.none,
  institutions: 60,
  days: 120,
});
const books = new Map<string, Quantities>();

beforeAll(() => {
  const model = new Model(CHINA_CALENDAR);
  for (const line of lines) {
    const decoded = decodeLine(line);
    if (!decoded.ok) throw new Error(`${decoded.rejection.message}: ${line}`);
    expect(model.book(decoded.event).kind).toBe('accepted');
  }
  const end = parseTime('2025-05-05T23:59:59+08:00')!;
  for (const { id } of labels) books.set(id, model.quantities(id, end));
}, 60_000);

describe('the money of sound schools', () => {
  it('is in custody for every untaught lesson, and for what was confirmed and not yet released', () => {
    const schools = labels.filter((label) => CUSTODY.includes(label.mode));
    expect(schools.length).toBeGreaterThan(20);
    for (const { id } of schools) {
      const one = books.get(id)!;
      const refundsUnderWay = one.refundedFen - one.refundedFromCustodyFen;
      expect(one.custodyBookedFen + one.paidNotCreditedFen).toBe(
        one.unearnedFen + one.confirmedNotReleasedFen + refundsUnderWay,
      );
      expect([one.offAccountFen, one.otherDebitsFen]).toEqual([0n, 0n]);
    }
  });

  it('lies in a deposit of more than half of all fees received in four months', () => {
    const schools = labels.filter((label) => label.mode === 'deposit');
    expect(schools.length).toBeGreaterThan(3);
    for (const { id } of schools) expect(books.get(id)!.depositFen * 10n).toBeGreaterThan(books.get(id)!.paidFen * 5n);
  });

  it('is told by the bank as it moved it', () => {
    const moved = new Map<string, number>();
    let compared = 0;
    const events = eventsOf(lines).sort((a, b) => parseTime(a.time)! - parseTime(b.time)!);
    for (const { type, data } of events) {
      const account = String(data.accountId);
      if (type === 'prepaid.account.registered.v1') moved.set(account, (data.openingFen as number) ?? 0);
      const sign = type === 'prepaid.custody.credited.v1' ? 1 : type === 'prepaid.custody.debited.v1' ? -1 : 0;
      if (sign !== 0) moved.set(account, moved.get(account)! + sign * (data.amountFen as number));
    }
    const booked = new Map<string, Map<string, number>>();
    for (const { type, data } of events) {
      if (!/custody\.(credited|debited)/.test(type)) continue;
      const days = booked.get(String(data.accountId)) ?? new Map<string, number>();
      booked.set(String(data.accountId), days);
      const sign = type.includes('credited') ? 1 : -1;
      const day = String(data.bookedOn);
      days.set(day, (days.get(day) ?? 0) + sign * (data.amountFen as number));
    }
    for (const { type, data } of events) {
      if (type !== 'prepaid.custody.balance_reported.v1') continue;
      const opening = events.find(
        (one) => one.type.includes('account.registered') && one.data.accountId === data.accountId,
      )!;
      const days = booked.get(String(data.accountId)) ?? new Map<string, number>();
      let balance = (opening.data.openingFen as number) ?? 0;
      for (const [day, amount] of days) if (day <= String(data.asOf)) balance += amount;
      expect(data.bookedFen).toBe(balance);
      compared += 1;
      if (compared > 600) break;
    }
    expect(compared).toBeGreaterThan(500);
  });

  it('is never confirmed or paid back beyond what a family paid', () => {
    for (const { id, mode } of labels) {
      const one = books.get(id)!;
      expect(one.custodyBookedFen).toBeGreaterThanOrEqual(0n);
      if (mode !== 'postpaid') expect(one.confirmedFen + one.refundedFen).toBe(one.paidFen - one.unearnedFen);
    }
  });
});
