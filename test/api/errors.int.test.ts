import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FeewardenError } from '../../src/core/errors.js';
import { institution, payment, uscc } from './events.js';
import { type CallOptions, type Harness, type Method, startHarness } from './harness.js';

const SCHOOL = uscc(1);
let h: Harness;
beforeAll(async () => {
  h = await startHarness();
  await h.call('POST', '/v1/events', { body: institution(SCHOOL, '370702') });
});
afterAll(() => h.close());

const OF = `/v1/institutions/${SCHOOL}`;
const NEW = { name: 's', url: 'https://receiver.example/' };

describe('a request that is not valid', () => {
  test.each([
    ['GET', '/v1/institutions?limit=0', undefined, 'querystring.limit'],
    ['GET', '/v1/institutions?limit=501', undefined, 'querystring.limit'],
    ['GET', '/v1/institutions?limit=1.5', undefined, 'querystring.limit'],
    ['GET', '/v1/institutions?limit=1&limit=2', undefined, 'querystring.limit'],
    ['GET', '/v1/institutions?regoin=3707', undefined, 'querystring'],
    ['GET', '/v1/institutions?region=37x', undefined, 'querystring.region'],
    ['GET', '/v1/institutions?level=pink', undefined, 'querystring.level'],
    ['GET', '/v1/institutions?minScore=101', undefined, 'querystring.minScore'],
    ['GET', '/v1/institutions?q=a%00b', undefined, 'querystring.q'],
    ['GET', '/v1/institutions?q=', undefined, 'querystring.q'],
    ['GET', '/v1/institutions/a%00b', undefined, 'params.id'],
    ['GET', `${OF}/books?asOf=yesterday`, undefined, 'querystring.asOf'],
    ['GET', `${OF}/books?asOf=2026-01-01T00:00:00`, undefined, 'querystring.asOf'],
    ['GET', `${OF}/books?asOf=0001-01-01T00:00:00%2B23:59`, undefined, 'querystring.asOf'],
    ['GET', `${OF}/books?asOf=9999-12-31T00:00:00Z`, undefined, 'querystring.asOf'],
    ['GET', `${OF}/journal?from=2026-02-30`, undefined, 'querystring.from'],
    ['GET', `${OF}/refunds?asOf=yesterday`, undefined, 'querystring.asOf'],
    ['GET', `${OF}?asOf=yesterday`, undefined, 'querystring.asOf'],
    ['GET', `${OF}/journal?asOf=yesterday`, undefined, 'querystring.asOf'],
    ['GET', `${OF}/alerts?asOf=yesterday`, undefined, 'querystring.asOf'],
    ['GET', '/v1/institutions?asOf=yesterday', undefined, 'querystring.asOf'],
    ['GET', '/v1/alerts?asOf=yesterday', undefined, 'querystring.asOf'],
    ['GET', `${OF}/refunds?state=half`, undefined, 'querystring.state'],
    ['GET', `${OF}/scores?to=x`, undefined, 'querystring.to'],
    ['GET', '/v1/alerts?rule=Z99', undefined, 'querystring.rule'],
    ['GET', '/v1/alerts/%00', undefined, 'params.alertId'],
    ['GET', '/v1/rejected?code=database_busy', undefined, 'querystring.code'],
    ['GET', '/v1/subscriptions?page=1', undefined, 'querystring'],
    ['POST', '/v1/subscriptions', {}, 'body.name'],
    ['POST', '/v1/subscriptions', { ...NEW, name: 'a\0b' }, 'body.name'],
    ['POST', '/v1/subscriptions', { ...NEW, url: 'https://a\0b/' }, 'body.url'],
    ['POST', '/v1/subscriptions', { ...NEW, types: [] }, 'body.types'],
    ['POST', '/v1/subscriptions', { ...NEW, more: 1 }, 'body'],
    ['POST', '/v1/subscriptions', [], 'body'],
    ['POST', '/v1/subscriptions', '{"__proto__": {}}', undefined],
  ] as const)('%s %s %j names %s', async (method, url, body, path) => {
    const { status, json } = await h.call(method, url, body === undefined ? {} : { body });
    expect([status, json.code, json.path]).toEqual([400, 'bad_request', path]);
  });

  test('a subscription’s calls check their bodies', async () => {
    const { id } = (await h.call('POST', '/v1/subscriptions', { body: NEW })).json;
    const url = `/v1/subscriptions/${id}`;
    const codes: unknown[] = [];
    const asked: readonly (readonly [Method, string, CallOptions])[] = [
      ['PATCH', url, { body: {} }],
      ['PATCH', url, { body: { state: 'asleep' } }],
      ['PATCH', url, { body: { url: 'http://127.0.0.1/' } }],
      ['POST', `${url}/replay`, { body: {} }],
      ['POST', `${url}/replay`, { body: { since: 'x' } }],
      ['POST', `${url}/replay`, { body: { since: '2026-01-01T00:00:00Z', messageIds: ['m'] } }],
      ['POST', `${url}/replay`, { body: { messageIds: Array(1_001).fill('m') } }],
      ['GET', `${url}/deliveries?state=lost`, {}],
      ['POST', `${url}/replay`, { body: '{"since":' }],
      ['POST', `${url}/replay`, { body: 'since', type: 'text/plain' }],
      ['POST', '/v1/subscriptions', { body: { ...NEW, name: 'x'.repeat(1_100_000) } }],
    ];
    for (const [method, to, options] of asked) codes.push((await h.call(method, to, options)).json.code);
    expect(codes).toEqual([
      ...Array(2).fill('bad_request'),
      'address_not_allowed',
      ...Array(6).fill('bad_request'),
      'unsupported_media_type',
      'body_too_large',
    ]);
  });
});

