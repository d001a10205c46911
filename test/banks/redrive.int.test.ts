import { afterEach, beforeEach, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { entriesIn, redrive, register, takeXml } from './books.js';
import { documentXml } from './support.js';

let db: TestDatabase;
beforeEach(async () => {
  db = await testDatabase();
});
afterEach(() => db.drop());

test('an entry whose reference looks like an amount as it is kept is tried again with the others', async () => {
  const xml = documentXml({ statements: [{ entries: [{ bankRef: '20260302001n' }, { bankRef: 'R-2' }] }] });
  await takeXml(db, xml);
  await register(db);
  expect(await redrive(db)).toEqual({ read: 2, accepted: 2, duplicates: 0, rejected: 0 });
  expect((await entriesIn(db)).map((row) => row.bank_txn_id).sort()).toEqual(['20260302001n', 'R-2']);
});
