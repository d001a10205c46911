import type pg from 'pg';
import { type Day, formatDay, parseDay } from '../../core/time.js';
import { parseTimestamptz } from '../../db/parsers.js';
import { eventTypeNumber } from '../../events/list.js';
import { isNewer, SEPARATOR, type Told, type Turnover } from '../rows.js';
import { hasReversals, isStanding } from '../telling-sql.js';
import { toldField } from '../told-field.js';

type Db = pg.ClientBase | pg.Pool;

const BALANCE = eventTypeNumber('custody.balance_reported');
const REGISTERED = eventTypeNumber('account.registered');

/**
 * Sums, counts and balances are sent as one text of each institution or account: a row of its own for each of hundreds of days costs
 * more than all else that is read. No id can contain what stands between values and between rows.
 */
const UNIT = 'chr(31)';
const RECORD = 'chr(30)';

/** The number of an account or a metric and the day, as one number: both are ours, and have four digits at most. */
const dayAnd = (number: string): string => `(day - date '1970-01-01')::bigint * ${NUMBERS} + ${number}`;
const NUMBERS = 10_000;

export interface StoredTurnovers {
  readonly institutionNo: number;
  readonly account: number;
  readonly sub: string;
  /** Ascending by day. */
  readonly days: (Turnover & { readonly day: Day })[];
}

/** Day turnovers from the day on, a series per ledger account. */
export async function readTurnovers(client: Db, nos: readonly number[], from: Day): Promise<StoredTurnovers[]> {
  const { rows } = await client.query<{ institution_no: number; told: string }>({
    name: 'read_turnovers',
    text: `select institution_no, string_agg(concat_ws(${UNIT}, ${dayAnd('account')}, debit_fen, credit_fen, sub), ${RECORD}) as told
             from turnovers where institution_no = any($1::int[]) and day >= $2::date group by institution_no`,
    values: [nos, formatDay(from)],
  });
  const all: StoredTurnovers[] = [];
  for (const { institution_no: institutionNo, told } of rows) {
    const first = all.length;
    const fields = new Fields(told);
    while (fields.hasMore) {
      const number = fields.whole();
      const day = Math.floor(number / NUMBERS);
      const account = number - day * NUMBERS;
      const debitFen = fields.fen();
      const creditFen = fields.fen();
      let at = first;
      while (at < all.length && !(all[at]!.account === account && fields.isNext(all[at]!.sub))) at += 1;
      const sub = fields.text();
      if (at === all.length) all.push({ institutionNo, account, sub, days: [] });
      all[at]!.days.push({ day, debitFen, creditFen });
    }
  }
  for (const { days } of all) ascend(days);
  return all;
}

export interface StoredTallies {
  readonly institutionNo: number;
  readonly metric: number;
  /** Ascending by day. */
  readonly days: { readonly day: Day; readonly count: number }[];
}

/** Counts per day from the day on, a series per metric. */
export async function readTallies(client: Db, nos: readonly number[], from: Day): Promise<StoredTallies[]> {
  const { rows } = await client.query<{ institution_no: number; days: string; counts: string }>({
    name: 'read_tallies',
    text: `select institution_no, array_agg(${dayAnd('metric')})::text as days, array_agg(count)::text as counts
             from tallies where institution_no = any($1::int[]) and day >= $2::date group by institution_no`,
    values: [nos, formatDay(from)],
  });
  const all: StoredTallies[] = [];
  for (const { institution_no: institutionNo, days, counts } of rows) {
    const first = all.length;
    const numbers = new Fields(days, 1);
    const values = new Fields(counts, 1);
    while (numbers.hasMore) {
      const number = numbers.whole();
      const day = Math.floor(number / NUMBERS);
      const metric = number - day * NUMBERS;
      let at = first;
      while (at < all.length && all[at]!.metric !== metric) at += 1;
      if (at === all.length) all.push({ institutionNo, metric, days: [] });
      all[at]!.days.push({ day, count: values.whole() });
    }
  }
  for (const { days } of all) ascend(days);
  return all;
}

export interface StoredBalances {
  readonly institutionNo: number;
  /** Of one account, ascending by day. */
  readonly days: readonly DayBalance[];
}

export interface DayBalance extends Told {
  readonly accountId: string;
  readonly asOf: Day;
  readonly bookedFen: number;
}

const BOOKED = toldField('n', 'bookedFen');

/** The newest `limit` end-of-day balances of each account that the institutions registered. */
export async function readReportedBalances(
  client: Db,
  nos: readonly number[],
  limit: number,
): Promise<StoredBalances[]> {
  const found: StoredBalances[] = [];
  for (let open = nos, rowsMax = limit + ROWS_SPARE; open.length > 0; rowsMax *= ROWS_GROWTH) {
    const accounts = (await readNewestTold(client, open, rowsMax)).map((told) => newestOfDays(told, limit, rowsMax));
    const cutOff = new Set(accounts.filter(({ isCutOff }) => isCutOff).map(({ institutionNo }) => institutionNo));
    found.push(...accounts.filter(({ institutionNo }) => !cutOff.has(institutionNo)));
    open = [...cutOff];
  }
  return found;
}

