import type pg from 'pg';
import { createAddressGuard, parseAllowList } from '../../src/alerts/addresses.js';
import { DELIVER_DEFAULTS, type DeliverDeps, type DeliverSettings, deliver } from '../../src/alerts/deliver.js';
import { createWebhookSink } from '../../src/alerts/sinks/webhook.js';

export const guard = createAddressGuard({
  allow: parseAllowList(['127.0.0.0/8']),
  lookup: async () => [],
  nowMs: Date.now,
});

const WEBHOOK_TIMEOUT_MS = 2_000;

const SETTINGS: DeliverSettings = { ...DELIVER_DEFAULTS, pollMs: 5, refreshMs: 50, leaseMs: 500, drainMs: 3_000 };

export interface Sender {
  readonly logged: unknown[];
  /** Ends when the worker does; rejects when it gave up. */
  readonly done: Promise<void>;
  stop(): Promise<void>;
}

let workers = 0;

/** A notify worker in this process, quick to look and quick to renew. */
export function startSender(
  pool: pg.Pool,
  over: Partial<Omit<DeliverDeps, 'settings'>> & { settings?: Partial<DeliverSettings> } = {},
): Sender {
  workers += 1;
  const abort = new AbortController();
  const logged: unknown[] = [];
  const webhook = createWebhookSink({ guard, timeoutMs: WEBHOOK_TIMEOUT_MS, nowMs: Date.now });
  const done = deliver(abort.signal, {
    pool,
    webhook,
    kafka: null,
    worker: `worker-${workers}`,
    random: () => 0.5,
    nowMs: Date.now,
    log: { warn: (fields, text) => logged.push([fields, text]) },
    ...over,
    settings: { ...SETTINGS, ...over.settings },
  }).finally(() => webhook.close());
  done.catch(() => {});
  return {
    logged,
    done,
    stop: async () => {
      abort.abort();
      await done;
    },
  };
}

const PATIENCE_MS = 15_000;

/** Waits until the condition holds; the test fails when that takes too long. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`Still not so after ${PATIENCE_MS} ms: ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** How many deliveries are in each state. */
export async function countStates(pool: pg.Pool): Promise<Record<string, number>> {
  const { rows } = await pool.query<{ state: string; n: number }>(
    'select state, count(*) as n from deliveries group by state order by state',
  );
  return Object.fromEntries(rows.map((row) => [row.state, row.n]));
}
