import type pg from 'pg';
import { expect, test } from 'vitest';
import type { CliContext } from '../../src/cli/context.js';
import { evaluateAllDue } from '../../src/cli/evaluate-due.js';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { ingestAt, inspected } from '../risk/support.js';
import { testDatabase } from '../support/database.js';

const EARLIER = ['X-370702-1', 'X-370702-2', 'X-370702-3'];
const STEPS_MAX = 30;

test('a command evaluates what was due when it began, and ends while others go on sending', async () => {
  const db = await testDatabase();
  let sent = 0;
  const send = (subjects: readonly string[], atMs: number): Promise<void> => {
    sent += 1;
    const lines = subjects.map((one) => inspected(one, `${one}-${sent}`, 'ok', '2026-04-01T08:00:00+08:00'));
    return ingestAt(db.pool, lines, atMs * 1_000);
  };
  // Before every transaction another school tells something, later than the command began.
  const connect = async (): Promise<pg.PoolClient> => {
    if (sent > STEPS_MAX) throw new Error('it goes on and on');
    await send(['X-370702-9'], Date.now() + 2_000);
    return db.pool.connect();
  };
  const pool = { query: db.pool.query.bind(db.pool), connect } as unknown as pg.Pool;
  const context = {
    config: { evaluateBatchMax: 100, kafkaBrokers: [] },
    database: { pool },
    intake: { calendar: CHINA_CALENDAR },
  } as unknown as CliContext;
  try {
    await send(EARLIER, Date.now());
    expect(await evaluateAllDue(context)).toBeGreaterThanOrEqual(EARLIER.length);
    const { rows } = await db.pool.query<{ id: string }>(
      'select i.id from evaluations v join institutions i on i.no = v.institution_no order by 1',
    );
    expect(rows.map(({ id }) => id)).toEqual(expect.arrayContaining(EARLIER));
  } finally {
    await db.drop();
  }
});
