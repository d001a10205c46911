import type pg from 'pg';
import { CopyRows, copyInto } from '../../src/db/copy.js';
import { inTransaction, toDbTime } from '../../src/db/pool.js';
import { type Figure, figure } from './figures.js';
import type { Lab } from './lab.js';
import { percentiles } from './meter.js';

/** Rows of one bare insert: the batch of the product. */
export const LIMIT_ROWS_PER_BATCH = 2_000;

type Kind = 'int8' | 'int4' | 'int2' | 'text' | 'timestamptz' | 'bytea';

const COLUMNS: readonly (readonly [name: string, kind: Kind])[] = [
  ['seq', 'int8'],
  ['institution_no', 'int4'],
  ['ordinal', 'int8'],
  ['source', 'text'],
  ['id', 'text'],
  ['type', 'int2'],
  ['key', 'text'],
  ['amounts', 'text'],
  ['at', 'timestamptz'],
  ['recorded_at', 'timestamptz'],
  ['received_at', 'timestamptz'],
  ['content_hash', 'bytea'],
  ['body', 'text'],
];
const NAMES = COLUMNS.map(([name]) => name).join(', ');

type Value = string | number | Buffer | null;
type Row = readonly Value[];

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
  let after = -1;
  for (;;) {
    const { rows } = await pool.query<Value[]>({
      text: `select ${NAMES} from events where seq > $1 order by seq limit ${LIMIT_ROWS_PER_BATCH}`,
      values: [after],
      rowMode: 'array',
    });
    if (rows.length === 0) return;
    after = rows.at(-1)![0] as number;
    yield rows;
  }
}

function copyBatch(table: string, rows: readonly Row[]): Prepared {
  const made = new CopyRows();
  for (const row of rows) {
    made.begin(COLUMNS.length);
    COLUMNS.forEach(([, kind], at) => {
      const value = row[at]!;
      if (kind === 'bytea') made.bytea(value as Buffer);
      else if (kind === 'text') made.text(value as string | null);
      else made[kind](value as number);
    });
  }
  return (client) => copyInto(client, table, NAMES, made);
}

function unnestBatch(table: string, rows: readonly Row[]): Prepared {
  const values = COLUMNS.map(([, kind], at) =>
    rows.map((row) => (kind === 'timestamptz' ? toDbTime(row[at] as number) : row[at]!)),
  );
  const arrays = COLUMNS.map(([, kind], at) => `$${at + 1}::${kind}[]`).join(', ');
  const text = `insert into ${table} (${NAMES}) select * from unnest(${arrays})`;
  return (client) => client.query({ name: table, text, values });
}
