import { randomUUID } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import type pg from 'pg';
import { createAddressGuard, parseAllowList } from '../src/alerts/addresses.js';
import { DELIVER_DEFAULTS, type DeliverDeps, deliver } from '../src/alerts/deliver.js';
import { createKafkaSink, type OutgoingProducer } from '../src/alerts/sinks/kafka.js';
import { createWebhookSink } from '../src/alerts/sinks/webhook.js';
import type { Config } from '../src/config.js';

export interface NotifyDeps {
  readonly pool: pg.Pool;
  readonly config: Pick<Config, 'pollMs' | 'webhookAllowInternal' | 'webhookAttemptsMax' | 'webhookTimeoutMs'>;
  /** Null when no broker is configured. Whoever opened it closes it. */
  readonly producer: OutgoingProducer | null;
  readonly log: DeliverDeps['log'];
  readonly observe?: DeliverDeps['observe'];
  /** Ends the worker: what is being sent is finished and recorded first. */
  readonly signal: AbortSignal;
}

/** Room to record after the last answer, at the end. */
const DRAIN_MARGIN_MS = 2_000;

/** Takes messages from the outbox to Kafka and to the subscribers. Several may run; they share the work. */
export async function runNotify(deps: NotifyDeps): Promise<void> {
  const { config } = deps;
  const steadyMs = (): number => performance.now();
  const guard = createAddressGuard({
    allow: parseAllowList(config.webhookAllowInternal),
    lookup: (host) => lookup(host, { all: true }),
    nowMs: steadyMs,
  });
  const webhook = createWebhookSink({ guard, timeoutMs: config.webhookTimeoutMs, nowMs: Date.now });
  try {
    await deliver(deps.signal, {
      pool: deps.pool,
      webhook,
      kafka: deps.producer && createKafkaSink(deps.producer),
      worker: randomUUID(),
      settings: {
        ...DELIVER_DEFAULTS,
        pollMs: Math.min(config.pollMs, DELIVER_DEFAULTS.pollMs),
        drainMs: config.webhookTimeoutMs + DRAIN_MARGIN_MS,
        webhookRetry: { ...DELIVER_DEFAULTS.webhookRetry, attemptsMax: config.webhookAttemptsMax },
      },
      random: Math.random,
      nowMs: steadyMs,
      log: deps.log,
      ...(deps.observe ? { observe: deps.observe } : {}),
    });
  } finally {
    webhook.close();
  }
}
