import pino from 'pino';
import type { AddressGuard } from '../../src/alerts/addresses.js';
import type { Role } from '../../src/api/access.js';
import type { Api, ApiDeps, ApiLimits } from '../../src/api/deps.js';
import { createKey } from '../../src/api/keys.js';
import { buildServer } from '../../src/api/server.js';
import { loadConfig } from '../../src/config.js';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { parseTime, type Us } from '../../src/core/time.js';
import { type TestDatabase, testDatabase } from '../support/database.js';

export const NOW: Us = parseTime('2026-07-03T23:59:59+08:00')!;
export const ADMIN_KEY = 'an-admin-key-for-tests-of-40-characters!';

export interface Harness {
  readonly db: TestDatabase;
  readonly app: Api;
  /** Errors that would have stopped the process. */
  readonly fatal: unknown[];
  /** Log lines as JSON. */
  readonly logged: string[];
  /** The clock of the server. */
  now: Us;
  /** The clock of the server that nobody can set. */
  steadyMs: number;
  /** Makes a key and gives its text. */
  key(role: Role, scope?: string): Promise<string>;
  call(method: Method, url: string, options?: CallOptions): Promise<Reply>;
  close(): Promise<void>;
}

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE' | 'PUT';

export interface CallOptions {
  /** Default the admin key; null sends none. */
  readonly key?: string | null;
  readonly body?: unknown;
  readonly type?: string;
  readonly headers?: Record<string, string>;
}

export interface Reply {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: what an answer holds is what the tests look at
  readonly json: any;
  readonly text: string;
  readonly headers: Record<string, unknown>;
}

export interface HarnessOptions {
  readonly limits?: Partial<ApiLimits>;
  readonly environment?: Record<string, string>;
  readonly deps?: Partial<ApiDeps>;
}

/** Public addresses are allowed without asking a name server. */
export const PUBLIC_GUARD: AddressGuard = {
  check: async (text) => {
    const url = new URL(text);
    return url.hostname === '127.0.0.1'
      ? { ok: false, code: 'address_not_allowed', detail: 'It is internal.' }
      : { ok: true, target: { url, addresses: [{ address: '203.0.113.7', family: 4 }] } };
  },
};

export async function startHarness(options: HarnessOptions = {}): Promise<Harness> {
  const db = await testDatabase({ max: 6 });
  const fatal: unknown[] = [];
  const logged: string[] = [];
  const log = pino({ level: 'debug' }, { write: (line: string) => void logged.push(line) });
  const harness = { db, fatal, logged, now: NOW, steadyMs: 0 } as unknown as Harness & { app: Api };
  const app = await buildServer({
    pool: db.pool,
    config: loadConfig({ FEEWARDEN_ADMIN_KEY: ADMIN_KEY, ...options.environment }),
    calendar: CHINA_CALENDAR,
    clock: () => harness.now,
    steadyMs: () => harness.steadyMs,
    log,
    guard: PUBLIC_GUARD,
    onFatal: (error) => void fatal.push(error),
    ...(options.limits ? { limits: options.limits } : {}),
    ...options.deps,
  });
  return Object.assign(harness, {
    app,
    key: async (role: Role, scope = '') => (await createKey(db.pool, { name: 'test', role, scope }, NOW)).text,
    call: (method: Method, url: string, call: CallOptions = {}) => inject(app, method, url, call),
    close: async () => {
      await app.close();
      await db.drop();
    },
  });
}

async function inject(app: Api, method: Method, url: string, call: CallOptions): Promise<Reply> {
  const key = call.key === undefined ? ADMIN_KEY : call.key;
  const isText = typeof call.body === 'string' || Buffer.isBuffer(call.body);
  const response = await app.inject({
    method,
    url,
    headers: {
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
      ...(call.body === undefined ? {} : { 'content-type': call.type ?? 'application/json' }),
      ...call.headers,
    },
    ...(call.body === undefined
      ? {}
      : { payload: isText ? (call.body as string | Buffer) : JSON.stringify(call.body) }),
  });
  const isJson = /json/.test(String(response.headers['content-type']));
  return {
    status: response.statusCode,
    text: response.body,
    json: isJson ? JSON.parse(response.body) : null,
    headers: response.headers,
  };
}
