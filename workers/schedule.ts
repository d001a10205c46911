import cron from 'node-cron';
import type pg from 'pg';
import type { Us } from '../src/core/time.js';
import { JOBS } from '../src/jobs/list.js';
import { runJob } from '../src/jobs/run-job.js';
import type { KafkaLog } from '../src/sources/kafka/types.js';

export interface ScheduleDeps {
  readonly pool: pg.Pool;
  readonly clock: () => Us;
  readonly log: KafkaLog;
  /** Ends the worker: a job that runs is finished first. */
  readonly signal: AbortSignal;
}

/** Runs the scheduled jobs, times in Asia/Shanghai. Each also runs once at start, so that a missed time is caught up. */
export async function runSchedule(deps: ScheduleDeps): Promise<void> {
  let failed: (error: unknown) => void = () => {};
  const failure = new Promise<never>((_, reject) => {
    failed = reject;
  });
  let running: Promise<void> = Promise.resolve();
  const run = (job: (typeof JOBS)[number]): Promise<void> => {
    // One after the other: jobs are few, and none is urgent to the second.
    running = running.then(() => runJob(deps, job));
    return running.catch(failed);
  };
  const tasks = JOBS.map((job) =>
    cron.schedule(job.schedule, () => run(job), { timezone: 'Asia/Shanghai', noOverlap: true, name: job.name }),
  );
  try {
    for (const job of JOBS) void run(job);
    await Promise.race([ended(deps.signal), failure]);
  } finally {
    for (const task of tasks) await task.destroy();
    await running.catch(() => {});
  }
}

function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) =>
    signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve(), { once: true }),
  );
}
