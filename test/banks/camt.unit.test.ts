import { describe, expect, test } from 'vitest';
import { detailXml, documentXml, entriesOf, entryXml, itemsOf, surveysOf } from './support.js';

const KINDS = ['052', '053', '054'] as const;
const FORMATS = { '052': 'report', '053': 'statement', '054': 'notification' } as const;

describe('every message and version', () => {
  for (const kind of KINDS) {
    for (let version = 1; version <= 13; version += 1) {
      test(`camt.${kind}.001.${version} is read with namespace, without and with a prefix`, async () => {
        const entry = { bankRef: 'R-1', amount: '12.34', direction: 'DBIT' };
        for (const shape of [{}, { namespace: false }, { prefix: 'ns2' }]) {
          const items = await itemsOf(documentXml({ kind, version, statements: [{ entries: [entry] }], ...shape }));
          expect(items.map((item) => item.what)).toEqual(['start', 'entry', 'end']);
          const [start, one] = items;
          expect(start).toMatchObject({
            head: { kind: FORMATS[kind], accountId: 'A-10001', statementId: 'S-1', currency: 'CNY' },
          });
          expect(one).toMatchObject({
            entry: {
              amount: 1_234_000n,
              currency: 'CNY',
              isCredit: false,
              status: 'BOOK',
              bankRef: 'R-1',
              bookedAt: '2026-03-02',
            },
          });
        }
      });
    }
  }

  test('the details of the first version stand straight below the entry', async () => {
    const entry = entryXml({ more: detailXml('100.00', { EndToEndId: 'P-1' }) }, 1);
    const [one] = await entriesOf(documentXml({ version: 1, statements: [{ entries: [entry] }] }));
    expect(one).toMatchObject({ detailCount: 1, detailSum: 10_000_000n, details: [{ endToEndId: 'P-1' }] });
  });

  test('an envelope round the document does not matter, nor does a missing Document', async () => {
    const inner = documentXml({ statements: [{ entries: [{}] }] }).replace(/^<\?xml.*\?>\n/, '');
    const bare = inner.replace(/<Document[^>]*>/, '').replace('</Document>', '');
    for (const xml of [`<Envelope><Header><Id>7</Id></Header><Body>${inner}</Body></Envelope>`, bare]) {
      expect((await itemsOf(xml)).map((item) => item.what)).toEqual(['start', 'entry', 'end']);
    }
  });
});

describe('a statement', () => {
  test('is the same however the bytes are cut', async () => {
    const xml = documentXml({
      statements: [{ entries: [{ more: '<AddtlNtryInf>退费 &amp; 手续费 😀</AddtlNtryInf>' }, {}] }, { id: 'S-2' }],
    });
    const whole = await itemsOf(xml);
    expect(whole).toHaveLength(6);
    for (const size of [1, 2, 3, 7, 64]) expect(await itemsOf(xml, size)).toEqual(whole);
    expect(whole[1]).toMatchObject({ entry: { text: '退费 & 手续费 😀' } });
  });

  test('with its account and balances behind the entries is read all the same', async () => {
    const xml = `<Document><BkToCstmrStmt><Stmt>${entryXml()}${entryXml({ amount: '5' })}<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="CNY">105</Amt><Dt><Dt>2026-03-02</Dt></Dt></Bal><Acct><Id><IBAN>DE12 3456</IBAN></Id></Acct><Id>X</Id></Stmt></BkToCstmrStmt></Document>`;
    const items = await itemsOf(xml);
    expect(items.map((item) => item.what)).toEqual(['start', 'entry', 'entry', 'end']);
    expect(items[0]).toMatchObject({
      head: { accountId: 'DE123456', statementId: 'X' },
      balances: [{ code: 'CLBD', amount: 10_500_000n }],
    });
  });

  test('says on which line its parts begin', async () => {
    const xml = documentXml({ statements: [{ entries: [`\n\n${entryXml()}`, `\n${entryXml()}`] }] });
    expect((await entriesOf(xml)).map((entry) => entry.line)).toEqual([4, 5]);
  });

  test('may miss every optional part', async () => {
    const xml = '<Document><BkToCstmrStmt><Stmt><Ntry><Amt>1</Amt></Ntry><Ntry/></Stmt></BkToCstmrStmt></Document>';
    const items = await itemsOf(xml);
    expect(items.map((item) => item.what)).toEqual(['start', 'entry', 'entry', 'end']);
    expect(items[2]).toMatchObject({ entry: { amount: null, isCredit: null, bookedAt: '' } });
  });

  test('keeps what is wanted of a detail, and passes over the rest', async () => {
    const detail = detailXml(
      '100.00',
      { AcctSvcrRef: 'B-1', InstrId: 'I-1', EndToEndId: 'E-1', TxId: 'T-1' },
      '<RltdPties><Dbtr><Nm>secret</Nm></Dbtr></RltdPties><Purp><Prtry>refund</Prtry></Purp><RmtInf><Ustrd>one</Ustrd><Ustrd>two</Ustrd><Strd><CdtrRefInf><Ref>C-1</Ref></CdtrRefInf><RfrdDocInf><Nb>D-1</Nb></RfrdDocInf></Strd></RmtInf><RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>',
    );
    const [entry] = await entriesOf(
      documentXml({ statements: [{ entries: [{ details: `<Btch><NbOfTxs>1</NbOfTxs></Btch>${detail}` }] }] }),
    );
    expect(entry).toMatchObject({ batchCount: 1, detailCount: 1 });
    expect(entry!.details[0]).toMatchObject({
      bankRef: 'B-1',
      instructionId: 'I-1',
      endToEndId: 'E-1',
      txId: 'T-1',
      purposeText: 'refund',
      text: 'one two',
      creditorRef: 'C-1',
      documentNumber: 'D-1',
      isReturn: true,
    });
    expect(Object.values(entry!.details[0]!)).not.toContain('secret');
  });

  test('adds the details of a batch up in the direction of the entry', async () => {
    const details = `${detailXml('60.00')}${detailXml('50.00')}${detailXml('10.00', {}, '<CdtDbtInd>DBIT</CdtDbtInd>')}`;
    const [entry] = await entriesOf(documentXml({ statements: [{ entries: [{ details }] }] }));
    expect(entry).toMatchObject({ detailCount: 3, detailSum: 10_000_000n });
  });

  test('of a batch with another currency in its details gives no sum', async () => {
    const details = `${detailXml('60.00')}${detailXml('50.00', {}, '', 'USD')}`;
    const [entry] = await entriesOf(documentXml({ statements: [{ entries: [{ details }] }] }));
    expect(entry!.detailSum).toBeNull();
  });
});

