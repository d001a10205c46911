import type pg from 'pg';
import { inTransaction } from '../../src/db/pool.js';
import { type Figure, figure } from './figures.js';
import type { Lab } from './lab.js';
import { LIMIT_ROWS_PER_BATCH } from './limit.js';
import { percentiles } from './meter.js';

/** What a batch of events writes: the events and everything that is booked of them. */
const TABLES = [
  'events',
  'entries',
  'balances',
  'turnovers',
  'tallies',
  'lines',
  'contracts',
  'payments',
  'credits',
  'refunds',
  'releases',
] as const;

interface Table {
  readonly name: string;
  /** Columns that are written; generated ones are not. */
  readonly columns: readonly string[];
  readonly insert: string;
  readonly rowsPerBatch: number;
}

/**
 * The limit: the same rows that the product wrote, of all tables of the books, inserted once more by themselves into tables of the
 * same columns and indexes: as many transactions as the product's batches, each with its share of every table's rows. Rows that the
 * product wrote several times (sums, registers) are counted once, and no row is read before it is written: the real limit is lower.
 * Reading and preparing the rows is not counted. Counted are events, so that the rate compares with the product's.
 */
export async function measureBooksLimit(lab: Lab, pool: pg.Pool): Promise<Figure> {
  const events = await countOf(pool, 'events');
  const batches = Math.max(1, Math.ceil(events / LIMIT_ROWS_PER_BATCH));
  const tables: Table[] = [];
  for (const name of TABLES) tables.push(await tableOf(pool, name, batches));
  for (const { name } of tables) await pool.query(`create table ${copyOf(name)} (like ${name} including all)`);
  await pool.query('checkpoint');
  const times: number[] = [];
  const used = { node: 0, postgres: 0 };
  let hasPostgres = true;
  for await (const parts of storedParts(pool, tables)) {
    const before = lab.cpu();
    const started = performance.now();
    await inTransaction(pool, async (client) => {
      for (const { table, values } of parts)
        await client.query({ name: copyOf(table.name), text: table.insert, values: [...values] });
    });
    times.push(performance.now() - started);
    const after = lab.cpu();
    used.node += after.node - before.node;
    if (after.postgres === null || before.postgres === null) hasPostgres = false;
    else used.postgres += after.postgres - before.postgres;
  }
  for (const { name } of tables) await pool.query(`drop table ${copyOf(name)}`);
  const waits = percentiles(times);
  return figure({
    name: 'limit: bare insert of the rows of the books',
    count: events,
    seconds: times.reduce((sum, ms) => sum + ms, 0) / 1_000,
    times: waits && { ...waits, of: 'batch' },
    cpu: { node: used.node, postgres: hasPostgres ? used.postgres : null },
    note: 'events, entries, sums and registers, each row once',
  });
}

function copyOf(table: string): string {
  return `limit_${table}`;
}

async function countOf(pool: pg.Pool, table: string): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(`select count(*)::int as count from ${table}`);
  return rows[0]!.count;
}

async function tableOf(pool: pg.Pool, name: string, batches: number): Promise<Table> {
  const { rows } = await pool.query<{ column_name: string; udt_name: string }>(
    `select column_name, udt_name from information_schema.columns
      where table_schema = current_schema() and table_name = $1 and is_generated = 'NEVER' order by ordinal_position`,
    [name],
  );
  const columns = rows.map((row) => row.column_name);
  const arrays = rows.map((row, at) => `$${at + 1}::${row.udt_name}[]`).join(', ');
  return {
    name,
    columns,
    insert: `insert into ${copyOf(name)} (${columns.join(', ')}) select * from unnest(${arrays})`,
    rowsPerBatch: Math.ceil((await countOf(pool, name)) / batches),
  };
}

interface Part {
  readonly table: Table;
  /** By column the values of the rows, as PostgreSQL prints them. */
  readonly values: readonly (readonly (string | null)[])[];
}

/** Of every table the rows of one batch after the other, as they lie in the table. */
async function* storedParts(pool: pg.Pool, tables: readonly Table[]): AsyncGenerator<Part[]> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    for (const { name, columns } of tables)
      await client.query(
        `declare read_${name} no scroll cursor for select ${columns.map((column) => `${column}::text`).join(', ')} from ${name}`,
      );
    for (;;) {
      const parts: Part[] = [];
      for (const table of tables) {
        if (table.rowsPerBatch === 0) continue;
        const { rows } = await client.query<(string | null)[]>({
          text: `fetch ${table.rowsPerBatch} from read_${table.name}`,
          rowMode: 'array',
        });
        if (rows.length > 0) parts.push({ table, values: table.columns.map((_, at) => rows.map((row) => row[at]!)) });
      }
      if (parts.length === 0) return;
      yield parts;
    }
  } finally {
    await client.query('rollback');
    client.release();
  }
}
