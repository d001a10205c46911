import { afterEach, beforeEach, expect, it } from 'vitest';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { parseTime, US_PER_HOUR } from '../../src/core/time.js';
import { verifyRisk } from '../../src/risk/verify.js';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { evaluateAt, ingestAt, inspected } from './support.js';

let db: TestDatabase;
const START = parseTime('2026-04-01T09:00:00+08:00')!;
const SCHOOL = 'X-370702-500001';

/** An institution that was yellow or worse twice, so that its alerts and its score have a history. */
beforeEach(async () => {
  db = await testDatabase();
  for (const [at, finding] of ['safety', 'over_cap', 'shut', 'off_account'].entries()) {
    await ingestAt(
      db.pool,
      [inspected(SCHOOL, `i${at}`, finding, `2026-04-01T0${at}:00:00+08:00`)],
      START + at * US_PER_HOUR,
    );
    await evaluateAt(db.pool, START + at * US_PER_HOUR);
  }
});
afterEach(() => db.drop());

async function named(): Promise<string[]> {
  const { differences } = await verifyRisk(db.pool, CHINA_CALENDAR);
  return [...new Set(differences.map(({ table, problem }) => `${table} ${problem}`))].sort();
}

const FIRST_SCORE = '(select min(at) from scores)';
const FIRST_RECORD = `(alert_id, step) = (select alert_id, step from alert_records order by alert_id, step limit 1)`;

it.each([
  ['nothing', 'select 1', []],
  ['an evaluation that is gone', 'delete from evaluations', ['evaluations missing']],
  ['a state that is no JSON', `update evaluations set state = 'x'`, ['evaluations changed']],
  [
    'the moment at which time alone changes something',
    `update evaluations set next_at = '2099-01-01'`,
    ['evaluations changed'],
  ],
  ['the terms of a score', `update evaluations set terms = '[]'`, ['evaluations changed']],
  ['the region by which it is found', `update evaluations set region_code = '110101'`, ['evaluations changed']],
  ['a past score', `update scores set score = 1 where at = ${FIRST_SCORE}`, ['scores changed']],
  ['a past grade', `update scores set grade = 'X' where at = ${FIRST_SCORE}`, ['scores changed']],
  ['a past score that is gone', `delete from scores where at = ${FIRST_SCORE}`, ['scores missing']],
  [
    'a past score that never was',
    `insert into scores select institution_no, at + interval '1 minute', 0, 'none', 'A', 100, groups, policy_version from scores where at = ${FIRST_SCORE}`,
    ['scores added'],
  ],
  ['the level of an alert', `update alerts set level = 'blue'`, ['alerts changed']],
  ['the day of an alert', `update alerts set opened_at = opened_at - interval '1 day'`, ['alerts changed']],
  [
    'when an alert was told',
    `update alert_records set at = at + interval '1 second' where ${FIRST_RECORD}`,
    ['alert_records changed', 'alerts changed'],
  ],
  [
    'an alert with all its records',
    'with a as (delete from alerts) delete from alert_records',
    ['alert_records missing', 'alerts changed'],
  ],
  ['a message', `delete from messages where type like '%score%'`, ['scores added']],
  [
    'what was told',
    `update messages set body = replace(body, 'red', 'yellow') where type like '%alert%'`,
    ['alert_records changed'],
  ],
])('names %s', async (_, sql, differences) => {
  await db.pool.query('set session_replication_role = replica');
  await db.pool.query(sql);
  expect(await named()).toEqual(differences);
});

it('counts an institution that cannot be judged again as one that waits', async () => {
  await db.pool.query(`update evaluations set policy_version = 'of another program'`);
  expect(await verifyRisk(db.pool, CHINA_CALENDAR)).toEqual({ differences: [], waiting: 1 });
  await db.pool.query(`update evaluations set rulebook = 'of another program'`);
  expect(await verifyRisk(db.pool, CHINA_CALENDAR)).toEqual({ differences: [], waiting: 1 });
});
