import { afterAll, beforeAll, expect, test } from 'vitest';
import { uscc } from './events.js';
import { type Harness, startHarness } from './harness.js';

let h: Harness;
beforeAll(async () => {
  h = await startHarness();
});
afterAll(() => h.close());

const OF = `/v1/institutions/${uscc(1)}`;

test.each([
  ['GET', '/v1/events', 'POST'],
  ['PUT', '/v1/events?x=1', 'POST'],
  ['GET', '/v1/bank-statements', 'POST'],
  ['POST', '/v1/institutions', 'GET, HEAD'],
  ['DELETE', OF, 'GET, HEAD'],
  ['POST', `${OF}/books`, 'GET, HEAD'],
  ['PUT', '/v1/subscriptions', 'GET, HEAD, POST'],
  ['POST', '/v1/subscriptions/s1', 'DELETE, GET, HEAD, PATCH'],
  ['PATCH', '/v1/policies/shadow', 'DELETE, GET, HEAD'],
  ['POST', '/healthz', 'GET, HEAD'],
  ['DELETE', '/openapi.json', 'GET, HEAD'],
] as const)('a known path does not take every method: %s %s is told to use %s', async (method, url, allow) => {
  const { status, json, headers } = await h.call(method, url, { key: null });
  expect([status, json.code, json.status, headers.allow]).toEqual([405, 'method_not_allowed', 405, allow]);
  expect(json.instance).toBe(url.split('?')[0]);
  expect(headers['content-type']).toBe('application/problem+json; charset=utf-8');
});

test('a page of the documentation that does not exist is not there', async () => {
  expect((await h.call('GET', '/docs/static/nothing.js')).status).toBe(404);
});
