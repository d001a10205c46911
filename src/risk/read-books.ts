import type pg from 'pg';
import type { Fen } from '../core/money.js';
import { type Day, formatDay } from '../core/time.js';
import { eventTypeNumber } from '../events/list.js';
import { ACCOUNT } from '../ledger/accounts.js';
import { releaseSums } from '../ledger/releases.js';
import type { Told } from '../ledger/rows.js';
import {
  readDifferingReleases as readDiffering,
  readRecentReleases,
  readWithdrawals as readWithdrawn,
} from '../ledger/sql/read-details.js';
import { readTallies, readTurnovers } from '../ledger/sql/read-series.js';
import { isStanding } from '../ledger/telling-sql.js';
import { isStaged } from './facts/accounts.js';
import {
  EXPIRED_MAX,
  type Expiring,
  RELEASE_DAYS,
  type RegisterRow,
  SIDES_DAYS,
  TURNOVER_DAYS,
  WITHDRAWAL_DAYS,
} from './facts/rows.js';
import { type BuildingOf, type LineColumns, lineOf } from './read-building.js';

type Db = pg.ClientBase;

const CONTRACT_ENDED = eventTypeNumber('contract.ended');

/** Sums, day turnovers and counts. */
export async function readSums(client: Db, nos: readonly number[], today: Day, of: BuildingOf): Promise<void> {
  const since = today - TURNOVER_DAYS;
  const balances = await client.query<{
    institution_no: number;
    account: number;
    sub: string;
    debit_fen: Fen;
    credit_fen: Fen;
  }>({
    name: 'risk_balances',
    text: 'select institution_no, account, sub, debit_fen, credit_fen from balances where institution_no = any($1::int[])',
    values: [nos],
  });
  for (const row of balances.rows)
    of(row.institution_no).balances.push({
      account: row.account,
      sub: row.sub,
      debitFen: row.debit_fen,
      creditFen: row.credit_fen,
    });
  for (const series of await readTurnovers(client, nos, since)) of(series.institutionNo).turnovers.push(series);
  for (const series of await readTallies(client, nos, since)) of(series.institutionNo).tallies.push(series);
}

/**
 * U, S, what of U is past its period, and U by the operator's-cause price basis (法释〔2025〕4号 art. 18: the price spread over
 * paid and gifted hours). Lines whose contract is not known keep the plain amount.
 */
export async function readUnearned(client: Db, nos: readonly number[], today: Day, of: BuildingOf): Promise<void> {
  const { rows } = await client.query<{
    institution_no: number;
    unearned: Fen;
    learners: number;
    expired: Fen;
    operator: Fen;
  }>({
    name: 'risk_unearned',
    text: `select l.institution_no, sum(l.paid_fen - l.confirmed_fen - l.refunded_fen) as unearned, count(distinct c.learner_hash)::int as learners,
                  coalesce(sum(l.paid_fen - l.confirmed_fen - l.refunded_fen) filter (where c.period_to < $2::date), 0) as expired,
                  sum(case when c.gifted_hundredths > 0
                      then greatest(0, l.paid_fen - l.refunded_fen - div(l.paid_fen * l.confirmed_hours_hundredths, c.hours_hundredths + c.gifted_hundredths))
                      else l.paid_fen - l.confirmed_fen - l.refunded_fen end) as operator
             from lines l left join contracts c on c.institution_no = l.institution_no and c.contract_id = substr(l.line, 3) and left(l.line, 2) = 'c:'
            where l.institution_no = any($1::int[]) and (l.open or l.over_released) and l.open group by l.institution_no`,
    values: [nos, formatDay(today)],
  });
  for (const row of rows) {
    Object.assign(of(row.institution_no), {
      unearnedFen: row.unearned,
      activeLearners: row.learners,
      expiredUnearnedFen: row.expired,
      unearnedOperatorFen: row.operator,
    });
  }
}

/** After U, which says who has any. */
export async function readExpired(client: Db, nos: readonly number[], today: Day, of: BuildingOf): Promise<void> {
  const some = nos.filter((no) => (of(no).expiredUnearnedFen ?? 0n) > 0n);
  if (some.length === 0) return;
  const { rows } = await client.query<Told & { institution_no: number; contract_id: string; unearned: Fen }>({
    name: 'risk_expired',
    text: `select o.no as institution_no, x.* from unnest($1::int[]) as o(no), lateral (
             select c.contract_id, c.at, c.source, c.id, l.paid_fen - l.confirmed_fen - l.refunded_fen as unearned
               from lines l join contracts c on c.institution_no = l.institution_no and c.contract_id = substr(l.line, 3) and left(l.line, 2) = 'c:'
              where l.institution_no = o.no and (l.open or l.over_released) and l.open and c.period_to < $2::date
              order by unearned desc, c.contract_id collate "C" limit $3) x`,
    values: [some, formatDay(today), EXPIRED_MAX],
  });
  for (const { institution_no, contract_id: contractId, at, source, id, unearned: unearnedFen } of rows)
    of(institution_no).expiredContracts.push({ contractId, at, source, id, unearnedFen });
}

