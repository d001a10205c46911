import type pg from 'pg';
import type { Us } from '../../core/time.js';
import { US_PER_SECOND } from '../../core/time.js';

export interface Backlog {
  /** Institutions that wait for their evaluation because of an event; counted up to BACKLOG_COUNTED_MAX. */
  readonly due: number;
  /** 0 when none waits. */
  readonly oldestSeconds: number;
  readonly pending: number;
  readonly dead: number;
}

/** Beyond this a backlog is just large: counting on would only add to the load. */
export const BACKLOG_COUNTED_MAX = 100_000;

export async function readBacklog(pool: pg.Pool, now: Us): Promise<Backlog> {
  const { rows } = await pool.query<{ due: number; oldest: Us | null; pending: number; dead: number }>({
    name: 'read_backlog',
    text: `select (select count(distinct institution_no) from (select institution_no from due_institutions limit $1) d) as due,
                  (select min(due_at) from due_institutions) as oldest,
                  (select count(*) from (select 1 from deliveries where state = 'pending' limit $1) p) as pending,
                  (select count(*) from (select 1 from deliveries where state = 'dead' limit $1) x) as dead`,
    values: [BACKLOG_COUNTED_MAX],
  });
  const row = rows[0]!;
  const oldestSeconds = row.oldest === null ? 0 : Math.max(0, Math.round((now - row.oldest) / US_PER_SECOND));
  return { due: row.due, oldestSeconds, pending: row.pending, dead: row.dead };
}
