import type pg from 'pg';
import type { Calendar } from '../core/calendar.js';
import type { Us } from '../core/time.js';
import { US_PER_SECOND } from '../core/time.js';
import { toDbTime } from '../db/pool.js';
import type { KafkaLog } from '../sources/kafka/types.js';
import { lastDueAt, type Schedule } from './schedule.js';

export interface Job {
  readonly name: string;
  /** What it does, in one line for people. */
  readonly does: string;
  readonly schedule: Schedule;
  /** Number of the job's lock: the same in every process. */
  readonly lock: number;
  /**
   * Must bear being run twice, and being cut off: it is run again. One run makes up for all that were missed. `held` is the connection
   * of the job's lock, for further locks: a job must do with one more. Answers what it did.
   */
  work(deps: JobDeps, held: pg.PoolClient): Promise<object>;
}

export interface JobDeps {
  readonly pool: pg.Pool;
  readonly clock: () => Us;
  readonly calendar: Calendar;
  readonly log: KafkaLog;
}

/** First half of the advisory locks of jobs. */
const JOB_LOCKS = 72_707_370;
/** Our default: a run that failed is tried again after so long. */
export const RETRY_US = 10 * 60 * US_PER_SECOND;
/** How long the history of runs is kept. */
const RUNS_KEPT_US = 90 * 86_400 * US_PER_SECOND;
const ERROR_CHARACTERS_MAX = 500;

/**
 * Runs the job if its last due time has no run that ended well, and no other process is at it. A failure is recorded, told to the
 * log and tried again after RETRY_US; it is not thrown, so that it costs the other jobs nothing. Answers whether it ran.
 */
export async function runIfDue(deps: JobDeps, job: Job): Promise<boolean> {
  const dueAt = lastDueAt(job.schedule, deps.clock(), deps.calendar);
  if (!(await isWanted(deps, job, dueAt))) return false;
  // A connection of its own: the lock ends with it, whatever happens to the process.
  const client = await deps.pool.connect();
  let broken: Error | undefined;
  try {
    const { rows } = await client.query<{ locked: boolean }>(
      'select pg_try_advisory_lock($1::int, $2::int) as locked',
      [JOB_LOCKS, job.lock],
    );
    if (!rows[0]!.locked) return false;
    try {
      // Another process may have just finished it.
      if (!(await isWanted(deps, job, dueAt))) return false;
      await recordRun(deps, job, dueAt, client);
      return true;
    } finally {
      await client.query('select pg_advisory_unlock($1::int, $2::int)', [JOB_LOCKS, job.lock]).catch((error: Error) => {
        broken = error;
      });
    }
  } finally {
    client.release(broken);
  }
}

async function isWanted({ pool, clock }: JobDeps, job: Job, dueAt: Us): Promise<boolean> {
  const now = clock();
  // A run for a time to come is that of a clock that was ahead: it takes the place of no other, or nothing would run until then.
  const { rows } = await pool.query<{ wanted: boolean }>(
    `select not exists (select 1 from job_runs where job = $1 and due_at between $2::timestamptz and $4::timestamptz
                           and (outcome = 'done' or (outcome = 'failed' and started_at > $3::timestamptz))) as wanted`,
    [job.name, toDbTime(dueAt), toDbTime(now - RETRY_US), toDbTime(now)],
  );
  return rows[0]!.wanted;
}

async function recordRun(deps: JobDeps, job: Job, dueAt: Us, held: pg.PoolClient): Promise<void> {
  const { pool, clock, log } = deps;
  // Whoever holds the lock knows that a run without an end was cut off.
  await pool.query(
    `update job_runs set outcome = 'failed', ended_at = $2::timestamptz, detail = '{"error":"The process ended before the job did."}'
      where job = $1 and outcome is null`,
    [job.name, toDbTime(clock())],
  );
  const { rows } = await pool.query<{ run_id: number }>(
    'insert into job_runs (job, due_at, started_at) values ($1, $2::timestamptz, $3::timestamptz) returning run_id',
    [job.name, toDbTime(dueAt), toDbTime(clock())],
  );
  const end = (outcome: 'done' | 'failed', detail: object): Promise<unknown> =>
    pool.query('update job_runs set outcome = $2, ended_at = $3::timestamptz, detail = $4::jsonb where run_id = $1', [
      rows[0]!.run_id,
      outcome,
      toDbTime(clock()),
      JSON.stringify(detail),
    ]);
  try {
    const detail = await job.work(deps, held);
    await end('done', detail);
    log.info({ job: job.name, ...detail }, 'job done');
  } catch (error) {
    log.error({ job: job.name, err: error }, 'job failed');
    const text = error instanceof Error ? error.message : String(error);
    await end('failed', { error: text.slice(0, ERROR_CHARACTERS_MAX) });
  }
  await pool.query('delete from job_runs where started_at < $1::timestamptz', [toDbTime(clock() - RUNS_KEPT_US)]);
}
