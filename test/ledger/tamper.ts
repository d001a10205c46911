import type pg from 'pg';
import { expect } from 'vitest';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { eventTypeNumber } from '../../src/events/list.js';
import { applyBatch, type Input } from '../../src/ledger/apply.js';
import { type Difference, verifyBooks } from '../../src/ledger/verify.js';
import { decodeLine, historyAsOf, historyLines, inputOf } from '../support/history.js';

export const BOOKS = [
  'balances',
  'turnovers',
  'tallies',
  'lines',
  'contracts',
  'payments',
  'credits',
  'refunds',
  'releases',
  'displaced_events',
] as const;
export const TABLES = ['institutions', 'events', 'entries', ...BOOKS] as const;
export type Table = (typeof TABLES)[number];

/** The institution that is tampered with; the other one must stay out of it. */
export const VICTIM = '91370783N2GPQW874H';
export const NEIGHBOUR = '91370781DM8ANHKH7M';

/** Enough of the many lessons; of everything else all. */
const LESSON_EVENTS_MAX = 80;

/** Far enough to meet no other row. */
export const FAR = 1_000_000;

export async function book(pool: pg.Pool, inputs: readonly Input[]): Promise<void> {
  for (let from = 0; from < inputs.length; from += 2_000) {
    await applyBatch(pool, inputs.slice(from, from + 2_000), { receivedAt: historyAsOf(), calendar: CHINA_CALENDAR });
  }
}

/** The sample history of two institutions, and one payment that has no contract, of a loan, told three times, taken back in part. */
export function historyOfTwo(): Input[] {
  let lessons = 0;
  const lines = historyLines().filter((line) => {
    if (!line.includes(`"subject":"${VICTIM}"`) && !line.includes(`"subject":"${NEIGHBOUR}"`)) return false;
    if (!line.includes('"type":"prepaid.lesson.')) return true;
    lessons += 1;
    return lessons <= LESSON_EVENTS_MAX;
  });
  const told = { specversion: '1.0', source: '/platform/370700', subject: VICTIM, time: '2026-07-01T10:00:00+08:00' };
  const loan = {
    ...told,
    id: 'loan',
    type: 'prepaid.payment.succeeded.v1',
    data: { paymentId: 'loan', amountFen: 5_000, channel: 'card', loan: true },
  };
  const back = {
    ...told,
    id: 'back',
    type: 'prepaid.payment.reversed.v1',
    data: { paymentId: 'loan', amountFen: 2_000 },
  };
  const earlier = ['1', '2'].map((day) => ({
    ...loan,
    id: `loan-${day}`,
    time: `2026-06-0${3 - Number(day)}T10:00:00+08:00`,
  }));
  return [...lines, ...[loan, ...earlier, back].map((wire) => JSON.stringify(wire))].map((line, at) =>
    inputOf(line, at + 1),
  );
}

export async function collect(pool: pg.Pool): Promise<Difference[]> {
  const found: Difference[] = [];
  for await (const difference of verifyBooks(pool, { calendar: CHINA_CALENDAR })) found.push(difference);
  return found;
}

export function summary(found: readonly Difference[]): string[] {
  return found.map((one) => `${one.institutionId} ${one.table} ${one.key} ${one.problem}`);
}

/** Runs the body with the table's triggers off and its checks gone, then rolls everything back. */
export async function tamperingWith(
  pool: pg.Pool,
  table: Table,
  body: (client: pg.PoolClient) => Promise<void>,
): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    await client.query(`alter table ${table} disable trigger user`);
    await body(client);
  } finally {
    await client.query('rollback');
    client.release();
  }
}

/** A pool whose every connection is the one that tampers, inside its transaction. */
export function poolOn(client: pg.PoolClient): pg.Pool {
  const inside = {
    query: async (text: unknown, values?: unknown[]) =>
      typeof text === 'string' && /^(begin|rollback)/.test(text) ? undefined : client.query(text as string, values),
    release: () => {},
  };
  return { query: inside.query, connect: async () => inside } as unknown as pg.Pool;
}

export interface Column {
  readonly name: string;
  readonly type: string;
  readonly isKey: boolean;
}

/** Columns that can be written, in order; the key is the primary key. */
export async function columnsOf(db: Pick<pg.Pool, 'query'>, table: Table): Promise<Column[]> {
  const { rows } = await db.query<Column>(
    `select a.attname::text as name, format_type(a.atttypid, null) as type, coalesce(a.attnum = any(i.indkey), false) as "isKey"
       from pg_attribute a left join pg_index i on i.indrelid = a.attrelid and i.indisprimary
      where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' order by a.attnum`,
    [table],
  );
  return rows;
}

