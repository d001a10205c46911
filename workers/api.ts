import { lookup } from 'node:dns/promises';
import type { AddressInfo } from 'node:net';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { createAddressGuard, parseAllowList } from '../src/alerts/addresses.js';
import type { Api, ApiDeps } from '../src/api/deps.js';
import { buildServer } from '../src/api/server.js';
import type { Config } from '../src/config.js';
import { FeewardenError } from '../src/core/errors.js';

export interface RunApiDeps extends Pick<ApiDeps, 'pool' | 'calendar' | 'clock' | 'log' | 'broker' | 'alongside'> {
  readonly config: Config;
  /** Hears the address once requests are answered. */
  readonly onListening?: (address: string) => void;
  /** Ends the worker: requests that have begun are answered first. */
  readonly signal: AbortSignal;
}

/**
 * Serves the HTTP interface until the signal. Errors: `bad_setting` when the address cannot be listened on, and whatever a request
 * met that nobody knows the meaning of: it is answered with 500, and then the worker ends with that error.
 */
export async function runApi(deps: RunApiDeps): Promise<void> {
  const { config, signal, onListening, ...rest } = deps;
  const steadyMs = (): number => performance.now();
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const guard = createAddressGuard({
    allow: parseAllowList(config.webhookAllowInternal),
    lookup: (host) => lookup(host, { all: true }),
    nowMs: steadyMs,
  });
  let fail: (error: unknown) => void = () => {};
  const failed = new Promise<never>((_resolve, reject) => {
    fail = reject;
  });
  // Heard below; until then it must not count as unhandled.
  failed.catch(() => {});
  const app = await buildServer({ ...rest, config, registry, guard, steadyMs, onFatal: fail });
  try {
    await app.listen({ host: config.host, port: config.port }).catch((error: NodeJS.ErrnoException) => {
      throw cannotListen(config, error);
    });
    onListening?.(addressOf(app.server.address() as AddressInfo));
    await Promise.race([ended(signal), failed]);
  } finally {
    await close(app);
  }
}

function cannotListen({ host, port }: Config, error: NodeJS.ErrnoException): FeewardenError {
  const where = `${host}:${port}`;
  if (error.code === 'EADDRINUSE')
    return new FeewardenError(
      'bad_setting',
      `PORT: ${where} is in use; choose another port with --port, or end the program that listens there.`,
    );
  if (error.code === 'EACCES')
    return new FeewardenError('bad_setting', `PORT: this user may not listen on ${where}; choose a port above 1023.`);
  return new FeewardenError(
    'bad_setting',
    `FEEWARDEN_HOST: ${where} cannot be listened on (${error.message}); give an address of this machine.`,
  );
}

const IDLE_CHECK_MS = 50;
/** Our default: a client that sends its request more slowly is cut off, before the process is called stuck. */
const REQUESTS_WAIT_MS_MAX = 30_000;

/** Answers the requests that have begun. Their connections end right after: a client would keep them open for a minute and more. */
async function close(app: Api): Promise<void> {
  const idle = setInterval(() => app.server.closeIdleConnections(), IDLE_CHECK_MS);
  const late = setTimeout(() => app.server.closeAllConnections(), REQUESTS_WAIT_MS_MAX);
  try {
    await app.close();
  } finally {
    clearInterval(idle);
    clearTimeout(late);
  }
}

function addressOf({ address, port, family }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

function ended(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
