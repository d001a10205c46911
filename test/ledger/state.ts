import type pg from 'pg';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import type { Us } from '../../src/core/time.js';
import { EVENTS_COUNTED } from '../../src/ledger/displaced.js';
import type { Quantities } from '../../src/ledger/quantities.js';
import { quantities } from '../../src/ledger/quantities.js';
import { readBooksRows } from '../../src/ledger/read.js';
import { isRefundOpen } from '../../src/ledger/refunds.js';
import { releaseDiffers } from '../../src/ledger/releases.js';
import { joinKey, type RefundRow, type ReleaseRow } from '../../src/ledger/rows.js';
import { type PaymentColumns, paymentOf } from '../../src/ledger/sql/load-registers.js';
import { type BooksState, identity, lineOf, type Rows, rows, sumRows } from '../model/state.js';

/** The books of an institution as PostgreSQL holds them, in the shape of `modelState`. Null when it has no row. */
export async function databaseState(pool: pg.Pool, institutionId: string): Promise<BooksState | null> {
  const institution = await one<{ no: number; event_count: number; newest_at: number | null }>(
    pool,
    `select i.no, ${EVENTS_COUNTED} as event_count, i.newest_at from institutions i where i.id = $1`,
    [institutionId],
  );
  if (!institution) return null;
  const { no } = institution;
  return {
    events: institution.event_count,
    newestAt: institution.newest_at,
    balances: await sums(pool, no, 'balances', (row) => joinKey(row.account, row.sub)),
    turnovers: await sums(pool, no, 'turnovers', (row) => joinKey(row.day!, joinKey(row.account, row.sub))),
    tallies: await tallies(pool, no),
    lines: await lines(pool, no),
    contracts: await contracts(pool, no),
    payments: await payments(pool, no),
    credits: await credits(pool, no),
    refunds: await refunds(pool, no),
    releases: await releases(pool, no),
    keptOut: await keptOut(pool, no),
    displaced: await displaced(pool, no),
  };
}

/** Quantities as PostgreSQL gives them at each clock. */
export async function databaseQuantities(
  pool: pg.Pool,
  institutionId: string,
  clocks: readonly Us[],
): Promise<Quantities[]> {
  const institution = await one<{ no: number }>(pool, 'select no from institutions where id = $1', [institutionId]);
  if (!institution) return [];
  const read = await readBooksRows(pool, [institution.no]);
  return clocks.map((clock) => quantities(read.get(institution.no)!, clock, CHINA_CALENDAR));
}

interface SumColumns {
  readonly day?: number;
  readonly account: number;
  readonly sub: string;
  readonly debit_fen: bigint;
  readonly credit_fen: bigint;
}

async function sums(pool: pg.Pool, no: number, table: string, key: (row: SumColumns) => string): Promise<Rows> {
  const found = await all<SumColumns>(pool, table, no);
  return sumRows(new Map(found.map((row) => [key(row), { debitFen: row.debit_fen, creditFen: row.credit_fen }])));
}

async function tallies(pool: pg.Pool, no: number): Promise<Rows> {
  const found = await all<{ day: number; metric: number; count: number }>(pool, 'tallies', no);
  return rows(found.map((row) => [joinKey(row.day, String(row.metric)), row.count === 0 ? null : row.count]));
}

interface LineColumns {
  readonly line: string;
  readonly paid_fen: bigint;
  readonly confirmed_fen: bigint;
  readonly refunded_fen: bigint;
  readonly released_fen: bigint;
  readonly confirmed_hours_hundredths: number;
}

async function lines(pool: pg.Pool, no: number): Promise<Rows> {
  const found = await all<LineColumns>(pool, 'lines', no);
  return rows(
    found.map((row) => [
      row.line,
      lineOf({
        paidFen: row.paid_fen,
        confirmedFen: row.confirmed_fen,
        refundedFen: row.refunded_fen,
        releasedFen: row.released_fen,
        confirmedHoursHundredths: row.confirmed_hours_hundredths,
      }),
    ]),
  );
}

