import { existsSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatTime, US_PER_SECOND } from '../../src/core/time.js';
import { startEmbedded } from '../../src/db/embedded.js';
import { createPool, toDbTime } from '../../src/db/pool.js';
import { type Receiver, startReceiver } from '../alerts/receiver.js';
import { endAll, feewarden, type Running, startFeewarden, temporaryFolder, until } from '../support/processes.js';

/** `feewarden start`, as a newcomer meets it: one command, one process, an embedded database. */
const data = temporaryFolder('start');
const INSTITUTION = 'X-370702-0007';

let receiver: Receiver;
let program: Running;
let address: string;
let key: string;

beforeAll(async () => {
  receiver = await startReceiver();
  program = start();
  address = await addressOf(program);
  key = (await program.says(/Administrator key, shown only now: (\S+)/))[1]!;
});

afterAll(async () => {
  await endAll();
  await receiver.close();
});

describe('feewarden start', () => {
  it('says where it listens, and answers there', async () => {
    expect(program.stdout().match(/Administrator key/g)).toHaveLength(1);
    expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect((await fetch(`${address}/healthz`)).status).toBe(200);
    await until('it is ready', async () => (await fetch(`${address}/readyz`)).status === 200);
    expect((await fetch(`${address}/openapi.json`)).status).toBe(200);
    expect((await fetch(`${address}/v1/institutions`)).status).toBe(401);
    expect((await call('GET', '/v1/institutions')).status).toBe(200);
  });

  it('tells a subscriber of a payment into an account that nobody registered, within seconds', async () => {
    const subscribed = await call('POST', '/v1/subscriptions', { name: 'city', url: receiver.url });
    expect(subscribed.status).toBe(201);
    const quiet = await call('POST', '/v1/events', REGISTERED);
    expect(await quiet.json()).toMatchObject({ accepted: 3, rejected: [] });
    const sent = Date.now();
    const answer = await call('POST', '/v1/events', [payment('p1', 250_000, 'ACC-NOBODY')]);
    expect(await answer.json()).toEqual({ accepted: 1, duplicates: 0, rejected: [] });
    await until('the alert arrives', () => alertsOf('A10').length > 0, 20_000);
    expect(Date.now() - sent).toBeLessThan(20_000);
    const [alert] = alertsOf('A10');
    expect(alert).toMatchObject({
      type: 'prepaid.alert.raised.v1',
      source: '/feewarden',
      subject: INSTITUTION,
      data: {
        institutionId: INSTITUTION,
        institutionName: '阳光书法',
        regionCode: '370702',
        level: 'orange',
        value: 250_000,
        unit: 'fen',
        evidence: [{ source: '/platform/370700', id: 'p1' }],
      },
    });
    expect(alert!.data.reason.zh).toContain('非监管账户');
    expect(alert!.data.reason.en).toContain('outside supervision');
    // The command line beside it tells the same.
    const shown = await feewarden(['alerts', '--rule', 'A10', '--json', '--data', data]);
    expect(JSON.parse(shown.stdout)).toMatchObject({ alertId: alert!.data.alertId, level: 'orange', state: 'open' });
  });

  it('raises the level when more money takes that way, in a second step of the same alert', async () => {
    await call('POST', '/v1/events', [payment('p2', 1_000_000, 'ACC-NOBODY')]);
    await until('the change arrives', () => alertsOf('A10').length > 1, 20_000);
    expect(alertsOf('A10').map(({ type, data: { level } }) => [type, level])).toEqual([
      ['prepaid.alert.raised.v1', 'orange'],
      ['prepaid.alert.level_changed.v1', 'red'],
    ]);
    expect(new Set(alertsOf('A10').map((alert) => alert.data.alertId)).size).toBe(1);
  });

  it('evaluates an institution whose time has come though no event arrives', async () => {
    const database = await startEmbedded({ dataDir: data });
    const pool = createPool(database.url, { max: 1, applicationName: 'test' });
    try {
      await until('nothing is due', async () => (await pool.query('select 1 from due_institutions')).rows.length === 0);
      const moment = async (): Promise<number> =>
        (await pool.query<{ evaluated_at: number }>('select evaluated_at from evaluations')).rows[0]!.evaluated_at;
      const before = await moment();
      const comes = Date.now() * 1_000 + 2 * US_PER_SECOND;
      await pool.query('update evaluations set next_at = $1', [toDbTime(comes)]);
      await until('it is evaluated again', async () => (await moment()) > before, 20_000);
      expect(await moment()).toBeGreaterThanOrEqual(comes);
      const { rows } = await pool.query<{ next_at: number | null }>('select next_at from evaluations');
      expect(rows[0]!.next_at === null || rows[0]!.next_at > comes).toBe(true);
    } finally {
      await pool.end();
      await database.stop();
    }
  });

  it('stands up again after kill -9, with its data and keys, and shows no key a second time', async () => {
    const events = await paidFen();
    expect(events).toBe(1_250_000);
    expect(await program.end('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' });
    program = start();
    address = await addressOf(program);
    expect(await paidFen()).toBe(1_250_000);
    expect(program.stdout()).not.toContain('Administrator key');
    await call('POST', '/v1/events', [payment('p3', 500, 'ACC-NOBODY')]);
    expect(await paidFen()).toBe(1_250_500);
    // Told before the kill, and not again.
    expect(alertsOf('A10')).toHaveLength(2);
  });

  it('answers the request under way when SIGTERM comes, ends with 0, and takes its database with it', async () => {
    const lines = Array.from(
      { length: 3_000 },
      (_, at) => `${JSON.stringify(payment(`drain-${at}`, 1, 'ACC-NOBODY'))}\n`,
    );
    const half = stream('/v1/events');
    half.request.write(lines.slice(0, 2_500).join(''));
    await until('a part of the stream is booked', async () => Number(await paidFen()) > 1_250_500);
    const ended = program.end('SIGTERM');
    await program.says(/"draining"/);
    half.request.end(lines.slice(2_500).join(''));
    expect(await half.answer).toEqual({ status: 200, body: { accepted: 3_000, duplicates: 0, rejected: [] } });
    expect(await ended).toEqual({ code: 0, signal: null });
    expect(existsSync(path.join(data, 'postgres', 'cluster', 'postmaster.pid'))).toBe(false);
    expect(program.stderr().match(/"worker drained"/g)).toHaveLength(4);
    const books = await feewarden(['books', '--institution', INSTITUTION, '--json', '--data', data]);
    expect(JSON.parse(books.stdout)).toMatchObject({ paidFen: 1_253_500 });
    expect(await feewarden(['verify', '--data', data])).toMatchObject({ code: 0 });
  }, 60_000);
});

