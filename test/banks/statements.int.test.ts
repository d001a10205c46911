import { afterEach, beforeEach, expect, test } from 'vitest';
import type { JudgedStatement } from '../../src/banks/completeness.js';
import { readStatements } from '../../src/banks/list.js';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { redrive, register, takeXml } from './books.js';
import { documentXml } from './support.js';

let db: TestDatabase;
beforeEach(async () => {
  db = await testDatabase();
});
afterEach(() => db.drop());

async function judged(account: string | null = null): Promise<JudgedStatement[]> {
  const all: JudgedStatement[] = [];
  for await (const some of readStatements(db.pool, account)) all.push(...some);
  return all;
}

const of = (sequence: number, day: string, opening: string, closing: string, account = 'A-10001') =>
  documentXml({
    statements: [
      {
        id: `S-${sequence}`,
        sequence: String(sequence),
        account,
        created: `${day}T23:00:00+08:00`,
        balances: [
          ['OPBD', opening, day],
          ['CLBD', closing, day],
        ],
        entries: [{ amount: '100.00', bankRef: `R-${sequence}`, bookedOn: day }],
      },
    ],
  });

test('the register names the gap, the missing number and the wrong sum, and is mended by the missing statement', async () => {
  await register(db);
  await takeXml(db, of(3, '2026-03-04', '200', '300'));
  await takeXml(db, of(1, '2026-03-02', '0', '100'));
  expect((await judged()).map((one) => one.problems.map((problem) => problem.kind))).toEqual([
    [],
    ['missing_number', 'gap'],
  ]);
  await takeXml(db, of(2, '2026-03-03', '100', '200'));
  await takeXml(db, of(4, '2026-03-05', '300', '401'));
  const all = await judged('A-10001');
  expect(all.map((one) => one.state)).toEqual(['complete', 'complete', 'complete', 'incomplete']);
  expect(all[3]).toMatchObject({
    problems: [{ kind: 'wrong_sum' }],
    statement: { institutionId: 'X-370702-1', bankCode: 'B003', booked: 2, refused: 0 },
  });
  expect(await judged('A-none')).toEqual([]);
});

test('a statement of an unknown account is listed, and follows when its entries are driven again', async () => {
  await takeXml(db, of(1, '2026-03-02', '0', '100', 'A-2'));
  await takeXml(db, of(1, '2026-03-02', '0', '100', 'A-3'));
  expect(
    (await judged()).map((one) => [one.statement.accountId, one.statement.institutionId, one.problems[0]?.kind]),
  ).toEqual([
    ['A-2', null, 'refused_entries'],
    ['A-3', null, 'refused_entries'],
  ]);
  await register(db, 'A-2');
  await redrive(db);
  expect(await judged('A-2')).toMatchObject([
    { state: 'complete', statement: { institutionId: 'X-370702-1', booked: 2, refused: 0 } },
  ]);
});

test('a time that no event may name counts as none, whatever the file says it is', async () => {
  await register(db);
  const times = ['9999-12-31T23:59:59Z', '0001-01-01T00:00:00+14:00', '1600-01-01T00:00:00Z'];
  for (const [at, time] of times.entries())
    await takeXml(db, of(at + 1, '2026-03-02', '0', '100').replaceAll('2026-03-02T23:00:00+08:00', time));
  expect((await judged()).map(({ statement }) => [statement.createdAt, statement.refused])).toEqual([
    [null, 0],
    [null, 0],
    [null, 0],
  ]);
});