/** Some days are told more than once. Where that is not room enough, the account is read again with more. */
const ROWS_SPARE = 6;
const ROWS_GROWTH = 8;

/** Of each account the first so many end-of-day balances that stand, newest days first, as they were told. */
async function readNewestTold(client: Db, nos: readonly number[], rowsMax: number): Promise<AccountTold[]> {
  const { rows } = await client.query<AccountTold>({
    name: 'read_reported_balances',
    // Newest keys first, until there are enough: nothing is taken out of the statements of years.
    text: `select a.institution_no as "institutionNo", a.account_id as "accountId", b.told
             from (select distinct e.institution_no, e.key as account_id, ${hasReversals('e')} as reversed from events e
                    where e.institution_no = any($1::int[]) and e.type = ${REGISTERED}) a
            cross join lateral (
              select string_agg(concat_ws(${UNIT}, right(n.key, 10), n.at, n.source, n.id, ${BOOKED}), ${RECORD}) as told
                from (select e.key, e.at, e.source, e.id, e.body from events e
                       where e.institution_no = a.institution_no and e.type = ${BALANCE}
                         and e.key >= a.account_id || ${UNIT} || 'e' || ${UNIT} and e.key < a.account_id || ${UNIT} || 'f'
                         and (not a.reversed or ${isStanding('e')})
                       order by e.key desc limit $2) n) b
            where b.told is not null`,
    values: [nos, rowsMax],
  });
  return rows;
}

interface AccountTold {
  readonly institutionNo: number;
  readonly accountId: string;
  readonly told: string;
}

/** The newest telling of each of the newest `limit` days. `isCutOff`: some of them may not have been read. */
function newestOfDays(
  { institutionNo, accountId, told }: AccountTold,
  limit: number,
  rowsMax: number,
): StoredBalances & { readonly isCutOff: boolean } {
  const days: DayBalance[] = [];
  const places = new Map<Day, number>();
  let rows = 0;
  for (const telling of told.split('\x1e')) {
    const [day, time, source, id, fen] = telling.split(SEPARATOR) as [string, string, string, string, string];
    const asOf = parseDay(day)!;
    const one = { accountId, asOf, at: parseTimestamptz(time), source, id, bookedFen: Number(fen) };
    const place = places.get(asOf);
    if (place === undefined) places.set(asOf, days.push(one) - 1);
    else if (isNewer(one, days[place]!)) days[place] = one;
    rows += 1;
  }
  days.sort((a, b) => a.asOf - b.asOf);
  // Of the last day that was read there may be more.
  return { institutionNo, days: days.slice(-limit), isCutOff: rows === rowsMax && days.length <= limit };
}

/** Values one after the other, read where they stand: no text is made of what is a number. */
class Fields {
  /** `at`: of the first field. */
  constructor(
    private readonly all: string,
    private at = 0,
  ) {}

  get hasMore(): boolean {
    return this.at < this.all.length;
  }

  /** A whole number, with what follows it. */
  whole(): number {
    const { all } = this;
    const isNegative = all.charCodeAt(this.at) === MINUS;
    if (isNegative) this.at += 1;
    let value = 0;
    for (;;) {
      const digit = all.charCodeAt(this.at) - ZERO;
      this.at += 1;
      // Also past the end, where there is no number.
      if (!(digit >= 0 && digit <= 9)) return isNegative ? -value : value;
      value = value * 10 + digit;
    }
  }

  /** Of any size. */
  fen(): bigint {
    const from = this.at;
    const value = this.whole();
    if (value === 0) return 0n;
    return Number.isSafeInteger(value) ? BigInt(value) : BigInt(this.all.slice(from, this.at - 1));
  }

  /** Whether the last field of a record is this text. */
  isNext(text: string): boolean {
    const end = this.at + text.length;
    return (end === this.all.length || this.all.charCodeAt(end) === RECORD_END) && this.all.startsWith(text, this.at);
  }

  /** The last field of a record, with what follows it. */
  text(): string {
    const from = this.at;
    const end = this.all.indexOf('\x1e', from);
    this.at = end < 0 ? this.all.length + 1 : end + 1;
    return end < 0 ? this.all.slice(from) : this.all.slice(from, end);
  }
}
const [MINUS, ZERO, RECORD_END] = [45, 48, 30];

/** They mostly are in order already. */
function ascend(days: { readonly day: Day }[]): void {
  for (let at = 1; at < days.length; at += 1)
    if (days[at]!.day < days[at - 1]!.day) {
      days.sort((a, b) => a.day - b.day);
      return;
    }
}
