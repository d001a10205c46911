import { expect, test } from 'vitest';
import { payment, uscc } from './events.js';
import { startHarness } from './harness.js';

/** How much one may ask for, and who is put off. */

const SCHOOL = uscc(1);

test('a key that asks too often is told when to come again, and others are not held up', async () => {
  const own = await startHarness({ limits: { requestsPerMinute: 2 } });
  try {
    const key = await own.key('auditor');
    const ask = (with_: string) => own.call('GET', '/v1/alerts', { key: with_ });
    expect([(await ask(key)).status, (await ask(key)).status]).toEqual([200, 200]);
    const third = await ask(key);
    expect([third.status, third.json.code]).toEqual([429, 'too_many_requests']);
    expect(Number(third.headers['retry-after'])).toBeGreaterThan(0);
    expect((await ask(await own.key('auditor'))).status).toBe(200);
  } finally {
    await own.close();
  }
});

test('one who tries keys has to wait', async () => {
  const own = await startHarness({ limits: { wrongKeysPerMinute: 3 } });
  try {
    const codes: string[] = [];
    for (let n = 0; n < 5; n += 1) codes.push((await own.call('GET', '/v1/alerts', { key: 'wrong' })).json.code);
    expect(codes).toEqual([...Array(3).fill('unauthorized'), ...Array(2).fill('too_many_requests')]);
    expect((await own.call('GET', '/healthz', { key: null })).status).toBe(200);
  } finally {
    await own.close();
  }
});

test('a right key is not refused for the wrong keys that others sent from the same address', async () => {
  const own = await startHarness({ limits: { wrongKeysPerMinute: 1 } });
  try {
    const key = await own.key('auditor');
    for (let n = 0; n < 3; n += 1) await own.call('GET', '/v1/alerts', { key: 'wrong' });
    expect((await own.call('GET', '/v1/alerts', { key: 'wrong' })).json.code).toBe('too_many_requests');
    expect((await own.call('GET', '/v1/alerts', { key })).status).toBe(200);
    expect((await own.call('GET', '/v1/alerts', { key: null })).json.code).toBe('too_many_requests');
  } finally {
    await own.close();
  }
});

test('open routes have a limit too', async () => {
  const own = await startHarness({ limits: { openRequestsPerMinute: 1 } });
  try {
    expect((await own.call('GET', '/healthz', { key: null })).status).toBe(200);
    expect((await own.call('GET', '/metrics', { key: null })).json.code).toBe('too_many_requests');
  } finally {
    await own.close();
  }
});

test.each([
  ['requests', { eventRequestsAtOnce: 0 }],
  ['bytes', { bodiesAtOnce: 0 }],
])('more %s with events than can be held are put off', async (_what, limits) => {
  const own = await startHarness({ limits });
  try {
    const answer = await own.call('POST', '/v1/events', { body: payment(SCHOOL, 'p', 1) });
    expect([answer.status, answer.json.code, answer.headers['retry-after']]).toEqual([503, 'database_busy', '2']);
    expect((await own.call('GET', '/v1/alerts')).status).toBe(200);
  } finally {
    await own.close();
  }
});
