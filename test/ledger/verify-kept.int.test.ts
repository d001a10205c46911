import { afterAll, beforeAll, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { inputOf } from '../support/history.js';
import { book, collect, summary, VICTIM } from './tamper.js';

const ENVELOPE = { specversion: '1.0', subject: VICTIM, time: '2026-07-01T10:00:00+08:00' };
const paid = (source: string, amountFen: number) =>
  JSON.stringify({
    ...ENVELOPE,
    source,
    id: 'paid',
    type: 'prepaid.payment.succeeded.v1',
    data: { paymentId: 'p', amountFen, channel: 'card' },
  });

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
  await book(db.pool, [
    inputOf(paid('/platform/1', 100), 1),
    inputOf(paid('/platform/2', 100), 2),
    inputOf(paid('/platform/3', 200), 3),
    inputOf('no JSON', 4),
  ]);
});
afterAll(() => db.drop());

const KEPT = `${VICTIM} kept_out_events /platform/2 paid changed`;

it('has nothing to say of facts told twice and inputs refused that are as they were received', async () => {
  expect(await collect(db.pool)).toEqual([]);
});

it.each([
  [`update kept_out_events set body = replace(body, '100', '101') where source = '/platform/2'`, KEPT],
  [`update kept_out_events set body = 'x' where source = '/platform/2'`, KEPT],
  [`update kept_out_events set at = at + interval '1 s' where source = '/platform/2'`, KEPT],
  [`update kept_out_events set key = 'other' where source = '/platform/2'`, KEPT],
  [`update kept_out_events set type = type + 1 where source = '/platform/2'`, KEPT],
  [`update kept_out_events set recorded_at = recorded_at - interval '1 s' where source = '/platform/2'`, KEPT],
  [
    `update kept_out_events set institution_no = 99999 where source = '/platform/2'`,
    'null kept_out_events /platform/2 paid changed',
  ],
  [`update rejected_events set input = 'other' where code = 'not_json'`, /^null rejected_events seq \d+ changed$/],
])('names the row of: %s', async (tamper, named) => {
  const [before] = (await db.pool.query('select jsonb_agg(k) as rows from kept_out_events k')).rows;
  await db.pool.query(tamper);
  try {
    const found = summary(await collect(db.pool));
    expect(found).toEqual([typeof named === 'string' ? named : expect.stringMatching(named)]);
  } finally {
    await db.pool.query('delete from kept_out_events');
    await db.pool.query(
      'insert into kept_out_events select * from jsonb_populate_recordset(null::kept_out_events, $1)',
      [JSON.stringify(before.rows)],
    );
    await db.pool.query(`update rejected_events set input = 'no JSON' where code = 'not_json'`);
  }
});
