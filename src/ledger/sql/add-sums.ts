import type pg from 'pg';
import { arrayParams } from '../../db/arrays.js';
import { type CopyRows, copyInto } from '../../db/copy.js';
import type { Entry } from '../working-set.js';

/** One row of a journal. The event has its number by then. */
export function addEntryRow(rows: CopyRows, institutionNo: number, entry: Entry): void {
  rows.begin(ENTRY_COLUMN_COUNT);
  rows.int8(entry.by.seq);
  rows.int2(entry.line);
  rows.int4(institutionNo);
  rows.int2(entry.account);
  rows.text(entry.sub);
  rows.date(entry.day);
  rows.int8(entry.debitFen);
  rows.int8(entry.creditFen);
}

/** All journals of the batch in one statement: the database checks that each is whole and balanced. */
export async function insertEntries(client: pg.ClientBase, rows: CopyRows): Promise<void> {
  await copyInto(client, 'entries', ENTRY_COLUMNS, rows);
}

const ENTRY_COLUMNS = 'event_seq, line, institution_no, account, sub, booked_on, debit_fen, credit_fen';
const ENTRY_COLUMN_COUNT = 8;

/**
 * Sums grow by addition in the database: nothing is read, computed and written back. Rows come sorted by their key, under
 * the institution's lock, so that two writers never wait for each other in a circle.
 */
export interface SumColumns {
  readonly institutionNo: number[];
  readonly account: number[];
  readonly sub: string[];
  readonly debitFen: string[];
  readonly creditFen: string[];
}

export async function addBalances(client: pg.ClientBase, c: SumColumns): Promise<void> {
  if (c.account.length === 0) return;
  await client.query({
    name: 'add_balances',
    text: `insert into balances as b (institution_no, account, sub, debit_fen, credit_fen)
           select * from unnest($1::int[], $2::smallint[], $3::text[], $4::numeric[], $5::numeric[])
           on conflict (institution_no, account, sub)
           do update set debit_fen = b.debit_fen + excluded.debit_fen, credit_fen = b.credit_fen + excluded.credit_fen`,
    values: arrayParams(c.institutionNo, c.account, c.sub, c.debitFen, c.creditFen),
  });
}

export async function addTurnovers(client: pg.ClientBase, c: SumColumns & { readonly day: string[] }): Promise<void> {
  if (c.account.length === 0) return;
  await client.query({
    name: 'add_turnovers',
    text: `insert into turnovers as t (institution_no, day, account, sub, debit_fen, credit_fen)
           select * from unnest($1::int[], $2::date[], $3::smallint[], $4::text[], $5::numeric[], $6::numeric[])
           on conflict (institution_no, day, account, sub)
           do update set debit_fen = t.debit_fen + excluded.debit_fen, credit_fen = t.credit_fen + excluded.credit_fen`,
    values: arrayParams(c.institutionNo, c.day, c.account, c.sub, c.debitFen, c.creditFen),
  });
}

export interface TallyColumns {
  readonly institutionNo: number[];
  readonly day: string[];
  readonly metric: number[];
  readonly count: number[];
}

export async function addTallies(client: pg.ClientBase, c: TallyColumns): Promise<void> {
  if (c.metric.length === 0) return;
  await client.query({
    name: 'add_tallies',
    text: `insert into tallies as t (institution_no, day, metric, count)
           select * from unnest($1::int[], $2::date[], $3::smallint[], $4::bigint[])
           on conflict (institution_no, day, metric) do update set count = t.count + excluded.count`,
    values: arrayParams(c.institutionNo, c.day, c.metric, c.count),
  });
}

export interface LineColumns {
  readonly institutionNo: number[];
  readonly line: string[];
  readonly paidFen: string[];
  readonly confirmedFen: string[];
  readonly refundedFen: string[];
  readonly releasedFen: string[];
  readonly hoursHundredths: number[];
}

export async function addLines(client: pg.ClientBase, c: LineColumns): Promise<void> {
  if (c.line.length === 0) return;
  await client.query({
    name: 'add_lines',
    text: `insert into lines as l (institution_no, line, paid_fen, confirmed_fen, refunded_fen, released_fen, confirmed_hours_hundredths)
           select * from unnest($1::int[], $2::text[], $3::numeric[], $4::numeric[], $5::numeric[], $6::numeric[], $7::bigint[])
           on conflict (institution_no, line) do update set
             paid_fen = l.paid_fen + excluded.paid_fen, confirmed_fen = l.confirmed_fen + excluded.confirmed_fen,
             refunded_fen = l.refunded_fen + excluded.refunded_fen, released_fen = l.released_fen + excluded.released_fen,
             confirmed_hours_hundredths = l.confirmed_hours_hundredths + excluded.confirmed_hours_hundredths`,
    values: arrayParams(
      c.institutionNo,
      c.line,
      c.paidFen,
      c.confirmedFen,
      c.refundedFen,
      c.releasedFen,
      c.hoursHundredths,
    ),
  });
}
