import net from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { FeewardenError } from '../../src/core/errors.js';
import { parseDay, parseTime } from '../../src/core/time.js';
import { createPool, inTransaction, toDbDay, toDbTime } from '../../src/db/pool.js';
import { createPrisma } from '../../src/db/prisma.js';
import { type TestDatabase, testDatabase } from '../support/database.js';

let db: TestDatabase;

beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

async function value(sql: string, parameters: unknown[] = []): Promise<unknown> {
  const { rows } = await db.pool.query<{ v: unknown }>(`select ${sql} as v`, parameters);
  return rows[0]!.v;
}

describe('values', () => {
  test('times come back to the microsecond', async () => {
    const range = { min: -9_000_000_000_000_000, max: 9_000_000_000_000_000 };
    const times = fc
      .sample(fc.integer(range), { numRuns: 500, seed: 1 })
      .concat(0, -1, 1, 999_999, -999_999, range.min);
    const { rows } = await db.pool.query<{ v: number }>('select v from unnest($1::timestamptz[]) as t (v)', [
      times.map(toDbTime),
    ]);
    expect(rows.map((row) => row.v)).toEqual(times);
  });

  test('times are read whatever zone the session writes them in', async () => {
    await inTransaction(db.pool, async (client) => {
      for (const zone of ['Asia/Shanghai', 'America/St_Johns', 'UTC']) {
        await client.query(`set local timezone = '${zone}'`);
        // 1890 has local mean times with seconds in their offset.
        for (const text of ['2026-11-23T12:34:56.000001Z', '1890-01-01T00:00:00Z']) {
          const { rows } = await client.query<{ v: number }>('select $1::timestamptz as v', [text]);
          expect(rows[0]!.v).toBe(parseTime(text));
        }
      }
    });
  });

  test('days come back as they went', async () => {
    for (const text of ['1970-01-01', '2024-02-29', '0001-01-01', '9999-12-31']) {
      const day = parseDay(text)!;
      expect(await value('$1::date', [toDbDay(day)])).toBe(day);
    }
  });

  test('sums of thirty digits come back whole', async () => {
    for (const sum of [999_999_999_999_999_999_999_999_999_999n, -1n, 0n, 9_007_199_254_740_993n]) {
      expect(await value('$1::numeric(30,0)', [sum])).toBe(sum);
    }
  });

  test('bigints come back as numbers up to 2^53 − 1', async () => {
    expect(await value('$1::int8', [Number.MAX_SAFE_INTEGER])).toBe(Number.MAX_SAFE_INTEGER);
    expect(await value('count(*)')).toBe(1);
  });

  test('arrays are read in the same way, nulls included', async () => {
    expect(await value(`array[1::int8, null]`)).toEqual([1, null]);
    expect(await value(`array[1::numeric, 2]`)).toEqual([1n, 2n]);
    expect(await value(`array['1970-01-02'::date]`)).toEqual([1]);
    expect(await value(`array['1970-01-01 00:00:00.000007+00'::timestamptz]`)).toEqual([7]);
  });

  test.each([
    ['9007199254740992::int8', 'beyond 2^53'],
    ['0.5::numeric', 'is not whole'],
    [`'NaN'::numeric`, 'is not whole'],
    [`'infinity'::timestamptz`, 'outside the years'],
    [`'9999-01-01'::timestamptz`, 'outside the years 1684 to 2255'],
    [`'infinity'::date`, 'outside the years'],
    [`'0044-03-15 BC'::date`, 'outside the years'],
  ])('%s is refused rather than changed', async (sql, reason) => {
    const error = await value(sql).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'books_broken' });
    expect((error as Error).message).toContain(reason);
    // The connection is still of use.
    expect(await value('1::int8')).toBe(1);
  });

  test('Prisma on the same pool keeps its own types', async () => {
    const prisma = createPrisma(db.pool);
    await db.pool.query(`insert into institutions (id, newest_at) values ('X-310115-1', '2026-11-23T12:34:56.789Z')`);
    const found = await prisma.institution.findUniqueOrThrow({ where: { id: 'X-310115-1' } });
    expect(found).toMatchObject({ eventCount: 0n, newestAt: new Date('2026-11-23T12:34:56.789Z') });
    await prisma.$disconnect();
    expect(await value('1::int8')).toBe(1);
  });
});

