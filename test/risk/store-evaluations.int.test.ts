import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { parseTime, US_PER_SECOND } from '../../src/core/time.js';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { evaluateAt, ingestAt } from './support.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

const START = parseTime('2026-04-01T09:00:00+08:00')!;
const LATER = START + 60 * US_PER_SECOND;
let school = 0;

/** An institution with an open finding. */
beforeEach(async () => {
  school += 1;
  const told = (type: string, data: object) =>
    JSON.stringify({
      specversion: '1.0',
      id: `e${school}-${type}`,
      source: '/registry/1',
      type: `prepaid.${type}.v1`,
      subject: `X-370702-${300_000 + school}`,
      time: '2026-04-01T08:00:00+08:00',
      data,
    });
  await ingestAt(
    db.pool,
    [told('inspection.recorded', { inspectionId: 'i1', role: 'grid', findings: ['shut'] })],
    START,
  );
  await evaluateAt(db.pool, START);
});

interface Stored {
  readonly findings: readonly { readonly ruleId: string }[];
  readonly terms: unknown;
  readonly evaluated_at: number;
}

async function stored(): Promise<Stored> {
  const { rows } = await db.pool.query<Stored>(
    'select findings, terms, evaluated_at from evaluations v join institutions i on i.no = v.institution_no where i.id = $1',
    [`X-370702-${300_000 + school}`],
  );
  return rows[0]!;
}

async function change(set: string): Promise<void> {
  await db.pool.query(
    `update evaluations set ${set} where institution_no = (select no from institutions where id = $1)`,
    [`X-370702-${300_000 + school}`],
  );
}

async function again(at: number): Promise<void> {
  await db.pool.query(
    'insert into due_institutions (institution_no, due_at) select no, now() - interval $$1 year$$ from institutions where id = $1',
    [`X-370702-${300_000 + school}`],
  );
  expect(await evaluateAt(db.pool, at)).toBe(1);
}

it('what tells the same as the last evaluation is not written again', async () => {
  await change(`terms = '["left alone"]'`);
  await again(LATER);
  expect(await stored()).toMatchObject({ terms: ['left alone'], evaluated_at: LATER });
});

it('what tells something else is written', async () => {
  const before = await stored();
  await ingestAt(
    db.pool,
    [
      JSON.stringify({
        specversion: '1.0',
        id: `more${school}`,
        source: '/registry/1',
        type: 'prepaid.inspection.recorded.v1',
        subject: `X-370702-${300_000 + school}`,
        time: '2026-04-01T09:00:10+08:00',
        data: { inspectionId: 'i2', role: 'grid', findings: ['off_account'] },
      }),
    ],
    START + 10 * US_PER_SECOND,
  );
  await evaluateAt(db.pool, LATER);
  const after = await stored();
  expect(after.findings.length).toBeGreaterThan(before.findings.length);
  expect(after.evaluated_at).toBe(LATER);
});

it('what a program wrote that knows nothing of the mark is written again', async () => {
  const before = await stored();
  await change(`terms = '[]', findings = '[]', evaluated_at = evaluated_at + interval '1 second'`);
  await again(LATER);
  expect(await stored()).toEqual({ ...before, evaluated_at: LATER });
});
