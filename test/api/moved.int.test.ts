import { afterAll, beforeAll, expect, it } from 'vitest';
import { institution, uscc } from './events.js';
import { type Harness, startHarness } from './harness.js';
import { seedEvaluation } from './seed.js';

let h: Harness;
beforeAll(async () => {
  h = await startHarness();
});
afterAll(() => h.close());

it('an institution that moved is in the list of its region at once, and no longer in that of the former', async () => {
  const id = uscc(61);
  const idsOf = async (region: string) => {
    const { json } = await h.call('GET', `/v1/institutions?region=${region}`);
    expect(json.total).toBe(json.items.length);
    return json.items.map((one: { institutionId: string }) => one.institutionId);
  };
  await h.call('POST', '/v1/events', { body: institution(id, '650102') });
  await seedEvaluation(h.db.pool, id, { score: 1, level: 'blue', regionCode: '650102' });
  expect([await idsOf('650102'), await idsOf('650103')]).toEqual([[id], []]);
  const moved = { ...institution(id, '650103', { time: '2026-07-02T00:00:00+08:00' }), id: `moved-${id}` };
  await h.call('POST', '/v1/events', { body: moved });
  expect([await idsOf('650102'), await idsOf('650103')]).toEqual([[], [id]]);
});