describe('transactions', () => {
  test('the result is kept when the work ends and nothing when it throws', async () => {
    await db.pool.query('create table kept (a integer)');
    expect(await inTransaction(db.pool, async (client) => client.query('insert into kept values (1)'))).toBeDefined();
    const failing = inTransaction(db.pool, async (client) => {
      await client.query('insert into kept values (2)');
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect((await db.pool.query('select a from kept')).rows).toEqual([{ a: 1 }]);
  });

  test('two writers of the same rows in opposite order both end well', async () => {
    await db.pool.query(
      'create table pair (id integer primary key, n integer); insert into pair values (1, 0), (2, 0)',
    );
    let attempts = 0;
    let begun = 0;
    let bothHaveBegun = (): void => {};
    const both = new Promise<void>((resolve) => {
      bothHaveBegun = resolve;
    });
    const add = (first: number, second: number): Promise<void> =>
      inTransaction(db.pool, async (client) => {
        attempts += 1;
        await client.query('update pair set n = n + 1 where id = $1', [first]);
        begun += 1;
        if (begun === 2) bothHaveBegun();
        await both;
        await client.query('update pair set n = n + 1 where id = $1', [second]);
      });
    await Promise.all([add(1, 2), add(2, 1)]);
    expect(attempts).toBe(3);
    expect((await db.pool.query('select n from pair')).rows).toEqual([{ n: 2 }, { n: 2 }]);
  });

  test('a connection that is cut is replaced and the work done again', async () => {
    let attempts = 0;
    const answer = await inTransaction(db.pool, async (client) => {
      attempts += 1;
      if (attempts === 1) await client.query('select pg_terminate_backend(pg_backend_pid())');
      return (await client.query('select 1 as v')).rows;
    });
    expect(answer).toEqual([{ v: 1 }]);
    expect(attempts).toBe(2);
  });

  test('the same event told by two writers at once is tried again, any other double key is an error', async () => {
    let attempts = 0;
    const insertTwice = (table: string, constraint: string) =>
      inTransaction(
        db.pool,
        async (client) => {
          attempts += 1;
          await client.query(
            `do $$ begin raise unique_violation using table = '${table}', constraint = '${constraint}'; end $$`,
          );
        },
        { retries: 2 },
      );
    await expect(insertTwice('events', 'events_identity_key')).rejects.toMatchObject({ code: 'database_busy' });
    expect(attempts).toBe(3);
    await expect(insertTwice('other', 'other_key')).rejects.toMatchObject({ code: '23505' });
    expect(attempts).toBe(4);
  });

  test('a failure that does not pass becomes database_busy after the last try', async () => {
    const lost = inTransaction(db.pool, (client) => client.query(`do $$ begin raise deadlock_detected; end $$`), {
      retries: 1,
    });
    const error = await lost.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(FeewardenError);
    expect(error).toMatchObject({ code: 'database_busy' });
    expect((error as Error).message).toContain('40P01');
  });

  test('a server that cannot be reached is transient, and told without the password', async () => {
    const pool = createPool('postgresql://u:hunter2@127.0.0.1:1/x');
    const error = await inTransaction(pool, async () => 1, { retries: 1 }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'database_busy' });
    expect((error as Error).message).not.toContain('hunter2');
    await pool.end();
  });
});

test('a connection is asked whether the other side is still there: a machine without power never ends one by itself', async () => {
  const asked = vi.spyOn(net.Socket.prototype, 'setKeepAlive');
  const pool = createPool(db.url);
  try {
    await pool.query('select 1');
    expect(asked).toHaveBeenCalledWith(true, 10_000);
  } finally {
    asked.mockRestore();
    await pool.end();
  }
});
