import { describe, expect, test } from 'vitest';
import { type CheckedLine, checkStatements } from '../../../src/banks/check.js';
import { readCamt } from '../../../src/banks/formats/camt.js';
import type { StatementSurvey } from '../../../src/banks/survey.js';
import { detailXml, documentXml, refusalOf, statementXml, type XmlDocument } from '../support.js';

/** How banks and their programs write these files, as met in public examples: nothing may be dropped, and nothing guessed. */
async function check(xml: string | Buffer): Promise<{ lines: CheckedLine[]; surveys: readonly StatementSurvey[] }> {
  const bytes = Buffer.from(xml as string);
  const lines: CheckedLine[] = [];
  const { surveys } = await checkStatements(
    { label: 'x', items: () => readCamt([bytes]) },
    () => undefined,
    (_, line) => lines.push(line),
  );
  return { lines, surveys };
}

/** "outcome amount day-or-code" of each line. */
async function said(xml: string | Buffer): Promise<string[]> {
  const { lines } = await check(xml);
  return lines.map(({ what, outcome, amount, bookedOn, code }) =>
    [what === 'entry' ? '' : `${what}:`, outcome, amount ?? '', bookedOn ?? code ?? '']
      .filter((word) => word !== '')
      .join(' '),
  );
}

const one = (entry: string, more: XmlDocument = {}) => documentXml({ statements: [{ entries: [entry] }], ...more });
const entry = ({
  amount = '<Amt Ccy="CNY">12.50</Amt>',
  status = '<Sts>BOOK</Sts>',
  date = '<BookgDt><Dt>2026-03-02</Dt></BookgDt>',
  direction = 'CRDT',
  more = '',
} = {}) => `<Ntry>${amount}<CdtDbtInd>${direction}</CdtDbtInd>${status}${date}${more}</Ntry>`;

describe('the document', () => {
  const body = (tag: string, prefix = '') =>
    `<${tag}><GrpHdr><MsgId>M</MsgId></GrpHdr>${statementXml({ entries: [entry()] })}</${tag}>`.replaceAll(
      /<(\/?)(?=\w)/g,
      `<$1${prefix}`,
    );

  test('may have a prefix that its root does not have, a schema location, or a namespace that is none', async () => {
    const roots = [
      ['<Document xmlns:ns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02">', 'ns:', '</Document>'],
      [
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02 camt.053.001.02.xsd">',
        '',
        '</Document>',
      ],
      ['<Document xmlns="urn:example:of-a-bank">', '', '</Document>'],
      ["<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.14'>", '', '</Document>'],
      [
        '<BizMsgEnvlp xmlns="urn:x"><AppHdr xmlns="urn:iso:std:iso:20022:tech:xsd:head.001.001.02"><Fr><FIId/></Fr><CreDt>2026-03-02T10:00:00Z</CreDt></AppHdr><c:Document xmlns:c="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">',
        'c:',
        '</c:Document></BizMsgEnvlp>',
      ],
      [
        '<Saa:DataPDU xmlns:Saa="urn:swift:saa:xsd:saa.2.0"><Saa:Header><Saa:Message/></Saa:Header><Saa:Body><Document>',
        '',
        '</Document></Saa:Body></Saa:DataPDU>',
      ],
    ] as const;
    for (const [start, prefix, end] of roots) {
      expect(await said(`<?xml version="1.0"?>${start}${body('BkToCstmrStmt', prefix)}${end}`), start).toEqual([
        'book 12.50 2026-03-02',
      ]);
    }
  });

  test('may be several in one envelope, and of different kinds', async () => {
    const report = '<BkToCstmrAcctRpt><Rpt><Acct><Id><IBAN>X</IBAN></Id></Acct></Rpt></BkToCstmrAcctRpt>';
    const { surveys, lines } = await check(
      `<E><Document>${body('BkToCstmrStmt')}</Document><Document>${report}</Document></E>`,
    );
    expect(surveys.map(({ head }) => [head.kind, head.messageId])).toEqual([
      ['statement', 'M'],
      ['report', null],
    ]);
    expect(lines).toHaveLength(1);
  });

  test('two of them without an envelope are no XML', async () => {
    const xml = `<Document>${body('BkToCstmrStmt')}</Document>`;
    expect(await refusalOf(`${xml}\n${xml}`)).toMatchObject({
      code: 'bad_xml',
      message: expect.stringContaining('Line 2'),
    });
  });

  test('may end its lines with carriage returns alone, and counts them', async () => {
    const xml = one(`\n${entry()}`).replaceAll('\n', '\r');
    const { lines } = await check(xml);
    expect(lines).toMatchObject([{ line: 3, outcome: 'book' }]);
  });

  test('may be written in the encodings of Central Europe, if it says so', async () => {
    for (const [encoding, byte] of [
      ['windows-1250', 0x9c],
      ['ISO-8859-2', 0xb6],
    ] as const) {
      const bytes = Buffer.from(one(entry({ more: '<AddtlNtryInf>#</AddtlNtryInf>' }), { encoding }));
      bytes[bytes.indexOf('#')] = byte;
      const items = [];
      for await (const some of readCamt([bytes])) items.push(...some);
      expect(items[1]).toMatchObject({ entry: { text: 'ś' } });
    }
  });

  test('that is not in its encoding is refused with the line of the first wrong byte', async () => {
    const bytes = Buffer.from(one(`${'\n'.repeat(40_000)}${entry({ more: '<AddtlNtryInf>#</AddtlNtryInf>' })}\n\n`));
    bytes[bytes.indexOf('#')] = 0xff;
    expect(await refusalOf(bytes)).toMatchObject({
      code: 'wrong_encoding',
      message: expect.stringContaining('Line 40002.'),
    });
  });
});