async function contracts(pool: pg.Pool, no: number): Promise<Rows> {
  type Columns = { contract_id: string; at: number; source: string; id: string; data: string; learner_hash: string };
  const found = await all<Columns>(pool, 'contracts', no);
  return rows(
    found.map((row) => [
      row.contract_id,
      {
        contractId: row.contract_id,
        at: row.at,
        source: row.source,
        id: row.id,
        data: { ...JSON.parse(row.data), learnerHash: row.learner_hash },
      },
    ]),
  );
}

async function payments(pool: pg.Pool, no: number): Promise<Rows> {
  const found = await all<PaymentColumns & { settled: boolean }>(pool, 'payments', no);
  return rows(
    found.map((columns) => {
      const { institutionNo: _no, ...row } = paymentOf(columns);
      if (columns.settled !== (row.namedBy.length > 0 || row.matchedBy !== null)) throw new Error('settled is wrong');
      return [row.paymentId, row];
    }),
  );
}

async function credits(pool: pg.Pool, no: number): Promise<Rows> {
  const found = await all<{
    account_id: string;
    bank_txn_id: string;
    amount_fen: number;
    booked_on: number;
    at: number;
    source: string;
    id: string;
    names_payments: boolean;
    matched_payment: string | null;
  }>(pool, 'credits', no);
  return rows(
    found.map((row) => [
      joinKey(row.account_id, row.bank_txn_id),
      {
        at: row.at,
        source: row.source,
        id: row.id,
        accountId: row.account_id,
        bankTxnId: row.bank_txn_id,
        amountFen: row.amount_fen,
        bookedOn: row.booked_on,
        namesPayments: row.names_payments,
        matchedPayment: row.matched_payment,
      },
    ]),
  );
}

async function refunds(pool: pg.Pool, no: number): Promise<Rows> {
  type Columns = { refund_id: string; contract_id: string; steps: string; paid_fen: bigint; open: boolean };
  const found = await all<Columns>(pool, 'refunds', no);
  return rows(
    found.map((row) => {
      const steps = JSON.parse(row.steps) as RefundRow;
      const paidFen = steps.paid.reduce((sum, part) => sum + BigInt(part.amountFen), 0n);
      if (row.paid_fen !== paidFen || row.open !== isRefundOpen(steps))
        throw new Error('a refund disagrees with itself');
      return [row.refund_id, { ...steps, contractId: row.contract_id, open: row.open }];
    }),
  );
}

async function releases(pool: pg.Pool, no: number): Promise<Rows> {
  const found = await all<{ instruction_id: string; lines: string | null; booked: string | null; differs: boolean }>(
    pool,
    'releases',
    no,
  );
  return rows(
    found.map(({ instruction_id: instructionId, lines, booked, differs }) => {
      const debits: ReleaseRow['debits'] = booked === null ? [] : JSON.parse(booked);
      const row = { instructionId, lines: lines === null ? null : JSON.parse(lines), debits };
      if (differs !== releaseDiffers(row)) throw new Error('a release disagrees with itself');
      return [instructionId, row];
    }),
  );
}

async function keptOut(pool: pg.Pool, no: number): Promise<string[]> {
  return (await all<{ source: string; id: string }>(pool, 'kept_out_events', no)).map(identity).sort();
}

async function displaced(pool: pg.Pool, no: number): Promise<string[]> {
  const { rows } = await pool.query<{ source: string; id: string }>(
    'select e.source, e.id from displaced_events d join events e on e.seq = d.event_seq where d.institution_no = $1',
    [no],
  );
  return rows.map(identity).sort();
}

async function all<R extends object>(pool: pg.Pool, table: string, no: number): Promise<R[]> {
  return (await pool.query<R>(`select * from ${table} where institution_no = $1`, [no])).rows;
}

async function one<R extends object>(pool: pg.Pool, sql: string, values: unknown[]): Promise<R | undefined> {
  return (await pool.query<R>(sql, values)).rows[0];
}
