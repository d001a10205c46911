import { describe, expect, test } from 'vitest';
import { readCamt } from '../../src/banks/formats/camt.js';
import { documentXml, entryXml, refusalOf } from './support.js';

const MEGABYTE = 1_048_576;

describe('a file that must not be read', () => {
  const good = documentXml({ statements: [{ entries: [{}] }] });

  test('with a document type or entities is refused, whatever they say', async () => {
    const entity = `<?xml version="1.0"?>\n<!DOCTYPE Document [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n<Document>&x;</Document>`;
    expect(await refusalOf(entity)).toMatchObject({ code: 'xml_doctype', message: expect.stringContaining('Line 2') });
    expect(await refusalOf('<!DOCTYPE html><html/>')).toMatchObject({ code: 'xml_doctype' });
    expect(await refusalOf(good.replace('A-10001', '&bomb;'))).toMatchObject({ code: 'bad_xml' });
  });

  test('that is nested 10,000 levels deep is refused at the first level too many', async () => {
    const refused = await refusalOf(`${'<a>\n'.repeat(10_000)}`);
    expect(refused).toMatchObject({ code: 'xml_too_deep', message: expect.stringContaining('Line 65') });
    const inside = documentXml().replace('<Acct>', `<Acct>${'<Othr>'.repeat(10_000)}`);
    expect(await refusalOf(inside)).toMatchObject({ code: 'xml_too_deep' });
  });

  test('that is cut off is refused wherever the cut fell', async () => {
    for (let length = 1; length < good.length - '</Document>\n'.length; length += 37) {
      expect(['bad_xml'], `cut at ${length}`).toContain((await refusalOf(good.slice(0, length))).code);
    }
  });

  test('that is empty, no XML, or another message is refused by its own code', async () => {
    expect(await refusalOf('')).toMatchObject({ code: 'bad_xml', message: expect.stringContaining('empty') });
    expect(await refusalOf('hello')).toMatchObject({ code: 'bad_xml' });
    expect(await refusalOf('<Document><CstmrCdtTrfInitn/></Document>')).toMatchObject({ code: 'not_a_statement' });
  });

  test('in an encoding that it does not have is refused', async () => {
    const latin = Buffer.from(
      documentXml({ statements: [{ entries: [entryXml({ more: '<AddtlNtryInf>é</AddtlNtryInf>' })] }] }),
      'latin1',
    );
    expect(await refusalOf(latin)).toMatchObject({ code: 'wrong_encoding' });
    expect(await refusalOf(good.replace('UTF-8', 'EBCDIC-CP-US'))).toMatchObject({ code: 'unsupported_encoding' });
    expect(await refusalOf(Buffer.from(`\ufeff${good}`, 'utf16le'))).toMatchObject({ code: 'unsupported_encoding' });
    expect(await refusalOf(Buffer.from(good, 'utf16le'))).toMatchObject({ code: 'unsupported_encoding' });
  });

  test('with too many attributes is refused', async () => {
    const attributes = Array.from({ length: 65 }, (_, at) => ` a${at}="1"`).join('');
    expect(await refusalOf(good.replace('<Acct>', `<Acct${attributes}>`))).toMatchObject({ code: 'xml_too_large' });
  });
});

describe('a small file that is read as a large one', () => {
  const kinds: Readonly<Record<string, string>> = {
    statements: '<Stmt/>',
    balances: `<Stmt>${'<Bal/>'.repeat(1_000)}</Stmt>`,
  };

  for (const [name, filling] of Object.entries(kinds)) {
    test(`because it has millions of ${name} is refused`, async () => {
      const piece = Buffer.from(filling.repeat(Math.ceil(MEGABYTE / filling.length)));
      async function* endless(): AsyncGenerator<Buffer> {
        yield Buffer.from('<Document><BkToCstmrStmt>');
        for (let megabytes = 0; megabytes < 1_024; megabytes += 1) yield piece;
      }
      const { code, message } = await refusalOf(endless());
      expect(code).toBe('xml_too_large');
      expect(message).toMatch(`000 ${name}`);
    });
  }

  test('because details wait for an account that stands behind them holds few of them', async () => {
    const entry = `<Ntry>${'<TxDtls/>'.repeat(2_000)}</Ntry>`;
    let fed = 0;
    async function* bytes(): AsyncGenerator<Buffer> {
      yield Buffer.from('<Document><BkToCstmrStmt><Stmt>');
      for (; fed < 50; fed += 1) yield Buffer.from(entry);
    }
    for await (const items of readCamt(bytes())) {
      if (items.some((item) => item.what === 'entry')) break;
    }
    expect(fed).toBeLessThan(10);
  });
});

describe('a line of a gigabyte', () => {
  const HEAD = '<?xml version="1.0"?>\n<Document><BkToCstmrStmt><Stmt><Id>';
  const kinds: Readonly<Record<string, readonly [string, string]>> = {
    'one text': [HEAD, 'x'],
    'a text that nobody wants': ['<Document><BkToCstmrStmt><Stmt><Acct><Ownr><Nm>', 'x'],
    'a comment full of brackets': [`${HEAD}</Id><!--`, '<a>'],
    'an attribute': ['<Document x="', 'y'],
    'a name of an element': ['<', 'z'],
    'a section of plain text': [`${HEAD}<![CDATA[`, '<'],
    'attributes without end': ['<Document', ' a="1" '],
  };

  for (const [name, [head, filling]] of Object.entries(kinds)) {
    test(`of ${name} is refused soon, and in little memory`, async () => {
      let megabytes = 0;
      const piece = Buffer.from(filling.repeat(Math.ceil(MEGABYTE / filling.length)));
      const before = process.memoryUsage().rss;
      async function* endless(): AsyncGenerator<Buffer> {
        yield Buffer.from(head);
        for (; megabytes < 1_024; megabytes += 1) yield piece;
      }
      const { code, message } = await refusalOf(endless());
      expect(['xml_too_large', 'bad_xml']).toContain(code);
      expect(message).toMatch(/Line \d+/);
      expect(megabytes).toBeLessThan(8);
      expect(process.memoryUsage().rss - before).toBeLessThan(100 * MEGABYTE);
    });
  }
});
