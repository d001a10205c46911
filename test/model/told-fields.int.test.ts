import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { dayOf, parseTime } from '../../src/core/time.js';
import type { InstitutionRowsReader } from '../../src/model/institution-rows.js';
import { Model } from '../../src/model/model.js';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { expectSameRows, readStored, tellBoth } from './same-rows.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

describe('fields that sources add may hold what has the name of ours, and stand before it', () => {
  it('in confirmations: the hours left of an earlier contract are those at the signing of the later one', async () => {
    const id = 'X-370702-800005';
    const told = (name: string, type: string, time: string, data: object) =>
      JSON.stringify({
        specversion: '1.0',
        id: `hours-${name}`,
        source: '/platform/370702',
        type: `prepaid.${type}.v1`,
        subject: id,
        time,
        data,
      });
    const contract = (contractId: string, day: string) =>
      told(contractId, 'contract.signed', `${day}T10:00:00+08:00`, {
        contractId,
        learnerHash: 'b'.repeat(16),
        courseId: 'K',
        courseKind: 'non_subject',
        modelForm: true,
        pricing: 'hour',
        hoursPaid: 30,
        priceFen: 3_000,
        periodFrom: day,
        periodTo: '2026-12-31',
      });
    const confirmed = (confirmId: string, time: string, hours: number) =>
      told(confirmId, 'lesson.confirmed', time, {
        confirmId,
        contractId: 'E1',
        hours,
        amountFen: 100,
        by: 'parent',
        // A platform adds what it likes; in the order of the keys this stands before the hours.
        contract: { contractId: 'E9', hours: 48 },
      });
    const lines = [
      contract('E1', '2026-01-05'),
      told('P1', 'payment.succeeded', '2026-01-05T10:01:00+08:00', {
        paymentId: 'P1',
        contractId: 'E1',
        amountFen: 3_000,
        channel: 'card',
      }),
      confirmed('F1', '2026-01-10T10:00:00+08:00', 2.25),
      confirmed('F2', '2026-02-01T10:00:00+08:00', 1.5),
      // One at the very moment of the signing counts, later ones do not, and what is reversed never did.
      confirmed('F3', '2026-02-02T10:00:00+08:00', 4),
      confirmed('F4', '2026-02-02T10:00:01+08:00', 8),
      confirmed('F5', '2026-02-03T10:00:00+08:00', 16),
      told('R5', 'event.reversed', '2026-02-04T10:00:00+08:00', {
        reverses: { source: '/platform/370702', id: 'hours-F5' },
        reason: 'wrong',
      }),
      contract('E2', '2026-02-02'),
    ];
    const model = new Model(CHINA_CALENDAR);
    await tellBoth(db.pool, model, lines, 950_000);
    const now = parseTime('2026-02-10T00:00:00+08:00')!;
    await expectSameRows(db.pool, model, new Map(), now);
    const { stored } = await readStored(db.pool, [id], now);
    expect(
      stored.get(id)!.contracts.map(({ contractId, hoursLeftHundredths }) => [contractId, hoursLeftHundredths]),
    ).toEqual([
      ['E1', null],
      ['E2', 3_000 - 225 - 150 - 400],
    ]);
  });

  it('in lessons and debits, which are looked up by such a field', async () => {
    const id = 'X-370702-800006';
    let count = 0;
    const told = (source: string, type: string, time: string, data: object) => {
      count += 1;
      const attributes = {
        specversion: '1.0',
        id: `added-${count}`,
        source,
        type: `prepaid.${type}.v1`,
        subject: id,
        time,
      };
      return JSON.stringify({ ...attributes, data });
    };
    const lines = [
      told('/platform/370702', 'lesson.scheduled', '2026-02-01T09:00:00+08:00', {
        lessonId: 'L-9',
        courseId: 'K',
        courseKind: 'non_subject',
        delivery: 'offline',
        startsAt: '2026-02-07T10:00:00+08:00',
        endsAt: '2026-02-07T11:00:00+08:00',
        previous: { startsAt: '2025-11-01T10:00:00+08:00' },
      }),
      told('/platform/370702', 'refund.requested', '2026-02-03T09:00:00+08:00', {
        refundId: 'R-9',
        contractId: 'C-9',
        amountFen: 500,
        side: 'consumer',
      }),
      told('/platform/370702', 'refund.paid', '2026-02-04T09:00:00+08:00', {
        refundId: 'R-9',
        contractId: 'C-9',
        amountFen: 500,
        via: 'custody',
      }),
      told('/bank/B1', 'custody.debited', '2026-02-04T09:00:00+08:00', {
        accountId: 'A-9',
        bankTxnId: 'T-9',
        amountFen: 500,
        bookedOn: '2026-02-04',
        purpose: 'refund',
        refundId: 'R-9',
        original: { refundId: 'R-8' },
      }),
    ];
    const model = new Model(CHINA_CALENDAR);
    await tellBoth(db.pool, model, lines, 960_000);
    const now = parseTime('2026-02-10T00:00:00+08:00')!;
    await expectSameRows(db.pool, model, new Map(), now);
    const rows = (await readStored(db.pool, [id], now)).stored.get(id)!;
    expect(rows.lessons.map(({ lessonId }) => lessonId)).toEqual(['L-9']);
    expect(rows.refunds.map(({ debits }) => debits.length)).toEqual([1]);
  });

  it('in contracts, balances and lessons that were given', async () => {
    const model = new Model(CHINA_CALENDAR);
    const signed = (contractId: string, on: string, courseId: string) => ({
      contractId,
      learnerHash: 'b'.repeat(16),
      course: { courseId: 'K-other' },
      courseId,
      courseKind: 'non_subject',
      modelForm: true,
      pricing: 'hour',
      hoursPaid: 10,
      priceFen: 1_000,
      periodFrom: on,
      periodTo: '2026-12-31',
    });
    const account = {
      accountId: 'A-1',
      bankCode: 'B1',
      purpose: 'custody',
      mode: 'per_lesson',
      validFrom: '2026-01-01',
    };
    const lesson = {
      courseId: 'K',
      endsAt: '2026-01-05T11:00:00+08:00',
      delivery: 'offline',
      courseKind: 'non_subject',
    };
    const lines = (
      [
        ['account.registered', account],
        ['custody.balance_reported', { ...DAY_END, account: { bookedFen: 7, limitFen: 8 }, bookedFen: 500 }],
        ['contract.signed', signed('C-1', '2026-01-02', 'K')],
        ['contract.signed', { ...signed('C-2', '2026-01-04', 'K'), at: { contractId: 'C-9' } }, '2026-01-04'],
        ['contract.signed', signed('C-3', '2026-01-04', 'K-2'), '2026-01-04'],
        ['payment.succeeded', { paymentId: 'P-1', contractId: 'C-1', amountFen: 1_000, channel: 'card' }],
        ['lesson.confirmed', { ...CONFIRMED, earlier: [{ hours: 9 }], hours: 1.5 }],
        ['lesson.scheduled', { ...lesson, lessonId: 'L-1', startsAt: '2026-01-05T10:00:00+08:00' }],
        ['lesson.scheduled', { ...lesson, lessonId: 'L-2', startsAt: '2026-01-05T10:00:00+08:00' }],
        ['lesson.delivered', { lessonId: 'L-1', attended: [{ endedAt: '2026-01-05T10:30:00+08:00' }] }],
        [
          'lesson.delivered',
          {
            lessonId: 'L-2',
            attended: [{ endedAt: '2026-01-05T10:30:00+08:00' }],
            endedAt: '2026-01-05T11:30:00+08:00',
          },
        ],
      ] as const
    ).map(([type, data, on = '2026-01-03'], at) =>
      JSON.stringify({
        specversion: '1.0',
        id: `own-${at}`,
        source: '/platform/370702',
        type: `prepaid.${type}.v1`,
        subject: 'X-370702-800004',
        time: `${on}T12:00:00+08:00`,
        data,
      }),
    );
    await tellBoth(db.pool, model, lines, 970_000);
    const readers = new Map<string, InstitutionRowsReader>();
    await expectSameRows(db.pool, model, readers, parseTime('2026-01-07T00:00:00+08:00')!);
    const rows = readers.get('X-370702-800004')!.read(dayOf(parseTime('2026-01-07T00:00:00+08:00')!), false);
    expect(rows.reported.map(({ bookedFen }) => bookedFen)).toEqual([500]);
  });
});

const DAY_END = { accountId: 'A-1', asOf: '2026-01-03', kind: 'end_of_day' };
const CONFIRMED = { confirmId: 'F-1', contractId: 'C-1', amountFen: 150, by: 'parent' };