describe('an entry', () => {
  test('has its status as a text, a code, the bank’s own word, or none', async () => {
    const cases: Record<string, string> = {
      '<Sts>BOOK</Sts>': 'book 12.50 2026-03-02',
      '<Sts>\n <Cd>BOOK</Cd>\n </Sts>': 'book 12.50 2026-03-02',
      '<Sts/>': 'book 12.50 2026-03-02',
      '': 'book 12.50 2026-03-02',
      '<Sts>PDNG</Sts>': 'pending 12.50',
      '<Sts><Cd>INFO</Cd></Sts>': 'pending 12.50',
      '<Sts><Prtry>BOOKED</Prtry></Sts>': 'pending 12.50',
    };
    for (const [status, told] of Object.entries(cases))
      expect(await said(one(entry({ status }))), status).toEqual([told]);
  });

  test('has a day, with or without zone, element, or fraction of its second', async () => {
    const cases: Record<string, string> = {
      '<BookgDt><Dt>2026-03-02Z</Dt></BookgDt>': '2026-03-02',
      '<BookgDt><Dt>2026-03-02+01:00</Dt></BookgDt>': '2026-03-02',
      '<BookgDt><DtTm>2026-03-02T10:15:00</DtTm></BookgDt>': '2026-03-02',
      '<BookgDt><DtTm>2026-03-02T10:15:00.0+08:00</DtTm></BookgDt>': '2026-03-02',
      '<BookgDt><DtTm>2026-03-02T00:00:00.000000000</DtTm></BookgDt>': '2026-03-02',
      '<BookgDt><DtTm>2026-03-02T23:15:00Z</DtTm></BookgDt>': '2026-03-03',
      '<BookgDt>2026-03-02</BookgDt>': '2026-03-02',
      '<BookgDt>\n<Dt>\n2026-03-02\n</Dt></BookgDt>': '2026-03-02',
      '<ValDt><Dt>2026-03-04</Dt></ValDt>': '2026-03-04',
      '<ValDt>2026-03-04</ValDt><BookgDt/>': '2026-03-04',
      '': '2026-03-02',
    };
    for (const [date, day] of Object.entries(cases))
      expect(await said(one(entry({ date }))), date).toEqual([`book 12.50 ${day}`]);
    expect(await said(one(entry({ date: '<BookgDt><Dt>02.03.2026</Dt></BookgDt>' })))).toEqual([
      'refuse 12.50 bad_date',
    ]);
    expect(await said(one(entry({ date: '<BookgDt>2026-02-30</BookgDt>' })))).toEqual(['refuse 12.50 bad_date']);
  });

  test('has an amount with any number of decimals that money can have', async () => {
    const cases: Record<string, string> = {
      '200000': 'book 200000.00 2026-03-02',
      '+7.5': 'book 7.50 2026-03-02',
      '.50': 'book 0.50 2026-03-02',
      ' \n8.85000\t': 'book 8.85 2026-03-02',
      '0': 'book 0.00 2026-03-02',
      '8.851': 'refuse 8.851 bad_money',
      '-12.50': 'refuse bad_money',
      '1,234.50': 'refuse bad_money',
      '12,50': 'refuse bad_money',
      '1e3': 'refuse bad_money',
      '': 'refuse bad_money',
    };
    for (const [text, told] of Object.entries(cases))
      expect(await said(one(entry({ amount: `<Amt Ccy="CNY">${text}</Amt>` }))), text).toEqual([told]);
    expect(await said(one('<Ntry/>'))).toEqual(['refuse bad_money']);
  });

  test('without a currency has that of its account, wherever the account stands', async () => {
    const bare = entry({ amount: '<Amt>12.50</Amt>' });
    const balances =
      '<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt>1</Amt><Dt><Dt>2026-03-02</Dt></Dt></Bal><Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt>13.5</Amt><Dt>2026-03-02</Dt></Bal>';
    const account = '<Acct><Ccy>CNY</Ccy><Id><Othr><Id>A</Id></Othr></Id></Acct>';
    for (const parts of [`${account}${balances}${bare}`, `${bare}${account}${balances}`]) {
      const { lines, surveys } = await check(
        `<Document><BkToCstmrStmt><Stmt>${parts}</Stmt></BkToCstmrStmt></Document>`,
      );
      expect(lines.map(({ what, outcome, currency }) => `${what} ${outcome} ${currency}`)).toEqual([
        'CLBD book CNY',
        'entry book CNY',
      ]);
      expect(surveys[0]!.arithmetic.state).toBe('right');
    }
    const foreign = `<Document><BkToCstmrStmt><Stmt>${account.replace('CNY', 'EUR')}${bare}</Stmt></BkToCstmrStmt></Document>`;
    expect(await said(foreign)).toEqual(['refuse 12.50 unsupported_currency']);
    expect(await said(foreign.replace('<Ccy>EUR</Ccy>', ''))).toEqual(['refuse 12.50 missing_field']);
  });

  test('has a direction, or is refused', async () => {
    for (const direction of ['DBTR', 'C', ''])
      expect(await said(one(entry({ direction })))).toEqual(['refuse 12.50 unknown_value']);
  });

  test('is a reversal in any spelling of true', async () => {
    for (const [text, isReversal] of [
      ['true', true],
      ['1', true],
      ['True', true],
      ['false', false],
      ['0', false],
      ['', false],
    ] as const) {
      const items = [];
      for await (const some of readCamt([Buffer.from(one(entry({ more: `<RvslInd>${text}</RvslInd>` })))]))
        items.push(...some);
      expect(items[1], text).toMatchObject({ entry: { isReversal } });
    }
  });

  test('may be a batch that tells only how many it has, or transactions without amounts', async () => {
    const counted = entry({
      more: '<NtryDtls><Btch><NbOfTxs>20</NbOfTxs><TtlAmt Ccy="CNY">9</TtlAmt></Btch></NtryDtls>',
    });
    const silent = entry({
      more: '<NtryDtls><TxDtls><Refs><EndToEndId>1</EndToEndId></Refs></TxDtls><TxDtls/></NtryDtls>',
    });
    const empty = entry({ more: '<NtryDtls/><BkTxCd/><AddtlNtryInf/>' });
    const several = entry({ more: `<NtryDtls>${detailXml('2.50')}</NtryDtls><NtryDtls>${detailXml('10')}</NtryDtls>` });
    const other = entry({ more: `<NtryDtls>${detailXml('99')}</NtryDtls>` });
    const { lines } = await check(documentXml({ statements: [{ entries: [counted, silent, empty, several, other] }] }));
    expect(lines.map(({ outcome, events, message }) => [outcome, events, message !== null])).toEqual([
      ['book', 1, false],
      ['book', 1, true],
      ['book', 1, false],
      ['book', 2, false],
      ['book', 1, true],
    ]);
  });

  test('keeps its own amount and direction apart from those of charges, balances and transactions within', async () => {
    const more =
      '<Chrgs><TtlChrgsAndTaxAmt Ccy="CNY">1</TtlChrgsAndTaxAmt><Rcrd><Amt Ccy="CNY">1</Amt><CdtDbtInd>DBIT</CdtDbtInd></Rcrd></Chrgs><Avlbty><Amt Ccy="CNY">3</Amt></Avlbty><AmtDtls><InstdAmt><Amt Ccy="USD">2</Amt></InstdAmt></AmtDtls>';
    expect(await said(one(entry({ more })))).toEqual(['book 12.50 2026-03-02']);
  });
});

