import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { DOCS_PREFIX } from './auth.js';
import type { Api } from './deps.js';

const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;

/** The caller's own id for the request when it is harmless to log and echo, else one of ours. */
export function requestIdOf(request: IncomingMessage): string {
  const told = request.headers['x-request-id'];
  return typeof told === 'string' && REQUEST_ID.test(told) ? told : randomUUID();
}

const HEADERS: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  // Books and alerts are not for caches on the way.
  'cache-control': 'no-store',
};

/** Answers are data: a browser that is made to show one must neither run nor load anything. */
const CSP_OF_DATA = "default-src 'none'; frame-ancestors 'none'";

/** Only files of this server: the pages work without the internet. */
export const CSP_OF_DOCS =
  "default-src 'self'; base-uri 'self'; frame-ancestors 'none'; img-src 'self' data:; object-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'";

/** Headers of every answer, and one log line for each: who, what, how long; no query, no header, no body. */
export function addHeadersAndLog(app: Api): void {
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(HEADERS);
    reply.header('x-request-id', request.id);
    if (!request.url.startsWith(DOCS_PREFIX)) reply.header('content-security-policy', CSP_OF_DATA);
  });
  app.addHook('onResponse', async (request, reply) => {
    const line = {
      method: request.method,
      path: request.url.split('?', 1)[0],
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
      keyId: request.caller?.keyId ?? null,
    };
    if (request.routeOptions.config.access === 'open') request.log.debug(line, 'request');
    else request.log.info(line, 'request');
  });
}
