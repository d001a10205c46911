import type pg from 'pg';
import { eventTypeNumber } from '../../events/list.js';
import { isStanding, newestFirst } from '../../ledger/telling-sql.js';
import { JOIN_PROFILE } from './region.js';

const REGISTERED = eventTypeNumber('account.registered');

/** Account ids are unique per institution only. */
export interface AccountOf {
  readonly institutionId: string;
  readonly accountId: string;
}

/** The banks of these accounts, in their order; null for one that nobody has registered, or whose registration was reversed. */
export async function readBanksOf(pool: pg.Pool, accounts: readonly AccountOf[]): Promise<(string | null)[]> {
  const { rows } = await pool.query<{ bank: string | null }>({
    name: 'read_banks_of_accounts',
    text: `select r.bank
             from unnest($1::text[], $2::text[]) with ordinality wanted(institution, account, place)
             left join institutions i on i.id = wanted.institution
             left join lateral (
               select e.body::json -> 'data' ->> 'bankCode' as bank
                 from events e
                where e.institution_no = i.no and e.type = ${REGISTERED} and e.key = wanted.account
                  and ${isStanding('e')}
                order by ${newestFirst('e')}
                limit 1) r on true
            order by wanted.place`,
    values: [accounts.map((one) => one.institutionId), accounts.map((one) => one.accountId)],
  });
  return rows.map((row) => row.bank);
}

/** The regions of these institutions, in their order; null while no profile was told. */
export async function readRegionsOf(pool: pg.Pool, institutionIds: readonly string[]): Promise<(string | null)[]> {
  const { rows } = await pool.query<{ region: string | null }>({
    name: 'read_regions_of_institutions',
    text: `select p.data ->> 'regionCode' as region
             from unnest($1::text[]) with ordinality wanted(institution, place)
             left join institutions i on i.id = wanted.institution ${JOIN_PROFILE}
            order by wanted.place`,
    values: [institutionIds],
  });
  return rows.map((row) => row.region);
}

/** Of these identities, whether an event of it was accepted; in their order. */
export async function readAccepted(
  pool: pg.Pool,
  identities: readonly { readonly source: string; readonly id: string }[],
): Promise<boolean[]> {
  const { rows } = await pool.query<{ accepted: boolean }>({
    name: 'read_accepted_identities',
    text: `select e.seq is not null as accepted
             from unnest($1::text[], $2::text[]) with ordinality wanted(source, id, place)
             left join events e on e.source = wanted.source collate "C" and e.id = wanted.id collate "C"
            order by wanted.place`,
    values: [identities.map((one) => one.source), identities.map((one) => one.id)],
  });
  return rows.map((row) => row.accepted);
}
