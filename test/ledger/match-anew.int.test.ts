import { afterAll, beforeAll, expect, it } from 'vitest';
import { markAllThatWait, markReconcileAnew } from '../../src/banks/reconcile/mark-due.js';
import { reconcileDue } from '../../src/banks/reconcile/run.js';
import { type Calendar, CHINA_CALENDAR, makeCalendar } from '../../src/core/calendar.js';
import { CALENDAR_YEARS } from '../../src/core/calendar-data.js';
import { parseDay } from '../../src/core/time.js';
import type { AnyEvent, EventData } from '../../src/events/event.js';
import { applyBatch } from '../../src/ledger/apply.js';
import { type MatchProgress, matchAnew } from '../../src/ledger/match-anew.js';
import { verifyBooks } from '../../src/ledger/verify.js';
import { credited, moment, paid, tell } from '../model/tell.js';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { databaseQuantities } from './state.js';

/** The next year's holidays, published after its Spring Festival was booked: the week before 2027-02-16 was none of work. */
const LATER = makeCalendar('cn-with-2027', [
  ...CALENDAR_YEARS,
  { year: 2027, off: '01-01 02-08 02-09 02-10 02-11 02-12', work: '' },
]);
const WITH_SATURDAY = makeCalendar('cn-with-a-saturday', [
  ...CALENDAR_YEARS,
  { year: 2027, off: '01-01', work: '02-20' },
]);
const NOW = moment('2027-02-20');

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

async function apply(events: readonly AnyEvent[]) {
  const inputs = events.map((event, at) => ({
    bytes: Buffer.from(event.body),
    decoded: { ok: true as const, event },
    origin: { key: `anew:${event.id}:${at}`, detail: { at } },
  }));
  await applyBatch(db.pool, inputs, { receivedAt: NOW, calendar: CHINA_CALENDAR });
}

async function notCredited(school: string): Promise<unknown> {
  return (await databaseQuantities(db.pool, school, [NOW]))[0]!.paidNotCreditedFen;
}

async function differences(calendar: Calendar): Promise<number> {
  let count = 0;
  for await (const _ of verifyBooks(db.pool, { calendar })) count += 1;
  return count;
}

function account(school: string): AnyEvent {
  const data = { accountId: 'A-1', bankCode: 'B003', purpose: 'custody', mode: 'per_lesson', validFrom: '2027-01-01' };
  return tell('account.registered', data as EventData['account.registered'], { school });
}

it('matches credits of a year whose holidays were not known with other payments once they are, and only once', async () => {
  const school = 'X-370702-1';
  const other = 'X-370702-2';
  await matchAnew(db.pool, { calendar: CHINA_CALENDAR, now: NOW });
  await apply([
    account(school),
    paid('P-1', 500, {}, { school, at: '2027-02-04' }),
    credited('T-1', 500, '2027-02-16', {}, { school }),
    account(other),
    paid('P-1', 500, {}, { school: other, at: '2027-02-15' }),
    credited('T-1', 500, '2027-02-16', {}, { school: other }),
  ]);
  expect([await notCredited(school), await notCredited(other)]).toEqual([500n, 0n]);
  expect(await differences(LATER)).toBeGreaterThan(0);
  await db.pool.query('truncate due_institutions');

  expect(await matchAnew(db.pool, { calendar: LATER, now: NOW, alongside: markReconcileAnew })).toBe(1);
  expect([await notCredited(school), await notCredited(other)]).toEqual([0n, 0n]);
  expect(await differences(LATER)).toBe(0);
  for (const table of ['reconcile_due', 'due_institutions']) {
    const { rows } = await db.pool.query(`select i.id from ${table} d join institutions i on i.no = d.institution_no`);
    expect(rows).toEqual([{ id: school }]);
  }
  expect(await matchAnew(db.pool, { calendar: LATER, now: NOW })).toBe(0);

  expect(await matchAnew(db.pool, { calendar: CHINA_CALENDAR, now: NOW })).toBe(1);
  expect(await notCredited(school)).toBe(500n);
  expect(await differences(CHINA_CALENDAR)).toBe(0);
});

it('has what waits looked at by the next reconciliation: with other working days it may be a break earlier', async () => {
  const school = 'X-370702-3';
  const reconcileOn = (day: string, calendar: Calendar, institutionId: string | null) =>
    reconcileDue(db.pool, { calendar, clock: () => moment(day), asOf: parseDay(day)!, institutionId });
  await matchAnew(db.pool, { calendar: CHINA_CALENDAR, now: NOW });
  // Paid on a Thursday; by the guess Monday is the second working day after it, with a Saturday of work the third.
  await apply([account(school), paid('P-1', 500, {}, { school, at: '2027-02-18' })]);
  await db.pool.query('truncate reconcile_due');
  expect(await reconcileOn('2027-02-19', CHINA_CALENDAR, school)).toMatchObject({ institutions: 1, opened: 0 });
  expect(await reconcileOn('2027-02-22', CHINA_CALENDAR, null)).toMatchObject({ institutions: 0 });
  await matchAnew(db.pool, { calendar: WITH_SATURDAY, now: NOW, atLast: markAllThatWait });
  expect(await reconcileOn('2027-02-22', WITH_SATURDAY, null)).toMatchObject({ institutions: 1, opened: 1 });
});

it('tells whose matches it does anew, and how far it is', async () => {
  const told: MatchProgress[] = [];
  await matchAnew(db.pool, { calendar: CHINA_CALENDAR, now: NOW, onProgress: (so) => told.push(so) });
  expect(told).toEqual([{ before: WITH_SATURDAY.version, done: 0, total: 2 }]);
});

it('is done by one of several that start at once, and the others wait for it', async () => {
  let batches = 0;
  const alongside = async () => {
    batches += 1;
  };
  const starts = [1, 2, 3].map(() => matchAnew(db.pool, { calendar: LATER, now: NOW, alongside }));
  expect((await Promise.all(starts)).sort()).toEqual([0, 0, 1]);
  expect(batches).toBe(1);
});
