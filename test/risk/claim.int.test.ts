import { afterAll, beforeAll, expect, it } from 'vitest';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { parseTime, US_PER_SECOND, type Us } from '../../src/core/time.js';
import { toDbTime } from '../../src/db/pool.js';
import { CLAIM_MARKS, evaluateDue, GATHER_US_MAX, markOutdated } from '../../src/risk/evaluate-due.js';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { ingestAt } from './support.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

const NOW = parseTime('2026-04-01T09:00:00+08:00')!;
const BATCH = 20;

function complaint(no: number, subject = `X-370702-${100_000 + no}`): string {
  return JSON.stringify({
    specversion: '1.0',
    id: `c${no}`,
    source: '/hotline/12345',
    type: 'prepaid.complaint.received.v1',
    subject,
    time: '2026-04-01T08:00:00+08:00',
    data: { ticketId: `t${no}`, kind: 'fee' },
  });
}

it('gives batches that are evaluated at one time different institutions, each once', async () => {
  await ingestAt(
    db.pool,
    Array.from({ length: 3 * BATCH }, (_, no) => complaint(no)),
    NOW,
  );
  const options = {
    now: NOW,
    calendar: CHINA_CALENDAR,
    settleUs: 0,
    institutionsMax: BATCH,
    kafkaEnabled: false,
  };
  const all = await Promise.all([1, 2, 3].map(() => evaluateDue(db.pool, options)));
  expect(all.map(({ evaluated }) => evaluated)).toEqual([BATCH, BATCH, BATCH]);
  const { rows } = await db.pool.query<{ count: number }>('select count(*) as count from evaluations');
  expect(rows[0]!.count).toBe(3 * BATCH);
  expect(await evaluateDue(db.pool, options)).toEqual({ evaluated: 0, changes: 0 });
});

it('takes those that wait longest, and no more than it may', async () => {
  const at = NOW + 60 * US_PER_SECOND;
  const evaluate = async (institutionsMax: number) =>
    (
      await evaluateDue(db.pool, {
        now: at,
        calendar: CHINA_CALENDAR,
        settleUs: 0,
        institutionsMax,
        kafkaEnabled: false,
      })
    ).evaluated;
  const [first, second] = [complaint(1_001), complaint(1_002)];
  await ingestAt(db.pool, [second], at - 1);
  await ingestAt(db.pool, [first], at - 2);
  expect(await evaluate(1)).toBe(1);
  const { rows } = await db.pool.query<{ id: string }>(
    'select i.id from due_institutions d join institutions i on i.no = d.institution_no',
  );
  expect(rows).toEqual([{ id: `X-370702-${101_002}` }]);
  expect(await evaluate(10)).toBe(1);
  expect(await evaluate(10)).toBe(0);
});

it('comes to everybody, also behind one that was marked more often than a batch looks at marks', async () => {
  const at = NOW + 600 * US_PER_SECOND;
  await ingestAt(db.pool, [complaint(5_001), complaint(5_002)], at);
  await db.pool.query(
    `insert into due_institutions (institution_no, due_at)
     select no, $2::timestamptz - interval '1 minute' from institutions, generate_series(1, $3) where id = $1`,
    [`X-370702-${105_001}`, toDbTime(at), CLAIM_MARKS + 1],
  );
  const options = { now: at, calendar: CHINA_CALENDAR, settleUs: 0, institutionsMax: 1, kafkaEnabled: false };
  const evaluated: number[] = [];
  for (let round = 0; round < 3; round += 1) evaluated.push((await evaluateDue(db.pool, options)).evaluated);
  expect(evaluated).toEqual([1, 1, 0]);
});

it('evaluates at once where few events come, and together where many do, but never keeps a score waiting', async () => {
  const school = 'X-370702-999999';
  let told = 200;
  const tell = (count: number, at: Us) =>
    ingestAt(
      db.pool,
      Array.from({ length: count }, () => {
        told += 1;
        return complaint(told, school);
      }),
      at,
    );
  const evaluatedAt = async (now: Us) => {
    const options = { now, calendar: CHINA_CALENDAR, settleUs: 0, institutionsMax: BATCH, kafkaEnabled: false };
    return (await evaluateDue(db.pool, { ...options, gatherUsPerEvent: 50_000 })).evaluated;
  };
  const start = NOW + 3_600 * US_PER_SECOND;
  await tell(100, start);
  expect(await evaluatedAt(start)).toBe(1);
  // Two events are worth a tenth of a second.
  await tell(2, start + 1);
  expect(await evaluatedAt(start + 99_999)).toBe(0);
  expect(await evaluatedAt(start + 100_000)).toBe(1);
  await tell(60, start + 100_001);
  await tell(60, start + 600_000);
  expect(await evaluatedAt(start + 100_000 + GATHER_US_MAX - 1)).toBe(0);
  expect(await evaluatedAt(start + 100_000 + GATHER_US_MAX)).toBe(1);
  // What others make due waits for nothing, and neither does anything behind a clock that was ahead.
  const mark = (at: Us) =>
    db.pool.query(
      'insert into due_institutions (institution_no, due_at) select no, $2::timestamptz from institutions where id = $1',
      [school, toDbTime(at)],
    );
  await mark(start + 1_400_000);
  expect(await evaluatedAt(start + 1_400_001)).toBe(1);
  await tell(60, start + 1_400_000);
  expect(await evaluatedAt(start + 1_400_000)).toBe(1);
});

it('looks at once, and again, at what a clock that was far ahead had marked or judged', async () => {
  const day = 86_400 * US_PER_SECOND;
  const at = NOW + day;
  const evaluate = async (now: Us) =>
    (
      await evaluateDue(db.pool, {
        now,
        calendar: CHINA_CALENDAR,
        settleUs: 60 * US_PER_SECOND,
        institutionsMax: 1_000,
        kafkaEnabled: false,
      })
    ).evaluated;
  await evaluate(at);
  await ingestAt(db.pool, [complaint(7_001)], at + 700 * day);
  expect(await evaluate(at + 1)).toBe(1);
  const all = await evaluate(at + 700 * day);
  expect(all).toBeGreaterThan(1);
  expect(await evaluate(at + 2 * day)).toBe(0);
  expect(await markOutdated(db.pool, CHINA_CALENDAR, at + 2 * day)).toBe(all);
  expect(await evaluate(at + 2 * day + 600 * US_PER_SECOND)).toBe(all);
  expect(await markOutdated(db.pool, CHINA_CALENDAR, at + 2 * day + 600 * US_PER_SECOND)).toBe(0);
});
