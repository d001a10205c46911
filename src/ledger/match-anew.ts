import type pg from 'pg';
import type { Calendar } from '../core/calendar.js';
import type { Day, Us } from '../core/time.js';
import { inTransaction } from '../db/pool.js';
import { flush } from './flush.js';
import { rematchAll } from './match.js';
import { prefetchMatching } from './prefetch.js';
import { markDue } from './sql/close-batch.js';
import { lockInstitutions } from './sql/lock-institutions.js';
import { WorkingSet } from './working-set.js';

export interface MatchAnewOptions {
  readonly calendar: Calendar;
  readonly now: Us;
  /** Runs in the same transaction, with the institutions whose matches changed. */
  readonly alongside?: (client: pg.PoolClient, nos: readonly number[]) => Promise<void>;
  /** Runs in the transaction that notes the calendar, whoever's matches changed: for what else was derived by working days. */
  readonly atLast?: (client: pg.PoolClient) => Promise<void>;
  /** Hears of it before each batch; not at all where there is nothing to match. */
  readonly onProgress?: (so: MatchProgress) => void;
}

export interface MatchProgress {
  /** Version of the calendar of before; null: none was noted. */
  readonly before: string | null;
  /** Institutions that are done, of how many. */
  readonly done: number;
  readonly total: number;
}

/** Institutions of one transaction (our default): each has all of its unnamed credits in memory, and waits for nobody for long. */
const INSTITUTIONS_MAX = 50;

/**
 * Matches all unnamed credits again when the calendar is another one than that by which they were matched: a year without data is
 * guessed as Monday to Friday until its holidays are published, and then credits of it find other payments among the last five working
 * days. Repeated from the start when it was interrupted. Several starters may call it at once: one works, the others wait. Needs two
 * connections of the pool. Answers how many institutions changed.
 */
export async function matchAnew(pool: pg.Pool, options: MatchAnewOptions): Promise<number> {
  if ((await matchedBy(pool)) === options.calendar.version) return 0;
  const lock = await pool.connect();
  try {
    await lock.query('select pg_advisory_lock($1)', [MATCH_LOCK]);
    const before = await matchedBy(pool);
    return before === options.calendar.version ? 0 : await matchEverybody(pool, before, options);
  } finally {
    // Closing the session gives the lock back in every case.
    lock.release(true);
  }
}

const MATCH_LOCK = 72_707_374;

async function matchedBy(pool: pg.Pool): Promise<string | null> {
  const { rows } = await pool.query<{ version: string }>('select version from matched_by_calendar');
  return rows[0]?.version ?? null;
}

async function matchEverybody(pool: pg.Pool, before: string | null, options: MatchAnewOptions): Promise<number> {
  const { rows } = await pool.query<{ total: number }>(
    'select count(distinct institution_no) as total from credits where not names_payments',
  );
  const total = rows[0]!.total;
  let changed = 0;
  let done = 0;
  let after: number | null = 0;
  while (after !== null) {
    const from: number = after;
    if (done < total) options.onProgress?.({ before, done, total });
    const batch: Batch = await inTransaction(pool, (client) => matchSome(client, from, options));
    changed += batch.changed;
    done += batch.institutions;
    after = batch.last;
  }
  await inTransaction(pool, async (client) => {
    await options.atLast?.(client);
    await client.query(
      'insert into matched_by_calendar (version) values ($1) on conflict (one) do update set version = excluded.version',
      [options.calendar.version],
    );
  });
  return changed;
}

interface Batch {
  readonly institutions: number;
  readonly changed: number;
  /** Null: there are no more. */
  readonly last: number | null;
}

async function matchSome(client: pg.PoolClient, after: number, options: MatchAnewOptions): Promise<Batch> {
  const { rows: next } = await client.query<{ no: number; id: string }>(
    `select no, id from institutions i where no > $1
        and exists (select 1 from credits c where c.institution_no = i.no and not c.names_payments)
      order by no limit ${INSTITUTIONS_MAX}`,
    [after],
  );
  if (next.length === 0) return { institutions: 0, changed: 0, last: null };
  const set = new WorkingSet(true);
  const byNo = new Map(
    (
      await lockInstitutions(
        client,
        next.map(({ id }) => id),
      )
    ).map(({ no, id }) => {
      const books = set.institution(id);
      books.no = no;
      return [no, books] as const;
    }),
  );
  const { rows: amounts } = await client.query<{ no: number; amount_fen: number; from_day: Day }>(
    `select institution_no as no, amount_fen, min(booked_on) as from_day from credits
      where institution_no = any($1::int[]) and not names_payments group by institution_no, amount_fen`,
    [next.map(({ no }) => no)],
  );
  for (const { no, amount_fen, from_day } of amounts) byNo.get(no)!.markRematch(amount_fen, from_day);
  await prefetchMatching(client, set);
  for (const books of byNo.values()) rematchAll(books, options.calendar);
  await flush(client, set, options.now);
  const changed = [...byNo].flatMap(([no, { credits }]) => (credits.changed.size > 0 ? [no] : []));
  // They may have been judged by this calendar already, from the matches of before.
  if (changed.length > 0)
    await markDue(
      client,
      changed.map((no) => ({ no, dueAt: options.now, events: 1 })),
    );
  await options.alongside?.(client, changed);
  return { institutions: next.length, changed: changed.length, last: next.at(-1)!.no };
}
