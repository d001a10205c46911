import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Us } from '../../src/core/time.js';
import { DEFAULT_POLICY } from '../../src/risk/policy/default.js';
import type { Policy } from '../../src/risk/policy/policy.js';
import {
  draftPolicy,
  findPolicy,
  listDrafts,
  listPolicies,
  publishPolicy,
  readPolicy,
  readPolicyAt,
} from '../../src/risk/policy-store.js';
import { enrolled, founded, us } from '../backtest/support.js';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { entry, valid } from './policy/support.js';
import { evaluateAt, ingestAt } from './support.js';

let db: TestDatabase;
beforeEach(async () => {
  db = await testDatabase();
});
afterEach(() => db.drop());

const T = us('2026-04-22T10:00:00+08:00');
const HOUR = 3_600_000_000;
const PERSONS = { author: 'Li Na', approver: 'Wang Wei' };
const first = valid('2026.1', entry('A08', '370700', { blueWorkingDays: 1 }));
const second = valid('2026.2', entry('A08', '370702', { blueWorkingDays: 3 }));
const publish = (policy: Policy, at: Us, persons: Parameters<typeof publishPolicy>[2] = PERSONS) =>
  publishPolicy(db.pool, policy, persons, at);
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'none',
    (error: { code?: string }) => error.code ?? String(error),
  );

describe('publishing', () => {
  it('puts a policy in force, and keeps which one was in force when', async () => {
    expect((await readPolicy(db.pool)).version).toBe(DEFAULT_POLICY.version);
    await publish(first, T);
    await publish(second, T + HOUR);
    expect(await readPolicy(db.pool)).toEqual(second);
    const versionAt = async (at: Us) => (await readPolicyAt(db.pool, at)).record.version;
    expect(await versionAt(T - 1)).toBe(DEFAULT_POLICY.version);
    expect(await versionAt(T)).toBe('2026.1');
    expect(await versionAt(T + HOUR - 1)).toBe('2026.1');
    expect(await versionAt(T + HOUR)).toBe('2026.2');
    expect((await listPolicies(db.pool)).map(({ version, author, approver }) => [version, author, approver])).toEqual([
      ['2026.2', 'Li Na', 'Wang Wei'],
      ['2026.1', 'Li Na', 'Wang Wei'],
      [DEFAULT_POLICY.version, null, null],
    ]);
  });

  it('gives no policy a name that means something else', async () => {
    for (const version of ['current', 'shadow']) {
      expect(await codeOf(publish({ ...first, version }, T))).toBe('bad_policy');
      expect(await codeOf(draftPolicy(db.pool, { ...first, version }, 'Li Na', T))).toBe('bad_policy');
    }
    expect(await codeOf(publish({ ...first, version: 'default-999' }, T))).toBe('policy_version_taken');
    expect((await listPolicies(db.pool)).length).toBe(1);
  });

  it('needs two persons', async () => {
    expect(await codeOf(publish(first, T, { author: 'Li Na', approver: undefined }))).toBe('second_person_needed');
    expect(await codeOf(publish(first, T, { author: 'Li Na', approver: 'LI NA' }))).toBe('second_person_needed');
    expect(await codeOf(draftPolicy(db.pool, first, ' ', T))).toBe('second_person_needed');
    expect((await listPolicies(db.pool)).length).toBe(1);
  });

  it('refuses a version with other content, and takes the same content again as done', async () => {
    await publish(first, T);
    expect(await codeOf(publish({ ...first, note: 'other' }, T + HOUR))).toBe('policy_version_taken');
    expect(await codeOf(draftPolicy(db.pool, { ...second, version: '2026.1' }, 'Li Na', T))).toBe(
      'policy_version_taken',
    );
    expect(await codeOf(publish({ ...first, version: 'default-99' }, T))).toBe('policy_version_taken');
    const again = await publish(first, T + HOUR, { author: 'Other', approver: 'Another' });
    expect(again).toMatchObject({ isNew: false, record: { publishedAt: T, author: 'Li Na', approver: 'Wang Wei' } });
  });

  it('leaves a trail that cannot be changed', async () => {
    await draftPolicy(db.pool, first, 'Li Na', T);
    await publish(first, T + HOUR);
    const { rows } = await db.pool.query('select at, version, action, by, detail from policy_log order by seq');
    expect(rows).toEqual([
      { at: T, version: '2026.1', action: 'drafted', by: 'Li Na', detail: {} },
      {
        at: T + HOUR,
        version: '2026.1',
        action: 'published',
        by: 'Wang Wei',
        detail: { ...PERSONS, replaces: DEFAULT_POLICY.version, affected: 0 },
      },
    ]);
    for (const sql of ['update policies set note = null', 'delete from policy_drafts', 'truncate policy_log'])
      await expect(db.pool.query(sql)).rejects.toThrow('only grows');
  });

  it('is the last in time, also by a clock that is behind', async () => {
    await publish(first, T);
    expect((await publish(second, T - HOUR)).record.publishedAt).toBe(T + 1);
    expect((await readPolicy(db.pool)).version).toBe('2026.2');
  });

  it('takes two publications at once one after the other', async () => {
    await Promise.all([publish(first, T), publish(second, T), publish(first, T)]);
    expect(new Set((await listPolicies(db.pool)).map(({ publishedAt }) => publishedAt)).size).toBe(3);
  });
});

