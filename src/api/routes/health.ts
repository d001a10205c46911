import { z } from 'zod';
import { dayOf, yearOf } from '../../core/time.js';
import { readFailingJobs } from '../../jobs/read-runs.js';
import { type ReaderState, type Readers, readReaders, SILENT_SECONDS } from '../../observe/kafka-readers.js';
import type { ApiDeps } from '../deps.js';
import { problems } from '../schemas.js';
import { readBacklog } from '../sql/read-backlog.js';
import { isReadOnly, migrationNames, missingMigrations } from '../sql/read-migrations.js';
import type { AddRoutes } from './context.js';

const check = z.object({
  name: z.string(),
  state: z
    .enum(['ok', 'warning', 'failed'])
    .meta({ description: 'A warning wants a look; only a failure makes the service not ready.' }),
  detail: z.string(),
});
type Check = z.output<typeof check>;

const readiness = z.object({ ready: z.boolean(), checks: z.array(check) }).meta({ id: 'Readiness' });

/** A database that does not answer a trivial question for this long cannot serve either. */
const DATABASE_MS_MAX = 2_000;
/** Our defaults for what wants a look. */
const BACKLOG_SECONDS_WARNED = 300;
const LAG_RECORDS_WARNED = 100_000;

export const addHealthRoutes: AddRoutes = (app, { deps, metrics }) => {
  const migrations = migrationNames();
  app.route({
    method: 'GET',
    url: '/healthz',
    config: { access: 'open' },
    schema: {
      operationId: 'getHealth',
      tags: ['operations'],
      summary: 'Whether the process lives',
      description: 'Asks nobody else: a restart would not help against a database that is down.',
      security: [],
      response: {
        200: {
          description: 'It lives.',
          content: { 'application/json': { schema: z.object({ status: z.literal('ok') }) } },
        },
        ...problems(['too_many_requests']),
      },
    },
    handler: async () => ({ status: 'ok' as const }),
  });
  app.route({
    method: 'GET',
    url: '/readyz',
    config: { access: 'open' },
    schema: {
      operationId: 'getReadiness',
      tags: ['operations'],
      summary: 'Whether requests can be served',
      description:
        'Database, migrations, broker and its lag, age of the oldest evaluation that waits, jobs that failed, calendar of this year.',
      security: [],
      response: {
        200: { description: 'Ready.', content: { 'application/json': { schema: readiness } } },
        503: { description: 'Not ready; the checks say why.', content: { 'application/json': { schema: readiness } } },
        ...problems(['too_many_requests']),
      },
    },
    handler: async (_request, reply) => {
      const checks = await runChecks(deps, migrations);
      const ready = checks.every((one) => one.state !== 'failed');
      return reply
        .code(ready ? 200 : 503)
        .type('application/json')
        .send({ ready, checks });
    },
  });
  app.route({
    method: 'GET',
    url: '/metrics',
    config: { access: 'open' },
    schema: {
      operationId: 'getMetrics',
      tags: ['operations'],
      summary: 'Metrics for Prometheus',
      description: 'Sums only: no id of an institution, key or person.',
      security: [],
      response: {
        200: { description: 'Prometheus text format.', content: { 'text/plain': { schema: z.string() } } },
        ...problems(['too_many_requests']),
      },
    },
    handler: async (_request, reply) => reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  });
};

async function runChecks(deps: ApiDeps, migrations: readonly string[]): Promise<Check[]> {
  const checks = await withinLimit(databaseChecks(deps, migrations)).catch((): Check[] => [
    { name: 'database', state: 'failed', detail: 'The database does not answer.' },
  ]);
  if (deps.broker) checks.push(...brokerChecks(deps.broker()));
  return [...checks, calendarCheck(deps)];
}

async function databaseChecks(deps: ApiDeps, migrations: readonly string[]): Promise<Check[]> {
  const missing = await missingMigrations(deps.pool, migrations);
  // Only reads would be answered, and nothing taken in: a load balancer may know a process that reached the new primary.
  if (await isReadOnly(deps.pool))
    return [{ name: 'database', state: 'failed', detail: 'It takes no writes: a standby, or set to read only.' }];
  const database: Check = { name: 'database', state: 'ok', detail: 'It answers.' };
  if (missing.length > 0) {
    return [
      database,
      { name: 'migrations', state: 'failed', detail: `${missing.length} are not applied, first ${missing[0]}.` },
    ];
  }
  const { due, oldestSeconds } = await readBacklog(deps.pool, deps.clock());
  const state = oldestSeconds > BACKLOG_SECONDS_WARNED ? 'warning' : 'ok';
  return [
    database,
    { name: 'migrations', state: 'ok', detail: `${migrations.length} are applied.` },
    { name: 'evaluation', state, detail: `${due} institutions wait, the oldest for ${oldestSeconds} s.` },
    jobsCheck(await readFailingJobs(deps.pool)),
    ...(readsElsewhere(deps) ? readersChecks(await readReaders(deps.pool)) : []),
  ];
}

function readsElsewhere({ broker, config }: ApiDeps): boolean {
  return broker === undefined && config.kafkaBrokers.length > 0;
}

/** What failed is tried again by itself; until then somebody should look. */
function jobsCheck(failing: readonly string[]): Check {
  if (failing.length === 0) return { name: 'jobs', state: 'ok', detail: 'The last run of each job ended well.' };
  return { name: 'jobs', state: 'warning', detail: `The last run failed of ${failing.join(', ')}.` };
}

function brokerChecks({ healthy, reason, lagTotal }: ReaderState): Check[] {
  return [
    {
      name: 'broker',
      state: healthy ? 'ok' : 'failed',
      detail: healthy ? 'The consumer reads.' : (reason ?? 'The consumer does not read.'),
    },
    lagCheck(lagTotal),
  ];
}

/** Of other processes. What this one serves needs no broker, so that it stays ready; somebody should look all the same. */
function readersChecks({ count, unhealthy, reason, lagTotal }: Readers): Check[] {
  if (count === 0) {
    const detail = `No process that reads from Kafka has said anything for ${SILENT_SECONDS} s: does "feewarden worker ingest" run?`;
    return [
      { name: 'broker', state: 'warning', detail },
      { name: 'lag', state: 'warning', detail: 'It is not known.' },
    ];
  }
  const detail =
    unhealthy === 0
      ? `Processes that read: ${count}.`
      : `${unhealthy} of ${count} processes do not read. ${reason ?? 'They do not say why.'}`;
  return [{ name: 'broker', state: unhealthy === 0 ? 'ok' : 'warning', detail }, lagCheck(lagTotal)];
}

function lagCheck(lagTotal: number): Check {
  const state = lagTotal > LAG_RECORDS_WARNED ? 'warning' : 'ok';
  return { name: 'lag', state, detail: `${lagTotal} records are not booked yet.` };
}

/** Without a calendar due days are counted as if every Monday to Friday were a working day. */
function calendarCheck({ calendar, clock }: ApiDeps): Check {
  const today = dayOf(clock());
  const missing = calendar.missingYears(today, today);
  if (missing.length === 0)
    return { name: 'calendar', state: 'ok', detail: `${yearOf(today)} is in ${calendar.version}.` };
  return { name: 'calendar', state: 'warning', detail: `There are no holidays for ${missing[0]}: update Feewarden.` };
}

function withinLimit<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('late')), DATABASE_MS_MAX);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
