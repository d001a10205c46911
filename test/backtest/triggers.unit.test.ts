import { describe, expect, it } from 'vitest';
import { MOMENT_EVENTS_MAX, Triggers } from '../../src/backtest/triggers.js';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { decodeText } from '../../src/events/decode.js';
import { InstitutionRowsReader } from '../../src/model/institution-rows.js';
import { Model } from '../../src/model/model.js';
import { addDays, enrolled, founded, lineOf, SCHOOL } from './support.js';

const LIMITS = { bytesMax: 262_144, depthMax: 32, receivedAt: null };

function eventOf(line: string) {
  const decoded = decodeText(Buffer.from(line), LIMITS);
  if (!decoded.ok) throw new Error(decoded.rejection.code);
  return decoded.event;
}

/** Whether the last line asks for an evaluation at once. */
function isLastUrgent(lines: readonly string[]): boolean {
  const model = new Model(CHINA_CALENDAR);
  const events = lines.map(eventOf);
  const books = model.set.institution(SCHOOL);
  const reader = new InstitutionRowsReader(books, CHINA_CALENDAR);
  const triggers = new Triggers(books);
  let urgent = false;
  for (const event of events) {
    model.book(event);
    triggers.add(event);
    urgent = triggers.askedBefore(event.recordedAt + 1, () => reader.accounts()) !== null;
  }
  return urgent;
}

let told = 0;
function at(time: string, type: string, data: object, more: object = {}): string {
  told += 1;
  return lineOf({ id: `told-${told}`, type, time, data, ...more });
}

