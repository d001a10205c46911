import type pg from 'pg';
import { type Day, formatDay, parseDay } from '../../core/time.js';
import { eventTypeNumber } from '../../events/list.js';
import { SEPARATOR, type Told, type Turnover } from '../rows.js';

type Db = pg.ClientBase | pg.Pool;

const BALANCE = eventTypeNumber('custody.balance_reported');
const REGISTERED = eventTypeNumber('account.registered');
const REVERSED = eventTypeNumber('event.reversed');
/** Between values, and between rows: no id can contain them. */
const UNIT = 'chr(31)';
const RECORD = 'chr(30)';

/**
 * Sums and counts per day are sent as lists, one of each column for an institution: a row of its own for each of hundreds of days
 * costs more than all else that is read. The day is a number of days. The lists of one institution are in one order, whatever that is:
 * days are put in order here, where they mostly are already.
 */
const LISTED_DAY = `array_agg(day - date '1970-01-01')::text as days`;

export interface StoredTurnovers {
  readonly institutionNo: number;
  readonly account: number;
  readonly sub: string;
  /** Ascending by day. */
  readonly days: (Turnover & { readonly day: Day })[];
}

/** Day turnovers from the day on, a series per ledger account. */
export async function readTurnovers(client: Db, nos: readonly number[], from: Day): Promise<StoredTurnovers[]> {
  const { rows } = await client.query<{ institution_no: number } & Record<TurnoverColumn, string>>({
    name: 'read_turnovers',
    text: `select institution_no, ${LISTED_DAY}, array_agg(account)::text as accounts, string_agg(sub, ${UNIT}) as subs,
                  array_agg(debit_fen)::text as debits, array_agg(credit_fen)::text as credits
             from turnovers where institution_no = any($1::int[]) and day >= $2::date group by institution_no`,
    values: [nos, formatDay(from)],
  });
  return rows.flatMap((row) => {
    const [days, accounts, debits, credits] = [row.days, row.accounts, row.debits, row.credits].map(listOf) as [
      string[],
      string[],
      string[],
      string[],
    ];
    const subs = row.subs.split(SEPARATOR);
    const series = new Map<string, StoredTurnovers>();
    days.forEach((day, at) => {
      const key = `${accounts[at]}/${subs[at]}`;
      let one = series.get(key);
      if (one === undefined) {
        one = { institutionNo: row.institution_no, account: Number(accounts[at]), sub: subs[at]!, days: [] };
        series.set(key, one);
      }
      one.days.push({ day: Number(day), debitFen: fenOf(debits[at]!), creditFen: fenOf(credits[at]!) });
    });
    for (const { days } of series.values()) ascend(days);
    return [...series.values()];
  });
}

type TurnoverColumn = 'days' | 'accounts' | 'subs' | 'debits' | 'credits';

export interface StoredTallies {
  readonly institutionNo: number;
  readonly metric: number;
  /** Ascending by day. */
  readonly days: { readonly day: Day; readonly count: number }[];
}

/** Counts per day from the day on, a series per metric. */
export async function readTallies(client: Db, nos: readonly number[], from: Day): Promise<StoredTallies[]> {
  const { rows } = await client.query<{ institution_no: number; days: string; metrics: string; counts: string }>({
    name: 'read_tallies',
    text: `select institution_no, ${LISTED_DAY}, array_agg(metric)::text as metrics, array_agg(count)::text as counts
             from tallies where institution_no = any($1::int[]) and day >= $2::date group by institution_no`,
    values: [nos, formatDay(from)],
  });
  return rows.flatMap((row) => {
    const metrics = listOf(row.metrics);
    const counts = listOf(row.counts);
    const series = new Map<string, StoredTallies>();
    listOf(row.days).forEach((day, at) => {
      const metric = metrics[at]!;
      let one = series.get(metric);
      if (one === undefined) {
        one = { institutionNo: row.institution_no, metric: Number(metric), days: [] };
        series.set(metric, one);
      }
      one.days.push({ day: Number(day), count: Number(counts[at]) });
    });
    for (const { days } of series.values()) ascend(days);
    return [...series.values()];
  });
}

export interface StoredBalance extends Told {
  readonly institutionNo: number;
  readonly accountId: string;
  readonly asOf: Day;
  readonly bookedFen: number;
}

/** The amount as it is written: a whole number, and another field always follows. Quicker than a pattern. */
const BOOKED = `split_part(split_part(n.body, '"bookedFen":', 2), ',', 1)`;

/** The newest `limit` end-of-day balances of each account that the institutions registered, ascending by day. */
export async function readReportedBalances(
  client: Db,
  nos: readonly number[],
  limit: number,
): Promise<StoredBalance[]> {
  const standing = `not exists (select 1 from events r where r.institution_no = e.institution_no and r.type = ${REVERSED} and r.key = e.source || ${UNIT} || e.id)`;
  const { rows } = await client.query<{ institution_no: number; account_id: string; told: string }>({
    name: 'read_reported_balances',
    // Newest keys first, until there are enough: nothing is taken out of the statements of years.
    text: `select a.institution_no, a.account_id,
                  string_agg(right(n.key, 10) || ${UNIT} || (extract(epoch from n.at) * 1000000)::bigint || ${UNIT} || n.source || ${UNIT} || n.id || ${UNIT} || ${BOOKED}, ${RECORD}) as told
             from (select distinct institution_no, key as account_id from events where institution_no = any($1::int[]) and type = ${REGISTERED}) a
            cross join lateral (
              select distinct on (e.key) e.key, e.at, e.source, e.id, e.body from events e
               where e.institution_no = a.institution_no and e.type = ${BALANCE}
                 and e.key >= a.account_id || ${UNIT} || 'e' || ${UNIT} and e.key < a.account_id || ${UNIT} || 'f' and ${standing}
               order by e.key desc, e.at desc, (e.source || e.id) desc, e.source desc limit $2) n
           group by a.institution_no, a.account_id`,
    values: [nos, limit],
  });
  return rows.flatMap((row) => {
    const balances = row.told.split('\x1e').map((told): StoredBalance => {
      const [asOf, at, source, id, fen] = told.split(SEPARATOR) as [string, string, string, string, string];
      return {
        institutionNo: row.institution_no,
        accountId: row.account_id,
        asOf: parseDay(asOf)!,
        at: Number(at),
        source,
        id,
        bookedFen: Number(fen),
      };
    });
    return balances.sort((a, b) => a.asOf - b.asOf);
  });
}

function ascend(days: { readonly day: Day }[]): void {
  for (let at = 1; at < days.length; at += 1)
    if (days[at]!.day < days[at - 1]!.day) {
      days.sort((a, b) => a.day - b.day);
      return;
    }
}

/** `{1,2}` of whole numbers. */
function listOf(text: string): string[] {
  return text.slice(1, -1).split(',');
}

/** Every day has one side that did not move. */
function fenOf(text: string): bigint {
  return text === '0' ? 0n : BigInt(text);
}
