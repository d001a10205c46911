import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseTime, US_PER_DAY } from '../../src/core/time.js';
import { inTransaction } from '../../src/db/pool.js';
import { rankCounties } from '../../src/jobs/rank-counties.js';
import { event, institution } from '../api/events.js';
import { evaluateAt, ingestAt } from '../risk/support.js';
import { type TestDatabase, testDatabase } from '../support/database.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

const START = parseTime('2026-04-01T09:00:00+08:00')!;
const school = (no: number) => `X-370702-${100_000 + no}`;
const registered = (no: number, regionCode = '370702', time = '2026-04-01T08:00:00+08:00') =>
  JSON.stringify(institution(school(no), regionCode, { time }));
const paid = (no: number, amountFen: number, time = '2026-04-01T08:00:00+08:00') => {
  const told = event('payment.succeeded', school(no), { amountFen, channel: 'card' }, { time });
  return JSON.stringify({ ...told, data: { ...told.data, paymentId: told.id } });
};

async function ids(sql: string): Promise<string[]> {
  const { rows } = await db.pool.query<{ id: string }>(
    `select distinct i.id from institutions i join ${sql} t on t.institution_no = i.no order by 1`,
  );
  return rows.map(({ id }) => id);
}

it('ranks every county as it was evaluated, and makes those due whose answer changed', async () => {
  const schools = Array.from({ length: 20 }, (_, i) => i + 1);
  const lines = schools.flatMap((no) => [registered(no), paid(no, no * 1_000)]);
  // One that belongs to no county yet, however large.
  await ingestAt(db.pool, [...lines, paid(99, 9_000_000)], START);
  await evaluateAt(db.pool, START);
  const rank = async (days: number) => {
    const at = START + days * US_PER_DAY;
    const counts = await inTransaction(db.pool, (client) => rankCounties.run(client, at));
    const due = await ids('due_institutions');
    await evaluateAt(db.pool, at);
    return [counts, await ids('county_ranks'), due];
  };
  expect(await rank(1)).toEqual([{ ranked: 20, changed: 1 }, [school(20)], [school(20)]]);
  expect(await rank(2)).toEqual([{ ranked: 20, changed: 0 }, [school(20)], []]);

  await ingestAt(db.pool, [paid(3, 50_000, '2026-04-03T10:00:00+08:00')], START + 3 * US_PER_DAY);
  await evaluateAt(db.pool, START + 3 * US_PER_DAY);
  expect(await rank(4)).toEqual([{ ranked: 20, changed: 2 }, [school(3)], [school(3), school(20)]]);

  // With one school less the county has no largest 5% any more.
  await ingestAt(db.pool, [registered(7, '370703', '2026-04-05T10:00:00+08:00')], START + 5 * US_PER_DAY);
  await evaluateAt(db.pool, START + 5 * US_PER_DAY);
  expect(await rank(6)).toEqual([{ ranked: 20, changed: 1 }, [], [school(3)]]);
});
