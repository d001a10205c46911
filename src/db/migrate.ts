import { createHash, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type pg from 'pg';
import { FeewardenError } from '../core/errors.js';
import { packageRoot } from './package-root.js';
import { type ChartRow, seedChart } from './seed.js';
import { databaseErrorText } from './transient.js';

export interface MigrateOptions {
  readonly chart: readonly ChartRow[];
  /** Folder with `<time>_<name>/migration.sql`; default the package's own. */
  readonly folder?: string;
}

export interface MigrateResult {
  /** Names of the migrations that this call applied, in order. */
  readonly applied: readonly string[];
}

/**
 * Brings the schema up to this program's version and the seed up to date. Several starters may call it at once: one works,
 * the others wait and find nothing to do. The record (table `_prisma_migrations`, lock, checksums) is Prisma's, so that
 * `prisma migrate deploy` and this function can follow each other. Throws `migration_refused` when the database was changed by
 * another hand: an unfinished or edited migration, a newer program, somebody else's tables.
 */
export async function migrate(pool: pg.Pool, options: MigrateOptions): Promise<MigrateResult> {
  const files = readMigrations(options.folder ?? path.join(packageRoot(), 'prisma', 'migrations'));
  const client = await pool.connect();
  try {
    await client.query(`set lock_timeout = '${LOCK_WAIT_SECONDS_MAX}s'`);
    await client.query('select pg_advisory_lock($1)', [PRISMA_LOCK]);
    await client.query('reset lock_timeout');
    const records = await readRecords(client);
    const pending = pendingMigrations(files, records);
    for (const file of pending) await applyMigration(client, file);
    await seedChart(client, options.chart);
    return { applied: pending.map((file) => file.name) };
  } finally {
    // Closing the session gives the lock back in every case.
    client.release(true);
  }
}

/** The advisory lock that Prisma's own engine takes. */
const PRISMA_LOCK = 72_707_369;
const LOCK_WAIT_SECONDS_MAX = 600;

interface MigrationFile {
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

interface MigrationRecord {
  readonly migration_name: string;
  readonly checksum: string;
  readonly finished: boolean;
}

function readMigrations(folder: string): MigrationFile[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort()
    .map((name) => {
      const bytes = readFileSync(path.join(folder, name, 'migration.sql'));
      return { name, sql: bytes.toString('utf8'), checksum: createHash('sha256').update(bytes).digest('hex') };
    });
}

async function readRecords(client: pg.PoolClient): Promise<MigrationRecord[]> {
  const tables = await client.query<{ tablename: string }>(
    'select tablename from pg_tables where schemaname = current_schema()',
  );
  const names = tables.rows.map((row) => row.tablename);
  if (!names.includes('_prisma_migrations')) {
    if (names.length > 0) {
      throw refused(
        `It already holds other tables (${names.slice(0, 3).join(', ')}): give Feewarden a database of its own.`,
      );
    }
    await client.query(CREATE_RECORDS);
  }
  const records = await client.query<MigrationRecord>(
    `select migration_name, checksum, finished_at is not null as finished
       from _prisma_migrations where rolled_back_at is null order by started_at`,
  );
  return records.rows;
}

const CREATE_RECORDS = `create table _prisma_migrations (
  id                  varchar(36) primary key not null,
  checksum            varchar(64) not null,
  finished_at         timestamptz,
  migration_name      varchar(255) not null,
  logs                text,
  rolled_back_at      timestamptz,
  started_at          timestamptz not null default now(),
  applied_steps_count integer not null default 0
)`;

function pendingMigrations(files: readonly MigrationFile[], records: readonly MigrationRecord[]): MigrationFile[] {
  const known = new Map(files.map((file) => [file.name, file]));
  for (const record of records) {
    const file = known.get(record.migration_name);
    if (!file) {
      throw refused(
        `Migration ${record.migration_name} is not part of this version: the database is newer, so start the newer program.`,
      );
    }
    if (!record.finished) {
      throw refused(
        `Migration ${record.migration_name} was begun and not finished: repair it with "prisma migrate resolve", or restore a backup.`,
      );
    }
    if (record.checksum !== file.checksum) {
      throw refused(
        `Migration ${record.migration_name} was edited after it was applied: restore its file from the release.`,
      );
    }
  }
  const done = new Set(records.map((record) => record.migration_name));
  return files.filter((file) => !done.has(file.name));
}

/** One transaction for the file and its record: an interrupted migration leaves nothing behind and is simply run again. */
async function applyMigration(client: pg.PoolClient, file: MigrationFile): Promise<void> {
  await client.query('begin');
  try {
    // Without parameters a query is sent as one simple query, so PostgreSQL itself splits the file.
    await client.query(file.sql);
    await client.query(
      `insert into _prisma_migrations (id, checksum, finished_at, migration_name, applied_steps_count)
       values ($1, $2, clock_timestamp(), $3, 1)`,
      [randomUUID(), file.checksum, file.name],
    );
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => {});
    throw refused(`Migration ${file.name} failed and was rolled back: ${databaseErrorText(error)}.`, error);
  }
}

function refused(detail: string, cause?: unknown): FeewardenError {
  return new FeewardenError('migration_refused', detail, { cause });
}
