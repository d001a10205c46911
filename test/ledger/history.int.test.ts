import { afterAll, beforeAll, expect, it } from 'vitest';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { applyBatch } from '../../src/ledger/apply.js';
import { quantities } from '../../src/ledger/quantities.js';
import { listInstitutionNos, readBooksRows } from '../../src/ledger/read.js';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { comparable, expectedBooks, expectedRejects, historyAsOf, historyLines, inputOf } from '../support/history.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

const RECEIVED_AT = historyAsOf();

async function ingest(): Promise<{ accepted: number; duplicate: number; rejected: number[] }> {
  const inputs = historyLines().map((line, at) => inputOf(line, at + 1));
  const result = { accepted: 0, duplicate: 0, rejected: [] as number[] };
  for (let from = 0; from < inputs.length; from += 2_000) {
    const { outcomes } = await applyBatch(db.pool, inputs.slice(from, from + 2_000), {
      receivedAt: RECEIVED_AT,
      calendar: CHINA_CALENDAR,
    });
    outcomes.forEach((outcome, at) => {
      if (outcome.kind === 'rejected') result.rejected.push(from + at + 1);
      else result[outcome.kind] += 1;
    });
  }
  return result;
}

it('books a disordered history exactly in PostgreSQL, and a second run changes nothing', async () => {
  const first = await ingest();
  expect(first.rejected).toEqual(expectedRejects().map((reject) => reject.line));
  await expectBooks();
  const counts = await rowCounts();
  const second = await ingest();
  expect(second.accepted).toBe(0);
  expect(second.rejected).toEqual(first.rejected);
  expect(await rowCounts()).toEqual(counts);
  await expectBooks();
}, 120_000);

async function expectBooks(): Promise<void> {
  const nos = await listInstitutionNos(db.pool, null);
  const rows = await readBooksRows(
    db.pool,
    nos.map(({ no }) => no),
  );
  const byId = new Map([...rows.values()].map((row) => [row.institutionId, row]));
  for (const expected of expectedBooks()) {
    const [got, wanted] = comparable(
      quantities(byId.get(expected.institutionId)!, historyAsOf(), CHINA_CALENDAR),
      expected,
    );
    expect(got).toEqual(wanted);
  }
}

async function rowCounts(): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const table of [
    'events',
    'entries',
    'balances',
    'turnovers',
    'lines',
    'contracts',
    'payments',
    'credits',
    'refunds',
    'releases',
    'rejected_events',
    'kept_out_events',
  ]) {
    counts[table] = (await db.pool.query<{ n: number }>(`select count(*) as n from ${table}`)).rows[0]!.n;
  }
  return counts;
}
