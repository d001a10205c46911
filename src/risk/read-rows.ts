import type pg from 'pg';
import type { Fen } from '../core/money.js';
import { type Day, dayOf, formatDay, parseDay, type Us } from '../core/time.js';
import type { EventData } from '../events/event.js';
import { eventTypeNumber } from '../events/list.js';
import { mergeProfile } from '../ledger/profile.js';
import { isNewer, type Line, type RefundRow } from '../ledger/rows.js';
import { type PaymentColumns, paymentOf } from '../ledger/sql/load-registers.js';
import { readEndOfDayBalances, readRegisters, readTellings } from '../ledger/sql/read-registers.js';
import {
  CONTRACT_DAYS,
  type InstitutionRows,
  PAYMENT_DAYS,
  PROFILE_DAYS,
  REFUND_DAYS,
  REPORTED_MAX,
  type RegisterRow,
  type RegisterType,
  seriesOfTallies,
  seriesOfTurnovers,
  TURNOVER_DAYS,
} from './facts/rows.js';

type Db = pg.ClientBase;

const REGISTER_TYPES: readonly RegisterType[] = [
  'account.registered',
  'account.state_changed',
  'account.requirement_set',
  'guarantee.registered',
  'contract.ended',
  'statement.filed',
  'complaint.received',
  'complaint.closed',
  'inspection.recorded',
  'external.signal',
  'contact.attempted',
  'break.declared',
  'stock.declared',
];
const CONTRACT_ENDED = eventTypeNumber('contract.ended');
type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer E)[] ? E[] : T[K] };
type Building = Mutable<InstitutionRows> & { registers: Partial<Record<RegisterType, RegisterRow<RegisterType>[]>> };

/**
 * Everything that one evaluation of each institution reads, in a bounded number of statements for all of them together.
 * `client` must be in a transaction that sees one state (repeatable read), or hold the institutions still otherwise.
 */
export async function readInstitutionRows(
  client: Db,
  nos: readonly number[],
  now: Us,
): Promise<Map<number, InstitutionRows>> {
  const today = dayOf(now);
  const all = await readInstitutions(client, nos);
  const of = (no: number): Building => all.get(no)!;
  await readProfiles(client, nos, today, of);
  for (const entry of await readRegisters(client, nos, REGISTER_TYPES)) {
    const registers: Partial<Record<RegisterType, RegisterRow<RegisterType>[]>> = of(entry.institutionNo).registers;
    const list = registers[entry.type] ?? [];
    registers[entry.type] = list;
    list.push({ at: entry.at, source: entry.source, id: entry.id, data: entry.data });
  }
  for (const rows of all.values()) for (const list of Object.values(rows.registers)) list.sort(ascending);
  for (const entry of (await readEndOfDayBalances(client, nos, REPORTED_MAX)).reverse()) {
    const { accountId, asOf, bookedFen } = entry.data;
    of(entry.institutionNo).reported.push({
      at: entry.at,
      source: entry.source,
      id: entry.id,
      accountId,
      asOf: parseDay(asOf)!,
      bookedFen,
    });
  }
  await readSums(client, nos, today, of);
  await readUnearned(client, nos, today, of);
  await readReleasedLines(client, nos, of);
  await readContracts(client, nos, today, of);
  await readPayments(client, nos, today, of);
  await readRefunds(client, nos, today, of);
  return all;
}

function ascending(a: { at: Us; source: string; id: string }, b: { at: Us; source: string; id: string }): number {
  return isNewer(a, b) ? 1 : -1;
}

