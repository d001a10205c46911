import type pg from 'pg';
import type { Calendar } from '../../core/calendar.js';
import type { Fen } from '../../core/money.js';
import { addMonths, type Day, formatDay, startOfDay } from '../../core/time.js';
import { toDbDay, toDbTime } from '../../db/pool.js';
import { SEPARATOR } from '../../ledger/rows.js';
import { IN_TIME_WORKING_DAYS } from '../reconcile/balances.js';
import { completenessOf } from './read.js';

/** What one bank did in one month. */
export interface BankMonth {
  readonly bankCode: string;
  /** YYYY-MM */
  readonly month: string;
  /** Its year, when the holidays are not known: Monday to Friday count as working days, and a balance may be missed on a day of rest. */
  readonly calendarMissing: readonly number[];
  /** Custody accounts with the bank that are open now. */
  readonly accounts: number;
  /** Each working day whose data is due: accounts that should have told their balance, and those that did. */
  readonly days: readonly { readonly day: Day; readonly accounts: number; readonly reported: number }[];
  readonly events: number;
  /** Inputs refused, by code. */
  readonly refused: readonly { readonly code: string; readonly count: number }[];
  /** Breaks of the month (by their day), by kind. */
  readonly breaks: readonly BreakLine[];
  /** Payments that the bank credited in the month. */
  readonly credits: {
    readonly count: number;
    readonly late: number;
    readonly lateFen: Fen;
    readonly workingDaysMax: number;
  };
  /** Release instructions that the bank has not carried out in time, or not at all. */
  readonly instructions: { readonly count: number; readonly open: number; readonly openFen: Fen };
}

export interface BreakLine {
  readonly kind: string;
  readonly count: number;
  readonly amountFen: Fen;
  readonly open: number;
  readonly explained: number;
  /** Working days from the oldest open one to the last day whose data is due; null when none is open. */
  readonly oldestWorkingDays: number | null;
}

export interface MonthQuery {
  readonly bankCode: string;
  /** Any day of the month. */
  readonly day: Day;
  /** The last day whose data is due. */
  readonly asOf: Day;
  readonly calendar: Calendar;
}

/** The month of one bank. Reads its institutions page by page. */
export async function readBankMonth(pool: pg.Pool, query: MonthQuery): Promise<BankMonth> {
  const month = formatDay(query.day).slice(0, 7);
  const from = query.day - Number(formatDay(query.day).slice(8)) + 1;
  const last = addMonths(from, 1) - 1;
  // What is compared day by day must be due; what was received counts at once.
  const to = Math.min(last, query.asOf);
  const { rows } = await pool.query<{ n: number }>(
    `select count(*) as n from feed_accounts where bank_code = $1 and purpose = 'custody' and not is_closed`,
    [query.bankCode],
  );
  return {
    bankCode: query.bankCode,
    month,
    calendarMissing: query.calendar.missingYears(from, last),
    accounts: rows[0]!.n,
    days: await daysOf(pool, query, from, to),
    events: await countEvents(pool, query.bankCode, from, last),
    refused: await countRefused(pool, query.bankCode, from, last),
    breaks: await breakLines(pool, query, from, to),
    credits: await countCredits(pool, query, from, to),
    instructions: await countInstructions(pool, query.bankCode, from, to),
  };
}

async function daysOf(
  pool: pg.Pool,
  { bankCode, calendar }: MonthQuery,
  from: Day,
  to: Day,
): Promise<BankMonth['days']> {
  const days: Day[] = [];
  for (let day = calendar.nextWorkingDayOnOrAfter(from); day <= to; day = calendar.nextWorkingDayOnOrAfter(day + 1))
    days.push(day);
  return ((await completenessOf(pool, [bankCode], days, '')).get(bankCode) ?? []).reverse();
}

const OF_BANK = `(source = '/bank/' || $1 or starts_with(source, '/bank/' || $1 || '/'))`;

async function countEvents(pool: pg.Pool, bankCode: string, from: Day, to: Day): Promise<number> {
  const { rows } = await pool.query<{ n: number }>(
    `select coalesce(sum(events), 0)::bigint as n from feed_days where ${OF_BANK} and day between $2::date and $3::date`,
    [bankCode, toDbDay(from), toDbDay(to)],
  );
  return rows[0]!.n;
}

