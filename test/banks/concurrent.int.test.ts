import { afterEach, beforeEach, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { differencesOf, entriesIn, register, takeXml } from './books.js';
import { documentXml, type XmlEntry } from './support.js';

let db: TestDatabase;
beforeEach(async () => {
  db = await testDatabase({ max: 8 });
  await register(db);
  await register(db, 'A-2', { institution: 'X-370702-2' });
});
afterEach(() => db.drop());

test('files that tell the same entries at the same moment book each once', async () => {
  const entries = Array.from(
    { length: 120 },
    (_, at): XmlEntry => ({ amount: String((at % 7) + 1), ...(at % 3 === 0 ? {} : { bankRef: `R-${at}` }) }),
  );
  const of = (kind: '052' | '053' | '054', account: string, told: XmlEntry[]) =>
    takeXml(db, documentXml({ kind, statements: [{ account, entries: told }] }), {
      name: `${kind}-${account}`,
      batch: 25,
    });
  const taken = await Promise.all([
    of('052', 'A-10001', entries),
    of('053', 'A-10001', [...entries].reverse()),
    of('054', 'A-10001', entries),
    of('053', 'A-2', entries),
    of('053', 'A-2', entries),
  ]);
  expect(taken.reduce((sum, one) => sum + one.accepted, 0)).toBe(240);
  expect(taken.reduce((sum, one) => sum + one.duplicates, 0)).toBe(360);
  expect(taken.every((one) => one.rejected === 0)).toBe(true);
  expect(await entriesIn(db)).toHaveLength(240);
  expect(await differencesOf(db)).toEqual([]);
});
