import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { packageRoot } from '../../src/db/package-root.js';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { diffDatabaseAgainstSchema } from '../support/schema-diff.js';

const schema = readFileSync(path.join(packageRoot(), 'prisma', 'schema.prisma'), 'utf8');

/**
 * Statements that the engine would wrongly want to run, because Prisma has no word for what the migration says. Partial indexes,
 * generated columns, collations, fill factors, checks and triggers it leaves alone by itself.
 */
const NOT_EXPRESSIBLE: readonly string[] = [];

let db: TestDatabase;

beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

test('the migrations and prisma/schema.prisma describe the same tables', async () => {
  expect(await diffDatabaseAgainstSchema(db.url, schema)).toEqual(NOT_EXPRESSIBLE);
});

test('a column that only the migrations have is noticed', async () => {
  const other = await testDatabase();
  try {
    await other.pool.query('alter table institutions add column surprise text');
    expect(await diffDatabaseAgainstSchema(other.url, schema)).toContain(
      'ALTER TABLE "institutions" DROP COLUMN "surprise"',
    );
  } finally {
    await other.drop();
  }
});

test('a column that only the schema has is noticed', async () => {
  const edited = schema.replace('model Institution {', 'model Institution {\n  surprise String?');
  expect(await diffDatabaseAgainstSchema(db.url, edited)).toContain(
    'ALTER TABLE "institutions" ADD COLUMN "surprise" TEXT',
  );
});

test('an index that only the migrations have is noticed', async () => {
  const other = await testDatabase();
  try {
    await other.pool.query('create index surprise_idx on institutions (newest_at)');
    expect(await diffDatabaseAgainstSchema(other.url, schema)).toContain('DROP INDEX "surprise_idx"');
  } finally {
    await other.drop();
  }
});
