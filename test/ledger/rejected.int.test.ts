import { afterAll, beforeAll, expect, it } from 'vitest';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { parseTime } from '../../src/core/time.js';
import { decodeInput, take } from '../../src/ledger/intake.js';
import { listRejected, type RedriveDeps, redriveRejected } from '../../src/ledger/rejected.js';
import { type TestDatabase, testDatabase } from '../support/database.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

const LIMITS = { bytesMax: 262_144, depthMax: 32 };
const event = (id: string, source: string) =>
  Buffer.from(
    JSON.stringify({
      specversion: '1.0',
      id,
      source,
      type: 'prepaid.contract.ended.v1',
      subject: 'X-370702-1',
      time: '2026-03-02T10:00:00+08:00',
      data: { contractId: 'C-1' },
    }),
  );

function deps(now: string, allowed: boolean): RedriveDeps {
  return {
    pool: db.pool,
    calendar: CHINA_CALENDAR,
    clock: () => parseTime(now)!,
    limits: LIMITS,
    findNotTheirs: async () => (allowed ? null : { path: 'data.accountId', message: 'Not theirs.' }),
  };
}

it('lets in an event whose time has come, and only with the rights of the key that sent it', async () => {
  const early = deps('2026-02-20T00:00:00+08:00', true);
  const send = (id: string, detail: Record<string, string | number>) =>
    take(early, [decodeInput(event(id, '/bank/B003'), { key: `test:${id}`, detail }, LIMITS, early.clock())]);
  await send('e-1', { file: 'f', line: 1 });
  await send('e-2', { key: 'abc', request: 'r', index: 0 });
  expect((await listRejected(db.pool, { code: 'time_in_future', after: 0, limit: 10 })).map((row) => row.id)).toEqual([
    'e-1',
    'e-2',
  ]);

  expect(await redriveRejected(deps('2026-03-03T00:00:00+08:00', false), null)).toEqual({
    read: 2,
    accepted: 1,
    duplicates: 0,
    rejected: 1,
  });
  const left = await listRejected(db.pool, { code: null, after: 0, limit: 10 });
  expect(left.map((row) => [row.id, row.code, row.path, row.message])).toEqual([
    ['e-2', 'source_not_allowed', 'data.accountId', 'Not theirs.'],
  ]);

  expect(await redriveRejected(deps('2026-03-03T00:00:00+08:00', true), 'source_not_allowed')).toMatchObject({
    accepted: 1,
    rejected: 0,
  });
  expect(await listRejected(db.pool, { code: null, after: 0, limit: 10 })).toEqual([]);
});
