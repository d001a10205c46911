import { afterEach, beforeEach, expect, test } from 'vitest';
import { decodeInput, take } from '../../src/ledger/intake.js';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { depsOf, entriesIn, LIMITS, redrive, register, takeXml } from './books.js';
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

test('what a sender made to look like a kept entry is a wrong event, and holds up nothing that is tried again with it', async () => {
  const deps = depsOf(db);
  const forged = ['{"bankEntry":1,"x":1}', '{"bankEntry":1,"statementNo":1,"head":{"accountId":"A-10001"},"entry":{}}'];
  const inputs = forged.map((text, at) =>
    decodeInput(Buffer.from(text), { key: `http:k:${at}`, detail: { key: 'k' } }, LIMITS, deps.clock()),
  );
  await take(deps, inputs);
  await takeXml(db, documentXml({ statements: [{ entries: [{ bankRef: 'R-1' }] }] }));
  await register(db);
  expect(await redrive(db)).toEqual({ read: 3, accepted: 1, duplicates: 0, rejected: 2 });
});
