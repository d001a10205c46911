import type pg from 'pg';
import type { Calendar } from '../core/calendar.js';
import type { Us } from '../core/time.js';
import { JOBS } from './list.js';
import { lastDueAt, nextDueAt, scheduleText } from './schedule.js';

export interface JobRun {
  readonly dueAt: Us;
  readonly startedAt: Us;
  readonly endedAt: Us | null;
  readonly outcome: 'done' | 'failed' | 'running';
  /** What it did, or `error`. */
  readonly detail: Record<string, unknown> | null;
}

export interface JobState {
  readonly job: string;
  readonly does: string;
  readonly schedule: string;
  /** `waiting`: its last due time has no run yet. */
  readonly state: 'done' | 'failed' | 'running' | 'waiting';
  readonly lastDueAt: Us;
  readonly nextDueAt: Us;
  /** The newest first. */
  readonly runs: readonly JobRun[];
}

/** Every job with its newest runs. */
export async function readJobs(pool: pg.Pool, now: Us, calendar: Calendar, runsMax: number): Promise<JobState[]> {
  const states: JobState[] = [];
  for (const { name, does, schedule } of JOBS) {
    const { rows } = await pool.query<JobRun>(
      `select due_at as "dueAt", started_at as "startedAt", ended_at as "endedAt", coalesce(outcome, 'running') as outcome, detail
         from job_runs where job = $1 order by due_at desc, run_id desc limit $2`,
      [name, runsMax],
    );
    const dueAt = lastDueAt(schedule, now, calendar);
    const newest = rows[0];
    states.push({
      job: name,
      does,
      schedule: scheduleText(schedule),
      state: newest === undefined || (newest.dueAt < dueAt && newest.outcome === 'done') ? 'waiting' : newest.outcome,
      lastDueAt: dueAt,
      nextDueAt: nextDueAt(schedule, now, calendar),
      runs: rows,
    });
  }
  return states;
}

/** Names of the jobs whose newest run failed. */
export async function readFailingJobs(pool: pg.Pool): Promise<string[]> {
  const { rows } = await pool.query<{ job: string }>(
    `select job from (select distinct on (job) job, outcome from job_runs where outcome is not null order by job, due_at desc, run_id desc) newest
      where outcome = 'failed' order by job`,
  );
  return rows.map((row) => row.job);
}