describe('what is not there', () => {
  test.each([
    ['GET', '/v1/nothing'],
    ['GET', `/v1/institutions/${uscc(99)}`],
    ['GET', `/v1/institutions/${uscc(99)}/books`],
    ['GET', '/v1/institutions/no-id-at-all/journal'],
    ['GET', '/v1/alerts/unknown'],
    ['GET', `/v1/alerts?institution=${uscc(99)}`],
    ['GET', '/v1/subscriptions/unknown'],
    ['DELETE', '/v1/subscriptions/unknown'],
    ['GET', '/v1/subscriptions/unknown/deliveries'],
    ['GET', '/v1/stream'],
    ['GET', '/v1/cases'],
    ['GET', '/v1/lists'],
  ] as const)('%s %s', async (method, url) => {
    const { status, json, headers } = await h.call(method, url);
    expect([status, json.code, json.instance]).toEqual([404, 'not_found', url.split('?')[0]]);
    expect(headers['content-type']).toBe('application/problem+json; charset=utf-8');
  });

  test('a path that is not well-formed', async () => {
    const answer = await h.call('GET', '/v1/institutions/%zz');
    expect([answer.status, answer.json.code]).toEqual([400, 'bad_request']);
  });

  test('a path parameter that is too long', async () => {
    const answer = await h.call('GET', `/v1/institutions/${'9'.repeat(800)}`);
    expect(answer.json.code).toMatch(/^(not_found|bad_request)$/);
  });
});

test('a problem has all its members', async () => {
  const { json } = await h.call('GET', '/v1/institutions?limit=0');
  expect(json).toEqual({
    type: 'urn:feewarden:problem:bad_request',
    title: 'The request is not valid.',
    status: 400,
    detail: 'The request is not valid. querystring.limit: Too small: expected number to be >=1.',
    code: 'bad_request',
    instance: '/v1/institutions',
    path: 'querystring.limit',
  });
});

