import type pg from 'pg';
import type { Fen } from '../core/money.js';
import type { Us } from '../core/time.js';
import type { EventData } from '../events/event.js';
import { EVENTS_COUNTED } from './displaced.js';
import type { AccountData, BooksRows } from './quantities.js';
import type { PaymentRow, RefundRow } from './rows.js';
import { type PaymentColumns, paymentOf } from './sql/load-registers.js';
import { readEndOfDayBalances, readRegisters } from './sql/read-registers.js';

type Db = pg.ClientBase | pg.Pool;

/** Institutions read in one go: bounds memory, and keeps each statement short. */
export const INSTITUTIONS_PER_READ = 500;

/** The books' rows of the given institutions (at most INSTITUTIONS_PER_READ), by institution number. */
export async function readBooksRows(db: Db, nos: readonly number[]): Promise<Map<number, BooksRows>> {
  const result = new Map<number, Mutable>();
  for (const row of await institutions(db, nos)) result.set(row.no, row.rows);
  const of = (no: number): Mutable => result.get(no)!;
  for (const row of await balances(db, nos))
    of(row.institution_no).balances.push({
      account: row.account,
      sub: row.sub,
      debitFen: row.debit_fen,
      creditFen: row.credit_fen,
    });
  for (const row of await unearned(db, nos))
    Object.assign(of(row.institution_no), { unearnedFen: row.unearned_fen, activeLearners: row.active_learners });
  for (const entry of await readRegisters(db, nos, ['account.registered', 'guarantee.registered'])) {
    if (entry.type === 'account.registered') of(entry.institutionNo).accounts.push(entry.data as AccountData);
    else of(entry.institutionNo).guarantees.push(entry.data as EventData['guarantee.registered']);
  }
  for (const entry of await readEndOfDayBalances(db, nos, 1))
    of(entry.institutionNo).reported.set(entry.data.accountId, entry.data);
  for (const row of await openPayments(db, nos)) of(row.institution_no).payments.push(paymentOf(row));
  for (const row of await openRefunds(db, nos))
    of(row.institution_no).refunds.push({
      refund: JSON.parse(row.steps) as RefundRow,
      contract: row.data === null ? null : JSON.parse(row.data),
    });
  return result;
}

export interface InstitutionNo {
  readonly no: number;
  readonly id: string;
  /** The latest recorded time of its events. */
  readonly knownAt: Us;
}

/** Numbers of all institutions that have events, by id. */
export async function listInstitutionNos(db: Db, ids: readonly string[] | null): Promise<InstitutionNo[]> {
  const { rows } = await db.query<InstitutionNo>(
    'select no, id, known_at as "knownAt" from institutions where event_count > 0 and ($1::text[] is null or id = any($1::text[])) order by id',
    [ids],
  );
  return rows;
}

type Mutable = { -readonly [K in keyof BooksRows]: BooksRows[K] } & {
  balances: { account: number; sub: string; debitFen: Fen; creditFen: Fen }[];
  accounts: AccountData[];
  guarantees: EventData['guarantee.registered'][];
  reported: Map<string, EventData['custody.balance_reported']>;
  payments: PaymentRow[];
  refunds: { refund: RefundRow; contract: EventData['contract.signed'] | null }[];
};

async function institutions(db: Db, nos: readonly number[]): Promise<{ no: number; rows: Mutable }[]> {
  const { rows } = await db.query<{ no: number; id: string; event_count: number }>(
    `select i.no, i.id, ${EVENTS_COUNTED} as event_count from institutions i where i.no = any($1::int[])`,
    [nos],
  );
  return rows.map((row) => ({
    no: row.no,
    rows: {
      institutionId: row.id,
      eventCount: row.event_count,
      balances: [],
      unearnedFen: 0n,
      activeLearners: 0,
      accounts: [],
      guarantees: [],
      reported: new Map(),
      payments: [],
      refunds: [],
    },
  }));
}

async function balances(db: Db, nos: readonly number[]) {
  const { rows } = await db.query<{
    institution_no: number;
    account: number;
    sub: string;
    debit_fen: Fen;
    credit_fen: Fen;
  }>('select institution_no, account, sub, debit_fen, credit_fen from balances where institution_no = any($1::int[])', [
    nos,
  ]);
  return rows;
}

/** U and S: lines with an unearned amount, and the distinct learners of those that are contracts. */
async function unearned(db: Db, nos: readonly number[]) {
  const { rows } = await db.query<{ institution_no: number; unearned_fen: Fen; active_learners: number }>(
    `select l.institution_no, sum(l.paid_fen - l.confirmed_fen - l.refunded_fen) as unearned_fen, count(distinct c.learner_hash)::int as active_learners
       from lines l left join contracts c on c.institution_no = l.institution_no and 'c:' || c.contract_id = l.line
      where l.institution_no = any($1::int[]) and (l.open or l.over_released) and l.open group by l.institution_no`,
    [nos],
  );
  return rows;
}

async function openPayments(db: Db, nos: readonly number[]) {
  const { rows } = await db.query<PaymentColumns>(
    'select * from payments where institution_no = any($1::int[]) and (not settled or reversed_fen > 0)',
    [nos],
  );
  return rows;
}

async function openRefunds(db: Db, nos: readonly number[]) {
  const { rows } = await db.query<{ institution_no: number; steps: string; data: string | null }>(
    `select r.institution_no, r.steps, c.data from refunds r
       left join contracts c on c.institution_no = r.institution_no and c.contract_id = r.contract_id
      where r.institution_no = any($1::int[]) and r.open`,
    [nos],
  );
  return rows;
}
