import type pg from 'pg';
import type { Calendar } from '../../core/calendar.js';
import type { Day, Us } from '../../core/time.js';
import { toDbDay } from '../../db/pool.js';
import { DELAY_MEASURES, type DelayMeasure, delayAt } from './delays.js';

/** Days of receipt over which delays and days without data are told. */
export const FEED_DAYS = 30;
/** Working days of which it is told how many accounts reported. */
export const COMPLETENESS_WORKING_DAYS = 10;
/** Gaps that are named one by one; all are counted. */
export const GAPS_NAMED_MAX = 100;

export interface SequenceGap {
  readonly from: number;
  readonly to: number;
}

export interface Feed {
  readonly source: string;
  readonly kind: 'bank' | 'platform' | 'institution' | 'other';
  readonly firstReceivedAt: Us;
  readonly lastReceivedAt: Us;
  /** Time of the newest event, as the source tells it. */
  readonly lastEventAt: Us | null;
  readonly events: number;
  readonly rejected: number;
  /** Null when the source numbers nothing. */
  readonly sequence: {
    readonly first: number;
    readonly last: number;
    readonly missing: number;
    /** The oldest GAPS_NAMED_MAX. */
    readonly gaps: readonly SequenceGap[];
  } | null;
  /** Seconds that half, and 95% of the events needed at most, by steps; null beyond a week, or without events. */
  readonly delays: { readonly [M in DelayMeasure]: { readonly p50: number | null; readonly p95: number | null } };
  /** Working days of the last FEED_DAYS, up to the last whose data is due, on which nothing was received. */
  readonly daysWithout: readonly Day[];
  /** Of a bank: how many of its custody accounts told their balance at the end of each day; the newest first. */
  readonly completeness: readonly { readonly day: Day; readonly accounts: number; readonly reported: number }[];
}

export interface FeedQuery {
  /** Only this source, or those that begin with `prefix`; null: all. */
  readonly authority: { readonly exactly: string; readonly prefix: string } | null;
  /** Only platforms of this region and banks that hold accounts there; '' is everything. */
  readonly region: string;
  readonly after: string | null;
  readonly limit: number;
  /** The last day whose data is due. */
  readonly asOf: Day;
  readonly calendar: Calendar;
}

/** Feeds by source. */
export async function readFeeds(pool: pg.Pool, query: FeedQuery): Promise<Feed[]> {
  const rows = await listRows(pool, query);
  const sources = rows.map((row) => row.source);
  const [rejected, gaps, delays, days, complete] = [
    await countRejected(pool, sources),
    await sequenceGaps(pool, sources),
    await readDelays(pool, sources, query.asOf),
    await daysWith(pool, sources, query.asOf),
    await readCompleteness(
      pool,
      sources.flatMap((source) => bankCodeOf(source) ?? []),
      query,
    ),
  ];
  return rows.map((row) => ({
    source: row.source,
    kind: kindOf(row.source),
    firstReceivedAt: row.first_received_at,
    lastReceivedAt: row.last_received_at,
    lastEventAt: row.last_event_at,
    events: row.events,
    rejected: rejected.get(row.source) ?? 0,
    sequence: row.first === null ? null : { first: row.first, last: row.last!, ...(gaps.get(row.source) ?? NO_GAPS) },
    delays: {
      told: percentiles(delays.get(`${row.source}/${DELAY_MEASURES.told}`)),
      received: percentiles(delays.get(`${row.source}/${DELAY_MEASURES.received}`)),
    },
    daysWithout: workingDays(query, FEED_DAYS, row.first_received_day).filter(
      (day) => !days.has(`${row.source}/${day}`),
    ),
    completeness: complete.get(bankCodeOf(row.source) ?? '') ?? [],
  }));
}

const NO_GAPS = { missing: 0, gaps: [] };

/** Numbers beyond 2^53 are passed over: the answer is JSON, which does not hold them to the last digit. */
const TOLD_NUMBERS = `(sequences * '{[0,${Number.MAX_SAFE_INTEGER}]}'::int8multirange)`;

