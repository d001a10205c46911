import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { createPool } from '../../src/db/pool.js';

export interface TestDatabase {
  readonly url: string;
  readonly pool: pg.Pool;
  /** Closes the pool and removes the database, whoever is still connected. */
  drop(): Promise<void>;
}

declare module 'vitest' {
  export interface ProvidedContext {
    /** Server of this run: URL of its maintenance database. */
    databaseServerUrl: string;
    /** Name of the migrated and seeded template. */
    databaseTemplate: string;
  }
}

/** A database of its own with all migrations applied, cloned from the run's template (about 0.1 s). */
export async function testDatabase(options: { max?: number } = {}): Promise<TestDatabase> {
  return createTestDatabase(inject('databaseTemplate'), options.max);
}

/** A database without any table, for tests of the migrations themselves. */
export async function emptyTestDatabase(options: { max?: number } = {}): Promise<TestDatabase> {
  return createTestDatabase('template0', options.max);
}

async function createTestDatabase(template: string, max = 4): Promise<TestDatabase> {
  const name = `t_${randomUUID().replaceAll('-', '')}`;
  await administer(`create database ${name} template ${template} strategy file_copy`);
  const url = urlOf(name);
  const pool = createPool(url, { max, applicationName: 'test' });
  let dropped: Promise<void> | undefined;
  return {
    url,
    pool,
    drop: () => {
      dropped ??= (async () => {
        await pool.end();
        await administer(`drop database ${name} with (force)`);
      })();
      return dropped;
    },
  };
}

function urlOf(database: string): string {
  const url = new URL(inject('databaseServerUrl'));
  url.pathname = `/${database}`;
  return url.href;
}

async function administer(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: inject('databaseServerUrl') });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
