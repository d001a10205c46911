import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dayOf, startOfDay, type Us } from '../../src/core/time.js';
import type { Policy } from '../../src/risk/policy/policy.js';
import { shadowReport, startShadow, stopShadow } from '../../src/risk/policy-shadow.js';
import { draftPolicy, publishPolicy } from '../../src/risk/policy-store.js';
import { enrolled, founded, us } from '../backtest/support.js';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { entry, valid } from './policy/support.js';
import { evaluateAt, ingestAt } from './support.js';

let db: TestDatabase;
beforeEach(async () => {
  db = await testDatabase();
});
afterEach(() => db.drop());

const HERE = 'X-370702-1';
const THERE = 'X-370602-1';
const START = us('2026-04-01T12:00:00+08:00');
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'none',
    (error: { code?: string }) => error.code ?? String(error),
  );

/** Two schools in two cities whose payments of 1 April are never credited. */
async function twoSchools(): Promise<void> {
  for (const id of [HERE, THERE]) {
    const lines = [...founded(id, '2026-03-30'), ...enrolled(id, `C-${id}`, '2026-04-01', 600_000).slice(0, 2)];
    const region = `"${id.slice(2, 8)}"`;
    await ingestAt(
      db.pool,
      lines.map((line) => line.replaceAll('"370702"', region)),
      START,
    );
  }
}

/** Everything that is due, day by day, as a running program would. */
async function run(until: Us): Promise<void> {
  for (let day = dayOf(START); startOfDay(day) <= until; day += 1) {
    await evaluateAt(db.pool, Math.max(START, startOfDay(day)));
    await evaluateAt(db.pool, Math.max(START, startOfDay(day) + 43_200_000_000));
  }
}

async function start(policy: Policy, at = START): Promise<void> {
  await draftPolicy(db.pool, policy, 'Li Na', at);
  await startShadow(db.pool, policy.version, 'Li Na', at);
}

/** All that the live evaluation leaves behind. */
async function live(): Promise<object> {
  const of = async (sql: string): Promise<object[]> => (await db.pool.query<object>(sql)).rows;
  return {
    evaluations: await of(
      'select institution_no, state, policy_version, score, level, findings from evaluations order by 1',
    ),
    alerts: await of('select alert_id, level, data from alerts order by 1'),
    records: await of('select alert_id, step, kind, at, data from alert_records order by 1, 2'),
    scores: await of('select * from scores order by 1, 2'),
    messages: await of('select message_id, body from messages order by message_id'),
  };
}

const END = us('2026-04-20T12:00:00+08:00');
const strict = valid('strict', entry('A08', '370700', { blueWorkingDays: 0, yellowWorkingDays: 1 }));