describe('when something breaks', () => {
  async function withFailure(failure: unknown, then: (own: Harness) => Promise<void>): Promise<void> {
    const own = await startHarness({
      deps: {
        alongside: async () => {
          throw failure;
        },
      },
    });
    try {
      await then(own);
    } finally {
      await own.close();
    }
  }

  test('places for requests with events come back, whatever became of the request', async () => {
    const own = await startHarness({ limits: { eventRequestsAtOnce: 1, bodiesAtOnce: 1 } });
    try {
      for (const body of ['[]', '{', '[', '[]', 'x'.repeat(100)])
        expect((await own.call('POST', '/v1/events', { body })).status).toBeLessThan(500);
      expect((await own.call('POST', '/v1/events', { type: 'text/csv', body: 'x' })).status).toBe(415);
      expect((await own.call('POST', '/v1/events', { body: '[]' })).status).toBe(200);
    } finally {
      await own.close();
    }
  });

  test('an unknown error is 500 without what is inside, is logged, and stops the process', async () => {
    const failure = new Error('the password is hunter2');
    await withFailure(failure, async (own) => {
      const answer = await own.call('POST', '/v1/events', { body: payment(SCHOOL, 'p', 1) });
      expect([answer.status, answer.json.code, answer.json.detail]).toEqual([
        500,
        'internal',
        'Something unexpected happened.',
      ]);
      expect(answer.text).not.toContain('hunter2');
      expect(own.fatal).toEqual([failure]);
      expect(own.logged.some((line) => line.includes('nobody knows why'))).toBe(true);
    });
  });

  test('every log line of a request bears once, and under one name, the id that the answer carries', async () => {
    await withFailure(new Error('unknown'), async (own) => {
      const sent = { body: payment(SCHOOL, 'p', 1), headers: { 'x-request-id': 'told-1' } };
      const answer = await own.call('POST', '/v1/events', sent);
      expect(answer.headers['x-request-id']).toBe('told-1');
      const lines = own.logged.filter((line) => line.includes('told-1'));
      expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual([
        'a request failed and nobody knows why',
        'request',
      ]);
      for (const line of lines) expect(line.match(/"\w+":"told-1"/g)).toEqual(['"requestId":"told-1"']);
    });
  });

  test('an error of ours that is fatal stops the process as well', async () => {
    await withFailure(new FeewardenError('books_broken', 'account 7'), async (own) => {
      const answer = await own.call('POST', '/v1/events', { body: payment(SCHOOL, 'p', 1) });
      expect([answer.status, answer.json.code, answer.json.detail]).toEqual([
        500,
        'books_broken',
        'The books contradict themselves.',
      ]);
      expect(own.fatal).toHaveLength(1);
    });
  });

  test('a disk that is full is 503 with a time to come again, and stops the process with what the database said', async () => {
    const failure = Object.assign(new Error('No space left on device'), { code: '53100' });
    await withFailure(failure, async (own) => {
      const answer = await own.call('POST', '/v1/events', { body: payment(SCHOOL, 'p', 1) });
      expect([answer.status, answer.json.code]).toEqual([503, 'database_unavailable']);
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
      expect(own.fatal).toEqual([failure]);
    });
  });

  test('a database that is away is 503 with a time to come again, and stops nothing', async () => {
    const gone = Object.assign(new Error('connect ECONNREFUSED 10.0.0.7:5432'), { code: 'ECONNREFUSED' });
    const own = await startHarness();
    const { pool } = own.db;
    const query = pool.query;
    pool.query = (() => Promise.reject(gone)) as typeof query;
    try {
      const answer = await own.call('GET', '/v1/alerts');
      expect([answer.status, answer.json.code, answer.headers['retry-after']]).toEqual([503, 'database_busy', '2']);
      expect(answer.text).not.toContain('10.0.0.7');
      expect((await own.call('GET', '/v1/alerts', { key: `fw_${'0'.repeat(12)}_${'A'.repeat(43)}` })).status).toBe(503);
      expect((await own.call('GET', '/healthz')).status).toBe(200);
      const ready = await own.call('GET', '/readyz');
      expect([ready.status, ready.json.ready, ready.json.checks[0].state]).toEqual([503, false, 'failed']);
      expect((await own.call('GET', '/metrics')).status).toBe(200);
      expect(own.fatal).toEqual([]);
    } finally {
      pool.query = query;
      await own.close();
    }
  });

  test('a passing failure in the middle of a stream is not seen by its sender', async () => {
    let batches = 0;
    const own = await startHarness({
      environment: { FEEWARDEN_INGEST_BATCH_EVENTS_MAX: '2' },
      deps: {
        alongside: async () => {
          batches += 1;
          if (batches === 2) throw new FeewardenError('broker_unavailable');
        },
      },
    });
    try {
      const body = Array.from({ length: 400 }, (_, n) => `${JSON.stringify(payment(SCHOOL, `p${n}`, 1))}\n`).join('');
      const answer = await own.call('POST', '/v1/events', { type: 'application/x-ndjson', body });
      expect(batches).toBeGreaterThan(200);
      expect(answer.json).toEqual({ accepted: 400, duplicates: 0, rejected: [] });
    } finally {
      await own.close();
    }
  });
});

