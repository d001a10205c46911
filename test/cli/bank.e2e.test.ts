import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { documentXml, type XmlEntry } from '../banks/support.js';
import { zip } from '../sources/files/support.js';
import {
  endAll,
  type Finished,
  feewarden,
  jsonLines as linesOf,
  type StartOptions,
  temporaryFolder,
} from '../support/processes.js';

const data = temporaryFolder('bank-data');
const files = temporaryFolder('bank-files');
const run = (args: readonly string[], options?: StartOptions): Promise<Finished> =>
  feewarden([...args, '--data', data], options);
const at = (name: string): string => path.join(files, name);
const jsonLines = ({ stdout }: Finished): Record<string, unknown>[] => linesOf(stdout);
const DAY = '2026-03-02';

const registration = {
  specversion: '1.0',
  id: 'reg-1',
  source: '/platform/370700',
  type: 'prepaid.account.registered.v1',
  subject: 'X-370702-1',
  time: '2026-01-01T00:00:00+08:00',
  data: { accountId: 'A-10001', bankCode: 'B003', purpose: 'custody', mode: 'per_lesson', validFrom: '2026-01-01' },
};

const statement = (sequence: number, opening: string, closing: string, entries: XmlEntry[]): string =>
  documentXml({
    statements: [
      {
        id: `S-${sequence}`,
        sequence: String(sequence),
        balances: [
          ['OPBD', opening, `2026-03-0${sequence}`],
          ['CLBD', closing, `2026-03-0${sequence}`],
        ],
        entries,
      },
    ],
  });

const MAPPING = {
  account: 'A-10001',
  columns: { date: 'day', amount: 'amount', reference: 'ref', text: 'note', kind: 'kind' },
  amounts: { style: 'signed' },
  rules: {
    purposes: [{ purpose: 'refund', field: 'text', contains: ['退费'] }],
    refundId: [{ field: 'text', after: '单号:' }],
  },
};

beforeAll(async () => {
  const folder = at('mixed');
  await mkdir(path.join(folder, 'deeper'), { recursive: true });
  await writeFile(path.join(folder, 'a.ndjson'), `${JSON.stringify(registration)}\n`);
  await writeFile(path.join(folder, 'b.bin'), gzipSync(statement(2, '0', '100', [{ bankRef: 'R-1' }])));
  const third = Buffer.from(statement(3, '100', '150', [{ bankRef: 'R-2', amount: '50', bookedOn: '2026-03-03' }]));
  await writeFile(path.join(folder, 'deeper', 'c.zip'), zip([{ name: 'x.xml', bytes: third }]));
  await writeFile(
    at('wrong.xml'),
    statement(5, '200', '250', [{ bankRef: 'R-3', amount: '49', bookedOn: '2026-03-05' }, { currency: 'EUR' }]),
  );
  await writeFile(at('cut.xml'), statement(6, '1', '2', [{ bankRef: 'R-cut' }]).slice(0, -60));
  await writeFile(
    at('export.csv'),
    `day,amount,ref,kind,note\n${DAY},-30.00,L-1,TRF,退费单号:F-77\n${DAY},x,L-2,TRF,\n`,
  );
  await writeFile(at('mapping.json'), JSON.stringify(MAPPING));
});
afterAll(endAll);

describe('feewarden bank check', () => {
  it('shows each entry and whether the statement adds up, without a database', async () => {
    const checked = await feewarden(['bank', 'check', at('wrong.xml')], {
      env: { DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none' },
    });
    expect(checked.code).toBe(1);
    expect(checked.stdout).toContain('whether it is registered only the database knows');
    expect(checked.stdout).toMatch(/cannot be added up|DOES NOT ADD UP/);
    expect(checked.stdout).toMatch(/ +2 +entry +49\.00 +CNY +2026-03-05 +×1 +R-3/);
    expect(checked.stdout).toContain('unsupported_currency');
    const json = jsonLines(await feewarden(['bank', 'check', at('mixed/b.bin'), '--json']));
    expect(json).toMatchObject([
      { what: 'CLBD', outcome: 'book' },
      { what: 'entry', outcome: 'book', amount: '100.00', reference: 'R-1' },
      { entries: 1, booked: 2, refused: {}, arithmetic: { state: 'right', difference: '0.00' } },
    ]);
  });

  it('reads CSV by its mapping, and names what is wrong with a file or a mapping', async () => {
    const checked = jsonLines(
      await feewarden(['bank', 'check', at('export.csv'), '--mapping', at('mapping.json'), '--json']),
    );
    expect(checked).toMatchObject([
      { line: 2, amount: '-30.00', purpose: 'refund', outcome: 'book' },
      { line: 3, outcome: 'refuse', code: 'bad_money' },
      { entries: 2 },
    ]);
    const cut = await feewarden(['bank', 'check', at('cut.xml')]);
    expect(cut).toMatchObject({ code: 1, stderr: expect.stringMatching(/well-formed XML\. .*cut\.xml: Line \d+/) });
    expect(await feewarden(['bank', 'check', at('export.csv')])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^feewarden: .*export\.csv: This is neither JSON nor XML; .*--mapping FILE .*\n$/),
    });
    expect(await feewarden(['bank', 'check', at('export.csv'), '--mapping', at('none.json')])).toMatchObject({
      code: 2,
    });
    expect(await feewarden(['bank', 'check', at('export.csv'), '--mapping', at('export.csv')])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('not valid JSON'),
    });
    expect(await feewarden(['bank', 'check', at('mixed/a.ndjson')])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /^feewarden: The file is no camt\.052.*a\.ndjson: It holds JSON; `feewarden ingest` takes/,
      ),
    });
  });
});

