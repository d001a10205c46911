import type pg from 'pg';
import type { Us } from '../core/time.js';

/** What is known of an institution as a whole. */
export interface InstitutionHead {
  readonly no: number;
  readonly id: string;
  readonly event_count: number;
  /** Event times of the newest and the oldest event. */
  readonly newest_at: Us | null;
  readonly oldest_at: Us | null;
  /** It is among the largest of its county. */
  readonly top: boolean;
}

export async function readHeads(client: pg.ClientBase, nos: readonly number[]): Promise<Map<number, InstitutionHead>> {
  const { rows } = await client.query<InstitutionHead>({
    name: 'risk_institutions',
    text: `select i.no, i.id, i.event_count, i.newest_at, i.oldest_at, r.institution_no is not null as top
             from institutions i left join county_ranks r on r.institution_no = i.no where i.no = any($1::int[])`,
    values: [nos],
  });
  return new Map(rows.map((row) => [row.no, row]));
}
