import { afterAll, beforeAll, expect, test } from 'vitest';
import { withBanksLock } from '../../src/banks/lock.js';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { parseTime } from '../../src/core/time.js';
import { evaluateDue } from '../../src/risk/evaluate-due.js';
import { ingestAt } from '../risk/support.js';
import { type TestDatabase, testDatabase } from '../support/database.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

const NOW = parseTime('2026-04-01T09:00:00+08:00')!;
const SCHOOLS = 5;

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

test('while banks are reconciled every institution is evaluated, the first one that was ever known as well', async () => {
  await ingestAt(
    db.pool,
    Array.from({ length: SCHOOLS }, (_, no) => complaint(no)),
    NOW,
  );
  const evaluate = () =>
    evaluateDue(db.pool, {
      now: NOW,
      calendar: CHINA_CALENDAR,
      settleUs: 0,
      institutionsMax: 100,
      kafkaEnabled: false,
    });
  const { evaluated } = await withBanksLock(db.pool, 0, evaluate);
  expect(evaluated).toBe(SCHOOLS);
});

test('while banks are reconciled nobody else does it', async () => {
  const second = () => withBanksLock(db.pool, 0, async () => 'done');
  await withBanksLock(db.pool, 0, async () => {
    await expect(second()).rejects.toMatchObject({ code: 'database_busy' });
  });
  expect(await second()).toBe('done');
});
