import { describe, expect, it } from 'vitest';
import { Triggers } from '../../src/backtest/triggers.js';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { decodeText } from '../../src/events/decode.js';
import { InstitutionRowsReader } from '../../src/model/institution-rows.js';
import { Model } from '../../src/model/model.js';
import { founded, lineOf, SCHOOL } from './support.js';

const LIMITS = { bytesMax: 262_144, depthMax: 32, receivedAt: null };

function eventOf(line: string) {
  const decoded = decodeText(Buffer.from(line), LIMITS);
  if (!decoded.ok) throw new Error(decoded.rejection.code);
  return decoded.event;
}

/** Whether the payment on a contract of this period asks for an evaluation at once. */
function isUrgent(contract: object, payment: object = {}): boolean {
  const at = (time: string, id: string, type: string, data: object) => lineOf({ id, type, time, data });
  const model = new Model(CHINA_CALENDAR);
  const lines = [
    ...founded(SCHOOL, '2025-06-01'),
    at('2025-06-30T09:00:00+08:00', 'c', 'contract.signed', {
      contractId: 'C-1',
      learnerHash: 'aaaaaaaaaaaaaaaa',
      courseId: 'K-1',
      courseKind: 'non_subject',
      hoursPaid: 48,
      priceFen: 480_000,
      periodFrom: '2025-07-01',
      periodTo: '2025-10-01',
      modelForm: true,
      pricing: 'hour',
      ...contract,
    }),
    at('2025-06-30T09:05:00+08:00', 'p', 'payment.succeeded', {
      paymentId: 'P-1',
      contractId: 'C-1',
      amountFen: 480_000,
      channel: 'wechat',
      payeeAccountId: `A-${SCHOOL}`,
      ...payment,
    }),
  ].map(eventOf);
  for (const event of lines) model.book(event);
  const books = model.set.institution(SCHOOL);
  const reader = new InstitutionRowsReader(books, CHINA_CALENDAR);
  return new Triggers(books).isUrgent(lines.at(-1)!, () => reader.accounts());
}

describe('payments', () => {
  it('wait for the end of the day when they keep the national limits, up to three calendar months of 92 days', () => {
    expect(isUrgent({})).toBe(false);
    expect(isUrgent({ periodTo: '2025-10-02' })).toBe(true);
    expect(isUrgent({ hoursPaid: 60 })).toBe(false);
    expect(isUrgent({ hoursPaid: 60.5 })).toBe(true);
    expect(isUrgent({}, { amountFen: 500_000 })).toBe(false);
    expect(isUrgent({}, { amountFen: 500_001 })).toBe(true);
    expect(isUrgent({ firstLessonOn: '2025-07-28' })).toBe(false);
    expect(isUrgent({ firstLessonOn: '2025-07-29' })).toBe(true);
  });

  it('are looked at at once when something about them is out of the ordinary', () => {
    expect(isUrgent({ modelForm: false })).toBe(true);
    expect(isUrgent({ hoursGifted: 1 })).toBe(true);
    expect(isUrgent({}, { loan: true })).toBe(true);
    expect(isUrgent({}, { contractId: 'C-2' })).toBe(true);
    expect(isUrgent({}, { payeeAccountId: 'A-other' })).toBe(true);
  });
});
