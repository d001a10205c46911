import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ACCOUNT } from '../../src/ledger/accounts.js';
import { type TestDatabase, testDatabase } from '../support/database.js';

/** What the database itself promises about the books, whatever program writes to it. */
let db: TestDatabase;

beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

interface EntryRow {
  readonly account?: number;
  readonly debit?: number;
  readonly credit?: number;
  readonly line?: number;
}

let journals = 0;

/** Writes the journals in one statement, one event each. */
function write(...written: EntryRow[][]): Promise<pg.QueryResult> {
  const rows = written.flatMap((entries) => {
    journals += 1;
    return entries.map((entry, i) => [
      journals,
      entry.line ?? i + 1,
      entry.account ?? ACCOUNT.bank,
      entry.debit ?? 0,
      entry.credit ?? 0,
    ]);
  });
  return db.pool.query(
    `insert into entries (event_seq, line, institution_no, account, booked_on, debit_fen, credit_fen)
     select (r->>0)::bigint, (r->>1)::smallint, 1, (r->>2)::smallint, '2026-11-23', (r->>3)::bigint, (r->>4)::bigint
       from json_array_elements($1::json) as t (r)`,
    [JSON.stringify(rows)],
  );
}

const debit = (fen: number, entry: EntryRow = {}): EntryRow => ({ ...entry, debit: fen });
const credit = (fen: number, entry: EntryRow = {}): EntryRow => ({ account: ACCOUNT.unearned, ...entry, credit: fen });

async function countEntries(): Promise<number> {
  const { rows } = await db.pool.query<{ n: number }>('select count(*) as n from entries');
  return rows[0]!.n;
}

describe('journals', () => {
  let before: number;
  beforeEach(async () => {
    before = await countEntries();
  });

  test('a balanced journal is kept, on two lines or more, and so is its reversal in negative amounts', async () => {
    await write([debit(100), credit(100)], [debit(30), debit(70), credit(100)], [debit(-100), credit(-100)]);
    expect(await countEntries()).toBe(before + 7);
  });

  test.each<[string, EntryRow[][], string]>([
    ['whose debits and credits differ by a fen', [[debit(100), credit(99)]], 'entries_balanced'],
    ['with one side only', [[debit(100)]], 'entries_balanced'],
    [
      'that only balances together with another',
      [
        [debit(1), credit(2)],
        [debit(2), credit(1)],
      ],
      'entries_balanced',
    ],
    ['whose lines have a gap', [[debit(5), credit(5, { line: 3 })]], 'entries_balanced'],
    ['whose lines do not begin at 1', [[debit(5, { line: 2 }), credit(5, { line: 3 })]], 'entries_balanced'],
    ['with an account outside the chart', [[debit(5, { account: 9999 }), credit(5)]], 'entries_account_in_chart'],
    ['with an entry of nothing', [[debit(0), credit(0)]], 'entries_one_side'],
    ['with an entry on both sides', [[debit(5, { credit: 5 })]], 'entries_one_side'],
  ])('a journal %s is refused, and its neighbours with it', async (_, wrong, constraint) => {
    const attempt = write([debit(7), credit(7)], ...wrong);
    await expect(attempt).rejects.toMatchObject({ code: '23514', constraint });
    expect(await countEntries()).toBe(before);
  });

  test('entries cannot join a journal that was written before', async () => {
    await write([debit(7), credit(7)]);
    const joining = db.pool.query(
      `insert into entries (event_seq, line, institution_no, account, booked_on, debit_fen, credit_fen)
       values ($1, 3, 1, $2, '2026-11-23', 9, 0), ($1, 4, 1, $3, '2026-11-23', 0, 9)`,
      [journals, ACCOUNT.bank, ACCOUNT.unearned],
    );
    await expect(joining).rejects.toMatchObject({ constraint: 'entries_balanced' });
    expect(await countEntries()).toBe(before + 2);
  });

  test('sums beyond 64 bits are still compared exactly', async () => {
    const large = Number.MAX_SAFE_INTEGER;
    const many = Array.from({ length: 1_100 }, () => debit(large));
    await expect(write([...many, ...many.map(() => credit(large)), credit(1)])).rejects.toMatchObject({
      constraint: 'entries_balanced',
    });
    await write([...many, ...many.map(() => credit(large))]);
  });
});

describe('history', () => {
  beforeAll(async () => {
    await write([debit(1), credit(1)]);
    await db.pool.query(
      `insert into events (seq, institution_no, ordinal, source, id, type, key, at, recorded_at, received_at, content_hash, body)
       values (1, 1, 1, '/bank', '1', 1, 'k', now(), now(), now(), '\\x00', '{}')`,
    );
  });

  test.each([
    'update entries set debit_fen = debit_fen + 1',
    'delete from entries',
    'truncate entries',
    `update events set body = '{"changed":true}'`,
    'delete from events',
    'delete from events where false',
    'truncate events',
  ])('%s is refused', async (sql) => {
    await expect(db.pool.query(sql)).rejects.toMatchObject({ code: '23001' });
  });

  test('the same source and id is one event', async () => {
    const again = db.pool.query(
      `insert into events (seq, institution_no, ordinal, source, id, type, key, at, recorded_at, received_at, content_hash, body)
       values (2, 2, 1, '/bank', '1', 1, 'other', now(), now(), now(), '\\x01', '{}')`,
    );
    await expect(again).rejects.toMatchObject({ code: '23505', constraint: 'events_identity_key' });
  });
});
