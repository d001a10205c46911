import http from 'node:http';
import net from 'node:net';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createKey } from '../../src/api/keys.js';
import { loadConfig } from '../../src/config.js';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { runApi } from '../../workers/api.js';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { institution, payment, uscc } from './events.js';
import { NOW } from './harness.js';

/** The worker itself, on a port of its own. */

const CONFIG = loadConfig({
  PORT: '0',
  FEEWARDEN_INGEST_BATCH_EVENTS_MAX: '2',
  FEEWARDEN_EVENT_BYTES_MAX: '1024',
  FEEWARDEN_HTTP_BODY_BYTES_MAX: '4096',
});
const SCHOOL = uscc(1);

interface Running {
  readonly address: string;
  readonly stop: () => Promise<void>;
  readonly ended: Promise<void>;
}

let db: TestDatabase;
let running: Running;
let key: string;

beforeAll(async () => {
  db = await testDatabase({ max: 6 });
  key = (await createKey(db.pool, { name: 'test', role: 'admin', scope: '' }, NOW)).text;
  running = await start();
});
afterAll(async () => {
  await running.stop();
  await db.drop();
});

async function start(more: Partial<Parameters<typeof runApi>[0]> = {}): Promise<Running> {
  const controller = new AbortController();
  let ended: Promise<void> = Promise.resolve();
  const address = await new Promise<string>((resolve, reject) => {
    ended = runApi({
      pool: db.pool,
      config: CONFIG,
      calendar: CHINA_CALENDAR,
      clock: () => NOW,
      log: pino({ level: 'silent' }),
      signal: controller.signal,
      onListening: resolve,
      ...more,
    });
    ended.catch(reject);
  });
  return {
    address,
    ended,
    stop: () => {
      controller.abort();
      return ended;
    },
  };
}

const auth = () => ({ authorization: `Bearer ${key}` });

/** A request whose body is written piece by piece. */
function open(
  path: string,
  headers: Record<string, string>,
  agent?: http.Agent,
): { request: http.ClientRequest; answer: Promise<{ status: number; body: string }> } {
  const request = http.request(`${running.address}${path}`, {
    method: 'POST',
    headers: { ...auth(), ...headers },
    ...(agent ? { agent } : {}),
  });
  const answer = new Promise<{ status: number; body: string }>((resolve, reject) => {
    request.on('error', reject);
    request.on('response', (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      response.on('end', () => resolve({ status: response.statusCode!, body }));
      response.on('error', reject);
    });
  });
  answer.catch(() => {});
  return { request, answer };
}

async function eventCount(subject: string): Promise<number> {
  const { rows } = await db.pool.query<{ n: number }>(
    'select coalesce(sum(event_count), 0)::int as n from institutions where id = $1',
    [subject],
  );
  return rows[0]!.n;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let n = 0; n < 200; n += 1) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('it did not come');
}

