import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseTime, US_PER_HOUR, US_PER_SECOND } from '../../src/core/time.js';
import { publishPolicy } from '../../src/risk/policy-store.js';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { entry, valid } from './policy/support.js';
import { evaluateAt, ingestAt, inspected } from './support.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

const START = parseTime('2026-04-01T09:00:00+08:00')!;
const SCHOOL = 'X-370702-400001';

async function told(): Promise<number[]> {
  const { rows } = await db.pool.query<{ score: number }>(
    `select (body::jsonb -> 'data' ->> 'score')::int as score from messages where type = 'prepaid.score.changed.v1' order by seq`,
  );
  return rows.map(({ score }) => score);
}

it('every change of a score is told, also while the clock is behind the publication of the policy in force', async () => {
  const policy = valid('ahead', entry('A08', '370700', { blueWorkingDays: 1 }));
  await publishPolicy(db.pool, policy, { author: 'Li Na', approver: 'Wang Wei' }, START + US_PER_HOUR);
  const scores: number[] = [];
  for (const [at, finding] of ['safety', 'over_cap', 'shut', 'off_account', 'unlicensed'].entries()) {
    const now = START + at * 60 * US_PER_SECOND;
    await ingestAt(db.pool, [inspected(SCHOOL, `i${at}`, finding, '2026-04-01T08:00:00+08:00')], now);
    await evaluateAt(db.pool, now);
    const { rows } = await db.pool.query<{ score: number }>('select score from evaluations');
    if (rows[0]!.score !== scores.at(-1)) scores.push(rows[0]!.score);
  }
  expect(scores.length).toBeGreaterThan(2);
  expect(await told()).toEqual(scores);
});
