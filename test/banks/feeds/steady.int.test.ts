import type pg from 'pg';
import { expect, it } from 'vitest';
import { refreshFeeds } from '../../../src/banks/refresh.js';
import { payment, uscc } from '../../api/events.js';
import { startHarness } from '../../api/harness.js';

const SOURCE = '/platform/370700';
const STEPS_MAX = 20;

it('the register of feeds is brought up to date and done, also while events arrive without a rest', async () => {
  const h = await startHarness();
  let sent = 0;
  const sendOne = () => {
    sent += 1;
    return h.call('POST', '/v1/events', { body: payment(uscc(1), `p${sent}`, 100, { source: SOURCE }) });
  };
  const { pool } = h.db;
  // Before every step there is one more event.
  const connect = async (): Promise<pg.PoolClient> => {
    if (sent > STEPS_MAX) throw new Error('it goes on and on');
    await sendOne();
    return pool.connect();
  };
  const busy = { query: pool.query.bind(pool), connect } as unknown as pg.Pool;
  try {
    await sendOne();
    await refreshFeeds(busy);
    await refreshFeeds(pool);
    const { json } = await h.call('GET', '/v1/feeds');
    expect(json.items.find((item: { source: string }) => item.source === SOURCE).events).toBe(sent);
  } finally {
    await h.close();
  }
});