/** Of U of one institution, what belongs to contracts whose period is not over yet. */
export async function readExpiring(client: Db, no: number, today: Day): Promise<Expiring[]> {
  const { rows } = await client.query<{ period_to: Day; unearned: Fen }>({
    name: 'risk_expiring',
    text: `select c.period_to, sum(l.paid_fen - l.confirmed_fen - l.refunded_fen) as unearned
             from lines l join contracts c on c.institution_no = l.institution_no and c.contract_id = substr(l.line, 3) and left(l.line, 2) = 'c:'
            where l.institution_no = $1 and (l.open or l.over_released) and l.open and c.period_to >= $2::date group by c.period_to`,
    values: [no, formatDay(today)],
  });
  return rows.map((row) => ({ periodTo: row.period_to, unearnedFen: row.unearned }));
}

/** Lines of which more was released than confirmed, or something in stages, with the releases of the last days. */
export async function readReleasedLines(client: Db, nos: readonly number[], today: Day, of: BuildingOf): Promise<void> {
  const staged = nos.filter((no) =>
    (of(no).registers['account.registered'] as RegisterRow<'account.registered'>[] | undefined)?.some(isStaged),
  );
  const { rows } = await client.query<LineColumns & Told & { data: string | null; ended: boolean }>({
    name: 'risk_released_lines',
    text: `select l.*, c.data, c.at, c.source, c.id, e.seq is not null as ended
             from lines l
             left join contracts c on c.institution_no = l.institution_no and c.contract_id = substr(l.line, 3)
             left join lateral (select seq from events e where e.institution_no = l.institution_no and e.type = $3::smallint and e.key = substr(l.line, 3) and ${isStanding('e')} limit 1) e on true
            where l.institution_no = any($1::int[]) and (l.open or l.over_released)
              and (l.over_released or (l.released_fen > 0 and l.institution_no = any($2::int[])))
            order by l.institution_no, l.line`,
    values: [nos, staged, CONTRACT_ENDED],
  });
  const recent = await recentReleases(client, [...new Set(rows.map((row) => row.institution_no))], today);
  for (const row of rows) {
    of(row.institution_no).releasedLines.push({
      ...lineOf(row),
      contractId: row.line.slice(2),
      contract: row.data === null ? null : JSON.parse(row.data),
      signed: row.data === null ? null : { at: row.at, source: row.source, id: row.id },
      ended: row.ended,
      recentReleases: recent.get(row.institution_no)?.get(row.line.slice(2)) ?? [],
    });
  }
}

type Releases = { readonly on: Day; readonly amountFen: number }[];

/** By institution and contract, ascending. */
async function recentReleases(
  client: Db,
  nos: readonly number[],
  today: Day,
): Promise<Map<number, Map<string, Releases>>> {
  const found = new Map<number, Map<string, Releases>>();
  for (const { institutionNo, on, lines } of await readRecentReleases(client, nos, today - RELEASE_DAYS + 1)) {
    const contracts = found.get(institutionNo) ?? new Map<string, Releases>();
    found.set(institutionNo, contracts);
    for (const { contractId, amountFen } of lines) {
      const releases = contracts.get(contractId) ?? [];
      contracts.set(contractId, releases);
      releases.push({ on, amountFen });
    }
  }
  for (const contracts of found.values())
    for (const releases of contracts.values()) releases.sort((a, b) => a.on - b.on || a.amountFen - b.amountFen);
  return found;
}

/** Releases whose two sides do not agree: the instruction and what the banks booked for it. */
export async function readDifferingReleases(
  client: Db,
  nos: readonly number[],
  today: Day,
  of: BuildingOf,
): Promise<void> {
  const found = await readDiffering(client, nos, today - SIDES_DAYS);
  for (const { institutionNo, instructionId, at, source, id, row } of found)
    of(institutionNo).differingReleases.push({
      instructionId,
      at,
      source,
      id,
      toldFen: releaseSums(row)!.toldFen,
      debits: row.debits,
    });
  for (const no of nos) of(no).differingReleases.sort((a, b) => (a.instructionId < b.instructionId ? -1 : 1));
}

/** After the sums, which say who has any. */
export async function readWithdrawals(client: Db, nos: readonly number[], today: Day, of: BuildingOf): Promise<void> {
  const some = nos.filter((no) => of(no).balances.some(({ account }) => account === ACCOUNT.other_debits));
  for (const { institutionNo, withdrawal } of await readWithdrawn(client, some, today - WITHDRAWAL_DAYS))
    of(institutionNo).withdrawals.push(withdrawal);
}
