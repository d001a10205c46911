import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_POLICY } from '../../src/risk/policy/default.js';
import { enrolled, founded, us } from '../backtest/support.js';
import { entry, policyOf } from '../risk/policy/support.js';
import { evaluateAt, ingestAt } from '../risk/support.js';
import { type Harness, startHarness } from './harness.js';

let h: Harness;
let author: string;
let approver: string;
const SCHOOL = 'X-370702-1';
const AT = us('2026-04-10T12:00:00+08:00');

beforeAll(async () => {
  h = await startHarness();
  author = await h.key('admin');
  approver = await h.key('admin');
  h.now = AT;
  await ingestAt(
    h.db.pool,
    [...founded(SCHOOL, '2026-03-01'), ...enrolled(SCHOOL, 'C-1', '2026-03-02', 600_000).slice(0, 2)],
    AT,
  );
  await evaluateAt(h.db.pool, AT);
});
afterAll(() => h.close());

const city = { ...policyOf(entry('A08', '370700', { blueWorkingDays: 1 })), version: 'city-1', note: 'a trial' };
const post = (url: string, key: string, body?: unknown) =>
  h.call('POST', url, body === undefined ? { key } : { key, body });

describe('a policy by two keys', () => {
  test('is a draft of the first, and changes nothing', async () => {
    const made = await post('/v1/policies', author, city);
    expect(made).toMatchObject({ status: 201, json: { version: 'city-1', state: 'draft', approver: null } });
    expect(made.json.author).toMatch(/^key:[0-9a-f]{12}$/);
    const { json } = await h.call('GET', '/v1/policies');
    expect(json.items.map((one: { version: string; state: string }) => [one.version, one.state])).toEqual([
      [DEFAULT_POLICY.version, 'in_force'],
      ['city-1', 'draft'],
    ]);
    expect(json.total).toBe(2);
  });

  test('cannot be approved by the key that wrote it', async () => {
    const { status, json } = await post('/v1/policies/city-1/approval', author);
    expect([status, json.code]).toEqual([409, 'second_person_needed']);
  });

  test('says what it would change', async () => {
    const { json } = await h.call('GET', '/v1/policies/city-1/diff');
    expect(json).toEqual({
      before: DEFAULT_POLICY.version,
      after: 'city-1',
      differences: [
        {
          rule: 'A08',
          param: 'blueWorkingDays',
          region: '370700',
          category: null,
          mode: null,
          from: '2026-01-01',
          to: null,
          before: 2,
          after: 1,
        },
      ],
    });
    const turned = await h.call('GET', `/v1/policies/current/diff?against=city-1`);
    expect(turned.json.differences[0]).toMatchObject({ before: 1, after: 2 });
  });

  test('may run in the shadow, which is reported by region', async () => {
    expect(await post('/v1/policies/city-1/shadow', author)).toMatchObject({ status: 201, json: { running: true } });
    expect((await post('/v1/policies/city-1/shadow', author)).json.code).toBe('shadow_running');
    await evaluateAt(h.db.pool, AT);
    const { status, json } = await h.call('GET', '/v1/policies/shadow');
    expect([status, json.version, json.institutions, json.failures]).toEqual([200, 'city-1', 1, 0]);
    const elsewhere = await h.key('regulator', '11');
    expect((await h.call('GET', '/v1/policies/shadow', { key: elsewhere })).json.institutions).toBe(0);
    expect((await h.call('GET', '/v1/policies/shadow?region=37', { key: elsewhere })).status).toBe(404);
    expect(await h.call('DELETE', '/v1/policies/shadow', { key: author })).toMatchObject({
      status: 200,
      json: { version: 'city-1', running: false },
    });
    expect((await h.call('DELETE', '/v1/policies/shadow', { key: author })).json.code).toBe('not_found');
  });

  test('is in force once another key approves it, and its thresholds name where they come from', async () => {
    const { status, json } = await post('/v1/policies/city-1/approval', approver);
    expect([status, json.state, json.affected]).toEqual([200, 'in_force', 1]);
    expect(json.approver).not.toBe(json.author);
    const current = await h.call('GET', '/v1/policies/current?region=370702&day=2026-05-01');
    expect(current.json).toMatchObject({
      version: 'city-1',
      policy: { entries: city.entries },
      place: { day: '2026-05-01' },
    });
    const rule = current.json.thresholds.find((one: { rule: string }) => one.rule === 'A08');
    expect(rule.params[0]).toMatchObject({ value: 1, from: { region: '370700', tier: 'city' } });
    expect((await h.call('GET', `/v1/policies/${DEFAULT_POLICY.version}`)).json.state).toBe('replaced');
  });

  test('keeps its version for its content', async () => {
    const other = { ...city, note: 'another' };
    expect((await post('/v1/policies', author, other)).json.code).toBe('policy_version_taken');
    expect((await post('/v1/policies', author, city)).status).toBe(201);
  });
});

