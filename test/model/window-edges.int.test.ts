import { afterAll, beforeAll, expect, it } from 'vitest';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { dayOf, formatDay, parseDay, startOfDay } from '../../src/core/time.js';
import type { AnyEvent } from '../../src/events/event.js';
import { Model } from '../../src/model/model.js';
import {
  CONFIRMATION_DAYS,
  CONTRACT_DAYS,
  DELIVERY_DAYS,
  LESSON_DAYS,
  PAYMENT_DAYS,
  REFUND_DAYS,
  REQUEST_DAYS,
} from '../../src/risk/facts/rows.js';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { asInput, expectSameRows, ingest, readStored } from './same-rows.js';
import { contract, credited, custodyAccount, paid, SCHOOL, tell } from './tell.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

const TODAY = parseDay('2026-12-10')!;
const day = (ago: number) => formatDay(TODAY - ago);

/** A lesson at ten in the morning, scheduled the day before. */
const lesson = (lessonId: string, ago: number): AnyEvent =>
  tell(
    'lesson.scheduled',
    {
      lessonId,
      courseId: 'K-1',
      courseKind: 'non_subject',
      delivery: 'offline',
      startsAt: `${day(ago)}T10:00:00+08:00`,
      endsAt: `${day(ago)}T11:00:00+08:00`,
    },
    { at: day(ago + 1) },
  );
const given = (lessonId: string, ago: number): AnyEvent => tell('lesson.delivered', { lessonId }, { at: day(ago) });
const confirmed = (confirmId: string, ago: number, lessonId?: string): AnyEvent => {
  const data = { confirmId, contractId: 'C', hours: 1, amountFen: 1, ...(lessonId === undefined ? {} : { lessonId }) };
  return tell('lesson.confirmed', { ...data, by: 'parent' }, { at: day(ago) });
};
const requested = (confirmId: string, time: string): AnyEvent =>
  tell('lesson.confirm_requested', { confirmId, contractId: 'C', hours: 1, amountFen: 1 }, { at: time });
const signed = (contractId: string, ago: number): AnyEvent => {
  const { data } = contract(contractId);
  return tell('contract.signed', data as never, { at: day(ago) });
};
/** Asked for and paid at once: nothing of it is open. */
const refunded = (refundId: string, ago: number): AnyEvent[] => {
  const refund = { refundId, contractId: 'C', amountFen: 5 };
  return [
    tell('refund.requested', { ...refund, side: 'consumer' }, { at: day(ago) }),
    tell('refund.approved', refund, { at: day(ago) }),
    tell('refund.paid', { ...refund, via: 'institution' }, { at: day(ago) }),
  ];
};

it('what stands on the first day of a window is read once, what stands before it only where it still matters', async () => {
  const events = [
    custodyAccount(),
    paid('open-first', 11, {}, { at: day(PAYMENT_DAYS) }),
    paid('open-before', 12, {}, { at: day(PAYMENT_DAYS + 1) }),
    paid('credited-first', 13, {}, { at: day(PAYMENT_DAYS) }),
    credited('T1', 13, day(PAYMENT_DAYS), { paymentIds: ['credited-first'] }),
    paid('credited-before', 14, {}, { at: day(PAYMENT_DAYS + 1) }),
    credited('T2', 14, day(PAYMENT_DAYS), { paymentIds: ['credited-before'] }),
    signed('C-first', CONTRACT_DAYS),
    signed('C-before', CONTRACT_DAYS + 1),
    ...refunded('R-first', REFUND_DAYS),
    ...refunded('R-before', REFUND_DAYS + 1),
    lesson('L-first', LESSON_DAYS),
    lesson('L-before', LESSON_DAYS + 1),
    lesson('L-given-first', DELIVERY_DAYS),
    given('L-given-first', DELIVERY_DAYS),
    lesson('L-given-before', DELIVERY_DAYS + 1),
    given('L-given-before', DELIVERY_DAYS + 1),
    confirmed('F-before', CONFIRMATION_DAYS + 1),
    confirmed('F-old-lesson', CONFIRMATION_DAYS, 'L-before'),
    confirmed('F-first', CONFIRMATION_DAYS, 'L-first'),
    confirmed('F-no-lesson', 6),
    confirmed('F-unknown-lesson', 5, 'L-never-told'),
    requested('F-first', `${day(CONFIRMATION_DAYS + REQUEST_DAYS)}T12:00:00+08:00`),
    requested('F-old-lesson', `${day(CONFIRMATION_DAYS + REQUEST_DAYS)}T11:59:59+08:00`),
  ];
  await ingest(db.pool, events.map(asInput));
  const model = new Model(CHINA_CALENDAR);
  for (const event of events) model.book(event);
  const now = startOfDay(TODAY);
  await expectSameRows(db.pool, model, new Map(), now);

  const rows = (await readStored(db.pool, [SCHOOL], now)).stored.get(SCHOOL)!;
  expect(rows.payments.map(({ paymentId }) => paymentId)).toEqual(['open-before', 'open-first', 'credited-first']);
  expect(rows.contracts.map(({ contractId }) => contractId)).toEqual(['C-first']);
  expect(rows.refunds.map(({ refund }) => refund.refundId)).toEqual(['R-first']);
  expect(rows.lessons.map(({ lessonId }) => lessonId)).toEqual(['L-first', 'L-given-before', 'L-given-first']);
  expect(rows.deliveries.map(({ lessonId }) => lessonId)).toEqual(['L-given-first']);
  const starts = rows.confirmations.map(({ confirmId, lesson: of, requestedAt }) => [
    confirmId,
    of && formatDay(dayOf(of.startsAt)),
    requestedAt !== null,
  ]);
  expect(starts).toEqual([
    ['F-old-lesson', day(LESSON_DAYS + 1), false],
    ['F-first', day(LESSON_DAYS), true],
    ['F-no-lesson', null, false],
    ['F-unknown-lesson', null, false],
  ]);
});

it('an institution is among the largest of its county when it is ranked itself, not when another one is', async () => {
  const other = 'X-370702-2';
  await ingest(db.pool, [contract('C'), tell('contract.ended', { contractId: 'C' }, { school: other })].map(asInput));
  const ranked = async (id: string) => {
    await db.pool.query('delete from county_ranks');
    await db.pool.query(
      'insert into county_ranks (institution_no, ranked_at) select no, now() from institutions where id = $1',
      [id],
    );
    const { stored } = await readStored(db.pool, [SCHOOL, other], startOfDay(TODAY));
    return [stored.get(SCHOOL)!.countyTopShare, stored.get(other)!.countyTopShare];
  };
  expect(await ranked(SCHOOL)).toEqual([true, false]);
  expect(await ranked(other)).toEqual([false, true]);
  expect(await ranked('nobody')).toEqual([false, false]);
});
