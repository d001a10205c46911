import type pg from 'pg';
import { FeewardenError } from '../core/errors.js';

export interface ChartRow {
  readonly account: number;
  readonly name: string;
  readonly kind: string;
  readonly sub: string;
  readonly zh: string;
  readonly en: string;
}

/**
 * Writes the chart of accounts. Words for people may change; what an account number means may not, because entries refer to
 * it for ever: `migration_refused` when the database knows a number by another name, kind or division.
 */
export async function seedChart(client: pg.ClientBase, chart: readonly ChartRow[]): Promise<void> {
  const clash = await client.query<{ account: number; name: string }>(FIND_CLASH, [JSON.stringify(chart)]);
  const first = clash.rows[0];
  if (first) {
    throw new FeewardenError(
      'migration_refused',
      `Account ${first.account} is "${first.name}" in the database and something else in this version.`,
    );
  }
  await client.query(UPSERT_CHART, [JSON.stringify(chart)]);
}

const GIVEN =
  'json_to_recordset($1::json) as given (account smallint, name text, kind text, sub text, zh text, en text)';

const FIND_CLASH = `
  select known.account, known.name
    from chart_of_accounts known join ${GIVEN} on given.account = known.account
   where (known.name, known.kind, known.sub) is distinct from (given.name, given.kind, given.sub)
   order by known.account limit 1`;

const UPSERT_CHART = `
  insert into chart_of_accounts as known (account, name, kind, sub, zh, en)
  select account, name, kind, sub, zh, en from ${GIVEN}
      on conflict (account) do update set zh = excluded.zh, en = excluded.en
   where (known.zh, known.en) is distinct from (excluded.zh, excluded.en)`;
