import type pg from 'pg';
import type { Calendar } from '../../core/calendar.js';
import { type Day, dayOf, startOfDay, US_PER_HOUR, type Us } from '../../core/time.js';
import { inTransaction, toDbDay, toDbTime } from '../../db/pool.js';
import { readConsistently } from '../../ledger/books.js';
import { closedThrough } from './close.js';
import { type Loaded, type LoadKey, loadReconcileRows } from './load.js';
import { type Reconciliation, reconcile } from './reconcile.js';
import { factsOf } from './rows.js';
import { type Outcome, storeOutcomes } from './store.js';

/** The bank's data of a working day is due at this hour of the next one, as rule A07 has it. */
export const BANK_DATA_DUE_HOUR = 12;

/** The last day whose bank data is due at the moment `now`. */
export function lastDueDay(now: Us, calendar: Calendar): Day {
  const today = dayOf(now);
  const isDue = now >= startOfDay(today) + BANK_DATA_DUE_HOUR * US_PER_HOUR;
  return calendar.addWorkingDays(isDue ? today + 1 : today, -1) - 1;
}

export interface ReconcileOptions {
  readonly calendar: Calendar;
  readonly clock: () => Us;
  readonly asOf: Day;
  /** The one institution to reconcile, due or not; null: all that are due. */
  readonly institutionId: string | null;
  /** Hears of each page; throw to stop between pages. */
  readonly onPage?: (so: ReconcileCounts) => void;
}

export interface ReconcileCounts {
  readonly institutions: number;
  /** Entries of the banks that were read. */
  readonly entries: number;
  readonly opened: number;
  readonly reopened: number;
  readonly cleared: number;
}

/** Pages are cut by both, so that memory is bounded whatever the size of an institution's history since its last closed day. */
const INSTITUTIONS_PER_PAGE = 500;
const EVENTS_PER_PAGE = 200_000;

/**
 * Reconciles every institution that something moved or that time changes, page by page, each page in a transaction of its own:
 * interrupted, it goes on where it was. The register must be fresh (`refreshFeeds`), and only one process may run it (a job's lock).
 */
export async function reconcileDue(pool: pg.Pool, options: ReconcileOptions): Promise<ReconcileCounts> {
  const startedAt = options.clock();
  let counts: ReconcileCounts = { institutions: 0, entries: 0, opened: 0, reopened: 0, cleared: 0 };
  let after = 0;
  for (;;) {
    const page = await nextPage(pool, options, after);
    if (page.length === 0) break;
    after = page.at(-1)!.no;
    const done = await inTransaction(pool, async (client) => {
      await client.query('set transaction isolation level repeatable read');
      return reconcilePage(client, page, options);
    });
    counts = add(counts, done);
    options.onPage?.(counts);
  }
  await pool.query(
    `insert into reconciliation_runs (as_of, institution_id, started_at, ended_at, institutions, entries, opened, reopened, cleared)
     values ($1::date, $2, $3::timestamptz, $4::timestamptz, $5, $6, $7, $8, $9)`,
    [
      toDbDay(options.asOf),
      options.institutionId,
      toDbTime(startedAt),
      toDbTime(Math.max(startedAt, options.clock())),
      counts.institutions,
      counts.entries,
      counts.opened,
      counts.reopened,
      counts.cleared,
    ],
  );
  return counts;
}

/**
 * What one institution's books and bank say at the end of a day; nothing is stored. `through`: movements of later days are left
 * out, so that with `asOf` it is what would have been said then, from what is known today.
 */
export async function reconcileAsOf(
  pool: pg.Pool,
  institution: { readonly no: number; readonly id: string },
  asOf: Day,
  through: Day,
  calendar: Calendar,
): Promise<Reconciliation> {
  const { rows } = await readConsistently(pool, (client) =>
    loadReconcileRows(client, [{ ...institution, closedThrough: null }]),
  );
  return reconcile(factsOf(rows.get(institution.no)!, through), asOf, calendar);
}

async function reconcilePage(
  client: pg.PoolClient,
  page: readonly LoadKey[],
  options: ReconcileOptions,
): Promise<ReconcileCounts> {
  const loaded = await loadReconcileRows(client, page);
  const reopened = new Set(loaded.reopened);
  const outcomes = outcomesOf(
    loaded,
    page.filter(({ no }) => !reopened.has(no)),
    options,
  );
  let entries = loaded.entries;
  for (const key of page) {
    if (!reopened.has(key.no)) continue;
    const whole = await loadReconcileRows(client, [{ ...key, closedThrough: null }]);
    outcomes.push(...outcomesOf(whole, [key], options));
    entries += whole.entries;
  }
  const stored = await storeOutcomes(client, outcomes, options.asOf, options.clock());
  return { institutions: page.length, entries, ...stored };
}

function outcomesOf(loaded: Loaded, keys: readonly LoadKey[], { asOf, calendar, clock }: ReconcileOptions): Outcome[] {
  // What is known of today already may settle something of yesterday; only what is due can be a break.
  const through = Math.max(asOf, dayOf(clock()));
  return keys.map(({ no }) => {
    const facts = factsOf(loaded.rows.get(no)!, through);
    const found = reconcile(facts, asOf, calendar);
    return {
      no,
      breaks: found.breaks,
      readAfter: facts.closedThrough,
      closedThrough: closedThrough(facts, found, asOf, calendar),
      changesOn: found.changesOn,
    };
  });
}

/** The next institutions by number that are due, with the day up to which they are closed, unless something touched it. */
async function nextPage(pool: pg.Pool, options: ReconcileOptions, after: number): Promise<LoadKey[]> {
  const { rows } = await pool.query<{ no: number; id: string; closed: Day | null; events: number }>(
    `select i.no, i.id, i.event_count as events, (select max(c) from unnest(r.closed_days) c where d.from_day is null or c < d.from_day) as closed
       from institutions i
       left join reconciled r on r.institution_no = i.no
       left join reconcile_due d on d.institution_no = i.no
      where i.no > $1 and i.event_count > 0
        and case when $2::text is null then d.institution_no is not null or r.changes_on <= $3::date else i.id = $2 end
      order by i.no limit ${INSTITUTIONS_PER_PAGE}`,
    [after, options.institutionId, toDbDay(options.asOf)],
  );
  const page: LoadKey[] = [];
  let events = 0;
  for (const row of rows) {
    // Of a closed history only the last days are read.
    events += row.closed === null ? row.events : Math.min(row.events, EVENTS_OF_OPEN_DAYS);
    if (page.length > 0 && events > EVENTS_PER_PAGE) break;
    page.push({ no: row.no, id: row.id, closedThrough: row.closed });
  }
  return page;
}

/** Our guess of what the days since the last closed one hold. */
const EVENTS_OF_OPEN_DAYS = 2_000;

function add(a: ReconcileCounts, b: ReconcileCounts): ReconcileCounts {
  return {
    institutions: a.institutions + b.institutions,
    entries: a.entries + b.entries,
    opened: a.opened + b.opened,
    reopened: a.reopened + b.reopened,
    cleared: a.cleared + b.cleared,
  };
}
