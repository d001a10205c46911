import type pg from 'pg';
import { formatDay } from '../../core/time.js';
import { toDbTime } from '../../db/pool.js';
import { sortedJson, text } from '../verify-derive.js';

type Value = string | number | bigint | boolean | null;

/** Columns by kind: how a value of the database becomes the text that `derivedTables` makes. */
interface TableShape {
  readonly name: string;
  readonly key: readonly string[];
  readonly values: readonly string[];
  readonly times?: readonly string[];
  readonly days?: readonly string[];
  /** JSON that holds what a source sent. */
  readonly sent?: readonly string[];
  /** Sums that are all zero are no row: an event and its reversal leave one behind or none, as they came. */
  readonly ignoreZero?: readonly string[];
}

export const VERIFIED_TABLES = [
  {
    name: 'balances',
    key: ['account', 'sub'],
    values: ['debit_fen', 'credit_fen'],
    ignoreZero: ['debit_fen', 'credit_fen'],
  },
  {
    name: 'turnovers',
    key: ['day', 'account', 'sub'],
    values: ['debit_fen', 'credit_fen'],
    days: ['day'],
    ignoreZero: ['debit_fen', 'credit_fen'],
  },
  { name: 'tallies', key: ['day', 'metric'], values: ['count'], days: ['day'], ignoreZero: ['count'] },
  {
    name: 'lines',
    key: ['line'],
    values: [
      'paid_fen',
      'confirmed_fen',
      'refunded_fen',
      'released_fen',
      'confirmed_hours_hundredths',
      'open',
      'over_released',
    ],
    ignoreZero: ['paid_fen', 'confirmed_fen', 'refunded_fen', 'released_fen', 'confirmed_hours_hundredths'],
  },
  {
    name: 'contracts',
    key: ['contract_id'],
    values: [
      'at',
      'source',
      'id',
      'signed_on',
      'learner_hash',
      'period_to',
      'hours_hundredths',
      'gifted_hundredths',
      'data',
    ],
    times: ['at'],
    days: ['signed_on', 'period_to'],
    sent: ['data'],
  },
  {
    name: 'payments',
    key: ['payment_id'],
    values: [
      'amount_fen',
      'at',
      'paid_on',
      'source',
      'id',
      'contract_id',
      'payee',
      'channel',
      'loan',
      'reversed_fen',
      'named_by',
      'matched_by',
      'matched_on',
      'settled',
    ],
    times: ['at'],
    days: ['paid_on', 'matched_on'],
  },
  {
    name: 'credits',
    key: ['account_id', 'bank_txn_id'],
    values: ['amount_fen', 'booked_on', 'at', 'source', 'id', 'names_payments', 'matched_payment'],
    times: ['at'],
    days: ['booked_on'],
  },
  {
    name: 'refunds',
    key: ['refund_id'],
    values: ['contract_id', 'steps', 'paid_fen', 'open', 'requested_on'],
    days: ['requested_on'],
  },
  { name: 'releases', key: ['instruction_id'], values: ['lines', 'booked', 'differs'], sent: ['lines'] },
  { name: 'displaced_events', key: ['event_seq'], values: [] },
] as const satisfies readonly TableShape[];

export type VerifiedTable = (typeof VERIFIED_TABLES)[number]['name'];

/** All rows of one institution in a table of the books, as text by key. */
export async function readTable(client: pg.ClientBase, table: TableShape, no: number): Promise<Map<string, string>> {
  const columns = [...table.key, ...table.values].join(', ');
  const { rows } = await client.query<Record<string, Value>>(
    `select ${columns} from ${table.name} where institution_no = $1`,
    [no],
  );
  const result = new Map<string, string>();
  const shown = (row: Record<string, Value>, column: string): Value => {
    const value = row[column] ?? null;
    if (value === null) return null;
    if (table.times?.includes(column)) return toDbTime(value as number);
    if (table.sent?.includes(column)) return sortedJson(value as string);
    return table.days?.includes(column) ? formatDay(value as number) : value;
  };
  for (const row of rows) {
    if (table.ignoreZero?.every((column) => BigInt(row[column] as bigint) === 0n)) continue;
    result.set(
      text(...table.key.map((column) => shown(row, column))),
      text(...table.values.map((column) => shown(row, column))),
    );
  }
  return result;
}

/** The entries of the given events, as text by event and line. */
export async function readEntries(client: pg.ClientBase, seqs: readonly number[]): Promise<Map<string, string>> {
  const { rows } = await client.query<{
    event_seq: number;
    line: number;
    institution_no: number;
    account: number;
    sub: string;
    booked_on: number;
    debit_fen: number;
    credit_fen: number;
  }>(
    'select event_seq, line, institution_no, account, sub, booked_on, debit_fen, credit_fen from entries where event_seq = any($1::bigint[])',
    [seqs],
  );
  return new Map(
    rows.map((row) => [
      text(row.event_seq, row.line),
      text(row.institution_no, row.account, row.sub, formatDay(row.booked_on), row.debit_fen, row.credit_fen),
    ]),
  );
}

export interface MisnumberedBlock {
  readonly first: number;
  readonly events: number;
  readonly least: number;
  readonly greatest: number;
}

/** Blocks of event numbers that are not numbered from their first number on without a gap, as every batch numbers its events. */
export async function readMisnumbered(pool: pg.Pool, eventsPerBlock: number): Promise<MisnumberedBlock[]> {
  const { rows } = await pool.query<MisnumberedBlock>(
    `select block * $1::bigint as first, events::int, least, greatest
       from (select seq / $1::bigint as block, count(*) as events, min(seq) as least, max(seq) as greatest from events group by 1) b
      where least <> block * $1::bigint or greatest - least + 1 <> events order by 1`,
    [eventsPerBlock],
  );
  return rows;
}

/** Rows that belong to no institution, and entries of no event. */
export async function readOrphans(pool: pg.Pool): Promise<{ table: string; key: string }[]> {
  const tables = ['events', ...VERIFIED_TABLES.map((table) => table.name)];
  const parts = tables.map(
    (
      table,
    ) => `select '${table}' as "table", 'institution no. ' || t.institution_no as key from (select distinct institution_no from ${table}) t
                 where not exists (select 1 from institutions i where i.no = t.institution_no)`,
  );
  parts.push(
    `select 'entries', 'event ' || n.event_seq || ' line ' || n.line from entries n where not exists (select 1 from events e where e.seq = n.event_seq)`,
  );
  const { rows } = await pool.query<{ table: string; key: string }>(parts.join(' union all '));
  return rows;
}