describe('a policy in the shadow', () => {
  it('says nothing else when it says the same', async () => {
    await twoSchools();
    await run(START);
    await start(valid('same', entry('A08', '000000', { blueWorkingDays: 2 })), START + 1);
    await run(END);
    const report = await shadowReport(db.pool, '');
    expect(report).toMatchObject({ version: 'same', institutions: 2, waiting: 0, differences: [], failures: 0 });
    expect(report.alerts.length).toBeGreaterThan(0);
    for (const { live: own, shadow } of report.alerts) expect(shadow).toBe(own);
    expect(report.levels.length).toBeGreaterThan(0);
    expect(report.levels.every((one) => one.live === one.shadow)).toBe(true);
  });

  it('takes back what late information takes back, also of what the live policy held open before', async () => {
    await twoSchools();
    await run(us('2026-04-08T12:00:00+08:00'));
    const open = async (): Promise<number> =>
      (await db.pool.query(`select 1 from alerts where rule_id = 'A08' and cleared_at is null`)).rows.length;
    expect(await open()).toBe(2);
    const at = us('2026-04-08T15:00:00+08:00');
    await start(valid('same', entry('A08', '000000', { blueWorkingDays: 2 })), at);
    await evaluateAt(db.pool, at);
    // The bank's lines of 1 April are told a week late.
    for (const id of [HERE, THERE])
      await ingestAt(db.pool, enrolled(id, `C-${id}`, '2026-04-01', 600_000).slice(2), at + 1);
    await evaluateAt(db.pool, at + 2);
    expect(await open()).toBe(0);
    expect((await shadowReport(db.pool, '')).differences).toEqual([]);
  });

  it('tells what would be different, by region and rule, and sends nothing', async () => {
    await twoSchools();
    await start(strict);
    await run(us('2026-04-03T12:00:00+08:00'));
    const report = await shadowReport(db.pool, '');
    expect(report.differences).toEqual([
      { regionCode: '370702', ruleId: 'A08', live: 'none', shadow: 'yellow', institutions: 1, examples: [HERE] },
    ]);
    expect(report.alerts).toContainEqual({ ruleId: 'A08', live: 0, shadow: 1 });
    expect((await shadowReport(db.pool, '3706')).differences).toEqual([]);
    expect((await shadowReport(db.pool, '3706')).institutions).toBe(1);
    const { rows } = await db.pool.query(`select body from messages where body like '%A08%' or body like '%strict%'`);
    expect(rows).toEqual([]);
    const { rows: kept } = await db.pool.query<{ policy_version: string; findings: { policyVersion: string }[] }>(
      'select policy_version, findings from shadow_evaluations where region_code = $1',
      ['370702'],
    );
    expect(kept[0]).toMatchObject({ policy_version: 'strict' });
    expect(kept[0]!.findings[0]!.policyVersion).toBe('strict');
  });

  it('is judged at its own moments, also when the live policy would not look', async () => {
    await twoSchools();
    await start(strict);
    await run(END);
    const { rows } = await db.pool.query<{ at: Us }>(
      `select at from shadow_records where rule_id = 'A08' and kind = 'raised' order by at limit 1`,
    );
    expect(rows[0]!.at).toBe(us('2026-04-02T00:00:00+08:00'));
  });

  it('leaves the live result as it would be without it', async () => {
    await twoSchools();
    await run(END);
    const alone = await live();
    await db.drop();
    db = await testDatabase();
    await twoSchools();
    await start(strict);
    await run(END);
    expect(await live()).toEqual(alone);
  });

  it.each([
    ['a draft that cannot be read', `update policy_drafts set body = '{"version":"strict"}'`],
    ['a table that refuses', `alter table shadow_evaluations add check (score < 0)`],
    ['a state that is no JSON', null],
  ])('does not harm the live evaluation with %s, and the failure is told', async (_, sql) => {
    await twoSchools();
    await run(END);
    const alone = await live();
    await db.drop();
    db = await testDatabase();
    await twoSchools();
    await start(strict);
    await db.pool.query('alter table policy_drafts disable trigger all');
    if (sql === null) {
      await evaluateAt(db.pool, START);
      await db.pool.query(`update shadow_evaluations set state = '{'`);
    } else await db.pool.query(sql);
    await run(END);
    expect(await live()).toEqual(alone);
    const report = await shadowReport(db.pool, '');
    expect(report.failures).toBeGreaterThan(0);
    expect(report.lastFailure).not.toBeNull();
  });

  it('ends when it is published, compared with what was in force until then', async () => {
    await twoSchools();
    await start(strict);
    const other = valid('other', entry('A08', '370700', { blueWorkingDays: 1 }));
    await publishPolicy(db.pool, other, { author: 'Li Na', approver: 'Wang Wei' }, START + 5);
    expect((await shadowReport(db.pool, '')).stoppedAt).toBeNull();
    const at = START + 1_000_000;
    await publishPolicy(db.pool, strict, { author: 'Li Na', approver: 'Wang Wei' }, at);
    expect(await shadowReport(db.pool, '')).toMatchObject({
      version: 'strict',
      stoppedAt: at - 1,
      liveVersion: 'other',
    });
    expect(await codeOf(stopShadow(db.pool, 'Li Na', at))).toBe('not_found');
  });

  it('runs alone, is stopped and is kept; a published policy may run as well', async () => {
    await twoSchools();
    expect(await codeOf(startShadow(db.pool, 'strict', 'Li Na', START))).toBe('not_found');
    expect(await codeOf(shadowReport(db.pool, ''))).toBe('not_found');
    expect(await codeOf(stopShadow(db.pool, 'Li Na', START))).toBe('not_found');
    await start(strict);
    await draftPolicy(db.pool, valid('other'), 'Li Na', START);
    expect(await codeOf(startShadow(db.pool, 'other', 'Li Na', START))).toBe('shadow_running');
    await run(START);
    expect(await stopShadow(db.pool, 'Wang Wei', END)).toBe('strict');
    await ingestAt(db.pool, enrolled(HERE, 'C-2', '2026-04-21', 1).slice(0, 2), END);
    await evaluateAt(db.pool, END);
    const { rows } = await db.pool.query('select 1 from shadow_evaluations where evaluated_at >= $1', [
      new Date(END / 1_000),
    ]);
    expect(rows).toEqual([]);
    expect(await shadowReport(db.pool, '')).toMatchObject({ version: 'strict', stoppedAt: END, institutions: 2 });
    await publishPolicy(db.pool, strict, { author: 'Li Na', approver: 'Wang Wei' }, END);
    await startShadow(db.pool, 'other', 'Li Na', END);
    const { rows: log } = await db.pool.query('select version, action, by from policy_log order by seq');
    expect(log).toEqual([
      { version: 'strict', action: 'drafted', by: 'Li Na' },
      { version: 'strict', action: 'shadow_started', by: 'Li Na' },
      { version: 'other', action: 'drafted', by: 'Li Na' },
      { version: 'strict', action: 'shadow_stopped', by: 'Wang Wei' },
      { version: 'strict', action: 'published', by: 'Wang Wei' },
      { version: 'other', action: 'shadow_started', by: 'Li Na' },
    ]);
  });
});
