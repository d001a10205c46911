import { z } from 'zod';
import { formatTime } from '../../core/time.js';
import { readJobs } from '../../jobs/read-runs.js';
import { cursorsOf } from '../cursor.js';
import { answers, anyObject, instant, PRINTABLE, pageWithTotalOf, pagingOfSmall, timeText } from '../schemas.js';
import { type AddRoutes, behindName, pageOfSmall } from './context.js';

const STATES = ['done', 'failed', 'running'] as const;

const job = z
  .object({
    job: z.string(),
    does: z.string(),
    schedule: z.string().meta({ description: 'In Asia/Shanghai.' }),
    state: z
      .enum([...STATES, 'waiting'])
      .meta({ description: 'Of its newest run; waiting: that is older than its last due time.' }),
    lastDueAt: instant('When it was due last.'),
    nextDueAt: instant('When it is due next.'),
    runs: z.array(
      z.object({
        dueAt: instant('The due time that it is for.'),
        startedAt: instant('When it began.'),
        endedAt: instant('When it ended.').nullable(),
        outcome: z.enum(STATES),
        detail: anyObject('What it did, or its error.').nullable(),
      }),
    ),
  })
  .meta({ id: 'Job' });

/** Runs shown of each job. */
const RUNS_MAX = 20;

const nameOf = ({ job }: { readonly job: string }) => job;
const JOBS = {
  cursors: cursorsOf('jobs', z.string().max(128).regex(PRINTABLE)),
  positionOf: nameOf,
  startBehind: behindName(nameOf),
};

export const addJobRoutes: AddRoutes = (app, { deps }) => {
  app.route({
    method: 'GET',
    url: '/v1/jobs',
    config: { access: 'jobs:read' },
    schema: {
      operationId: 'listJobs',
      tags: ['operations'],
      summary: 'Scheduled jobs and their runs',
      description: `Each with its newest ${RUNS_MAX} runs, the newest first. What was missed is caught up by one run.`,
      querystring: z.strictObject(pagingOfSmall),
      response: answers(200, 'A page.', pageWithTotalOf(job), ['bad_request', 'bad_cursor']),
    },
    handler: async (request) => {
      const states = await readJobs(deps.pool, deps.clock(), deps.calendar, RUNS_MAX);
      const page = pageOfSmall(states, request.query, JOBS);
      return {
        ...page,
        items: page.items.map((state) => ({
          ...state,
          lastDueAt: formatTime(state.lastDueAt),
          nextDueAt: formatTime(state.nextDueAt),
          runs: state.runs.map((run) => ({
            ...run,
            dueAt: formatTime(run.dueAt),
            startedAt: formatTime(run.startedAt),
            endedAt: timeText(run.endedAt),
          })),
        })),
      };
    },
  });
};