describe('feewarden ingest', () => {
  it('takes events and statements from one folder, packed or not, told apart by their content', async () => {
    const first = jsonLines(await run(['ingest', at('mixed'), '--json']))[0];
    expect(first).toMatchObject({ read: 5, accepted: 5, duplicates: 0, rejected: 0, statements: 2, pending: 0 });
    expect(jsonLines(await run(['ingest', at('mixed'), '--json']))[0]).toMatchObject({
      read: 5,
      accepted: 0,
      duplicates: 5,
    });
    const books = jsonLines(await run(['books', '--json']))[0];
    expect(books).toMatchObject({ custodyBookedFen: 15_000, custodyReportedFen: 15_000, creditedFen: 15_000 });
  });

  it('takes nothing of a file that is cut off, tells why, and goes on with the others', async () => {
    const mixed = await run(['ingest', at('cut.xml'), at('wrong.xml'), '--json']);
    expect(mixed.code).toBe(1);
    expect(jsonLines(mixed)[0]).toMatchObject({
      accepted: 2,
      rejected: 1,
      byCode: { unsupported_currency: 1 },
      failed: [{ path: at('cut.xml'), error: expect.stringContaining('not well-formed') }],
    });
    expect((await run(['rejected', '--code', 'unsupported_currency'])).stdout).toContain('wrong.xml:2');
  });

  it('takes a statement from standard input, and a CSV export by its mapping with the rules in it', async () => {
    const again = await run(['ingest', '-', '--json'], { input: statement(2, '0', '100', [{ bankRef: 'R-1' }]) });
    expect(jsonLines(again)[0]).toMatchObject({ read: 2, duplicates: 2 });
    const csv = await run(['ingest', at('export.csv'), '--mapping', at('mapping.json'), '--json']);
    expect(jsonLines(csv)[0]).toMatchObject({ read: 2, accepted: 1, rejected: 1, byCode: { bad_money: 1 } });
    expect(jsonLines(await run(['books', '--json']))[0]).toMatchObject({ refundedFromCustodyFen: 3_000 });
  });

  it('leaves a register of statements that names what is missing', async () => {
    const listed = await run(['bank', 'statements', '--account', 'A-10001', '--json']);
    expect(listed.code).toBe(1);
    const rows = jsonLines(listed).filter((row) => row['format'] !== 'csv');
    expect(
      rows.map((row) => [
        row['sequence'],
        row['state'],
        (row['problems'] as { kind: string }[]).map((one) => one.kind),
      ]),
    ).toEqual([
      ['2', 'complete', []],
      ['3', 'complete', []],
      ['5', 'incomplete', ['refused_entries', 'missing_number', 'gap']],
    ]);
    const table = await run(['bank', 'statements']);
    expect(table.stdout).toContain(
      '5: gap: It opens with 200.00, but statement no. 3 of 2026-03-03 closed with 150.00.',
    );
    expect((await run(['verify'])).code).toBe(0);
  });

  it('refuses rules that are not valid', async () => {
    await writeFile(at('rules.json'), '{"B003":{"purposes":[{"purpose":"gift","field":"text"}]}}');
    const refused = await run(['ingest', at('wrong.xml')], { env: { FEEWARDEN_BANK_RULES: at('rules.json') } });
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('B003.purposes.0.purpose') });
  });
});