async function readInstitutions(client: Db, nos: readonly number[]): Promise<Map<number, Building>> {
  const { rows } = await client.query<{
    no: number;
    id: string;
    event_count: number;
    newest_at: Us | null;
    oldest_at: Us | null;
    top: boolean;
  }>({
    name: 'risk_institutions',
    text: `select i.no, i.id, i.event_count, i.newest_at, i.oldest_at, r.institution_no is not null as top
             from institutions i left join county_ranks r on r.institution_no = i.no where i.no = any($1::int[])`,
    values: [nos],
  });
  return new Map(
    rows.map((row) => [
      row.no,
      {
        institutionId: row.id,
        profile: null,
        profileEvents: [],
        registers: {},
        reported: [],
        balances: [],
        turnovers: [],
        tallies: [],
        unearnedFen: 0n,
        activeLearners: 0,
        unearnedOperatorFen: 0n,
        expiredUnearnedFen: 0n,
        releasedLines: [],
        contracts: [],
        payments: [],
        refunds: [],
        lessons: null,
        links: null,
        countyTopShare: row.top,
        eventCount: row.event_count,
        newestAt: row.newest_at,
        firstAt: row.oldest_at,
      },
    ]),
  );
}

async function readProfiles(
  client: Db,
  nos: readonly number[],
  today: Day,
  of: (no: number) => Building,
): Promise<void> {
  const byNo = new Map<number, RegisterRow<'institution.upserted'>[]>();
  for (const entry of await readTellings(client, nos, 'institution.upserted')) {
    const list = byNo.get(entry.institutionNo) ?? [];
    list.push({ at: entry.at, source: entry.source, id: entry.id, data: entry.data });
    byNo.set(entry.institutionNo, list);
  }
  for (const [no, list] of byNo) {
    of(no).profile = mergeProfile(list);
    const old = list.filter((row) => dayOf(row.at) < today - PROFILE_DAYS);
    of(no).profileEvents = [...old.slice(-1), ...list.slice(old.length)];
  }
}

async function readSums(client: Db, nos: readonly number[], today: Day, of: (no: number) => Building): Promise<void> {
  const since = formatDay(today - TURNOVER_DAYS);
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
  const turnovers = await client.query<{
    institution_no: number;
    day: Day;
    account: number;
    sub: string;
    debit_fen: Fen;
    credit_fen: Fen;
  }>({
    name: 'risk_turnovers',
    text: 'select institution_no, day, account, sub, debit_fen, credit_fen from turnovers where institution_no = any($1::int[]) and day >= $2::date order by institution_no, day',
    values: [nos, since],
  });
  for (const [no, rows] of grouped(turnovers.rows)) {
    of(no).turnovers = seriesOfTurnovers(
      rows.map((row) => ({
        account: row.account,
        sub: row.sub,
        day: row.day,
        debitFen: row.debit_fen,
        creditFen: row.credit_fen,
      })),
    );
  }
  const tallies = await client.query<{ institution_no: number; day: Day; metric: number; count: number }>({
    name: 'risk_tallies',
    text: 'select institution_no, day, metric, count from tallies where institution_no = any($1::int[]) and day >= $2::date order by institution_no, day',
    values: [nos, since],
  });
  for (const [no, rows] of grouped(tallies.rows)) of(no).tallies = seriesOfTallies(rows);
}

/**
 * U, S, what of U is past its period, and U by the operator's-cause price basis (法释〔2025〕4号 art. 18: the price spread over
 * paid and gifted hours). Lines whose contract is not known keep the plain amount.
 */
