import type pg from 'pg';
import type { Us } from '../../core/time.js';

export interface LockedInstitution {
  readonly no: number;
  readonly id: string;
  readonly event_count: number;
  readonly chain: Buffer;
  readonly newest_at: Us | null;
  readonly oldest_at: Us | null;
  readonly known_at: Us | null;
}

/**
 * Makes rows for institutions seen for the first time and locks all of them until the transaction ends. Both steps go in
 * one global order (by id, then by no): writers that share institutions wait for each other and never in a circle.
 */
export async function lockInstitutions(client: pg.ClientBase, ids: readonly string[]): Promise<LockedInstitution[]> {
  const sorted = [...new Set(ids)].sort();
  const locked = await select(client, sorted);
  if (locked.length === sorted.length) return locked;
  const known = new Set(locked.map((row) => row.id));
  await client.query({
    name: 'insert_institutions',
    text: 'insert into institutions (id) select id from unnest($1::text[]) as t(id) order by id on conflict (id) do nothing',
    values: [sorted.filter((id) => !known.has(id))],
  });
  return select(client, sorted);
}

async function select(client: pg.ClientBase, ids: readonly string[]): Promise<LockedInstitution[]> {
  const { rows } = await client.query<LockedInstitution>({
    name: 'lock_institutions',
    text: 'select no, id, event_count, chain, newest_at, oldest_at, known_at from institutions where id = any($1::text[]) order by no for update',
    values: [ids],
  });
  return rows;
}
