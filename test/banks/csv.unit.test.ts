import { describe, expect, test } from 'vitest';
import { readCsv } from '../../src/banks/formats/csv.js';
import { parseCsvMapping } from '../../src/banks/formats/csv-mapping.js';
import type { BankEntry, StatementItem } from '../../src/banks/statement.js';
import { surveyStatements } from '../../src/banks/survey.js';
import { FeewardenError } from '../../src/core/errors.js';

const TWO_COLUMNS = {
  skipLines: 1,
  account: 'A-1',
  columns: {
    date: '交易日期',
    time: '交易时间',
    credit: '贷方发生额',
    debit: '借方发生额',
    balance: '余额',
    reference: '流水号',
    text: '摘要',
  },
  amounts: { style: 'two_columns' },
  ignoreRows: ['合计'],
};
const CSV = `某银行账户明细,,,,,,
交易日期,交易时间,贷方发生额,借方发生额,余额,流水号,摘要
2026-03-02,10:05:00,"1,480.00",,"1,480.00",L-1,"学费, 三月"
20260302,113000,,120.5,1359.50,L-2,退费单号:F-1

2026/3/3,,0.00,9.5,1350.00,L-3,手续费
合计,,1480.00,130.00,,,
`;

async function* bytesOf(text: string | Buffer, size = 11): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text as string);
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
}

async function read(text: string | Buffer, mapping: object): Promise<StatementItem[]> {
  const items: StatementItem[] = [];
  const given = parseCsvMapping(JSON.stringify(mapping), 'mapping');
  for await (const some of readCsv(bytesOf(text), given)) items.push(...some);
  return items;
}

async function entries(text: string | Buffer, mapping: object): Promise<BankEntry[]> {
  return (await read(text, mapping)).flatMap((item) => (item.what === 'entry' ? [item.entry] : []));
}

