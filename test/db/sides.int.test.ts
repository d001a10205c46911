import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { parseTime } from '../../src/core/time.js';
import { applyBatch } from '../../src/ledger/apply.js';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { historyLines, inputOf } from '../support/history.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

/** The updates of the migration, without the changes of tables before them. */
const UPDATES = readFileSync(
  new URL('../../prisma/migrations/20261129010000_sides/migration.sql', import.meta.url),
  'utf8',
).split('-- Rows of before. The texts are those that the program writes.')[1]!;

it('rows of before the amounts were kept become what the program writes of the same events', async () => {
  const receivedAt = parseTime('2026-09-01T00:00:00+08:00')!;
  const lines = historyLines().slice(0, 12_000).map(inputOf);
  for (let from = 0; from < lines.length; from += 2_000)
    await applyBatch(db.pool, lines.slice(from, from + 2_000), { receivedAt, calendar: CHINA_CALENDAR });
  await db.pool.query(
    `update releases set lines = '[]' where institution_no = (select min(institution_no) from releases where booked is not null)`,
  );
  await db.pool.query(`update releases set differs = true where lines = '[]' and booked is not null`);
  const state = async () => ({
    releases: (await db.pool.query('select * from releases order by institution_no, instruction_id')).rows,
    payments: (await db.pool.query('select * from payments order by institution_no, payment_id')).rows,
  });
  const written = await state();
  expect(written.releases.filter(({ differs }) => differs).length).toBeGreaterThan(0);
  await db.pool.query('update releases set booked = null, differs = false');
  await db.pool.query(
    `update payments set named_by = (select '[' || string_agg(json_build_array(n->0, n->1)::text, ',') || ']' from json_array_elements(named_by::json) n) where named_by is not null`,
  );
  await db.pool.query(UPDATES);
  expect(await state()).toEqual(written);
}, 120_000);