interface Row {
  readonly source: string;
  readonly first_received_at: Us;
  readonly first_received_day: Day;
  readonly last_received_at: Us;
  readonly last_event_at: Us | null;
  readonly events: number;
  readonly first: number | null;
  readonly last: number | null;
}

async function listRows(pool: pg.Pool, { authority, region, after, limit }: FeedQuery): Promise<Row[]> {
  const { rows } = await pool.query<Row>(
    `select source, first_received_at, ((first_received_at + interval '8 hours') at time zone 'UTC')::date as first_received_day, last_received_at,
            last_event_at, events, lower(${TOLD_NUMBERS}) as first, upper(${TOLD_NUMBERS}) - 1 as last
       from feeds f
      where ($1::text is null or source = $1 or starts_with(source, $2)) and ($4::text is null or source > $4)
        and ($3 = '' or starts_with(source, '/platform/' || $3)
             or exists (select 1 from feed_accounts a join evaluations v on v.institution_no = a.institution_no
                         where a.bank_code = split_part(source, '/', 3) and starts_with(source, '/bank/') and starts_with(v.region_code, $3)))
      order by source limit $5`,
    [authority?.exactly ?? null, authority?.prefix ?? null, region, after, limit],
  );
  return rows;
}

async function countRejected(pool: pg.Pool, sources: readonly string[]): Promise<Map<string, number>> {
  const { rows } = await pool.query<{ source: string; n: number }>(
    'select source, count(*) as n from rejected_events where source = any($1::text[]) and redriven_at is null group by source',
    [sources],
  );
  return new Map(rows.map((row) => [row.source, row.n]));
}

/** Numbers that were never received. One that came with a refused event, or with a fact told before, is no gap. */
async function sequenceGaps(
  pool: pg.Pool,
  sources: readonly string[],
): Promise<Map<string, { missing: number; gaps: SequenceGap[] }>> {
  const { rows } = await pool.query<{ source: string; from: number; to: number }>(
    `select source, lower(gap) as "from", upper(gap) - 1 as "to"
       from (select source, unnest(int8multirange(int8range(lower(numbers), upper(numbers))) - numbers) as gap
               from (select source, ${TOLD_NUMBERS} as numbers from feeds where source = any($1::text[])) f where not isempty(numbers)) g
      order by source, lower(gap)`,
    [sources],
  );
  const result = new Map<string, { missing: number; gaps: SequenceGap[] }>();
  for (const source of new Set(rows.map((row) => row.source))) {
    const refused = await refusedSequences(pool, source);
    const gaps = rows.filter((row) => row.source === source).flatMap((row) => without(row, refused));
    result.set(source, {
      missing: gaps.reduce((sum, gap) => sum + gap.to - gap.from + 1, 0),
      gaps: gaps.slice(0, GAPS_NAMED_MAX),
    });
  }
  return result;
}

/** Inputs of one source that are looked through for their numbers. */
const REFUSED_READ_MAX = 20_000;

async function refusedSequences(pool: pg.Pool, source: string): Promise<number[]> {
  const { rows } = await pool.query<{ text: string }>(
    `(select encode(input, 'escape') as text from rejected_events where source = $1 order by seq desc limit ${REFUSED_READ_MAX})
     union all (select body from kept_out_events where source = $1 limit ${REFUSED_READ_MAX})`,
    [source],
  );
  return rows
    .flatMap(({ text }) => {
      const found = /"sequence"\s*:\s*"(\d{1,15})"/.exec(text);
      return found ? [Number(found[1])] : [];
    })
    .sort((a, b) => a - b);
}

/** The gap without the numbers in it, which are ascending. */
function without({ from, to }: SequenceGap, numbers: readonly number[]): SequenceGap[] {
  const rest: SequenceGap[] = [];
  let start = from;
  for (const number of numbers) {
    if (number < start || number > to) continue;
    if (number > start) rest.push({ from: start, to: number - 1 });
    start = number + 1;
  }
  if (start <= to) rest.push({ from: start, to });
  return rest;
}