/** Whether the payment on a contract of this period asks for an evaluation at once. */
function isUrgent(contract: object, payment: object = {}): boolean {
  return isLastUrgent([
    ...founded(SCHOOL, '2025-06-01'),
    at('2025-06-30T09:00:00+08:00', 'contract.signed', {
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
    at('2025-06-30T09:05:00+08:00', 'payment.succeeded', {
      paymentId: 'P-1',
      contractId: 'C-1',
      amountFen: 480_000,
      channel: 'wechat',
      payeeAccountId: `A-${SCHOOL}`,
      ...payment,
    }),
  ]);
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

describe('statements', () => {
  const school = [...founded(SCHOOL, '2025-06-02'), ...enrolled(SCHOOL, 'C-1', '2025-06-03', 300_000)];
  const statement = (asOf: string, bookedFen: number) =>
    at(`${addDays(asOf, 1)}T13:00:00+08:00`, 'custody.balance_reported', {
      accountId: `A-${SCHOOL}`,
      asOf,
      kind: 'end_of_day',
      bookedFen,
    });

  it('wait for the end of the day when they agree with the books of their own day, whatever was booked since', () => {
    const first = statement('2025-06-03', 300_000);
    const since = enrolled(SCHOOL, 'C-2', '2025-06-05', 120_000);
    expect(isLastUrgent([...school, first, ...since, statement('2025-06-04', 300_000)])).toBe(false);
    expect(isLastUrgent([...school, first, ...since, statement('2025-06-04', 420_000)])).toBe(true);
    expect(isLastUrgent([...school, first, ...since, statement('2025-06-05', 420_000)])).toBe(false);
    expect(isLastUrgent([...school, first, ...since, statement('2025-06-05', 300_000)])).toBe(true);
  });

  it('are looked at at once when they are the first of their account', () => {
    expect(isLastUrgent([...school, statement('2025-06-03', 300_000)])).toBe(true);
  });
});

describe('refunds', () => {
  const school = [...founded(SCHOOL, '2025-06-02'), ...enrolled(SCHOOL, 'C-1', '2025-06-03', 300_000)];
  const refund = (time: string, step: string, data: object = {}, more: object = {}) =>
    at(time, `refund.${step}`, { refundId: 'Y-1', contractId: 'C-1', amountFen: 300_000, ...data }, more);
  const asked = (day: string, refundId: string) =>
    refund(`${day}T09:00:00+08:00`, 'requested', { refundId, side: 'consumer' });

  it('that are asked for wait until they are three in seven days', () => {
    const first = asked('2025-06-04', 'Y-1');
    expect(isLastUrgent([...school, first])).toBe(false);
    expect(isLastUrgent([...school, first, asked('2025-06-05', 'Y-2'), asked('2025-06-10', 'Y-3')])).toBe(true);
    expect(isLastUrgent([...school, first, asked('2025-06-05', 'Y-2'), asked('2025-06-11', 'Y-3')])).toBe(false);
  });

  it('that are approved are looked at at once only when that was told on a later day', () => {
    const request = asked('2025-06-04', 'Y-1');
    expect(isLastUrgent([...school, request, refund('2025-06-05T09:00:00+08:00', 'approved')])).toBe(false);
    const late = refund('2025-06-05T09:00:00+08:00', 'approved', {}, { recordedtime: '2025-06-06T00:00:00+08:00' });
    expect(isLastUrgent([...school, request, late])).toBe(true);
  });

  it('that are paid are looked at at once when they go to somebody else, or not the way the money came', () => {
    const payer = 'bbbbbbbbbbbbbbbb';
    const paid = [
      ...founded(SCHOOL, '2025-06-02'),
      at('2025-06-03T09:00:00+08:00', 'payment.succeeded', {
        paymentId: 'P-1',
        contractId: 'C-1',
        amountFen: 300_000,
        channel: 'card',
        payerHash: payer,
      }),
    ];
    const back = (data: object) =>
      isLastUrgent([...paid, refund('2025-06-10T09:00:00+08:00', 'paid', { via: 'custody', ...data })]);
    expect(back({})).toBe(false);
    expect(back({ payeeHash: payer, originalChannel: true })).toBe(false);
    expect(back({ payeeHash: 'cccccccccccccccc' })).toBe(true);
    expect(back({ payeeHash: payer, originalChannel: false })).toBe(true);
    const unknownPayer = refund('2025-06-10T09:00:00+08:00', 'paid', { via: 'custody', payeeHash: payer });
    expect(isLastUrgent([...school, unknownPayer])).toBe(false);
  });

  it('that the bank debits wait when they name the refund', () => {
    const debit = (data: object) =>
      isLastUrgent([
        ...school,
        at('2025-06-10T09:00:00+08:00', 'custody.debited', {
          accountId: `A-${SCHOOL}`,
          bankTxnId: 'T-9',
          amountFen: 300_000,
          bookedOn: '2025-06-10',
          ...data,
        }),
      ]);
    expect(debit({ purpose: 'refund', refundId: 'Y-1' })).toBe(false);
    expect(debit({ purpose: 'refund' })).toBe(true);
    expect(debit({ purpose: 'other' })).toBe(true);
    expect(debit({ purpose: 'release' })).toBe(true);
  });
});

describe('what is said of lessons and complaints', () => {
  it('waits when it is a dispute, a share of thirty days, and does not when somebody complains', () => {
    const school = founded(SCHOOL, '2025-06-02');
    const time = '2025-06-10T09:00:00+08:00';
    expect(isLastUrgent([...school, at(time, 'lesson.disputed', { confirmId: 'F-1', contractId: 'C-1' })])).toBe(false);
    expect(isLastUrgent([...school, at(time, 'complaint.received', { ticketId: 'T-1', kind: 'refund' })])).toBe(true);
  });
});

describe('a moment with very many events', () => {
  const time = '2025-06-10T09:00:00+08:00';
  const disputed = at(time, 'lesson.disputed', { confirmId: 'F-1', contractId: 'C-1' });
  const debits = Array.from({ length: MOMENT_EVENTS_MAX + 1 }, (_, index) =>
    at(time, 'custody.debited', {
      accountId: `A-${SCHOOL}`,
      bankTxnId: `T-${index}`,
      amountFen: 1,
      bookedOn: '2025-06-10',
      purpose: 'refund',
      refundId: `Y-${index}`,
    }),
  );
  const isAsked = (lines: readonly string[]): boolean => {
    const books = new Model(CHINA_CALENDAR).set.institution(SCHOOL);
    const reader = new InstitutionRowsReader(books, CHINA_CALENDAR);
    const triggers = new Triggers(books);
    for (const event of lines.map(eventOf)) triggers.add(event);
    return triggers.askedBefore(Number.POSITIVE_INFINITY, () => reader.accounts()) !== null;
  };

  it('asks whatever they are once there are more than are held, wherever the others of the moment stand', () => {
    const held = debits.slice(1);
    expect([isAsked([disputed, ...held]), isAsked([...held, disputed])]).toEqual([false, false]);
    expect([isAsked([disputed, ...debits]), isAsked([...debits, disputed])]).toEqual([true, true]);
  });
});
