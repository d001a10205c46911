import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { applyBatch } from '../../src/ledger/apply.js';
import { readBooks } from '../../src/ledger/books.js';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { inputOf } from '../support/history.js';
import { collect, summary } from './tamper.js';

/** Books as of a moment hold what was known by then, in whatever order it arrived. */
let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

const NOW = Date.parse('2026-05-01T00:00:00+08:00') * 1_000;

function line(school: string, data: object, more: object = {}): string {
  return JSON.stringify({
    specversion: '1.0',
    source: '/platform/370702',
    id: `${school}/paid`,
    type: 'prepaid.payment.succeeded.v1',
    subject: school,
    time: '2026-03-02T10:00:00+08:00',
    data: { paymentId: 'P', amountFen: 100, channel: 'card', ...data },
    ...more,
  });
}

async function tell(lines: readonly string[], together: boolean): Promise<void> {
  const batches = together ? [lines] : lines.map((one) => [one]);
  for (const batch of batches) {
    const inputs = batch.map((one, at) => inputOf(one, at + 1));
    await applyBatch(db.pool, inputs, { receivedAt: NOW, calendar: CHINA_CALENDAR });
  }
}

async function paidAsOf(school: string, day: string): Promise<string | null> {
  const asOf = Date.parse(`${day}T00:00:00+08:00`) * 1_000;
  for await (const books of readBooks(db.pool, { ids: [school], asOf, now: NOW, calendar: CHINA_CALENDAR }))
    return String(books.paidFen);
  return null;
}

const known = (on: string) => ({ recordedtime: `${on}T11:00:00+08:00` });

describe.each([true, false])('told in one batch: %s', (together) => {
  it('an event that was told again as known earlier was known then, whichever came first', async () => {
    const at = together ? 1 : 2;
    for (const [place, order] of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 2, 0],
    ].entries()) {
      const school = `X-370702-${at}${place}`;
      const tellings = [known('2026-03-08'), known('2026-03-05'), known('2026-03-06')].map((more) =>
        line(school, {}, more),
      );
      await tell(
        order.map((one) => tellings[one]!),
        together,
      );
      expect(await paidAsOf(school, '2026-03-05')).toBeNull();
      expect(await paidAsOf(school, '2026-03-06')).toBe('100');
    }
    expect(summary(await collect(db.pool))).toEqual([]);
  });

  it('a fact that another source had told before was known then, whichever came first', async () => {
    const at = together ? 3 : 4;
    for (const place of [0, 1]) {
      const school = `X-370702-${at}${place}`;
      const late = line(school, {}, known('2026-03-05'));
      const early = line(school, {}, { ...known('2026-03-03'), source: '/bank/B001', id: `${school}/other` });
      await tell(place === 0 ? [late, early] : [early, late], together);
      expect(await paidAsOf(school, '2026-03-03')).toBeNull();
      expect(await paidAsOf(school, '2026-03-04')).toBe('100');
      expect(await paidAsOf(school, '2026-03-06')).toBe('100');
    }
  });

  it('a telling that was refused, because it contradicts the standing one, was never known', async () => {
    const school = `X-370702-${together ? 5 : 6}0`;
    const refused = line(
      school,
      { amountFen: 90 },
      { ...known('2026-03-03'), source: '/bank/B001', id: `${school}/other` },
    );
    await tell([line(school, {}, known('2026-03-05')), refused], together);
    expect(await paidAsOf(school, '2026-03-04')).toBeNull();
    expect(await paidAsOf(school, '2026-03-06')).toBe('100');
  });
});

it('the books of every day are the same in any order of tellings that are known on different days', async () => {
  let run = 0;
  const days = fc.array(fc.integer({ min: 3, max: 9 }), { minLength: 2, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(days, fc.boolean(), fc.integer(), async (recorded, together, turn) => {
      run += 1;
      const schools = [`X-370702-8${run}`, `X-370702-9${run}`];
      const tellings = (school: string): string[] =>
        recorded.map((day, at) =>
          line(
            school,
            {},
            { ...known(`2026-03-0${day}`), ...(at % 2 === 1 && { source: '/bank/B001', id: `${school}/other` }) },
          ),
        );
      const rotated = tellings(schools[1]!);
      for (let at = 0; at < Math.abs(turn) % rotated.length; at += 1) rotated.push(rotated.shift()!);
      await tell(tellings(schools[0]!), together);
      await tell(rotated.reverse(), together);
      for (const day of [3, 4, 5, 6, 7, 8, 9])
        expect(await paidAsOf(schools[1]!, `2026-03-0${day}`)).toBe(await paidAsOf(schools[0]!, `2026-03-0${day}`));
    }),
    { numRuns: 40 },
  );
}, 60_000);

it.each([
  "update earlier_tellings set recorded_at = recorded_at - interval '1 day'",
  "update earlier_tellings set body = replace(body, '100', '101')",
  "update earlier_tellings set id = 'nobody'",
])('verify names the row of: %s', async (tamper) => {
  const { rows } = await db.pool.query('select source, id, institution_no from earlier_tellings limit 1');
  const client = await db.pool.connect();
  try {
    await client.query(`create table kept_copy as table earlier_tellings`);
    await client.query(`${tamper} where id = $1`, [rows[0].id]);
    const found = summary(await collect(db.pool));
    expect(found).toHaveLength(1);
    expect(found[0]).toContain('earlier_tellings');
  } finally {
    await client.query('delete from earlier_tellings');
    await client.query('insert into earlier_tellings table kept_copy');
    await client.query('drop table kept_copy');
    client.release();
  }
});
