import { readdirSync } from 'node:fs';
import path from 'node:path';
import type pg from 'pg';
import { packageRoot } from '../../db/package-root.js';

/** Names of the migrations that this version has. */
export function migrationNames(): string[] {
  return readdirSync(path.join(packageRoot(), 'prisma', 'migrations'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

/** Those of the names that the database does not have as finished. */
export async function missingMigrations(pool: pg.Pool, names: readonly string[]): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>({
    name: 'missing_migrations',
    text: `select wanted.name from unnest($1::text[]) as wanted(name)
            where not exists (select 1 from _prisma_migrations m
                               where m.migration_name = wanted.name and m.finished_at is not null and m.rolled_back_at is null)
            order by wanted.name`,
    values: [names],
  });
  return rows.map((row) => row.name);
}

/** A standby, or a database that its operator has closed for writes. */
export async function isReadOnly(pool: pg.Pool): Promise<boolean> {
  const { rows } = await pool.query<{ transaction_read_only: 'on' | 'off' }>('show transaction_read_only');
  return rows[0]!.transaction_read_only === 'on';
}
