import type pg from 'pg';

/** What can run a statement: a pool, or one connection of it. */
export type Queryable = Pick<pg.Pool, 'query'>;

/**
 * A connection for the sender alone. Its few statements all reach rows by an index, and their plans are kept: a plan made
 * when the tables were empty reads them whole, which is right for ten rows and takes seconds for a million, until the
 * statistics are renewed. So this connection knows one kind of plan.
 */
export async function connectSender(pool: pg.Pool): Promise<pg.PoolClient> {
  const client = await pool.connect();
  // A connection that breaks between two statements says so here; the next statement fails and a new one is opened.
  client.on('error', () => {});
  try {
    await client.query(BY_INDEX_ONLY);
  } catch (error) {
    closeSender(client);
    throw error;
  }
  return client;
}

/** Closed, not given back: its settings are not for others. */
export function closeSender(client: pg.PoolClient): void {
  client.release(true);
}

const BY_INDEX_ONLY = `
set enable_seqscan = off;
set enable_bitmapscan = off;
set enable_hashjoin = off;
set enable_mergejoin = off;
set plan_cache_mode = force_generic_plan`;
