import cron from 'node-cron';
import { JOBS } from '../src/jobs/list.js';
import { type Job, type JobDeps, runIfDue } from '../src/jobs/run-job.js';

export interface ScheduleDeps extends JobDeps {
  /** Ends the worker: a job that runs is finished first. */
  readonly signal: AbortSignal;
  readonly jobs?: readonly Job[];
}

/**
 * Looks every minute which jobs are due and runs them, one after the other: jobs are few, and none is urgent to the second. What was
 * missed while nothing ran is caught up at start, once, however often it was missed.
 */
export async function runSchedule({ signal, jobs = JOBS, ...deps }: ScheduleDeps): Promise<void> {
  let failed: (error: unknown) => void = () => {};
  const failure = new Promise<never>((_, reject) => {
    failed = reject;
  });
  let running: Promise<void> | null = null;
  const look = (): void => {
    if (signal.aborted) return;
    running ??= runDue(deps, jobs, signal)
      .catch(failed)
      .finally(() => {
        running = null;
      });
  };
  const task = cron.schedule('* * * * *', look, { timezone: 'Asia/Shanghai', name: 'due jobs' });
  try {
    look();
    await Promise.race([ended(signal), failure]);
  } finally {
    await task.destroy();
    await running;
  }
}

/** Rejects only when not even the run can be recorded: the database is gone, or something unknown happened. */
async function runDue(deps: JobDeps, jobs: readonly Job[], signal: AbortSignal): Promise<void> {
  for (const job of jobs) {
    if (signal.aborted) return;
    await runIfDue(deps, job);
  }
}

function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) =>
    signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve(), { once: true }),
  );
}
