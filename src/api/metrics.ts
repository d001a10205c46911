import type pg from 'pg';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { readFailingJobs } from '../jobs/read-runs.js';
import type { BatchResult } from '../ledger/apply.js';
import type { IntakeCounts } from '../ledger/intake.js';
import type { Api, ApiDeps } from './deps.js';
import { type Backlog, readBacklog } from './sql/read-backlog.js';

export interface ApiMetrics {
  readonly registry: Registry;
  timeBatch<T>(work: () => Promise<T>): Promise<T>;
  countOutcomes(result: BatchResult): void;
  /** Entries of bank statements, as the events that they are. */
  countStatements(counts: Pick<IntakeCounts, 'accepted' | 'duplicates' | 'byCode'>): void;
  /** One request that was answered. */
  countRequest(method: string, route: string, status: number, seconds: number): void;
}

const SECONDS_BUCKETS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
/** Anybody may ask for the metrics; the database is asked at most this often. */
const BACKLOG_KEPT_MS = 10_000;

export function createMetrics(deps: Pick<ApiDeps, 'pool' | 'clock' | 'steadyMs' | 'registry' | 'log'>): ApiMetrics {
  const registry = deps.registry ?? new Registry();
  const registers = [registry];
  const requests = new Counter({
    name: 'feewarden_http_requests_total',
    help: 'Requests answered',
    labelNames: ['method', 'route', 'status'],
    registers,
  });
  const latency = new Histogram({
    name: 'feewarden_http_request_seconds',
    help: 'Time to answer a request',
    labelNames: ['method', 'route'],
    buckets: SECONDS_BUCKETS,
    registers,
  });
  const events = new Counter({
    name: 'feewarden_ingest_events_total',
    help: 'Events taken in over HTTP, by outcome',
    labelNames: ['outcome'],
    registers,
  });
  const rejected = new Counter({
    name: 'feewarden_ingest_rejected_total',
    help: 'Events refused over HTTP, by code',
    labelNames: ['code'],
    registers,
  });
  const batches = new Histogram({
    name: 'feewarden_ingest_batch_seconds',
    help: 'Time of one transaction of events',
    buckets: SECONDS_BUCKETS,
    registers,
  });
  addPoolGauges(deps.pool, registers);
  addBacklogGauges(deps, registers);
  addJobGauge(deps, registers);
  return {
    registry,
    timeBatch: async (work) => {
      const end = batches.startTimer();
      try {
        return await work();
      } finally {
        end();
      }
    },
    countOutcomes: (result) => {
      for (const outcome of result.outcomes) {
        events.inc({ outcome: outcome.kind });
        if (outcome.kind === 'rejected') rejected.inc({ code: outcome.rejection.code });
      }
    },
    countStatements: ({ accepted, duplicates, byCode }) => {
      events.inc({ outcome: 'accepted' }, accepted);
      events.inc({ outcome: 'duplicate' }, duplicates);
      for (const [code, count] of Object.entries(byCode)) {
        events.inc({ outcome: 'rejected' }, count);
        rejected.inc({ code }, count);
      }
    },
    countRequest: (method, route, status, seconds) => {
      requests.inc({ method, route, status });
      latency.observe({ method, route }, seconds);
    },
  };
}

/** Counts under the route's pattern, never under the path: ids would make a series each. */
export function addRequestMetrics(app: Api, metrics: ApiMetrics): void {
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none';
    metrics.countRequest(request.method, route, reply.statusCode, reply.elapsedTime / 1_000);
  });
}

function addPoolGauges(pool: pg.Pool, registers: Registry[]): void {
  new Gauge({
    name: 'feewarden_database_connections',
    help: 'Connections of this process, by state',
    labelNames: ['state'],
    registers,
    collect() {
      this.set({ state: 'open' }, pool.totalCount);
      this.set({ state: 'idle' }, pool.idleCount);
      this.set({ state: 'waiting' }, pool.waitingCount);
    },
  });
}

type GaugeDeps = Pick<ApiDeps, 'pool' | 'clock' | 'steadyMs' | 'log'>;

function addBacklogGauges({ pool, clock, steadyMs, log }: GaugeDeps, registers: Registry[]): void {
  const current = keptFor(BACKLOG_KEPT_MS, steadyMs, () => readBacklog(pool, clock()));
  const gauge = (name: string, help: string, of: (backlog: Backlog) => number): void => {
    new Gauge({
      name,
      help,
      registers,
      async collect() {
        try {
          this.set(of(await current()));
        } catch (error) {
          // The other metrics must be told most of all when the database is down.
          log.debug({ err: error }, 'the backlog is not known now');
          this.set(Number.NaN);
        }
      },
    });
  };
  gauge('feewarden_due_institutions', 'Institutions that wait for their evaluation', (backlog) => backlog.due);
  gauge('feewarden_due_oldest_seconds', 'How long the oldest of them has waited', (backlog) => backlog.oldestSeconds);
  gauge('feewarden_deliveries_pending', 'Messages that are not delivered yet', (backlog) => backlog.pending);
  gauge('feewarden_deliveries_dead', 'Messages that were given up', (backlog) => backlog.dead);
}

function addJobGauge({ pool, steadyMs, log }: GaugeDeps, registers: Registry[]): void {
  const current = keptFor(BACKLOG_KEPT_MS, steadyMs, () => readFailingJobs(pool));
  new Gauge({
    name: 'feewarden_jobs_failing',
    help: 'Scheduled jobs whose last run failed',
    registers,
    async collect() {
      try {
        this.set((await current()).length);
      } catch (error) {
        log.debug({ err: error }, 'the jobs are not known now');
        this.set(Number.NaN);
      }
    },
  });
}

/** One answer for all who ask within `ms`. */
function keptFor<T>(ms: number, nowMs: () => number, ask: () => Promise<T>): () => Promise<T> {
  let kept: { readonly until: number; readonly answer: Promise<T> } | null = null;
  return () => {
    if (kept === null || kept.until <= nowMs()) {
      kept = { until: nowMs() + ms, answer: ask() };
      kept.answer.catch(() => {
        kept = null;
      });
    }
    return kept.answer;
  };
}
