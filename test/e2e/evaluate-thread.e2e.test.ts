import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { endAll, type Running, startFeewarden, until } from '../support/processes.js';

let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase();
});

afterAll(async () => {
  await endAll();
  await database.drop();
});

describe('the thread that evaluates', () => {
  it('drains on SIGTERM', async () => {
    const worker = await evaluating();
    expect(await worker.end('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(worker.stderr()).toContain('"worker drained"');
  });

  it('ends the process with its reason when it fails in a way that nobody knows', async () => {
    const worker = await evaluating();
    await database.pool.query('alter table due_institutions rename to due_elsewhere');
    try {
      expect(await worker.ended).toMatchObject({ code: 1, signal: null });
    } finally {
      await database.pool.query('alter table due_elsewhere rename to due_institutions');
    }
    expect(worker.stderr()).toContain('relation \\"due_institutions\\" does not exist');
  });
});

/** A worker that has looked for institutions. */
async function evaluating(): Promise<Running> {
  const worker = startFeewarden(['worker', 'evaluate'], { env: { DATABASE_URL: database.url } });
  await until('it asks for what is due', async () => {
    const { rows } = await database.pool.query(
      `select 1 from pg_stat_activity
        where datname = current_database() and application_name = 'feewarden-evaluate evaluating'`,
    );
    return rows.length > 0;
  });
  return worker;
}
