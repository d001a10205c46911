import type pg from 'pg';
import type { Fen } from '../core/money.js';
import type { Us } from '../core/time.js';
import { inTransaction, toDbTime } from '../db/pool.js';
import { markDue } from '../ledger/sql/close-batch.js';
import { topOfCounty } from '../risk/ranks.js';
import type { Job } from './run-job.js';

/**
 * Who is among the largest 5% of a county (rule E04). Ranks are taken at the start of a day, so that one institution's
 * evaluation does not depend on when its neighbours were evaluated. Those whose answer changed are evaluated again.
 */
export const rankCounties: Job & { readonly run: typeof run } = {
  name: 'rank-counties',
  does: 'rank the institutions of each county',
  schedule: { at: [0, 0], on: 'every_day' },
  lock: 1,
  run,
  work: ({ pool, clock }) => inTransaction(pool, (client) => run(client, clock())),
};

interface Ranked {
  institution_no: number;
  institution_id: string;
  region_code: string;
  unearned_fen: Fen;
}

async function run(client: pg.PoolClient, now: Us): Promise<{ ranked: number; changed: number }> {
  const { rows } = await client.query<Ranked>(
    `select v.institution_no, i.id as institution_id, v.region_code, v.unearned_fen
       from evaluations v join institutions i on i.no = v.institution_no where v.region_code is not null`,
  );
  const top = topOfCounty(
    rows.map((row) => ({
      institutionId: row.institution_id,
      regionCode: row.region_code,
      unearnedFen: row.unearned_fen,
    })),
  );
  const wanted = rows.filter((row) => top.has(row.institution_id)).map((row) => row.institution_no);
  const { rows: changed } = await client.query<{ institution_no: number }>(
    `with gone as (delete from county_ranks where institution_no <> all($1::int[]) returning institution_no),
          added as (insert into county_ranks (institution_no, ranked_at) select no, $2::timestamptz from unnest($1::int[]) as t(no)
                    on conflict (institution_no) do nothing returning institution_no)
     select institution_no from gone union all select institution_no from added order by 1`,
    [wanted, toDbTime(now)],
  );
  if (changed.length > 0)
    await markDue(
      client,
      changed.map((row) => ({ no: row.institution_no, dueAt: now, events: 0 })),
    );
  return { ranked: rows.length, changed: changed.length };
}
