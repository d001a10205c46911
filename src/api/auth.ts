import { timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type pg from 'pg';
import { FeewardenError } from '../core/errors.js';
import { type Caller, isAllowed, type Permission } from './access.js';
import type { Api } from './deps.js';
import { findKey, hashSecret, KEY_PATTERN, type StoredKey } from './keys.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Null on routes that are open to all. */
    caller: Caller | null;
  }
  interface FastifyContextConfig {
    /** What the caller must be allowed to do; `open` needs no key. A route without it is not registered. */
    readonly access?: Permission | 'open';
  }
}

/** Who asks; null for a key that is unknown, wrong or revoked. */
export type Authenticate = (authorization: string | undefined) => Promise<Caller | null>;

export interface AuthenticatorDeps {
  readonly pool: pg.Pool;
  /** The first key, from the settings, with every right; null when it is not set. */
  readonly adminKey: string | null;
  readonly cacheMs: number;
  /** A clock in milliseconds; only differences matter. */
  readonly nowMs: () => number;
}

/** The id under which what the key of the settings does is recorded. */
export const ADMIN_KEY_ID = 'settings';

/** Keys remembered at once; the oldest goes first. */
const CACHED_KEYS_MAX = 10_000;
const AUTHORIZATION_CHARACTERS_MAX = 512;

export function createAuthenticator(deps: AuthenticatorDeps): Authenticate {
  const adminHash = deps.adminKey === null ? null : hashSecret(deps.adminKey);
  const find = createKeyCache(deps);
  return async (authorization) => {
    const token = bearerToken(authorization);
    if (token === null) return null;
    if (adminHash !== null && timingSafeEqual(hashSecret(token), adminHash)) {
      return { keyId: ADMIN_KEY_ID, role: 'admin', scope: '' };
    }
    const match = KEY_PATTERN.exec(token);
    const key = match ? await find(match[1]!) : null;
    // The comparison is made in any case, so that the time of the answer does not say whether the id exists.
    const same = timingSafeEqual(hashSecret(match?.[2] ?? ''), key?.secretHash ?? NO_HASH);
    return match && key && same ? { keyId: match[1]!, role: key.role, scope: key.scope } : null;
  };
}

/** Checks key and permission of every request before its body is read. */
export function addAuthentication(app: Api, authenticate: Authenticate, wrongKeysPerMinute: number): void {
  // Not the request's own limit: one who tries keys has none.
  const countWrongKey = app.createRateLimit({
    max: wrongKeysPerMinute,
    timeWindow: 60_000,
    keyGenerator: (request) => `wrong:${request.ip}`,
  });
  app.decorateRequest('caller', null);
  app.addHook('onRoute', (route) => {
    if (route.config?.access === undefined && !isDocumentation(route.url)) {
      throw new Error(`route ${route.method} ${route.url} does not say who may call it`);
    }
  });
  app.addHook('onRequest', async (request) => {
    const access = request.routeOptions.config.access ?? 'open';
    if (access === 'open') return;
    request.caller = await authenticate(request.headers.authorization);
    if (request.caller === null) {
      // Only a wrong key is counted and refused: behind one proxy all callers have one address, and a stranger there must not lock
      // out a bank. A key cannot be found by trying.
      const counted = await countWrongKey(request);
      if (!counted.isAllowed && counted.isExceeded)
        throw new FeewardenError('too_many_requests', 'Too many wrong keys.');
      throw new FeewardenError('unauthorized');
    }
    if (!isAllowed(request.caller, access)) {
      throw new FeewardenError('forbidden', `Its role, ${request.caller.role}, lacks ${access}.`);
    }
  });
}

/** The one who asks, on a route that is not open. */
export function callerOf(request: FastifyRequest): Caller {
  if (request.caller === null) throw new Error('an open route asked for its caller');
  return request.caller;
}

export const DOCS_PREFIX = '/docs';

/** The pages of @fastify/swagger-ui, which registers its routes itself. */
function isDocumentation(url: string): boolean {
  return url === DOCS_PREFIX || url.startsWith(`${DOCS_PREFIX}/`);
}

const NO_HASH = Buffer.alloc(32);

function bearerToken(authorization: string | undefined): string | null {
  if (authorization === undefined || authorization.length > AUTHORIZATION_CHARACTERS_MAX) return null;
  return /^Bearer +([\x21-\x7e]+)$/i.exec(authorization)?.[1] ?? null;
}

type FindKey = (id: string) => Promise<StoredKey | null>;

/** Asks the database once per key and `cacheMs`; unknown ids are remembered too. A failure is not. */
function createKeyCache({ pool, cacheMs, nowMs }: AuthenticatorDeps): FindKey {
  const kept = new Map<string, { readonly until: number; readonly answer: Promise<StoredKey | null> }>();
  return (id) => {
    const known = kept.get(id);
    if (known && known.until > nowMs()) return known.answer;
    const answer = findKey(pool, id);
    kept.delete(id);
    kept.set(id, { until: nowMs() + cacheMs, answer });
    answer.catch(() => kept.delete(id));
    const oldest = kept.keys().next().value;
    if (kept.size > CACHED_KEYS_MAX && oldest !== undefined) kept.delete(oldest);
    return answer;
  };
}