describe('a policy is refused', () => {
  test.each([
    ['without its form', { version: 'x' }, 'bad_policy', 'entries'],
    ['with an unknown rule', { ...policyOf(entry('A99', '000000', {})), version: 'x' }, 'bad_policy', 'entries.0.rule'],
    ['under a name with another meaning', { ...policyOf(), version: 'current' }, 'bad_policy', 'version'],
  ])('%s', async (_, body, code, path) => {
    const { json } = await post('/v1/policies', author, body);
    expect([json.code, json.path]).toEqual([code, path]);
  });

  test('with a key that stands twice, of which one threshold would be lost', async () => {
    const text = JSON.stringify({ ...city, version: 'twice' });
    const twice = text.replace('"blueWorkingDays":', '"blueWorkingDays":{"value":2,"source":"ours","note":"n"},$&');
    const { status, json } = await post('/v1/policies', author, twice);
    expect([status, json.code, json.path]).toEqual([400, 'bad_policy', 'entries.0.params.blueWorkingDays']);
    expect((await post('/v1/policies', author, '{"version":')).json.code).toBe('bad_request');
    expect((await post('/v1/policies', author, '{"__proto__":{}}')).json.code).toBe('bad_request');
  });

  test('from who may not write any, or not everywhere', async () => {
    for (const key of [await h.key('regulator'), await h.key('analyst'), await h.key('admin', '3707')])
      expect((await post('/v1/policies', key, city)).json.code).toBe('forbidden');
  });

  test('when it is not there', async () => {
    for (const url of ['/v1/policies/none/approval', '/v1/policies/none/shadow'])
      expect((await post(url, approver)).json.code).toBe('not_found');
    expect((await h.call('GET', '/v1/policies/none')).json.code).toBe('not_found');
  });
});

describe('a score', () => {
  test('of a past moment is made again', async () => {
    const past = await h.call('GET', `/v1/institutions/${SCHOOL}/score?asOf=2026-04-10T12:00:00%2B08:00`);
    expect(past.json).toMatchObject({ basis: 'evaluations', exact: true, policyVersion: DEFAULT_POLICY.version });
    const stored = await h.call('GET', `/v1/institutions/${SCHOOL}/score`);
    expect(stored.json).toMatchObject({ basis: 'stored', score: past.json.score });
    const before = await h.call('GET', `/v1/institutions/${SCHOOL}/score?asOf=2026-03-20T00:00:00%2B08:00`);
    expect(before.json).toMatchObject({ basis: 'recorded_time' });
    expect((await h.call('GET', `/v1/institutions/${SCHOOL}/score?asOf=2020-01-01T00:00:00Z`)).json.code).toBe(
      'not_found',
    );
  });

  test('comes with what would change it', async () => {
    const { status, json } = await h.call('GET', `/v1/institutions/${SCHOOL}/score/remedies`);
    expect(status).toBe(200);
    const credit = json.items.find((one: { ruleId: string }) => one.ruleId === 'A01').remedies[0];
    expect(credit).toMatchObject({ kind: 'custody_credit', leaves: 'red', unit: 'fen' });
    expect(credit.amount).toBe(credit.fen);
    const other = await h.key('regulator', '11');
    expect((await h.call('GET', `/v1/institutions/${SCHOOL}/score/remedies`, { key: other })).status).toBe(404);
  });
});
