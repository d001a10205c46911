import type pg from 'pg';
import { enqueue } from '../alerts/outbox.js';
import type { Calendar } from '../core/calendar.js';
import { US_PER_SECOND, type Us } from '../core/time.js';
import { inTransaction, toDbTime } from '../db/pool.js';
import { CALM_DELAY_US } from '../ledger/due.js';
import { evaluateInstitution } from './evaluate.js';
import { alertMessage, scoreMessage } from './messages.js';
import type { Policy } from './policy/policy.js';
import { readPolicyAt, SEE_ONE_POLICY } from './policy-store.js';
import { EarlierRows, readInstitutionRows } from './read-rows.js';
import { rulebookOf } from './rulebook.js';
import { evaluateShadow } from './shadow.js';
import { storeEvaluations } from './store.js';
import { type Evaluated, readStates } from './store-evaluations.js';
import { storeLinks } from './store-links.js';

export interface EvaluateOptions {
  /** The moment of the evaluation. */
  readonly now: Us;
  readonly calendar: Calendar;
  /**
   * An institution waits until it has had no event for so long, but at most SETTLE_FACTOR_MAX times as long; 0 = at once. Negative: also
   * what will be due so soon is taken now.
   */
  readonly settleUs: number;
  /**
   * Where events come faster than this, evaluations of one institution are apart: by so much for each event since the last one, but at
   * most GATHER_US_MAX, so that one evaluation serves many of them. Absent: they never wait.
   */
  readonly gatherUsPerEvent?: number;
  /** Most institutions in one transaction. */
  readonly institutionsMax: number;
  readonly kafkaEnabled: boolean;
}

export interface EvaluateResult {
  readonly evaluated: number;
  /** Alert records and score changes written. */
  readonly changes: number;
}

const SETTLE_FACTOR_MAX = 10;
/** A score is at most two seconds behind, and the evaluation takes its time as well (our default). */
export const GATHER_US_MAX = 1_300_000;

/**
 * Evaluates up to `institutionsMax` institutions that are due, by an event or by time: facts → findings → score, alert
 * records and outgoing messages, all in one transaction, with the policy in force. Several processes may do this at once: an institution belongs to
 * one of them at a time, and a newer event that arrives meanwhile makes it due again.
 */
export async function evaluateDue(pool: pg.Pool, options: EvaluateOptions): Promise<EvaluateResult> {
  return inTransaction(
    pool,
    async (client) => {
      // One state of the database for all reads: books that changed half-way would look like a break.
      await client.query(`${SEE_ONE_POLICY}; ${NO_HELPERS}`);
      const nos = await claim(client, options);
      if (nos.length === 0) return { evaluated: 0, changes: 0 };
      const { policy, record } = await readPolicyAt(client, null);
      const now = await momentOf(client, nos, options.now, record.publishedAt);
      let changes = 0;
      for (let from = 0; from < nos.length; from += TOGETHER_MAX)
        changes += await evaluate(client, nos.slice(from, from + TOGETHER_MAX), { ...options, now, policy });
      return { evaluated: nos.length, changes };
    },
    { retries: EVALUATE_RETRIES },
  );
}

/**
 * A policy holds from its publication on, also if that was by a clock that is ahead of ours. Until ours is there every evaluation of an
 * institution has a moment of its own all the same: the history of scores and the ids of messages go by it, and of two changes at
 * one moment the second would not be told.
 */
async function momentOf(client: pg.ClientBase, nos: readonly number[], now: Us, publishedAt: Us | null): Promise<Us> {
  if (publishedAt === null || now >= publishedAt) return now;
  const { rows } = await client.query<{ last: Us | null }>(
    'select max(evaluated_at) as last from evaluations where institution_no = any($1::int[])',
    [nos],
  );
  return Math.max(publishedAt, (rows[0]!.last ?? 0) + 1);
}

/** Institutions of one transaction that are read and judged together: the rows of more would outlive the memory that is quick to clear. */
const TOGETHER_MAX = 100;
/**
 * A statement that starts processes to help it costs more than it gains, for other batches are evaluated meanwhile; so does one that is
 * compiled first, which PostgreSQL does again at every execution.
 */
const NO_HELPERS = 'set local max_parallel_workers_per_gather = 0; set local jit = off';
/** Another process may have taken the same institution between our look and our write; then the look is repeated. */
const EVALUATE_RETRIES = 10;

/**
 * Institutions that were last judged with other rules, facts or another calendar are due: what a new program says differently is not
 * to wait for the next event. So are those that a clock far ahead of ours had judged, and looks at again at a time to come. Answers how many.
 */