describe('readiness', () => {
  const checksOf = async (own: Harness) =>
    Object.fromEntries(
      (await own.call('GET', '/readyz')).json.checks.map((check: { name: string; state: string }) => [
        check.name,
        check.state,
      ]),
    );

  test('names database, migrations, evaluation, jobs and calendar', async () => {
    expect(await checksOf(h)).toEqual({
      database: 'ok',
      migrations: 'ok',
      evaluation: 'ok',
      jobs: 'ok',
      calendar: 'ok',
    });
  });

  test('a job whose last run failed wants a look, in the metrics as well', async () => {
    const own = await startHarness();
    try {
      await own.db.pool.query(
        `insert into job_runs (job, due_at, started_at, ended_at, outcome) values ('reconcile-banks', now(), now(), now(), 'failed')`,
      );
      const { json, status } = await own.call('GET', '/readyz');
      expect([status, json.ready]).toEqual([200, true]);
      expect(json.checks).toContainEqual({
        name: 'jobs',
        state: 'warning',
        detail: 'The last run failed of reconcile-banks.',
      });
      expect((await own.call('GET', '/metrics')).text).toMatch(/^feewarden_jobs_failing 1$/m);
      expect((await own.call('GET', '/v1/jobs')).json.items).toMatchObject([{}, {}, { state: 'failed', runs: [{}] }]);
    } finally {
      await own.close();
    }
  });

  test('an evaluation that waits for long and a year without holidays want a look', async () => {
    const own = await startHarness();
    try {
      await own.call('POST', '/v1/events', { body: payment(SCHOOL, 'p', 1) });
      own.now += 4 * 365 * 86_400_000_000;
      expect(await checksOf(own)).toMatchObject({ evaluation: 'warning', calendar: 'warning' });
      expect((await own.call('GET', '/readyz')).status).toBe(200);
    } finally {
      await own.close();
    }
  });

  test('a migration that is missing is no readiness', async () => {
    const own = await startHarness();
    try {
      await own.db.pool.query('delete from _prisma_migrations where migration_name like $1', ['%_alerts']);
      expect(await checksOf(own)).toMatchObject({ database: 'ok', migrations: 'failed' });
      expect((await own.call('GET', '/readyz')).status).toBe(503);
    } finally {
      await own.close();
    }
  });

  test('a database that takes no writes is no readiness, and what is sent meanwhile is to come again', async () => {
    const own = await startHarness();
    try {
      await own.db.pool.query(
        `do $$ begin execute format('alter database %I set default_transaction_read_only = on', current_database()); end $$`,
      );
      await own.db.pool
        .query('select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()')
        .catch(() => undefined);
      const answer = await own.call('POST', '/v1/events', { body: payment(SCHOOL, 'p', 1) });
      expect([answer.status, answer.json.code, own.fatal]).toEqual([503, 'database_busy', []]);
      expect([(await own.call('GET', '/readyz')).status, await checksOf(own)]).toMatchObject([
        503,
        { database: 'failed' },
      ]);
    } finally {
      await own.close();
    }
  });

  test('the broker counts where one is configured', async () => {
    const broker = { healthy: true, reason: undefined as string | undefined, lagTotal: 100_001 };
    const own = await startHarness({ deps: { broker: () => broker } });
    try {
      expect(await checksOf(own)).toMatchObject({ broker: 'ok', lag: 'warning' });
      Object.assign(broker, { healthy: false, reason: 'No heartbeat for 30 s.' });
      const { status, json } = await own.call('GET', '/readyz');
      expect(status).toBe(503);
      expect(json.checks).toContainEqual({ name: 'broker', state: 'failed', detail: 'No heartbeat for 30 s.' });
    } finally {
      await own.close();
    }
  });
});

test('metrics count requests by pattern and events by outcome, and name nobody', async () => {
  const own = await startHarness();
  try {
    await own.call('POST', '/v1/events', { body: [payment(SCHOOL, 'p', 1), payment(SCHOOL, 'p', -1), 1] });
    await own.call('GET', `${OF}/books`);
    const { text, headers } = await own.call('GET', '/metrics', { key: null });
    expect(headers['content-type']).toContain('text/plain');
    for (const line of [
      'feewarden_http_requests_total{method="GET",route="/v1/institutions/:id/books",status="200"} 1',
      'feewarden_ingest_events_total{outcome="accepted"} 1',
      'feewarden_ingest_events_total{outcome="rejected"} 2',
      'feewarden_ingest_rejected_total{code="bad_money"} 1',
      'feewarden_ingest_batch_seconds_count 1',
      'feewarden_due_institutions 1',
      'feewarden_deliveries_pending 0',
      'feewarden_deliveries_dead 0',
      'feewarden_database_connections{state="waiting"} 0',
    ]) {
      expect(text).toContain(line);
    }
    expect(text).not.toContain(SCHOOL);
  } finally {
    await own.close();
  }
});