describe('drafts', () => {
  it('are found by their version, and are drafts until they are published', async () => {
    await draftPolicy(db.pool, first, 'key:abc', T);
    await draftPolicy(db.pool, first, 'key:abc', T);
    expect(await listDrafts(db.pool)).toEqual([{ version: '2026.1', author: 'key:abc', createdAt: T }]);
    expect(await findPolicy(db.pool, '2026.1')).toMatchObject({ policy: first, record: { publishedAt: null } });
    expect((await readPolicy(db.pool)).version).toBe(DEFAULT_POLICY.version);
    await publish(first, T);
    expect(await listDrafts(db.pool)).toEqual([]);
    expect(await findPolicy(db.pool, '2026.1')).toMatchObject({ record: { publishedAt: T } });
    expect(await findPolicy(db.pool, 'unheard')).toBeNull();
    expect((await findPolicy(db.pool, DEFAULT_POLICY.version))?.policy).toBe(DEFAULT_POLICY);
  });
});

describe('a policy in force', () => {
  const SCHOOL = 'X-370702-1';
  const OTHER = 'X-370602-1';
  const moved = (line: string): string => line.replaceAll('"370702"', '"370602"');
  const start = us('2026-04-01T12:00:00+08:00');
  const dueNos = async (): Promise<number> =>
    (await db.pool.query('select distinct institution_no from due_institutions')).rows.length;
  /** When A08 counts a credit that never comes as late; the first alert's moment. */
  const raisedAt = async (id: string): Promise<Us | undefined> =>
    (
      await db.pool.query<{ opened_at: Us }>(
        `select opened_at from alerts a join institutions i on i.no = a.institution_no where i.id = $1 and rule_id = 'A08'`,
        [id],
      )
    ).rows[0]?.opened_at;

  beforeEach(async () => {
    for (const [id, change] of [
      [SCHOOL, (line: string) => line],
      [OTHER, moved],
    ] as const) {
      const lines = [...founded(id, '2026-03-30'), ...enrolled(id, `C-${id}`, '2026-04-01', 600_000).slice(0, 2)];
      await ingestAt(db.pool, lines.map(change), start);
    }
    await evaluateAt(db.pool, start);
    expect(await dueNos()).toBe(0);
  });

  it('makes due whom it concerns and nobody else, and is asked at once', async () => {
    const strict = valid('strict', entry('A08', '370700', { blueWorkingDays: 0 }));
    const at = us('2026-04-02T09:00:00+08:00');
    await evaluateAt(db.pool, at);
    expect(await raisedAt(SCHOOL)).toBeUndefined();
    expect(await publish(strict, at)).toMatchObject({ isNew: true, affected: 1 });
    expect(await dueNos()).toBe(1);
    expect(await evaluateAt(db.pool, at)).toBe(1);
    expect(await raisedAt(SCHOOL)).toBe(at);
    expect(await raisedAt(OTHER)).toBeUndefined();
    const { rows } = await db.pool.query(
      'select i.id, policy_version from evaluations v join institutions i on i.no = v.institution_no order by 1',
    );
    expect(rows).toEqual([
      { id: OTHER, policy_version: DEFAULT_POLICY.version },
      { id: SCHOOL, policy_version: 'strict' },
    ]);
  });

  it('makes institutions due at the midnight at which a threshold begins to hold', async () => {
    const from = { validFrom: '2026-04-03' };
    const strict = valid('later', entry('A08', '370700', { blueWorkingDays: 0 }, from));
    await publish(strict, start);
    await evaluateAt(db.pool, start);
    const midnight = us('2026-04-03T00:00:00+08:00');
    await evaluateAt(db.pool, midnight - 1);
    expect(await raisedAt(SCHOOL)).toBeUndefined();
    await evaluateAt(db.pool, midnight);
    expect(await raisedAt(SCHOOL)).toBe(midnight);
    expect(await raisedAt(OTHER)).toBeUndefined();
  });

  it('ends with the last day of a threshold', async () => {
    const until = { validTo: '2026-04-02' };
    await publish(valid('until', entry('A08', '370700', { blueWorkingDays: 0 }, until)), start);
    await evaluateAt(db.pool, us('2026-04-02T00:00:00+08:00'));
    expect(await raisedAt(SCHOOL)).toBe(us('2026-04-02T00:00:00+08:00'));
    const { rows } = await db.pool.query<{ next_at: Us }>(
      `select next_at from evaluations v join institutions i on i.no = v.institution_no where i.id = $1`,
      [SCHOOL],
    );
    expect(rows[0]!.next_at).toBeLessThanOrEqual(us('2026-04-03T00:00:00+08:00'));
  });

  it('waits for an evaluation that is under way, so that nobody is left with the old one', async () => {
    const client = await db.pool.connect();
    await client.query('begin');
    await client.query('lock table policies in row share mode');
    let done = false;
    const publication = publish(valid('p', entry('A08', '000000', { blueWorkingDays: 0 })), start).then((result) => {
      done = true;
      return result;
    });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(done).toBe(false);
    await client.query('commit');
    client.release();
    expect((await publication).affected).toBe(2);
  });
});
