import type pg from 'pg';
import { copyInto, copyRow } from '../../src/db/copy.js';
import { inTransaction } from '../../src/db/pool.js';
import { type Figure, figure } from './figures.js';
import type { Lab } from './lab.js';
import { percentiles } from './meter.js';

/** Rows of one bare insert: the batch of the product. */
export const LIMIT_ROWS_PER_BATCH = 2_000;

const COLUMNS: readonly (readonly [name: string, type: string])[] = [
  ['seq', 'bigint'],
  ['institution_no', 'int'],
  ['ordinal', 'bigint'],
  ['source', 'text'],
  ['id', 'text'],
  ['type', 'smallint'],
  ['key', 'text'],
  ['amounts', 'text'],
  ['at', 'timestamptz'],
  ['recorded_at', 'timestamptz'],
  ['received_at', 'timestamptz'],
  ['content_hash', 'bytea'],
  ['body', 'text'],
];
const NAMES = COLUMNS.map(([name]) => name).join(', ');
const SELECTED = COLUMNS.map(([name]) => `${name}::text`).join(', ');

type Row = readonly (string | null)[];

/**
 * The limit: the rows of `events` that the product wrote, inserted again by themselves into a table of the same columns and
 * indexes, in batches of the same size, each its own transaction. Nothing is decoded, checked, booked or summed. Reading and
 * preparing the rows is not counted. By COPY, and by `insert … select from unnest`.
 */
export async function measureLimits(lab: Lab, pool: pg.Pool): Promise<Figure[]> {
  return [
    await measure(lab, pool, 'limit: bare COPY of the event rows', 'limit_copy', copyBatch),
    await measure(lab, pool, 'limit: bare insert from unnest', 'limit_unnest', unnestBatch),
  ];
}

type Prepared = (client: pg.ClientBase) => Promise<unknown>;

async function measure(
  lab: Lab,
  pool: pg.Pool,
  name: string,
  table: string,
  prepare: (table: string, rows: Row[]) => Prepared,
): Promise<Figure> {
  await pool.query(`create table ${table} (like events including all)`);
  await pool.query('checkpoint');
  const times: number[] = [];
  let count = 0;
  let postgres = 0;
  let node = 0;
  let hasCpu = true;
  for await (const rows of storedRows(pool)) {
    const write = prepare(table, rows);
    const before = lab.cpu();
    const started = performance.now();
    await inTransaction(pool, write);
    times.push(performance.now() - started);
    const after = lab.cpu();
    node += after.node - before.node;
    if (after.postgres === null || before.postgres === null) hasCpu = false;
    else postgres += after.postgres - before.postgres;
    count += rows.length;
  }
  await pool.query(`drop table ${table}`);
  const seconds = times.reduce((sum, ms) => sum + ms, 0) / 1_000;
  const waits = percentiles(times);
  return figure({
    name,
    count,
    seconds,
    times: waits && { ...waits, of: 'batch' },
    cpu: { node, postgres: hasCpu ? postgres : null },
  });
}

async function* storedRows(pool: pg.Pool): AsyncGenerator<Row[]> {
  let after = '-1';
  for (;;) {
    const { rows } = await pool.query<(string | null)[]>({
      text: `select ${SELECTED} from events where seq > $1::bigint order by events.seq limit ${LIMIT_ROWS_PER_BATCH}`,
      values: [after],
      rowMode: 'array',
    });
    if (rows.length === 0) return;
    after = rows.at(-1)![0]!;
    yield rows;
  }
}

function copyBatch(table: string, rows: Row[]): Prepared {
  const lines = rows.map((row) => copyRow(row));
  return (client) => copyInto(client, table, NAMES, lines);
}

function unnestBatch(table: string, rows: Row[]): Prepared {
  const values = COLUMNS.map((_, at) => rows.map((row) => row[at]!));
  const arrays = COLUMNS.map(([, type], at) => `$${at + 1}::${type}[]`).join(', ');
  return (client) =>
    client.query({ name: table, text: `insert into ${table} (${NAMES}) select * from unnest(${arrays})`, values });
}
