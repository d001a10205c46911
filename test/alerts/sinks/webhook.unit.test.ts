import net from 'node:net';
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAddressGuard, parseAllowList } from '../../../src/alerts/addresses.js';
import {
  createWebhookSink,
  retryAfterMs,
  secretFrom,
  signatureOf,
  type WebhookSink,
} from '../../../src/alerts/sinks/webhook.js';
import { type Receiver, startReceiver, status } from '../receiver.js';

const SECRET = secretFrom(Buffer.alloc(32, 7));
const MESSAGE = { messageId: 'alert-1', body: '{"specversion":"1.0","id":"alert-1","data":{"名":"学而"}}' };
const TIMEOUT_MS = 400;

let receiver: Receiver;
let sink: WebhookSink;

function sinkFor(allow: string[], lookup: (host: string) => string[] = () => []): WebhookSink {
  const guard = createAddressGuard({
    allow: parseAllowList(allow),
    lookup: async (host) => lookup(host).map((address) => ({ address, family: 4 })),
    nowMs: Date.now,
  });
  return createWebhookSink({ guard, timeoutMs: TIMEOUT_MS, nowMs: Date.now });
}

beforeEach(async () => {
  receiver = await startReceiver();
  sink = sinkFor([receiver.address]);
});

afterEach(async () => {
  sink.close();
  await receiver.close();
});

function send(url = receiver.url) {
  return sink.send(MESSAGE, { url, secret: SECRET });
}

describe('the webhook sink', () => {
  it('signs so that the Standard Webhooks library accepts it, and only with the right secret', async () => {
    await send();
    const { headers, body } = receiver.received[0]!;
    expect(body).toBe(MESSAGE.body);
    expect(headers['content-type']).toBe('application/cloudevents+json; charset=utf-8');
    const told = headers as Record<string, string>;
    expect(new Webhook(SECRET).verify(body, told)).toEqual(JSON.parse(MESSAGE.body));
    expect(() => new Webhook(secretFrom(Buffer.alloc(32, 8))).verify(body, told)).toThrow();
    expect(() => new Webhook(SECRET).verify(`${body} `, told)).toThrow();
  });

  it('keeps status and hash of the answer as proof', async () => {
    receiver.answer = status(200, {}, 'ok');
    expect(await send()).toEqual({
      kind: 'delivered',
      status: 200,
      proof: 'HTTP 200, sha256 of the answer 2689367b205c16ce32ed4200942b8b8b1e262dfc70d9bc9fbc77c49699a4f1df',
    });
  });

  it.each([
    [301, 'retry'],
    [400, 'retry'],
    [404, 'retry'],
    [410, 'gone'],
    [500, 'retry'],
  ])('answers HTTP %i with %s', async (code, kind) => {
    receiver.answer = status(code);
    expect(await send()).toMatchObject({ kind, status: code, error: `HTTP ${code}` });
  });

  it('follows no redirect', async () => {
    const other = await startReceiver();
    receiver.answer = status(307, { location: other.url });
    expect(await send()).toMatchObject({ kind: 'retry', status: 307 });
    expect(other.received).toHaveLength(0);
    await other.close();
  });

  it('passes on how long a busy receiver asks to wait', async () => {
    receiver.answer = status(429, { 'retry-after': '120' });
    expect(await send()).toMatchObject({ kind: 'retry', status: 429, askedMs: 120_000 });
    receiver.answer = status(500, { 'retry-after': '120' });
    expect(await send()).not.toHaveProperty('askedMs');
  });

  it('gives up on a receiver that accepts and says nothing', async () => {
    receiver.answer = () => {};
    const started = Date.now();
    expect(await send()).toEqual({ kind: 'retry', status: null, error: 'timeout' });
    expect(Date.now() - started).toBeLessThan(TIMEOUT_MS + 400);
  });

  it('takes a yes as a yes when the body after it never ends', async () => {
    receiver.answer = (_request, response) => {
      response.writeHead(200);
      const drip = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(drip));
    };
    expect(await send()).toMatchObject({ kind: 'delivered', status: 200 });
  });

  it('reads no more than a little of an endless body', async () => {
    let sent = 0;
    receiver.answer = (_request, response) => {
      response.writeHead(200);
      const chunk = Buffer.alloc(65_536);
      const more = (): void => {
        while (!response.destroyed && sent < 100_000_000 && response.write(chunk)) sent += chunk.length;
      };
      response.on('drain', more);
      response.on('error', () => {});
      more();
    };
    expect(await send()).toMatchObject({ kind: 'delivered' });
    expect(sent).toBeLessThan(20_000_000);
  });

  it('names a refused connection without the URL, which may hold a token', async () => {
    await receiver.close();
    const outcome = await send(`${receiver.url}?token=hush`);
    expect(outcome).toEqual({ kind: 'retry', status: null, error: 'ECONNREFUSED' });
    receiver = await startReceiver();
  });

  it('sends nothing to an address that is not allowed any more', async () => {
    sink.close();
    sink = sinkFor([]);
    expect(await send()).toMatchObject({ kind: 'retry', status: null });
    expect(receiver.connections()).toBe(0);
  });

  it('connects to the address that was checked, not to what the name means to the system', async () => {
    const port = receiver.address.split(':')[1]!;
    sink.close();
    sink = sinkFor([`nowhere.invalid:${port}`], () => ['127.0.0.1']);
    expect(await send(`http://nowhere.invalid:${port}/hook`)).toMatchObject({ kind: 'delivered' });
    expect(receiver.received[0]!.headers.host).toBe(`nowhere.invalid:${port}`);
  });

  it('uses one connection for messages one after the other', async () => {
    for (let i = 0; i < 5; i += 1) await send();
    expect(receiver.connections()).toBe(1);
  });

  it('counts a stale kept connection as no attempt of its own', async () => {
    // Answers once per connection and cuts it at the next request, as a restarted proxy does.
    const server = net.createServer((socket) => {
      let requests = 0;
      socket.on('error', () => {});
      socket.on('data', () => {
        requests += 1;
        if (requests > 1) socket.resetAndDestroy();
        else socket.write('HTTP/1.1 204 No Content\r\nconnection: keep-alive\r\n\r\n');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as net.AddressInfo;
    sink.close();
    sink = sinkFor([`127.0.0.1:${port}`]);
    const url = `http://127.0.0.1:${port}/`;
    expect(await send(url)).toMatchObject({ kind: 'delivered' });
    expect(await send(url)).toMatchObject({ kind: 'delivered' });
    server.close();
    sink.close();
  });
});

describe('signatureOf', () => {
  it('agrees with the example of the specification', () => {
    // https://github.com/standard-webhooks/standard-webhooks, the libraries' shared test vector.
    const signature = signatureOf(
      'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
      'msg_p5jXN8AQM9LWM0D4loKWxJek',
      1614265330,
      '{"test": 2432232314}',
    );
    expect(signature).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  });
});

describe('retryAfterMs', () => {
  const now = Date.parse('2026-11-23T00:00:00Z');
  it.each([
    ['30', 30_000],
    ['Mon, 23 Nov 2026 00:01:00 GMT', 60_000],
    ['Sun, 22 Nov 2026 00:00:00 GMT', 0],
    ['soon', null],
    [undefined, null],
  ])('reads %s', (header, expected) => {
    expect(retryAfterMs(header, now)).toBe(expected);
  });
});