interface Alert {
  readonly type: string;
  readonly source: string;
  readonly subject: string;
  readonly data: {
    readonly ruleId: string;
    readonly alertId: string;
    readonly level: string;
    readonly reason: { readonly zh: string; readonly en: string };
  };
}

function alertsOf(ruleId: string): Alert[] {
  return receiver.received.map((one) => JSON.parse(one.body) as Alert).filter((alert) => alert.data.ruleId === ruleId);
}

function start(): Running {
  return startFeewarden(['start', '--port', '0', '--data', data], {
    env: { FEEWARDEN_WEBHOOK_ALLOW_INTERNAL: receiver.address },
  });
}

async function addressOf(running: Running): Promise<string> {
  return (await running.says(/listens on (http:\S+)/))[1]!;
}

function call(method: string, url: string, body?: unknown): Promise<Response> {
  return fetch(`${address}${url}`, {
    method,
    headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

/** A request whose body is still being written. */
function stream(url: string): { request: http.ClientRequest; answer: Promise<{ status: number; body: unknown }> } {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/x-ndjson' };
  const request = http.request(`${address}${url}`, { method: 'POST', headers });
  const answer = new Promise<{ status: number; body: unknown }>((resolve, reject) => {
    request.once('error', reject);
    request.once('response', async (response) => {
      let text = '';
      for await (const chunk of response) text += String(chunk);
      resolve({ status: response.statusCode!, body: JSON.parse(text) });
    });
  });
  return { request, answer };
}

async function paidFen(): Promise<unknown> {
  return ((await (await call('GET', `/v1/institutions/${INSTITUTION}/books`)).json()) as { paidFen: number }).paidFen;
}

function event(source: string, id: string, type: string, body: object): object {
  return {
    specversion: '1.0',
    id,
    source,
    type: `prepaid.${type}.v1`,
    subject: INSTITUTION,
    time: formatTime((Date.now() - 3_600_000) * 1_000),
    data: body,
  };
}

function payment(id: string, amountFen: number, payeeAccountId: string): object {
  return event('/platform/370700', id, 'payment.succeeded', {
    paymentId: id,
    amountFen,
    channel: 'transfer',
    payeeAccountId,
  });
}

const REGISTERED = [
  event('/registry/370700', 'profile', 'institution.upserted', {
    name: '阳光书法',
    regionCode: '370702',
    category: 'non_subject',
    field: 'culture',
    delivery: 'offline',
    registration: 'for_profit',
    licence: { state: 'complete' },
    status: 'operating',
  }),
  event('/bank/B403', 'account', 'account.registered', {
    accountId: 'ACC-CUSTODY',
    bankCode: 'B403',
    purpose: 'custody',
    mode: 'per_lesson',
    validFrom: '2026-01-01',
  }),
  event('/bank/B403', 'balance', 'custody.balance_reported', {
    accountId: 'ACC-CUSTODY',
    asOf: '2026-07-01',
    kind: 'end_of_day',
    bookedFen: 0,
  }),
];