export async function markOutdated(pool: pg.Pool, calendar: Calendar, now: Us): Promise<number> {
  const { rowCount } = await pool.query(
    `insert into due_institutions (institution_no, due_at) select institution_no, $2::timestamptz from evaluations v
      where (rulebook <> $1 or evaluated_at > $3::timestamptz)
        and not exists (select 1 from due_institutions d where d.institution_no = v.institution_no)`,
    [rulebookOf(calendar.version), toDbTime(now), toDbTime(now + AHEAD_US_MAX)],
  );
  return rowCount ?? 0;
}

/** The clocks of several machines may differ by so much (our default). */
const AHEAD_US_MAX = 60 * US_PER_SECOND;

/** Answers how many alert records and score changes were written. */
async function evaluate(
  client: pg.PoolClient,
  nos: readonly number[],
  options: EvaluateOptions & { readonly policy: Policy },
): Promise<number> {
  const { now, calendar, policy } = options;
  const earlier = new EarlierRows(now);
  const rows = await readInstitutionRows(client, nos, now, earlier);
  const states = await readStates(client, nos);
  const evaluated = await earlier.settle(client, nos, (no): Evaluated => {
    const institution = rows.get(no)!;
    const previous = states.get(no) ?? null;
    const evaluation = evaluateInstitution(institution, previous?.state ?? null, now, calendar, policy);
    return { no, rows: institution, previous, evaluation };
  });
  const records = await storeEvaluations(client, evaluated, options.now);
  await storeLinks(client, evaluated, options.now);
  const messages = [
    ...records.map(({ rows: institution, change, step }) => alertMessage(institution, change, step)),
    ...evaluated.flatMap((one) =>
      one.evaluation.scoreChanged ? [scoreMessage(one.rows, one.evaluation, options.now)] : [],
    ),
  ];
  await enqueue(client, messages, { kafkaEnabled: options.kafkaEnabled });
  await evaluateShadow(client, evaluated, earlier, options);
  return messages.length;
}

/**
 * Takes due institutions, those first that could have been taken first: whoever waits because it has just been evaluated is not before
 * one that is marked for the first time. Their locks are tried, never waited for, and the marks that were seen are removed. Marks that
 * arrive later stay. A mark for later than anybody is put off is that of a clock ahead of ours, and waits for nothing.
 */
async function claim(client: pg.PoolClient, options: EvaluateOptions): Promise<number[]> {
  const ready = toDbTime(options.now - options.settleUs);
  const overdue = toDbTime(options.now - options.settleUs * SETTLE_FACTOR_MAX);
  const { rows } = await client.query<{ no: number }>({
    name: 'claim_due',
    text: `with marked as (
             select d.institution_no, greatest(d.at, v.again_at) as at
               from (select institution_no, min(due_at) as at, sum(events) as events
                       from (select institution_no, due_at, events from due_institutions order by due_at limit $8) oldest group by institution_no
                     having max(due_at) <= $1::timestamptz or min(due_at) <= $2::timestamptz or max(due_at) > $9::timestamptz) d
               left join lateral (
                 select v.evaluated_at + least(d.events * $6::float8, $7::float8) * interval '1 microsecond' as again_at from evaluations v
                  where v.institution_no = d.institution_no and d.events > 0 and v.evaluated_at <= $3::timestamptz) v on true
              where v.again_at is null or v.again_at <= $3::timestamptz
              order by 2 limit $5),
           timed as (
             select institution_no, next_at as at from evaluations where next_at <= $3::timestamptz order by next_at limit $5),
           shadowed as (
             select institution_no, next_at as at from shadow_evaluations
              where shadow_no = (select no from policy_shadows where stopped_at is null) and next_at <= $3::timestamptz order by next_at limit $5),
           wanted as materialized (
             select institution_no from (select * from marked union all select * from timed union all select * from shadowed) due
              group by institution_no order by min(at))
           select institution_no as no from wanted where pg_try_advisory_xact_lock(${EVALUATE_LOCKS}, institution_no)
            limit $4`,
    values: [
      ready,
      overdue,
      toDbTime(options.now),
      options.institutionsMax,
      options.institutionsMax * CLAIM_LOOKAHEAD,
      options.gatherUsPerEvent ?? 0,
      GATHER_US_MAX,
      CLAIM_MARKS,
      toDbTime(options.now + CALM_DELAY_US),
    ],
  });
  const nos = rows.map((row) => row.no).sort((a, b) => a - b);
  if (nos.length > 0)
    await client.query({
      name: 'unmark_due',
      text: 'delete from due_institutions where institution_no = any($1::int[])',
      values: [nos],
    });
  return nos;
}

/** So many times a batch is looked at, because others may have taken those that have waited longest. */
const CLAIM_LOOKAHEAD = 4;
/**
 * Of a whole province that is due the oldest marks are looked at, not all of them for every batch. Enough for those who wait because they
 * have just been evaluated, by far: behind their marks are the others.
 */
export const CLAIM_MARKS = 8_000;

/** First half of the advisory locks of institutions under evaluation. */
const EVALUATE_LOCKS = 72_707_371;
