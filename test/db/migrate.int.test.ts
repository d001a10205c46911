import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FeewardenError } from '../../src/core/errors.js';
import { migrate } from '../../src/db/migrate.js';
import { packageRoot } from '../../src/db/package-root.js';
import type { ChartRow } from '../../src/db/seed.js';
import { CHART } from '../../src/ledger/accounts.js';
import { emptyTestDatabase, type TestDatabase } from '../support/database.js';

const OWN_FOLDER = path.join(packageRoot(), 'prisma', 'migrations');
const OWN_NAMES = readdirSync(OWN_FOLDER).filter((name) => /^\d{14}_/.test(name));

let db: TestDatabase;
let folder: string;

beforeEach(async () => {
  db = await emptyTestDatabase();
  folder = mkdtempSync(path.join(os.tmpdir(), 'migrations-'));
  cpSync(OWN_FOLDER, folder, { recursive: true });
});
afterEach(async () => {
  rmSync(folder, { recursive: true });
  await db.drop();
});

function addMigration(name: string, sql: string): void {
  mkdirSync(path.join(folder, name), { recursive: true });
  writeFileSync(path.join(folder, name, 'migration.sql'), sql);
}

async function refusal(chart: readonly ChartRow[] = CHART): Promise<string> {
  const error = await migrate(db.pool, { chart, folder }).then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(FeewardenError);
  expect((error as FeewardenError).code).toBe('migration_refused');
  return (error as Error).message;
}

async function tableNames(): Promise<string[]> {
  const { rows } = await db.pool.query<{ name: string }>(
    `select tablename as name from pg_tables where schemaname = 'public'`,
  );
  return rows.map((row) => row.name);
}

test('an empty database gets every migration in order, and the chart of accounts', async () => {
  expect(await migrate(db.pool, { chart: CHART })).toEqual({ applied: OWN_NAMES });
  const chart = await db.pool.query('select account, name, kind, sub, zh, en from chart_of_accounts order by account');
  expect(chart.rows).toEqual([...CHART].sort((a, b) => a.account - b.account));
});

test('a second run applies nothing and changes nothing', async () => {
  await migrate(db.pool, { chart: CHART });
  const before = await db.pool.query('select xmin::text, account from chart_of_accounts order by account');
  expect(await migrate(db.pool, { chart: CHART })).toEqual({ applied: [] });
  const after = await db.pool.query('select xmin::text, account from chart_of_accounts order by account');
  expect(after.rows).toEqual(before.rows);
});

test('of several starters one does the work and the others wait', async () => {
  const results = await Promise.all([1, 2, 3].map(() => migrate(db.pool, { chart: CHART })));
  expect(results.map((result) => result.applied.length).sort()).toEqual([0, 0, OWN_NAMES.length]);
});

test('the record is the one that Prisma reads', async () => {
  await migrate(db.pool, { chart: CHART });
  const { rows } = await db.pool.query(
    `select migration_name, checksum, finished_at >= started_at as finished, rolled_back_at, logs, applied_steps_count
       from _prisma_migrations order by migration_name`,
  );
  expect(rows.map((row) => row.migration_name)).toEqual(OWN_NAMES);
  for (const row of rows) {
    expect(row).toMatchObject({ finished: true, rolled_back_at: null, logs: null, applied_steps_count: 1 });
    expect(row.checksum).toMatch(/^[0-9a-f]{64}$/);
  }
});

test('a later migration is applied on top', async () => {
  await migrate(db.pool, { chart: CHART, folder });
  addMigration(
    '29990101000000_more',
    'create table more (a integer); insert into more values (1); insert into more values (2);',
  );
  expect(await migrate(db.pool, { chart: CHART, folder })).toEqual({ applied: ['29990101000000_more'] });
  expect((await db.pool.query('select a from more')).rowCount).toBe(2);
});

test('a migration that fails leaves nothing behind and runs again once it is repaired', async () => {
  addMigration('29990101000000_more', 'create table more (a integer); select 1 / 0;');
  expect(await refusal()).toContain('Migration 29990101000000_more failed and was rolled back: division by zero');
  expect(await tableNames()).not.toContain('more');
  addMigration('29990101000000_more', 'create table more (a integer);');
  expect(await migrate(db.pool, { chart: CHART, folder })).toEqual({ applied: ['29990101000000_more'] });
});

test('an edited migration is refused by name', async () => {
  await migrate(db.pool, { chart: CHART, folder });
  const file = path.join(folder, OWN_NAMES[0]!, 'migration.sql');
  writeFileSync(file, `${readFileSync(file, 'utf8')}\n`);
  expect(await refusal()).toContain(`Migration ${OWN_NAMES[0]} was edited after it was applied`);
});

test('an unfinished migration is refused, and one that was rolled back is run again', async () => {
  await migrate(db.pool, { chart: CHART, folder });
  addMigration('29990101000000_more', 'create table more (a integer);');
  await db.pool.query(
    `insert into _prisma_migrations (id, checksum, migration_name) values ('1', 'x', '29990101000000_more')`,
  );
  expect(await refusal()).toContain('Migration 29990101000000_more was begun and not finished');
  await db.pool.query(`update _prisma_migrations set rolled_back_at = now() where id = '1'`);
  expect(await migrate(db.pool, { chart: CHART, folder })).toEqual({ applied: ['29990101000000_more'] });
});

test('a database of a newer program is refused', async () => {
  addMigration('29990101000000_more', 'create table more (a integer);');
  await migrate(db.pool, { chart: CHART, folder });
  rmSync(path.join(folder, '29990101000000_more'), { recursive: true });
  expect(await refusal()).toContain('the database is newer, so start the newer program');
});

test('a database that holds somebody else’s tables is refused and left as it is', async () => {
  await db.pool.query('create table patients (id integer)');
  expect(await refusal()).toContain('It already holds other tables (patients)');
  expect(await tableNames()).toEqual(['patients']);
});

test('the words of the chart may change, and the meaning of a number may not', async () => {
  await migrate(db.pool, { chart: CHART, folder });
  const first = CHART[0];
  await migrate(db.pool, { chart: [{ ...first, en: 'money at the bank' }], folder });
  const { rows } = await db.pool.query('select en from chart_of_accounts where account = $1', [first.account]);
  expect(rows).toEqual([{ en: 'money at the bank' }]);
  expect(await refusal([{ ...first, name: 'cash' }])).toContain(`Account ${first.account} is "${first.name}"`);
});

test('no migration opens or ends a transaction by itself', () => {
  for (const name of OWN_NAMES) {
    const sql = readFileSync(path.join(OWN_FOLDER, name, 'migration.sql'), 'utf8');
    expect(sql).not.toMatch(/^\s*(begin|commit|rollback|start transaction)\s*;|\bconcurrently\b/im);
  }
});
