import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { explainInstitution } from '../../src/risk/explain.js';
import { publishPolicy } from '../../src/risk/policy-store.js';
import { founded, us } from '../backtest/support.js';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { entry, valid } from './policy/support.js';
import { evaluateAt, ingestAt, inspected } from './support.js';

const ID = 'X-370702-1';
const options = { calendar: CHINA_CALENDAR, now: us('2027-01-01T00:00:00+08:00') };

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
}, 120_000);
afterAll(() => db.drop());

describe('a past score after a publication that left every level as it was', () => {
  it('has the grade, the thresholds and the version of the new policy from then on', async () => {
    const opened = us('2026-05-06T09:00:00+08:00');
    await ingestAt(
      db.pool,
      [...founded(ID, '2026-01-05'), inspected(ID, 'i1', 'shut', '2026-05-06T08:00:00+08:00')],
      opened,
    );
    await evaluateAt(db.pool, opened);
    // The second evaluation of a finding notes which levels it is inside of; nothing is new after it.
    const secondAt = us('2026-05-06T10:00:00+08:00');
    await ingestAt(db.pool, [inspected(ID, 'i2', 'shut', '2026-05-06T10:00:00+08:00')], secondAt);
    await evaluateAt(db.pool, secondAt);
    const before = await explainInstitution(db.pool, ID, null, options);
    const policy = valid(
      'later',
      entry('score', '370700', { gradeA: 70, gradeB: 80, gradeC: 90, gradeD: 100, weightA: 0, weightF: 40 }),
    );
    const publishedAt = us('2026-05-06T11:00:00+08:00');
    await publishPolicy(db.pool, policy, { author: 'A', approver: 'B' }, publishedAt);
    await evaluateAt(db.pool, publishedAt + 1);
    const stored = await explainInstitution(db.pool, ID, null, options);
    expect(stored).toMatchObject({ policyVersion: 'later', score: before.score, level: before.level });
    expect(stored.grade).not.toBe(before.grade);
    const again = await explainInstitution(db.pool, ID, us('2026-05-06T11:30:00+08:00'), options);
    expect(again).toMatchObject({ policyVersion: 'later', grade: stored.grade, at: stored.at, exact: true });
    expect(new Set(again.findings.map(({ policyVersion }) => policyVersion))).toEqual(new Set(['later']));
    expect(await explainInstitution(db.pool, ID, publishedAt, options)).toMatchObject({
      policyVersion: before.policyVersion,
      grade: before.grade,
      groupPoints: before.groupPoints,
    });
    // The groups add up by the weights that held, of the region.
    const inspection = (one: typeof before) => one.groupPoints!.find(({ group }) => group === 'F');
    expect(inspection(before)).toEqual({
      group: 'F',
      ruleId: 'F07',
      value: 1_000_000,
      weight: 10,
      points: 10_000_000,
    });
    expect(inspection(stored)).toMatchObject({ ruleId: 'F07', weight: 40, points: 40_000_000 });
    expect(again.groupPoints).toEqual(stored.groupPoints);
  });
});