async function codeOf(work: Promise<unknown> | (() => unknown)): Promise<string> {
  try {
    await (typeof work === 'function' ? work() : work);
  } catch (error) {
    if (error instanceof FeewardenError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'none';
}

describe('a CSV export', () => {
  test('with two columns of amounts is read, line by line', async () => {
    const found = await entries(CSV, TWO_COLUMNS);
    expect(
      found.map(({ line, amount, isCredit, bookedAt, bankRef }) => [line, amount, isCredit, bookedAt, bankRef]),
    ).toEqual([
      [3, 148_000_000n, true, '2026-03-02T10:05:00', 'L-1'],
      [4, 12_050_000n, false, '2026-03-02T11:30:00', 'L-2'],
      [6, 950_000n, false, '2026-03-03', 'L-3'],
    ]);
    expect(found[0]!.text).toBe('学费, 三月');
  });

  test('with quotes within its texts, and numbers that Excel is to keep as text, is read like any other', async () => {
    const rows = [
      '2026-03-02,,5.00,,5.00,="0012345678901234567",学费 "张三" 三月',
      '="2026-03-03",,="6.00",,11.00,L-2,"学费"补',
      '2026-03-04,,7.00,,18.00,L-3,"学费, ""四月"""',
    ];
    const head = '交易日期,交易时间,贷方发生额,借方发生额,余额,流水号,摘要';
    const found = await entries([head, ...rows, ''].join('\n'), { ...TWO_COLUMNS, skipLines: 0 });
    expect(found.map(({ amount, bookedAt, bankRef, text }) => [amount, bookedAt, bankRef, text])).toEqual([
      [500_000n, '2026-03-02', '0012345678901234567', '学费 "张三" 三月'],
      [600_000n, '2026-03-03', 'L-2', '"学费"补'],
      [700_000n, '2026-03-04', 'L-3', '学费, "四月"'],
    ]);
  });

  test('has no reference where Excel has rounded it: entries of other numbers would be taken for the same one', async () => {
    const head = '交易日期,交易时间,贷方发生额,借方发生额,余额,流水号,摘要';
    const rows = ['2026-03-02,,5.00,,5.00,6.22848E+15,a', '2026-03-03,,5.00,,10.00,20260303E5,b'];
    const found = await entries([head, ...rows, ''].join('\n'), { ...TWO_COLUMNS, skipLines: 0 });
    expect(found.map(({ bankRef }) => bankRef)).toEqual(['', '20260303E5']);
  });

  test('tells the right line behind a cell of several lines, however its lines end', async () => {
    const head = '交易日期,交易时间,贷方发生额,借方发生额,余额,流水号,摘要';
    const rows = ['2026-03-02,,5.00,,5.00,L-1,"a', 'b', 'c"', '2026-03-03,,5.00,,10.00,L-2,d', ''];
    for (const end of ['\n', '\r\n']) {
      const found = await entries([head, ...rows].join(end), { ...TWO_COLUMNS, skipLines: 0 });
      expect(found.map(({ line }) => line)).toEqual([4, 5]);
    }
  });

  test('adds up from its running balance, in either order of rows', async () => {
    const lines = CSV.trimEnd()
      .split('\n')
      .filter((line) => line !== '');
    const reversed = [...lines.slice(0, 2), ...lines.slice(2, 5).reverse()].join('\n');
    for (const [text, order] of [
      [CSV, 'ascending'],
      [reversed, 'descending'],
    ] as const) {
      const mapping = parseCsvMapping(JSON.stringify({ ...TWO_COLUMNS, order }), 'm');
      const [survey] = await surveyStatements(readCsv(bytesOf(text), mapping));
      expect(survey!.arithmetic).toMatchObject({ state: 'right', opening: 0n, closing: 135_000_000n });
    }
    const wrong = parseCsvMapping(JSON.stringify(TWO_COLUMNS), 'm');
    const [survey] = await surveyStatements(readCsv(bytesOf(CSV.replace('120.5', '120.6')), wrong));
    expect(survey!.arithmetic.state).toBe('wrong');
  });

  test('in GB18030 with semicolons is read', async () => {
    // 日期;金额;方向 and 借, 贷 in GB18030
    const header = Buffer.from([
      0xc8, 0xd5, 0xc6, 0xda, 0x3b, 0xbd, 0xf0, 0xb6, 0xee, 0x3b, 0xb7, 0xbd, 0xcf, 0xf2, 0x0a,
    ]);
    const row = (day: string, amount: string, word: readonly number[]) =>
      Buffer.concat([Buffer.from(`${day};${amount};`), Buffer.from(word), Buffer.from('\r\n')]);
    const file = Buffer.concat([
      header,
      row('2026.03.02', '1 234,50', [0xb4, 0xfb]),
      row('2026.03.03', '0,5', [0xbd, 0xe8]),
      row('2026.03.03', '7', [0x3f]),
    ]);
    const mapping = {
      encoding: 'gb18030',
      delimiter: ';',
      decimal: ',',
      thousands: ' ',
      dates: ['YYYY.MM.DD'],
      account: 'A-1',
      columns: { date: '日期', amount: '金额', indicator: '方向' },
      amounts: { style: 'indicator', credit: ['贷'], debit: ['借'] },
    };
    expect((await entries(file, mapping)).map(({ amount, isCredit }) => [amount, isCredit])).toEqual([
      [123_450_000n, true],
      [50_000n, false],
      [700_000n, null],
    ]);
  });

  test('with signed amounts, columns by number and several accounts gives a statement for each', async () => {
    const mapping = {
      hasHeader: false,
      columns: { account: 0, date: 1, amount: 2, currency: 3 },
      amounts: { style: 'signed', positiveIs: 'debit' },
    };
    const items = await read('A-1,2026-03-02,-10,CNY\nA-1,2026-03-02,4,CNY\nA-2,2026-03-02,1,USD\n', mapping);
    expect(
      items.map((item) =>
        item.what === 'entry' ? [item.entry.isCredit, item.entry.currency] : [item.what, item.head.accountId],
      ),
    ).toEqual([
      ['start', 'A-1'],
      [true, 'CNY'],
      [false, 'CNY'],
      ['end', 'A-1'],
      ['start', 'A-2'],
      [false, 'USD'],
      ['end', 'A-2'],
    ]);
  });

  test('keeps rows that it does not understand, as entries that will be refused', async () => {
    const found = await entries('date,credit,debit\n02.03.,1,\n2026-03-02,x,\n2026-03-02,1,2\nshort\n', {
      account: 'A-1',
      columns: { date: 'date', credit: 'credit', debit: 'debit' },
      amounts: { style: 'two_columns' },
    });
    expect(found.map(({ line, amount, bookedAt }) => [line, amount, bookedAt])).toEqual([
      [2, 100_000n, '? 02.03.'],
      [3, null, '2026-03-02'],
      [4, null, '2026-03-02'],
      [5, null, '? short'],
    ]);
  });

  test('that does not fit its mapping is refused with what to do', async () => {
    expect(await codeOf(read('a,b\n', TWO_COLUMNS))).toMatch(/^bad_csv: .*(no header|no column)/);
    expect(await codeOf(read('x\na,b\n1,2\n', TWO_COLUMNS))).toMatch(
      /^bad_csv: .*There is no column "交易日期"; the header has: a, b/,
    );
    expect(await codeOf(read('x\n"open quote', TWO_COLUMNS))).toMatch(/^bad_csv: /);
    expect(await codeOf(read(Buffer.from([0x78, 0x0a, 0xff, 0xfe]), TWO_COLUMNS))).toMatch(/^wrong_encoding: /);
    expect(await codeOf(read(`x\n"${'y'.repeat(1_200_000)}"\n`, TWO_COLUMNS))).toMatch(/^bad_csv: /);
  });
});

describe('a mapping', () => {
  const wrong = async (change: object) =>
    codeOf(() => parseCsvMapping(JSON.stringify({ ...TWO_COLUMNS, ...change }), 'm.json'));

  test('is refused with the place that is wrong', async () => {
    expect(await codeOf(() => parseCsvMapping('{', 'm.json'))).toMatch(/^bad_mapping: .*m.json is not valid JSON/);
    expect(await wrong({ encoding: 'latin1' })).toMatch(/bad_mapping.*m.json: encoding/);
    expect(await wrong({ account: undefined })).toMatch(/account: is needed/);
    expect(await wrong({ amounts: { style: 'signed' } })).toMatch(/columns.amount: is needed/);
    expect(await wrong({ hasHeader: false })).toMatch(/columns: must be numbers/);
    expect(await wrong({ decimal: ',', thousands: ',' })).toMatch(/thousands: must not be/);
    expect(await wrong({ surprise: 1 })).toMatch(/surprise/);
  });
});
