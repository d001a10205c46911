import { createHash, createHmac } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import type { LookupFunction } from 'node:net';
import type { AddressGuard, Target } from '../addresses.js';
import type { AttemptOutcome } from '../outcome.js';

/** Signed webhooks after the Standard Webhooks specification: the body is the CloudEvent, the id stays the same at every attempt. */
export interface WebhookSink {
  /** Makes one attempt; never throws for anything that the receiver or the network does. */
  send(message: WebhookMessage, endpoint: WebhookEndpoint): Promise<AttemptOutcome>;
  /** Closes idle connections. */
  close(): void;
}

export interface WebhookMessage {
  readonly messageId: string;
  readonly body: string;
}

export interface WebhookEndpoint {
  readonly url: string;
  readonly secret: string;
}

export interface WebhookSinkDeps {
  readonly guard: AddressGuard;
  /** From the first look at the name to the last byte of the answer. */
  readonly timeoutMs: number;
  /** Time of day in milliseconds since 1970, for the signature's timestamp. */
  readonly nowMs: () => number;
}

/** Of the answer's body no more is read; its hash is part of the proof. */
const RESPONSE_BYTES_MAX = 4_096;
const RESPONSE_HEADER_BYTES_MAX = 16_384;
const IDLE_SOCKET_MS_MAX = 30_000;

export function createWebhookSink(deps: WebhookSinkDeps): WebhookSink {
  const options = { keepAlive: true, timeout: IDLE_SOCKET_MS_MAX };
  const agents = { 'http:': new http.Agent(options), 'https:': new https.Agent(options) };
  return {
    async send(message, endpoint) {
      const deadline = AbortSignal.timeout(deps.timeoutMs);
      try {
        const verdict = await before(deadline, deps.guard.check(endpoint.url));
        if (!verdict.ok) return { kind: 'retry', status: null, error: `${verdict.code}: ${verdict.detail}` };
        const agent = agents[verdict.target.url.protocol as keyof typeof agents];
        const answer = await post(verdict.target, agent, message, endpoint.secret, deps.nowMs(), deadline);
        return outcomeOf(answer, deps.nowMs());
      } catch (error) {
        return { kind: 'retry', status: null, error: deadline.aborted ? 'timeout' : networkErrorText(error) };
      }
    },
    close() {
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };
}

const SECRET_PREFIX = 'whsec_';

/** The `webhook-signature` of a message: HMAC-SHA256 over `id.timestamp.body`, with the secret's base64 bytes as the key. */
export function signatureOf(secret: string, id: string, timestampSeconds: number, body: string): string {
  const key = Buffer.from(secret.startsWith(SECRET_PREFIX) ? secret.slice(SECRET_PREFIX.length) : secret, 'base64');
  return `v1,${createHmac('sha256', key).update(`${id}.${timestampSeconds}.${body}`).digest('base64')}`;
}

/** A new secret from 32 random bytes. */
export function secretFrom(random: Buffer): string {
  return `${SECRET_PREFIX}${random.toString('base64')}`;
}

interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  /** SHA-256 of the first bytes of the body, in hex. */
  readonly bodyHash: string;
}

async function post(
  target: Target,
  agent: http.Agent,
  message: WebhookMessage,
  secret: string,
  nowMs: number,
  deadline: AbortSignal,
): Promise<Answer> {
  const body = Buffer.from(message.body);
  const timestamp = Math.floor(nowMs / 1_000);
  const options: https.RequestOptions = {
    method: 'POST',
    agent,
    signal: deadline,
    lookup: pinnedTo(target),
    maxHeaderSize: RESPONSE_HEADER_BYTES_MAX,
    headers: {
      'content-type': 'application/cloudevents+json; charset=utf-8',
      'content-length': body.byteLength,
      'user-agent': 'feewarden',
      'webhook-id': message.messageId,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': signatureOf(secret, message.messageId, timestamp, message.body),
    },
  };
  try {
    return await exchange(target.url, options, body);
  } catch (error) {
    // The receiver closed a kept connection just as we used it again. A fresh one tells whether it is really gone.
    if (!(error instanceof StaleSocketError)) throw error;
    return exchange(target.url, options, body);
  }
}

/** The agent reused a connection that the other side had closed. */
class StaleSocketError extends Error {}

function exchange(url: URL, options: https.RequestOptions, body: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    // Node follows no redirects by itself, and neither do we: a 3xx would lead round the address check.
    let answered = false;
    const request = (url.protocol === 'https:' ? https : http).request(url, options, (response) => {
      answered = true;
      readAnswer(response).then(resolve, reject);
    });
    request.on('error', (error: NodeJS.ErrnoException) => {
      // The deadline may strike in the middle of the body: the status has been told by then.
      if (answered) return;
      reject(request.reusedSocket && error.code === 'ECONNRESET' ? new StaleSocketError(error.message) : error);
    });
    request.end(body);
  });
}

/** The status is the answer; a body that is cut off or too long does not take it back. */
async function readAnswer(response: http.IncomingMessage): Promise<Answer> {
  const hash = createHash('sha256');
  let left = RESPONSE_BYTES_MAX;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      hash.update(chunk.subarray(0, left));
      left -= chunk.byteLength;
      if (left < 0) break;
    }
  } catch {
    // What was read until then is hashed.
  }
  return {
    status: response.statusCode ?? 0,
    retryAfter: response.headers['retry-after'],
    bodyHash: hash.digest('hex'),
  };
}

/** Connects to the addresses that were checked, whatever the name is answered with by now. */
function pinnedTo(target: Target): LookupFunction {
  return (_host, options, callback) => {
    const wanted = target.addresses.filter(({ family }) => !options.family || family === familyOf(options.family));
    const first = wanted[0];
    if (!first) callback(Object.assign(new Error('no address of that family'), { code: 'ENOTFOUND' }), []);
    else if (options.all) callback(null, [...wanted]);
    else callback(null, first.address, first.family);
  };
}

function familyOf(family: number | 'IPv4' | 'IPv6'): number {
  return family === 'IPv4' ? 4 : family === 'IPv6' ? 6 : family;
}

function outcomeOf(answer: Answer, nowMs: number): AttemptOutcome {
  const { status } = answer;
  const error = `HTTP ${status}`;
  if (status >= 200 && status < 300) {
    return { kind: 'delivered', status, proof: `HTTP ${status}, sha256 of the answer ${answer.bodyHash}` };
  }
  if (status === 410) return { kind: 'gone', status, error };
  if (status === 429 || status === 503) {
    return { kind: 'retry', status, error, askedMs: retryAfterMs(answer.retryAfter, nowMs) };
  }
  return { kind: 'retry', status, error };
}

/** `Retry-After` in seconds or as an HTTP date → milliseconds from now; null when absent or unreadable. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | null {
  if (header === undefined) return null;
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1_000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, at - nowMs);
}

/** The code of a network error, never its sentence: that may hold the URL, and a URL may hold a token. */
function networkErrorText(error: unknown): string {
  const { code, name } = error as NodeJS.ErrnoException;
  return typeof code === 'string' ? code : (name ?? 'network error');
}

async function before<T>(deadline: AbortSignal, work: Promise<T>): Promise<T> {
  let stop = (): void => {};
  const expired = new Promise<never>((_resolve, reject) => {
    stop = () => reject(deadline.reason);
    deadline.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, expired]);
  } finally {
    deadline.removeEventListener('abort', stop);
  }
}
