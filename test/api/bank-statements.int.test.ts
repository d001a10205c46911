import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { register } from '../banks/books.js';
import { documentXml } from '../banks/support.js';
import { type Harness, startHarness } from './harness.js';

let api: Harness;
let bank: string;
beforeAll(async () => {
  api = await startHarness({
    environment: { FEEWARDEN_HTTP_BODY_BYTES_MAX: '300000', FEEWARDEN_EVENT_BYTES_MAX: '100000' },
  });
  await register(api.db);
  bank = await api.key('bank', 'B003');
});
afterAll(() => api.close());

const send = (
  body: unknown,
  key: string | null = bank,
  type = 'application/xml',
  headers: Record<string, string> = {},
) => api.call('POST', '/v1/bank-statements', { key, body, type, headers });

const DAY = '2026-03-02';
const good = documentXml({
  statements: [
    {
      sequence: '12',
      balances: [
        ['OPBD', '0', DAY],
        ['CLBD', '150', DAY],
      ],
      entries: [
        { bankRef: 'R-1' },
        { bankRef: 'R-2', amount: '50' },
        { status: 'PDNG' },
        { currency: 'EUR', amount: '0' },
      ],
    },
  ],
});

describe('POST /v1/bank-statements', () => {
  test('answers after the commit what became of each entry, and again that nothing is new', async () => {
    const first = await send(good);
    expect(first.status).toBe(200);
    expect(first.json).toEqual({
      accepted: 3,
      duplicates: 0,
      pending: 1,
      rejected: [
        {
          index: 4,
          line: 2,
          id: null,
          code: 'unsupported_currency',
          path: 'Ntry/Amt/@Ccy',
          message: expect.stringContaining('EUR'),
        },
      ],
      statements: [
        {
          accountId: 'A-10001',
          kind: 'statement',
          statementId: 'S-1',
          sequence: '12',
          page: 1,
          entries: 4,
          accepted: 3,
          duplicates: 0,
          pending: 1,
          rejected: 1,
          removed: 0,
          arithmetic: 'unknown',
          opening: '0.00',
          closing: '150.00',
          remarks: [expect.stringContaining('another currency')],
        },
      ],
    });
    const { rows } = await api.db.pool.query('select count(*)::int as n from events where type in (40, 42)');
    expect(rows).toEqual([{ n: 3 }]);
    expect((await send(good)).json).toMatchObject({ accepted: 0, duplicates: 3, pending: 1, rejected: [{ index: 4 }] });
    const { rows: kept } = await api.db.pool.query(
      "select count(*)::int as n from rejected_events where code = 'unsupported_currency'",
    );
    expect(kept).toEqual([{ n: 1 }]);
  });

  test('lets a bank speak for its own accounts alone', async () => {
    const other = await send(good, await api.key('bank', 'B999'));
    expect(other.status).toBe(200);
    expect(other.json).toMatchObject({ accepted: 0, duplicates: 0 });
    expect(new Set(other.json.rejected.map((one: { code: string }) => one.code))).toEqual(
      new Set(['source_not_allowed', 'unsupported_currency']),
    );
    expect((await send(good, await api.key('platform', '3707'))).json).toMatchObject({ code: 'forbidden' });
    expect((await send(good, await api.key('analyst', '3707'))).status).toBe(403);
    expect((await send(good, null)).status).toBe(401);
    expect((await send(good, await api.key('ingest'))).json).toMatchObject({ duplicates: 3 });
  });

  test('keeps the entries of an unknown account', async () => {
    const reply = await send(documentXml({ statements: [{ account: 'A-none', entries: [{}] }] }));
    expect(reply.json).toMatchObject({ accepted: 0, rejected: [{ code: 'unknown_account', path: 'Acct/Id' }] });
  });

  test('refuses whole what is no statement, with the code of its reason, and books nothing of it', async () => {
    const cases: [unknown, string, number][] = [
      ['', 'bad_request', 400],
      [good.replace('R-1', 'N-1').slice(0, -30), 'bad_xml', 400],
      [`<!DOCTYPE x>${good.replace(/^<\?xml.*\n/, '')}`, 'xml_doctype', 400],
      ['<a>'.repeat(10_000), 'xml_too_deep', 400],
      [`<Document ${Array.from({ length: 70 }, (_, at) => `a${at}="1"`).join(' ')}/>`, 'xml_too_large', 400],
      ['<Document/>', 'not_a_statement', 400],
      [good.replace('UTF-8', 'x-none'), 'unsupported_encoding', 400],
      [Buffer.from([0x3c, 0x61, 0x3e, 0xff, 0xff]), 'wrong_encoding', 400],
      [Buffer.alloc(300_001, 0x20), 'body_too_large', 413],
    ];
    for (const [body, code, status] of cases) expect(await send(body), code).toMatchObject({ status, json: { code } });
    expect(await send(good, bank, 'application/json')).toMatchObject({ status: 415 });
    expect(await send(good, bank, 'application/xml', { 'content-encoding': 'gzip' })).toMatchObject({ status: 415 });
    const { rows } = await api.db.pool.query("select 1 from bank_entries where bank_txn_id = 'N-1'");
    expect(rows).toEqual([]);
    expect(api.fatal).toEqual([]);
  });
});
