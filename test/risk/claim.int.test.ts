import { afterAll, beforeAll, expect, it } from 'vitest';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { parseTime } from '../../src/core/time.js';
import { evaluateDue } from '../../src/risk/evaluate-due.js';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { ingestAt } from './support.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

const NOW = parseTime('2026-04-01T09:00:00+08:00')!;
const BATCH = 20;

function complaint(no: number): string {
  return JSON.stringify({
    specversion: '1.0',
    id: `c${no}`,
    source: '/hotline/12345',
    type: 'prepaid.complaint.received.v1',
    subject: `X-370702-${100_000 + no}`,
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