/** An expression that gives another value of the column's type. */
export function changed({ name, type }: Pick<Column, 'name' | 'type'>): string {
  // Far enough to meet no other row; a small one has room for no more.
  if (name === 'event_seq' || name === 'institution_no') return `${name} + ${FAR}`;
  // Stays JSON, of which the database makes a column by itself.
  if (name === 'data') return `${name} || ' '`;
  if (type === 'smallint') return `${name} + 1000`;
  if (/int|numeric/.test(type)) return `coalesce(${name}, 0) + 1`;
  if (type === 'text') return `coalesce(${name}, '') || 'x'`;
  if (type === 'date') return `coalesce(${name} + 10000, date '2026-01-01')`;
  if (type === 'boolean') return `not ${name}`;
  if (type === 'bytea') return `${name} || '\\x00'::bytea`;
  if (type.startsWith('timestamp')) return `${name} + interval '1 microsecond'`;
  throw new Error(`how to change a ${type}?`);
}

export interface Row {
  readonly ctid: string;
  /** As `verify` names it. */
  readonly key: string;
  readonly event_seq?: number;
  readonly line?: number;
}

/** A row of the victim in which the sum to be changed is not zero, so that it keeps its side. */
export async function pickRow(client: pg.PoolClient, table: Table, column?: string): Promise<Row> {
  const shown = (await columnsOf(client, table))
    .filter((one) => one.isKey && one.name !== 'institution_no')
    .map((one) => one.name);
  const condition = column === 'debit_fen' || column === 'credit_fen' ? `and t.${column} <> 0` : '';
  const nonZero = table === 'lines' ? 'and t.paid_fen <> 0' : '';
  const { rows } = await client.query<Record<string, string>>(
    `select t.ctid::text as ctid, ${shown.map((name) => `t.${name}::text as ${name}`).join(', ')} from ${table} t
      where t.institution_no = (select no from institutions where id = $1) ${condition} ${nonZero}
      order by ${shown.map((name) => `t.${name}`).join(', ')} offset 1 limit 1`,
    [VICTIM],
  );
  const row = rows[0]!;
  const numbers = table === 'entries' ? { event_seq: Number(row.event_seq), line: Number(row.line) } : {};
  return { ctid: row.ctid!, key: JSON.stringify(shown.map((name) => row[name])), ...numbers };
}

/** A changed key is one row missing and another one added; without its institution or event the new one is nobody's. */
export function movedAway(table: Table, row: Row, column: string): unknown[] {
  const gone = `${VICTIM} ${table} ${row.key} missing`;
  if (row.event_seq !== undefined && column === 'event_seq')
    return [`null entries event ${row.event_seq + FAR} line ${row.line} added`, gone];
  if (column === 'institution_no')
    return [expect.stringMatching(new RegExp(`^null ${table} institution no. \\d+ added$`)), gone];
  return [gone, expect.stringMatching(new RegExp(`^${VICTIM} ${table} .* added$`))];
}

export async function insertCopy(
  client: pg.PoolClient,
  table: Table,
  row: Pick<Row, 'ctid'>,
  instead: Record<string, string>,
): Promise<void> {
  const names = (await columnsOf(client, table)).map((column) => column.name);
  await client.query(
    `insert into ${table} (${names.join(', ')}) select ${names.map((name) => instead[name] ?? name).join(', ')} from ${table} where ctid = '${row.ctid}'`,
  );
}

/** A payment in the middle of the victim's events. */
export async function pickEvent(
  client: pg.PoolClient,
): Promise<{ ordinal: number; seq: number; ctid: string; body: string }> {
  const { rows } = await client.query<{ ordinal: number; seq: number; ctid: string; body: string }>(
    `select ordinal, seq, ctid::text as ctid, body from events where institution_no = (select no from institutions where id = $1) and type = $2 order by ordinal offset 10 limit 1`,
    [VICTIM, eventTypeNumber('payment.succeeded')],
  );
  return rows[0]!;
}

export function isEvent(ordinal: number): string {
  return `institution_no = (select no from institutions where id = '${VICTIM}') and ordinal = ${Number(ordinal)}`;
}

export async function lastOrdinal(client: pg.PoolClient): Promise<number> {
  const { rows } = await client.query<{ event_count: number }>('select event_count from institutions where id = $1', [
    VICTIM,
  ]);
  return rows[0]!.event_count;
}

export function eventIn(body: string) {
  const decoded = decodeLine(body);
  if (!decoded.ok) throw new Error(decoded.rejection.message);
  return decoded.event;
}
