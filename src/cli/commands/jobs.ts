import type { Command } from 'commander';
import { CHINA_CALENDAR } from '../../core/calendar.js';
import { formatTime } from '../../core/time.js';
import { type JobRun, type JobState, readJobs } from '../../jobs/read-runs.js';
import { clock, DATA_OPTION, type DataOptions, JSON_OPTION, withDatabase } from '../context.js';
import { EXIT, printJson, printTable, toJson } from '../output.js';

/** Runs of each job in JSON; the table shows the newest. */
const RUNS_MAX = 100;

export function jobsCommand(program: Command): void {
  program
    .command('jobs')
    .description('the scheduled jobs, when they are due, and how their last runs ended')
    .option(...DATA_OPTION)
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      '\nJobs run in `feewarden start` and `feewarden worker schedule`. Exit code 1: the last run of one failed.',
    )
    .action((options: DataOptions) =>
      withDatabase(options, async ({ database }) => {
        const states = await readJobs(database.pool, clock(), CHINA_CALENDAR, RUNS_MAX);
        if (options.json) for (const state of states) printJson(jsonOf(state));
        else printTable(['job', 'due', 'state', 'last run', 'took', 'next', 'what it did'], states.map(cells));
        process.exitCode = states.some((state) => state.state === 'failed') ? EXIT.foundWrong : EXIT.success;
      }),
    );
}

function cells({ job, schedule, state, nextDueAt, runs }: JobState): string[] {
  const newest = runs[0];
  return [
    job,
    schedule,
    state,
    newest === undefined ? 'never' : formatTime(newest.startedAt).slice(0, 16),
    newest === undefined ? '' : tookOf(newest),
    formatTime(nextDueAt).slice(0, 16),
    newest?.detail ? toJson(newest.detail) : '',
  ];
}

function tookOf({ startedAt, endedAt }: JobRun): string {
  return endedAt === null ? '' : `${((endedAt - startedAt) / 1_000_000).toFixed(1)} s`;
}

function jsonOf(state: JobState): object {
  return {
    ...state,
    lastDueAt: formatTime(state.lastDueAt),
    nextDueAt: formatTime(state.nextDueAt),
    runs: state.runs.map((run) => ({
      ...run,
      dueAt: formatTime(run.dueAt),
      startedAt: formatTime(run.startedAt),
      endedAt: run.endedAt === null ? null : formatTime(run.endedAt),
    })),
  };
}