describe('a stream on a real connection', () => {
  test('is booked while it arrives, whatever the cut between its pieces', async () => {
    const { request, answer } = open('/v1/events', { 'content-type': 'application/x-ndjson' });
    const text = ['p1', 'p2', 'p3'].map((id) => `${JSON.stringify(payment(SCHOOL, id, 1))}\n`).join('');
    for (let from = 0; from < text.length; from += 100) {
      request.write(text.slice(from, from + 100));
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await until(async () => (await eventCount(SCHOOL)) >= 2);
    request.end('not json');
    const { status, body } = await answer;
    expect([status, JSON.parse(body)]).toMatchObject([
      200,
      { accepted: 3, duplicates: 0, rejected: [{ index: 3, code: 'not_json' }] },
    ]);
  });

  test('that breaks off keeps what was booked, and the server lives on', async () => {
    const subject = uscc(2);
    const { request } = open('/v1/events', { 'content-type': 'application/x-ndjson' });
    request.on('error', () => {});
    for (const id of ['p1', 'p2', 'p3']) request.write(`${JSON.stringify(payment(subject, id, 1))}\n`);
    await until(async () => (await eventCount(subject)) >= 2);
    request.destroy();
    const again = await fetch(`${running.address}/v1/events`, {
      method: 'POST',
      headers: { ...auth(), 'content-type': 'application/json' },
      body: JSON.stringify(institution(subject, '370702')),
    });
    expect(again.status).toBe(200);
  });

  test('or a body that breaks off is no reason to stop', async () => {
    for (const type of ['application/json', 'application/x-ndjson']) {
      const { request } = open('/v1/events', { 'content-type': type, 'content-length': '1000' });
      request.on('error', () => {});
      request.write('{"specversion":');
      await new Promise((resolve) => setTimeout(resolve, 50));
      request.destroy();
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(
      await Promise.race([
        running.ended.then(() => 'ended'),
        fetch(`${running.address}/healthz`).then((answer) => answer.status),
      ]),
    ).toBe(200);
  });

  test('or a body that breaks off is not taken for a database that is busy', async () => {
    const logged: string[] = [];
    const own = await start({ log: pino({ level: 'info' }, { write: (line: string) => void logged.push(line) }) });
    const socket = net.connect(Number(new URL(own.address).port), '127.0.0.1');
    const head = `POST /v1/events HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\n`;
    socket.write(`${head}Content-Length: 1000\r\n\r\n{"specversion":`);
    await new Promise((resolve) => setTimeout(resolve, 200));
    socket.resetAndDestroy();
    await new Promise((resolve) => setTimeout(resolve, 200));
    await own.stop();
    expect(logged.filter((line) => line.includes('busy'))).toEqual([]);
  });

  test('that grows too large is told what was taken in', async () => {
    const subject = uscc(3);
    const { request, answer } = open('/v1/events', { 'content-type': 'application/x-ndjson' });
    const line = (n: number) => `${JSON.stringify({ ...payment(subject, `p${n}`, 1), note: 'x'.repeat(600) })}\n`;
    for (let n = 0; n < 100; n += 1) request.write(line(n));
    request.end();
    const { status, body } = await answer;
    const problem = JSON.parse(body);
    expect([status, problem.code]).toEqual([413, 'body_too_large']);
    const taken = Number(/The first (\d+) events were taken in/.exec(problem.detail)![1]);
    expect(taken).toBeGreaterThan(0);
    expect(await eventCount(subject)).toBe(taken);
  });

  test('that is refused in the middle does not hold up the next request of its connection', async () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const { request, answer } = open('/v1/events', { 'content-type': 'application/x-ndjson' }, agent);
    request.end(`${JSON.stringify({ ...payment(SCHOOL, 'p', 1), note: 'x'.repeat(600) })}\n`.repeat(2_000));
    expect((await answer).status).toBe(413);
    const next = new Promise<number | undefined>((resolve, reject) => {
      const asked = http.get(`${running.address}/healthz`, { agent, timeout: 5_000 }, (got) => resolve(got.statusCode));
      asked.on('timeout', () => asked.destroy(new Error('no answer')));
      asked.on('error', reject);
    });
    expect(await next).toBe(200);
    agent.destroy();
  });

  test('of a length told beforehand is refused before it is read when it is no stream', async () => {
    const response = await fetch(`${running.address}/v1/events`, {
      method: 'POST',
      headers: { ...auth(), 'content-type': 'application/json' },
      body: ' '.repeat(5_000),
    });
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([413, 'body_too_large']);
  });
});

describe('every answer', () => {
  test('has its safety headers and says nothing about what the server is made of', async () => {
    for (const path of ['/healthz', '/v1/alerts', '/v1/nothing', '/openapi.json', '/docs']) {
      const { headers } = await fetch(`${running.address}${path}`);
      expect([
        path,
        headers.get('x-content-type-options'),
        headers.get('x-frame-options'),
        headers.get('referrer-policy'),
        headers.get('cache-control'),
      ]).toEqual([path, 'nosniff', 'DENY', 'no-referrer', 'no-store']);
      expect(headers.get('content-security-policy')).toContain("default-src '");
      expect([headers.get('server'), headers.get('x-powered-by')]).toEqual([null, null]);
    }
  });

  test('carries the id of the request: the caller’s when it is harmless', async () => {
    const idFor = async (told: string) =>
      (await fetch(`${running.address}/healthz`, { headers: { 'x-request-id': told } })).headers.get('x-request-id');
    expect(await idFor('abc-123_x.y')).toBe('abc-123_x.y');
    for (const bad of ['a b', 'a"b', 'x'.repeat(65), '']) expect(await idFor(bad)).toMatch(/^[0-9a-f-]{36}$/);
  });
});

test.each([
  ['is no HTTP', 'GARBAGE\r\n\r\n', 400],
  ['has an unknown method', 'FOO /v1/events HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['has too large headers', `GET /healthz HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`, 431],
  ['names no host', 'GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
  ['expects what nobody knows', 'GET /healthz HTTP/1.1\r\nHost: a\r\nExpect: something\r\n\r\n', 417],
])('a request that %s is refused with a problem and hurts nobody', async (_, request, status) => {
  const { port } = new URL(running.address);
  const text = await new Promise<string>((resolve, reject) => {
    const socket = net.connect(Number(port), '127.0.0.1', () => socket.write(request));
    let got = '';
    socket.on('data', (chunk) => {
      got += chunk.toString();
    });
    socket.on('close', () => resolve(got));
    socket.on('error', reject);
  });
  const [head = '', body = ''] = text.split('\r\n\r\n');
  expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  expect(head).toMatch(/content-type: application\/problem\+json/i);
  expect(JSON.parse(body)).toMatchObject({ type: 'urn:feewarden:problem:bad_request', code: 'bad_request', status });
  expect((await fetch(`${running.address}/healthz`)).status).toBe(200);
});

test('the worker listens on the loopback unless it is told otherwise', () => {
  expect(running.address).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
});

test('a port that is taken is a setting that is wrong', async () => {
  const port = Number(new URL(running.address).port);
  await expect(start({ config: { ...CONFIG, port } })).rejects.toMatchObject({ code: 'bad_setting' });
});

test('the worker ends with the error that nobody knows, after it has answered', async () => {
  const failure = new Error('no idea');
  const own = await start({
    alongside: async () => {
      throw failure;
    },
  });
  const response = await fetch(`${own.address}/v1/events`, {
    method: 'POST',
    headers: { ...auth(), 'content-type': 'application/json' },
    body: JSON.stringify(payment(SCHOOL, 'z', 1)),
  });
  expect(response.status).toBe(500);
  await response.text();
  await expect(own.ended).rejects.toBe(failure);
});

test('a request that has begun is answered before the worker ends', async () => {
  let release = () => {};
  const own = await start({
    alongside: () =>
      new Promise<void>((resolve) => {
        release = resolve;
      }),
  });
  const body = JSON.stringify(payment(SCHOOL, 'slow', 1));
  const asked = fetch(`${own.address}/v1/events`, {
    method: 'POST',
    headers: { ...auth(), 'content-type': 'application/json', connection: 'close' },
    body,
  });
  await new Promise((resolve) => setTimeout(resolve, 200));
  const stopped = own.stop();
  await new Promise((resolve) => setTimeout(resolve, 50));
  release();
  expect(((await (await asked).json()) as { accepted: number }).accepted).toBe(1);
  await stopped;
});