async function countRefused(pool: pg.Pool, bankCode: string, from: Day, to: Day): Promise<BankMonth['refused']> {
  const { rows } = await pool.query<{ code: string; count: number }>(
    `select code, count(*) as count from rejected_events
      where ${OF_BANK} and received_at >= $2::timestamptz and received_at < $3::timestamptz group by code order by code`,
    [bankCode, toDbTime(startOfDay(from)), toDbTime(startOfDay(to + 1))],
  );
  return rows;
}

async function breakLines(pool: pg.Pool, query: MonthQuery, from: Day, to: Day): Promise<BreakLine[]> {
  const { rows } = await pool.query<Omit<BreakLine, 'oldestWorkingDays'> & { oldest: Day | null }>(
    `select kind, count(*) as count, sum(amount_fen) as "amountFen", count(*) filter (where cleared_at is null) as open,
            count(owner) as explained, min(day) filter (where cleared_at is null) as oldest
       from breaks where bank_code = $1 and day between $2::date and $3::date group by kind order by kind`,
    [query.bankCode, toDbDay(from), toDbDay(to)],
  );
  return rows.map(({ oldest, ...line }) => ({
    ...line,
    oldestWorkingDays: oldest === null ? null : Math.max(0, query.calendar.workingDaysBetween(oldest, query.asOf)),
  }));
}

const INSTITUTIONS_PER_READ = 500;
/** Payments are looked for so many days before the month: what was credited later than that is missing, not late. */
const PAID_DAYS_BEFORE = 60;

async function countCredits(pool: pg.Pool, query: MonthQuery, from: Day, to: Day): Promise<BankMonth['credits']> {
  const counts = { count: 0, late: 0, lateFen: 0n, workingDaysMax: 0 };
  for (let after = 0; ; ) {
    const { rows: page } = await pool.query<{ no: number; accounts: string[] }>(
      `select institution_no as no, array_agg(account_id) as accounts from feed_accounts
        where bank_code = $1 and purpose = 'custody' and institution_no > $2 group by institution_no order by institution_no limit ${INSTITUTIONS_PER_READ}`,
      [query.bankCode, after],
    );
    if (page.length === 0) return counts;
    after = page.at(-1)!.no;
    const accountsOf = new Map(page.map(({ no, accounts }) => [no, new Set(accounts)]));
    const { rows } = await pool.query<CreditedPayment>(
      `select institution_no as no, amount_fen as "amountFen", paid_on as "paidOn", named_by as "namedBy", matched_by as "matchedBy", matched_on as "matchedOn"
         from payments where institution_no = any($1::int[]) and settled and paid_on between $2::date and $3::date`,
      [page.map(({ no }) => no), toDbDay(from - PAID_DAYS_BEFORE), toDbDay(to)],
    );
    for (const row of rows) {
      const on = creditedOn(row, accountsOf.get(row.no)!);
      if (on === null || on < from || on > to) continue;
      const days = query.calendar.workingDaysBetween(row.paidOn, on);
      counts.count += 1;
      counts.workingDaysMax = Math.max(counts.workingDaysMax, days);
      if (days <= IN_TIME_WORKING_DAYS) continue;
      counts.late += 1;
      counts.lateFen += BigInt(row.amountFen);
    }
  }
}

interface CreditedPayment {
  readonly no: number;
  readonly amountFen: number;
  readonly paidOn: Day;
  readonly namedBy: string | null;
  readonly matchedBy: string | null;
  readonly matchedOn: Day | null;
}

/** The first day on which one of the accounts was credited with it; null when it was another bank's. */
function creditedOn(row: CreditedPayment, accounts: ReadonlySet<string>): Day | null {
  const credits: (readonly [key: string, day: Day])[] =
    row.namedBy !== null
      ? (JSON.parse(row.namedBy) as [string, Day][])
      : row.matchedBy !== null
        ? [[row.matchedBy, row.matchedOn!]]
        : [];
  const days = credits.filter(([key]) => accounts.has(key.slice(0, key.indexOf(SEPARATOR)))).map(([, day]) => day);
  return days.length === 0 ? null : Math.min(...days);
}

async function countInstructions(
  pool: pg.Pool,
  bankCode: string,
  from: Day,
  to: Day,
): Promise<BankMonth['instructions']> {
  const { rows } = await pool.query<BankMonth['instructions']>(
    `select count(*) as count, count(*) filter (where cleared_at is null) as open,
            coalesce(sum(amount_fen) filter (where cleared_at is null), 0) as "openFen"
       from breaks where bank_code = $1 and day between $2::date and $3::date and comparison = 'release' and waits_for = 'bank'`,
    [bankCode, toDbDay(from), toDbDay(to)],
  );
  return rows[0]!;
}
