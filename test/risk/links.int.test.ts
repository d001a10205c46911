import { afterAll, beforeAll, expect, it } from 'vitest';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { parseTime, US_PER_DAY, US_PER_HOUR, type Us } from '../../src/core/time.js';
import { LINKED_INSTITUTIONS_MAX } from '../../src/risk/facts/links.js';
import { verifyRisk } from '../../src/risk/verify.js';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { evaluateAt, ingestAt } from './support.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

const START = parseTime('2026-04-01T09:00:00+08:00')!;
let told = 0;
const school = (no: number) => `X-370702-${100_000 + no}`;

function line(subject: string, type: string, data: object, time = '2026-04-01T08:00:00+08:00', source = '/registry/1') {
  told += 1;
  return JSON.stringify({
    specversion: '1.0',
    id: `k${told}`,
    source,
    type: `prepaid.${type}.v1`,
    subject,
    time,
    data,
  });
}
const profile = (no: number, more: object = {}) =>
  line(school(no), 'institution.upserted', {
    name: `school ${no}`,
    regionCode: '370702',
    category: 'non_subject',
    delivery: 'offline',
    registration: 'for_profit',
    licence: { state: 'complete' },
    status: 'operating',
    ...more,
  });
const shut = (no: number) =>
  line(school(no), 'inspection.recorded', { inspectionId: `i${no}`, role: 'grid', findings: ['shut'] });

async function levels(): Promise<Record<string, string>> {
  const { rows } = await db.pool.query<{ id: string; level: string }>(
    `select i.id, a.level from alerts a join institutions i on i.no = a.institution_no where a.rule_id = 'E05' and a.cleared_at is null order by i.id`,
  );
  return Object.fromEntries(rows.map(({ id, level }) => [id, level]));
}

/** Without the history of scores: the clock stands still here, and of two scores at one moment the last one is kept. */
async function unlikeTheEvents() {
  const { differences } = await verifyRisk(db.pool, CHINA_CALENDAR);
  return differences.filter(({ table }) => table !== 'scores');
}

async function tell(lines: string[], at: Us): Promise<number> {
  await ingestAt(db.pool, lines, at);
  return evaluateAt(db.pool, at);
}

const person = (digit: number) => `${digit}`.repeat(16);

it('follows a red institution to those tied to it, and away again when it is red no more', async () => {
  const lines = [
    profile(1, { legalRepHash: person(1), brand: ' Lark ' }),
    profile(2, { legalRepHash: person(1).toUpperCase() }),
    profile(3, { legalRepHash: person(3), brand: 'Lark' }),
    profile(4, { legalRepHash: person(4), brand: 'lark', controllerHashes: [person(1)] }),
    line(school(5), 'account.registered', {
      accountId: 'A1',
      bankCode: 'B1',
      purpose: 'custody',
      mode: 'per_lesson',
      validFrom: '2026-01-01',
    }),
    line(school(1), 'account.registered', {
      accountId: 'A1',
      bankCode: 'B1',
      purpose: 'custody',
      mode: 'per_lesson',
      validFrom: '2026-01-01',
    }),
  ];
  expect(await tell(lines, START)).toBe(5);
  expect(await levels()).toEqual({});

  const found = shut(1);
  expect(await tell([found], START + US_PER_HOUR)).toBeGreaterThanOrEqual(4);
  expect(await levels()).toEqual({ [school(2)]: 'yellow', [school(3)]: 'yellow', [school(5)]: 'orange' });

  // Told in error: the finding is taken back, and what came of it is cleared after the hold time.
  const { id, source } = JSON.parse(found) as { id: string; source: string };
  await tell(
    [line(school(1), 'event.reversed', { reverses: { source, id }, reason: 'told in error' })],
    START + 2 * US_PER_HOUR,
  );
  for (let day = 1; day <= 8; day += 1) await evaluateAt(db.pool, START + day * US_PER_DAY);
  expect(await levels()).toEqual({});
});

it('finds an institution that comes to be tied to one that is red already', async () => {
  await tell([profile(11, { legalRepHash: person(7) }), shut(11)], START);
  await tell([profile(12)], START);
  expect(await levels()).toEqual({});
  await tell([profile(12, { legalRepHash: person(7) })], START + US_PER_HOUR);
  expect(await levels()).toEqual({ [school(12)]: 'yellow' });
});

it('takes a brand of very many institutions for no tie', async () => {
  const chain = (count: number, from: number, brand: string) =>
    Array.from({ length: count }, (_, at) => profile(from + at, { brand }));
  await tell([...chain(LINKED_INSTITUTIONS_MAX, 1_000, 'some'), shut(1_000)], START);
  await tell([...chain(LINKED_INSTITUTIONS_MAX + 1, 2_000, 'many'), shut(2_000)], START);
  const tied = Object.keys(await levels()).filter((id) => id >= school(1_000));
  expect(tied).toHaveLength(LINKED_INSTITUTIONS_MAX - 1);
  expect(tied.every((id) => id < school(2_000))).toBe(true);
});

it('looks again at all who share a brand when one more makes them too many, and when one leaves them', async () => {
  const chain = Array.from({ length: LINKED_INSTITUTIONS_MAX }, (_, at) => profile(3_000 + at, { brand: 'growing' }));
  await tell([...chain, shut(3_000)], START);
  const isTied = async () => {
    const { rows } = await db.pool.query<{ tied: boolean }>(
      `select distinct f ->> 'answerLevel' <> 'none' as tied from evaluations v join institutions i on i.no = v.institution_no
        cross join lateral jsonb_array_elements(v.findings) f
        where f ->> 'ruleId' = 'E05' and i.id > $1 and i.id < $2`,
      [school(3_000), school(4_000)],
    );
    return rows.map(({ tied }) => tied);
  };
  expect(await isTied()).toEqual([true]);
  await tell([profile(3_999, { brand: 'growing' })], START + US_PER_HOUR);
  expect(await isTied()).toEqual([false]);
  expect(await unlikeTheEvents()).toEqual([]);
  // It takes another name, and those that are left are few enough.
  const renamed = profile(3_999, { brand: 'other' }).replace('T08:00:00', 'T08:30:00');
  await tell([renamed], START + 2 * US_PER_HOUR);
  expect(await unlikeTheEvents()).toEqual([]);
  const { rows } = await db.pool.query<{ tied: number }>(
    `select count(*)::int as tied from evaluations v join institutions i on i.no = v.institution_no
      cross join lateral jsonb_array_elements(v.findings) f
      where f ->> 'ruleId' = 'E05' and f ->> 'answerLevel' <> 'none' and i.id > $1 and i.id < $2`,
    [school(3_000), school(3_999)],
  );
  expect(rows[0]!.tied).toBe(LINKED_INSTITUTIONS_MAX - 1);
});
