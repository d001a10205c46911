import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ArrayValue, arrayParams, jsonArray, jsonList } from '../../src/db/arrays.js';
import { CopyRows, copyInto } from '../../src/db/copy.js';
import { emptyTestDatabase, type TestDatabase } from '../support/database.js';

const TEXTS = [
  '',
  'NULL',
  'plain',
  'a,b',
  '{}',
  ' ',
  '"',
  '\\',
  '\\N',
  'a"b\\c',
  '\t\n\r',
  '\x1f\x1e',
  '教民',
  '😀',
  '\ufffd',
];
const WHOLE = [
  0,
  1,
  -1,
  2 ** 31,
  -(2 ** 31) - 1,
  2 ** 32,
  -(2 ** 32),
  Number.MAX_SAFE_INTEGER,
  Number.MIN_SAFE_INTEGER,
];

let database: TestDatabase;
beforeAll(async () => {
  database = await emptyTestDatabase();
});
afterAll(() => database.drop());

describe('JSON texts as one parameter', () => {
  const back = async (type: 'jsonb' | 'text', texts: readonly (string | null)[]): Promise<unknown[]> => {
    const { rows } = await database.pool.query(
      `select value from unnest(${jsonArray(1, type)}, $2::int[]) as t(value, at) order by at`,
      [jsonList(texts), texts.map((_, at) => at)],
    );
    return rows.map((row) => row.value);
  };

  test('arrive as they were, whatever characters the values hold', async () => {
    const values = [...TEXTS.map((text) => ({ [text]: [text] })), ...WHOLE.slice(0, 7), null, true, [], {}];
    const texts = values.map((value) => JSON.stringify(value));
    expect(await back('text', texts)).toEqual(texts);
    expect(await back('jsonb', texts)).toEqual(values);
  });

  test('keep SQL’s null apart from the null of JSON, in every place', async () => {
    for (const texts of [[null], [null, null], ['null', null], [null, 'null'], ['"a"', null, '"b"'], ['""', null]])
      expect(await back('text', texts)).toEqual(texts);
  });
});

describe('columns as parameters', () => {
  const back = async (type: string, values: readonly ArrayValue[]): Promise<unknown[]> => {
    const { rows } = await database.pool.query(
      `select value from unnest($1::${type}[]) as t(value)`,
      arrayParams(values),
    );
    return rows.map((row) => row.value);
  };

  test('arrive as they were, whatever characters they hold', async () => {
    expect(await back('text', TEXTS)).toEqual(TEXTS);
    expect(
      await back(
        'text',
        TEXTS.filter((text) => !/["\\]/.test(text)),
      ),
    ).toEqual(TEXTS.filter((text) => !/["\\]/.test(text)));
  });

  test('keep null apart from the empty text and from the word', async () => {
    expect(await back('text', [null, '', 'NULL', null])).toEqual([null, '', 'NULL', null]);
    expect(await back('bigint', [1, null])).toEqual([1, null]);
    expect(await back('text', [null])).toEqual([null]);
  });

  test('may be numbers, sums of any size, truth values, bytes, or nothing', async () => {
    expect(await back('bigint', WHOLE)).toEqual(WHOLE);
    expect(await back('numeric', [10n ** 25n, -5n])).toEqual([10n ** 25n, -5n]);
    expect(await back('boolean', [true, false])).toEqual([true, false]);
    expect(await back('bytea', [Buffer.from([0, 255]), Buffer.alloc(0)])).toEqual([
      Buffer.from([0, 255]),
      Buffer.alloc(0),
    ]);
    expect(await back('int', [])).toEqual([]);
  });
});

describe('copied rows', () => {
  const copy = async (table: string, columns: string, rows: CopyRows): Promise<unknown[]> => {
    const client = await database.pool.connect();
    try {
      await client.query(`create temp table ${table} (${columns})`);
      const names = columns
        .split(', ')
        .map((column) => column.split(' ')[0])
        .join(', ');
      await copyInto(client, table, names, rows);
      return (await client.query(`select ${names} from ${table} order by 1`)).rows;
    } finally {
      client.release(true);
    }
  };

  test('arrive as they were, whatever characters and numbers they hold', async () => {
    const rows = new CopyRows(0);
    const expected = WHOLE.map((big, at) => ({ big, text: TEXTS[at] ?? null, small: at - 4, middle: at - 2 ** 31 }));
    for (const { big, text, small, middle } of expected) {
      rows.begin(4);
      rows.int8(big);
      rows.text(text);
      rows.int2(small);
      rows.int4(middle);
    }
    const inOrder = expected.toSorted((a, b) => a.big - b.big);
    expect(await copy('numbers', 'big bigint, text text, small smallint, middle int', rows)).toEqual(inOrder);
  });

  test('keep times to the microsecond, days and bytes, before and after the year 2000', async () => {
    const rows = new CopyRows();
    const expected = [
      { at: 1_767_571_260_123_456, on: 20_458, raw: Buffer.from([0, 1, 255]) },
      { at: -1, on: -1, raw: Buffer.alloc(0) },
      { at: -7_990_000_000_000_003, on: -2, raw: Buffer.alloc(3) },
      { at: -8_990_000_000_000_001, on: -719_162, raw: Buffer.from('x') },
    ];
    for (const { at, on, raw } of expected) {
      rows.begin(3);
      rows.timestamptz(at);
      rows.date(on);
      rows.bytea(raw);
    }
    expect(await copy('times', 'at timestamptz, "on" date, raw bytea', rows)).toEqual(expected.toReversed());
  });

  test('may be many and long', async () => {
    const rows = new CopyRows(10);
    const texts = Array.from({ length: 1_000 }, (_, at) => '学费'.repeat(at % 400));
    for (const text of texts) {
      rows.begin(2);
      rows.int4(rows.count);
      rows.text(text);
    }
    const found = await copy('long_texts', 'no int, text text', rows);
    expect(found).toEqual(texts.map((text, at) => ({ no: at + 1, text })));
  });

  test('may be none', async () => {
    expect(await copy('nothing', 'no int', new CopyRows())).toEqual([]);
  });

  test('that the table refuses leave the connection usable', async () => {
    const client = await database.pool.connect();
    try {
      await client.query('create temp table narrow (no int not null)');
      const rows = new CopyRows();
      rows.begin(1);
      rows.text(null);
      await expect(copyInto(client, 'narrow', 'no', rows)).rejects.toThrow(/null value/);
      expect((await client.query('select count(*)::int as count from narrow')).rows).toEqual([{ count: 0 }]);
    } finally {
      client.release(true);
    }
  });
});