async function readUnearned(
  client: Db,
  nos: readonly number[],
  today: Day,
  of: (no: number) => Building,
): Promise<void> {
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

async function readReleasedLines(client: Db, nos: readonly number[], of: (no: number) => Building): Promise<void> {
  const staged = nos.filter((no) =>
    of(no).registers['account.registered']?.some(
      (row) => (row.data as EventData['account.registered']).mode === 'staged',
    ),
  );
  const { rows } = await client.query<LineColumns & { data: string | null; ended: boolean }>({
    name: 'risk_released_lines',
    text: `select l.*, c.data, e.seq is not null as ended
             from lines l
             left join contracts c on c.institution_no = l.institution_no and c.contract_id = substr(l.line, 3)
             left join lateral (select seq from events e where e.institution_no = l.institution_no and e.type = $3::smallint and e.key = substr(l.line, 3) limit 1) e on true
            where l.institution_no = any($1::int[]) and (l.open or l.over_released)
              and (l.over_released or (l.released_fen > 0 and l.institution_no = any($2::int[])))
            order by l.institution_no, l.line`,
    values: [nos, staged, CONTRACT_ENDED],
  });
  for (const row of rows) {
    of(row.institution_no).releasedLines.push({
      ...lineOf(row),
      contractId: row.line.slice(2),
      contract: row.data === null ? null : JSON.parse(row.data),
      ended: row.ended,
      recentReleases: null,
    });
  }
}

async function readContracts(
  client: Db,
  nos: readonly number[],
  today: Day,
  of: (no: number) => Building,
): Promise<void> {
  const { rows } = await client.query<{
    institution_no: number;
    contract_id: string;
    at: Us;
    source: string;
    id: string;
    data: string;
  }>({
    name: 'risk_contracts',
    text: 'select institution_no, contract_id, at, source, id, data from contracts where institution_no = any($1::int[]) and signed_on >= $2::date order by institution_no, at, source || id',
    values: [nos, formatDay(today - CONTRACT_DAYS)],
  });
  for (const row of rows)
    of(row.institution_no).contracts.push({
      contractId: row.contract_id,
      at: row.at,
      source: row.source,
      id: row.id,
      data: JSON.parse(row.data),
      hoursLeftHundredths: null,
    });
}

/** Recent payments; older ones only while a custody account still waits for their credit. */
async function readPayments(
  client: Db,
  nos: readonly number[],
  today: Day,
  of: (no: number) => Building,
): Promise<void> {
  const custody = nos.filter((no) =>
    of(no).registers['account.registered']?.some(
      (row) => (row.data as EventData['account.registered']).purpose === 'custody',
    ),
  );
  const { rows } = await client.query<PaymentColumns>({
    name: 'risk_payments',
    text: `select * from payments where institution_no = any($1::int[]) and paid_on >= $3::date
           union all
           select * from payments where institution_no = any($2::int[]) and not settled and paid_on < $3::date and reversed_fen < amount_fen`,
    values: [nos, custody, formatDay(today - PAYMENT_DAYS)],
  });
  for (const row of rows) {
    const { institutionNo, ...payment } = paymentOf(row);
    of(institutionNo).payments.push(payment);
  }
  for (const no of nos) of(no).payments.sort((a, b) => ascending(a.told!, b.told!));
}

async function readRefunds(
  client: Db,
  nos: readonly number[],
  today: Day,
  of: (no: number) => Building,
): Promise<void> {
  const { rows } = await client.query<{ refund_no: number; steps: string; contract_data: string | null } & LineColumns>(
    {
      name: 'risk_refunds',
      text: `select r.institution_no as refund_no, r.steps, c.data as contract_data, l.*
             from refunds r
             left join contracts c on c.institution_no = r.institution_no and c.contract_id = r.contract_id
             left join lines l on l.institution_no = r.institution_no and l.line = 'c:' || r.contract_id
            where r.institution_no = any($1::int[]) and (r.open or r.requested_on >= $2::date) order by r.institution_no, r.refund_id`,
      values: [nos, formatDay(today - REFUND_DAYS)],
    },
  );
  for (const row of rows) {
    const refund = JSON.parse(row.steps) as RefundRow;
    of(row.refund_no).refunds.push({
      refund,
      contract: row.contract_data === null ? null : JSON.parse(row.contract_data),
      line: row.line === null ? null : lineOf(row),
      paidTo: null,
    });
  }
}

interface LineColumns {
  institution_no: number;
  line: string;
  paid_fen: Fen;
  confirmed_fen: Fen;
  refunded_fen: Fen;
  released_fen: Fen;
  confirmed_hours_hundredths: number;
}

function lineOf(row: LineColumns): Line {
  return {
    paidFen: row.paid_fen,
    confirmedFen: row.confirmed_fen,
    refundedFen: row.refunded_fen,
    releasedFen: row.released_fen,
    confirmedHoursHundredths: row.confirmed_hours_hundredths,
  };
}

function grouped<R extends { institution_no: number }>(rows: readonly R[]): Map<number, R[]> {
  const groups = new Map<number, R[]>();
  for (const row of rows) {
    const group = groups.get(row.institution_no);
    if (group) group.push(row);
    else groups.set(row.institution_no, [row]);
  }
  return groups;
}
