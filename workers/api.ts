import { lookup } from 'node:dns/promises';
import type { AddressInfo } from 'node:net';
import type { FastifyBaseLogger } from 'fastify';
import type pg from 'pg';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { createAddressGuard, parseAllowList } from '../src/alerts/addresses.js';
import { tellRejected } from '../src/alerts/rejected-messages.js';
import type { ApiDeps } from '../src/api/deps.js';
import { buildServer } from '../src/api/server.js';
import type { Config } from '../src/config.js';
import { CHINA_CALENDAR } from '../src/core/calendar.js';
import { FeewardenError } from '../src/core/errors.js';

export interface RunApiDeps extends Pick<ApiDeps, 'broker' | 'onFatal'> {
  readonly pool: pg.Pool;
  readonly config: Config;
  readonly log: FastifyBaseLogger;
  /** Hears the address once requests are answered. */
  readonly onListening?: (address: string) => void;
  /** Ends the worker: requests that have begun are answered first. */
  readonly signal: AbortSignal;
}

/** Serves the HTTP interface until the signal. Errors: `bad_setting` when the address cannot be listened on. */
export async function runApi(deps: RunApiDeps): Promise<void> {
  const { config, pool, log, broker, onFatal } = deps;
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const app = await buildServer({
    pool,
    config,
    log,
    registry,
    calendar: CHINA_CALENDAR,
    clock: () => Date.now() * 1_000,
    guard: createAddressGuard({
      allow: parseAllowList(config.webhookAllowInternal),
      lookup: (host) => lookup(host, { all: true }),
      nowMs: Date.now,
    }),
    alongside: tellRejected({ kafkaEnabled: config.kafkaBrokers.length > 0 }),
    ...(broker ? { broker } : {}),
    ...(onFatal ? { onFatal } : {}),
  });
  try {
    await app.listen({ host: config.host, port: config.port }).catch((error: Error) => {
      throw new FeewardenError(
        'bad_setting',
        `PORT: ${config.host}:${config.port} cannot be listened on (${error.message}).`,
      );
    });
    deps.onListening?.(addressOf(app.server.address() as AddressInfo));
    await ended(deps.signal);
  } finally {
    await app.close();
  }
}

function addressOf({ address, port, family }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

function ended(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