describe('encodings', () => {
  test('a declared one is used', async () => {
    const xml = documentXml({
      encoding: 'ISO-8859-1',
      statements: [{ entries: [{ more: '<AddtlNtryInf>Prüfung</AddtlNtryInf>' }] }],
    });
    expect((await entriesOf(Buffer.from(xml, 'latin1')))[0]!.text).toBe('Prüfung');
  });

  test('GBK and GB18030 are Chinese', async () => {
    const before = Buffer.from(
      documentXml({ encoding: 'GBK', statements: [{ entries: [{ more: '<AddtlNtryInf>#</AddtlNtryInf>' }] }] }),
      'latin1',
    );
    const at = before.indexOf('#');
    // 退费 in GBK
    const bytes = Buffer.concat([
      before.subarray(0, at),
      Buffer.from([0xcd, 0xcb, 0xb7, 0xd1]),
      before.subarray(at + 1),
    ]);
    expect((await entriesOf(bytes))[0]!.text).toBe('退费');
  });

  test('a byte order mark counts more than the declaration', async () => {
    const xml = `\ufeff${documentXml({ encoding: 'ISO-8859-1', statements: [{ entries: [{ more: '<AddtlNtryInf>退</AddtlNtryInf>' }] }] })}`;
    expect((await entriesOf(xml))[0]!.text).toBe('退');
  });
});

describe('arithmetic', () => {
  const day = '2026-03-02';
  test('opening and booked entries give the closing, to five decimals', async () => {
    const entries = [{ amount: '0.00001' }, { amount: '10.5', direction: 'DBIT' }, { amount: '99', status: 'PDNG' }];
    const [survey] = await surveysOf(
      documentXml({
        statements: [
          {
            balances: [
              ['OPBD', '20', day],
              ['CLBD', '9.50001', day],
            ],
            entries,
          },
        ],
      }),
    );
    expect(survey!.arithmetic).toMatchObject({ state: 'right', difference: 0n });
    expect(survey).toMatchObject({ entries: 3, pending: 1 });
  });

  test('what is wrong is named with its difference', async () => {
    const [survey] = await surveysOf(
      documentXml({
        statements: [
          {
            balances: [
              ['OPBD', '20', day],
              ['CLBD', '121', day],
            ],
            entries: [{}],
          },
        ],
      }),
    );
    expect(survey!.arithmetic).toMatchObject({ state: 'wrong', difference: 100_000n });
    expect(survey!.arithmetic.remarks[0]).toContain('1.00 too much');
  });

  test('an overdrawn balance is negative', async () => {
    const [survey] = await surveysOf(
      documentXml({
        statements: [
          {
            balances: [
              ['OPBD', '-50', day],
              ['CLBD', '50', day],
            ],
            entries: [{}],
          },
        ],
      }),
    );
    expect(survey!.arithmetic.state).toBe('right');
  });

  test('the totals of the file itself are held against its entries', async () => {
    const totals = (sum: string) =>
      `<TxsSummry><TtlNtries><NbOfNtries>2</NbOfNtries><Sum>${sum}</Sum></TtlNtries><TtlDbtNtries><Sum>30</Sum></TtlDbtNtries></TxsSummry>`;
    const entries = [{ amount: '70' }, { amount: '30', direction: 'DBIT' }];
    const [right] = await surveysOf(documentXml({ statements: [{ more: totals('100'), entries }] }));
    expect(right!.arithmetic).toMatchObject({ state: 'unknown' });
    const [wrong] = await surveysOf(documentXml({ statements: [{ more: totals('101'), entries }] }));
    expect(wrong!.arithmetic).toMatchObject({
      state: 'wrong',
      remarks: [
        expect.stringContaining('The sum of all entries is told as 101.00 and is 100.00'),
        expect.anything(),
        expect.anything(),
      ],
    });
  });

  test('pages in the middle go from interim balance to interim balance', async () => {
    const [survey] = await surveysOf(
      documentXml({
        statements: [
          {
            balances: [
              ['ITBD', '10', day],
              ['ITBD', '110', day],
            ],
            entries: [{}],
          },
        ],
      }),
    );
    expect(survey!.arithmetic.state).toBe('right');
  });

  test('without balances nothing is claimed', async () => {
    const [survey] = await surveysOf(documentXml({ kind: '054', statements: [{ entries: [{}] }] }));
    expect(survey!.arithmetic).toMatchObject({ state: 'unknown', difference: null, credits: 10_000_000n });
  });
});