describe('a statement', () => {
  const bal = (code: string, amount: string, at: string, more = '', direction = 'CRDT') =>
    `<Bal><Tp><CdOrPrtry><Cd>${code}</Cd></CdOrPrtry>${more === '' ? '' : '<SubTp><Prtry>x</Prtry></SubTp>'}</Tp>${more}<Amt Ccy="CNY">${amount}</Amt><CdtDbtInd>${direction}</CdtDbtInd><Dt>${at}</Dt></Bal>`;
  const day = '<Dt>2026-03-02</Dt>';

  test('may tell every kind of balance, and adds up from the booked ones', async () => {
    const line = '<CdtLine><Incl>false</Incl><Amt Ccy="CNY">500</Amt></CdtLine>';
    const more = [
      bal('OPAV', '3', day),
      bal('PRCD', '100', '<Dt>2026-03-01</Dt>'),
      bal('ITBD', '9', day),
      bal('CLBD', '112.50', day, line),
      bal('CLAV', '110', day),
      bal('FWAV', '7', '<Dt>2026-03-03</Dt>'),
      bal('INFO', '1', day),
      bal('XPCD', '2', day),
    ].join('');
    const { surveys, lines } = await check(documentXml({ statements: [{ more, entries: [entry()] }] }));
    expect(surveys[0]!.arithmetic).toMatchObject({ state: 'right', opening: 10_000_000n, closing: 11_250_000n });
    expect(lines.map(({ what, outcome }) => `${what} ${outcome}`)).toEqual(['CLBD book', 'entry book']);
  });

  test('whose balance says neither credit nor debit is not taken for a credit', async () => {
    expect(await said(documentXml({ statements: [{ more: bal('CLBD', '5', day, '', 'DBTR') }] }))).toEqual([
      'CLBD: refuse bad_money',
    ]);
  });

  test('with a balance that is no money says which', async () => {
    const more = `${bal('OPBD', '100.0000000000005', day)}${bal('CLBD', '112.5', day)}`;
    const { surveys } = await check(documentXml({ statements: [{ more, entries: [entry()] }] }));
    expect(surveys[0]!.arithmetic).toMatchObject({
      state: 'unknown',
      remarks: ['These balances cannot be read: OPBD.', 'It tells no opening balance.'],
    });
  });

  test('may leave out the direction of its balances, and the status and days of its entries', async () => {
    const plain = (code: string, amount: string) => bal(code, amount, day).replace('<CdtDbtInd>CRDT</CdtDbtInd>', '');
    const more = `${plain('OPBD', '100')}${plain('CLBD', '112.5')}`;
    const short = entry({
      status: '',
      date: '',
      more: '<NtryDtls><Btch><NbOfTxs>255</NbOfTxs></Btch><TxDtls><Amt Ccy="CNY">12.5</Amt></TxDtls></NtryDtls>',
    });
    const xml = documentXml({ statements: [{ more, entries: [short] }] });
    expect(await said(xml)).toEqual(['CLBD: book 112.50 2026-03-02', 'book 12.50 2026-03-02']);
    expect((await check(xml)).surveys[0]!.arithmetic.state).toBe('right');
  });

  test('with a day of its balance that has no element within is read', async () => {
    expect(await said(documentXml({ statements: [{ more: bal('CLBD', '5', '2026-03-02') }] }))).toEqual([
      'CLBD: book 5.00 2026-03-02',
    ]);
    const time = '<DtTm>2026-03-02T00:00:00.000000000</DtTm>';
    expect(await said(documentXml({ statements: [{ more: bal('CLBD', '5', time) }] }))).toEqual([
      'CLBD: book 5.00 2026-03-02',
    ]);
  });

  test('within the day tells sums without entries, or interim balances with their time', async () => {
    const sums = '<TxsSummry><TtlNtries><NbOfNtries>12</NbOfNtries><Sum>900</Sum></TtlNtries></TxsSummry>';
    const report = await check(
      documentXml({
        kind: '052',
        statements: [
          { more: `${bal('ITBD', '5', '<DtTm>2026-03-02T11:00:00+08:00</DtTm>')}${bal('ITAV', '4', day)}${sums}` },
        ],
      }),
    );
    expect(report.surveys[0]!.arithmetic.state).toBe('unknown');
    expect(report.lines.map(({ what, outcome }) => `${what} ${outcome}`)).toEqual(['ITBD book']);
    const statement = await check(documentXml({ statements: [{ more: sums }] }));
    expect(statement.surveys[0]!.arithmetic.state).toBe('wrong');
  });

  test('of several pages tells the totals of all of them', async () => {
    const sums = '<TxsSummry><TtlCdtNtries><NbOfNtries>2</NbOfNtries><Sum>25</Sum></TtlCdtNtries></TxsSummry>';
    const page = (number: number, isLast: boolean) =>
      `<StmtPgntn><PgNb>${number}</PgNb><LastPgInd>${isLast}</LastPgInd></StmtPgntn>${sums}`;
    const { surveys } = await check(
      documentXml({
        statements: [
          { more: page(1, false), entries: [entry()] },
          { more: page(2, true), entries: [entry()] },
        ],
      }),
    );
    expect(surveys.map(({ arithmetic }) => arithmetic.state)).toEqual(['unknown', 'unknown']);
    const [whole] = (await check(documentXml({ statements: [{ more: page(1, true), entries: [entry()] }] }))).surveys;
    expect(whole!.arithmetic.state).toBe('wrong');
  });

  test('that has nothing but its name is a statement without entries', async () => {
    for (const inside of ['', '<Id/>', '<Acct/>', '<Acct><Id/></Acct><Bal/>']) {
      const { surveys } = await check(
        `<Document><BkToCstmrDbtCdtNtfctn><Ntfctn>${inside}</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>`,
      );
      expect(surveys).toMatchObject([{ entries: 0, head: { kind: 'notification', accountId: null } }]);
    }
  });
});