async function readDelays(
  pool: pg.Pool,
  sources: readonly string[],
  asOf: Day,
): Promise<Map<string, Map<number, number>>> {
  const { rows } = await pool.query<{ source: string; measure: number; bucket: number; count: number }>(
    `select source, measure, bucket, sum(count)::bigint as count from feed_delays
      where source = any($1::text[]) and day > $2::date group by source, measure, bucket`,
    [sources, toDbDay(asOf - FEED_DAYS)],
  );
  const result = new Map<string, Map<number, number>>();
  for (const row of rows) {
    const key = `${row.source}/${row.measure}`;
    result.set(key, (result.get(key) ?? new Map()).set(row.bucket, row.count));
  }
  return result;
}

function percentiles(counts: ReadonlyMap<number, number> = new Map()) {
  return { p50: delayAt(counts, 50), p95: delayAt(counts, 95) };
}

async function daysWith(pool: pg.Pool, sources: readonly string[], asOf: Day): Promise<Set<string>> {
  const { rows } = await pool.query<{ source: string; day: Day }>(
    'select source, day from feed_days where source = any($1::text[]) and day > $2::date',
    [sources, toDbDay(asOf - FEED_DAYS - 1)],
  );
  return new Set(rows.map((row) => `${row.source}/${row.day}`));
}

/** The working days of the last `days` days up to `asOf`, the newest first; none before `first`. */
function workingDays({ asOf, calendar }: FeedQuery, days: number, first: Day): Day[] {
  const found: Day[] = [];
  for (let day = calendar.addWorkingDays(asOf + 1, -1); day > asOf - days && day >= first; ) {
    found.push(day);
    day = calendar.addWorkingDays(day, -1);
  }
  return found;
}

async function readCompleteness(
  pool: pg.Pool,
  banks: readonly string[],
  query: FeedQuery,
): Promise<Map<string, { day: Day; accounts: number; reported: number }[]>> {
  if (banks.length === 0) return new Map();
  const days: Day[] = [];
  for (let n = 0, day = query.asOf + 1; n < COMPLETENESS_WORKING_DAYS; n += 1) {
    day = query.calendar.addWorkingDays(day, -1);
    days.push(day);
  }
  return completenessOf(pool, banks, days, query.region);
}

/** How many custody accounts of each bank told their balance at the end of each day, the newest first. */
export async function completenessOf(
  pool: pg.Pool,
  banks: readonly string[],
  days: readonly Day[],
  region: string,
): Promise<Map<string, { day: Day; accounts: number; reported: number }[]>> {
  const { rows } = await pool.query<{ bank_code: string; day: Day; accounts: number; reported: number }>(
    `select a.bank_code, d.day, count(*) as accounts, count(b.account_id) as reported
       from feed_accounts a
       cross join unnest($2::date[]) as d(day)
       left join feed_balances b on b.day = d.day and b.institution_no = a.institution_no and b.account_id = a.account_id
       left join evaluations v on v.institution_no = a.institution_no
      where a.bank_code = any($1::text[]) and a.purpose = 'custody' and not a.is_closed and a.valid_from <= d.day
        and ($3 = '' or starts_with(v.region_code, $3))
      group by a.bank_code, d.day order by d.day desc`,
    [banks, days.map(toDbDay), region],
  );
  const result = new Map<string, { day: Day; accounts: number; reported: number }[]>();
  for (const { bank_code: bank, day, accounts, reported } of rows)
    result.set(bank, [...(result.get(bank) ?? []), { day, accounts, reported }]);
  return result;
}

function bankCodeOf(source: string): string | null {
  return /^\/bank\/([^/]+)/.exec(source)?.[1] ?? null;
}

function kindOf(source: string): Feed['kind'] {
  const kind = /^\/(bank|platform|institution)\//.exec(source)?.[1];
  return (kind as Feed['kind'] | undefined) ?? 'other';
}
