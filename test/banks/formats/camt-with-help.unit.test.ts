import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ReadCamtOptions, readCamt } from '../../../src/banks/formats/camt.js';
import type { StartHelper } from '../../../src/banks/formats/camt-helper.js';
import { PieceReader } from '../../../src/banks/formats/camt-piece.js';
import type { StatementItem } from '../../../src/banks/statement.js';
import { FeewardenError } from '../../../src/core/errors.js';
import { detailXml, documentXml, entryXml, statementXml, type XmlDocument } from '../support.js';

interface Outcome {
  readonly items: readonly StatementItem[];
  readonly refusal: string | null;
}

/** Reads along in this thread, with a pause before each answer; counts what it read and what it declined. */
function slowHelper(turns: () => number): { start: StartHelper; read: number; declined: number } {
  const counts = {
    read: 0,
    declined: 0,
    start: ((dialect) => {
      const reader = new PieceReader(dialect);
      let last: Promise<void> = Promise.resolve();
      return {
        read: async (piece) => {
          const before = last;
          last = before.then(async () => {
            for (let left = turns(); left > 0; left -= 1) await new Promise((resolve) => setImmediate(resolve));
          });
          await last;
          const tape = structuredClone(reader.read(Buffer.from(piece)));
          if (tape === null) counts.declined += 1;
          else counts.read += 1;
          return tape;
        },
        close: async () => {},
      };
    }) as StartHelper,
  };
  return counts;
}

async function outcomeOf(bytes: Buffer, options: ReadCamtOptions): Promise<Outcome> {
  const items: StatementItem[] = [];
  try {
    for await (const some of readCamt([bytes], options)) items.push(...some);
    return { items, refusal: null };
  } catch (error) {
    if (!(error instanceof FeewardenError)) throw error;
    return { items, refusal: `${error.code}: ${error.message}` };
  }
}

async function expectSame(bytes: Buffer, pieceBytes: number, turns = 1): Promise<{ read: number; declined: number }> {
  const helper = slowHelper(() => turns);
  const alone = await outcomeOf(bytes, { pieceBytes, startHelper: () => null });
  const together = await outcomeOf(bytes, { pieceBytes, alonePieces: 1, startHelper: helper.start });
  expect(together).toEqual(alone);
  return helper;
}

/** Few of them hold something that makes a helper decline. */
const TEXTS: Readonly<Record<number, string>> = {
  3: '退费 &amp; 手续费 😀',
  20: '<![CDATA[a </Ntry><Ntry> b]]>',
  41: '<!-- </Ntry> -->é',
};

function manyEntries(count: number): string[] {
  return Array.from({ length: count }, (_, at) => {
    const details = detailXml(
      '100.00',
      { EndToEndId: `P-${at}` },
      `<RmtInf><Ustrd>${TEXTS[at] ?? 'fee'}</Ustrd></RmtInf>`,
    );
    return `${entryXml({ bankRef: `R-${at}`, details })}${at % 3 === 0 ? '\r\n  ' : ''}`;
  });
}

const ENTRIES = manyEntries(60);
const SHAPES: Readonly<Record<string, string>> = {
  'one statement': documentXml({ statements: [{ entries: ENTRIES }] }),
  'many statements of few entries': documentXml({
    kind: '052',
    statements: Array.from({ length: 20 }, (_, at) => ({ id: `S-${at}`, entries: ENTRIES.slice(at, at + 3) })),
  }),
  'a prefix': documentXml({ kind: '054', prefix: 'ns2', statements: [{ entries: ENTRIES }] }),
  'an envelope': `<a><b><c>${documentXml({ statements: [{ entries: ENTRIES }] }).replace(/^<\?xml.*\?>/, '')}</c></b></a>`,
  'the account behind the entries': `<Document><BkToCstmrStmt><Stmt>${ENTRIES.join('')}<Acct><Id><IBAN>X</IBAN></Id></Acct></Stmt></BkToCstmrStmt></Document>`,
};

for (const [name, xml] of Object.entries(SHAPES)) {
  test(`a file with ${name} says the same when a helper reads a part of it`, async () => {
    for (const pieceBytes of [1_500, 4_000]) {
      for (const turns of [0, 1, 9]) {
        const { read } = await expectSame(Buffer.from(xml), pieceBytes, turns);
        expect(read).toBeGreaterThan(0);
      }
    }
  });
}

test('Chinese in GB18030 and German in ISO-8859-1 say the same with help', async () => {
  const xml = documentXml({ encoding: 'GB18030', statements: [{ entries: ENTRIES }] });
  const [before, ...rest] = xml.split('退费');
  const after = Buffer.from(rest.join('').replaceAll(/[^ -~\n]/g, ''));
  const chinese = Buffer.concat([
    Buffer.from(before!),
    Buffer.from([0xcd, 0xcb, 0xb7, 0xd1, 0x81, 0x30, 0x81, 0x30]),
    after,
  ]);
  expect((await expectSame(chinese, 2_000)).read).toBeGreaterThan(0);
  const german = documentXml({
    encoding: 'ISO-8859-1',
    statements: [{ entries: ENTRIES.map((one) => one.replace('fee', 'Prüfung').replaceAll(/[^ -~ü\r\n]/gu, '')) }],
  });
  expect((await expectSame(Buffer.from(german, 'latin1'), 2_000)).read).toBeGreaterThan(0);
});

test("what only looks like entries is nobody's entry", async () => {
  const some = ENTRIES.slice(1, 9).join('');
  const balance = '<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="CNY">5</Amt></Bal>';
  const traps = [
    `<!-- ${some} -->`,
    `<?x ${some} ?>`,
    `<Other>${some}</Other>`,
    `<Other><![CDATA[${some}]]></Other>`,
    `<Ntry>${some}</Ntry>`,
    `<Ntry><Amt Ccy="CNY">1</Amt></Ntry >${balance}${some}`,
    `${some}<!-- -->${some}`,
    `<Ntry><!-- </Ntry> <Ntry> --></Ntry >${balance}<Ntry></Ntry>`,
    `<Ntry>${'<x>'.repeat(40)}${'</x>'.repeat(40)}</Ntry>`,
    `<Ntry a="<Ntry></Ntry>"></Ntry>`,
    `<Ntry a="></Ntry><Ntry>"></Ntry>`,
    `<x a="</Stmt>`,
    `<!-- a > b <Ntry>`,
    `<Ntry/><Ntry ><Amt>1</Amt></Ntry\n>`,
    `]]>${some}`,
    `<Ntry></Ntry></Stmt><Bal/><Stmt>${some}`,
    `<Ntry>${some}</Stmt>`,
    '\0',
    '\ufeff',
    '&#0;',
    '&other;',
  ];
  for (const trap of traps) {
    const entries = [...ENTRIES.slice(0, 20), trap, ...ENTRIES.slice(20)];
    for (const prefix of ['', '<?xml version="1.1"?>']) {
      const xml = documentXml({ statements: [{ entries }, { id: 'S-2', entries: ENTRIES }] });
      await expectSame(Buffer.from(prefix === '' ? xml : xml.replace(/^<\?xml.*\?>/, prefix)), 3_000);
    }
  }
});

test('a depth that is allowed is the same wherever the entries lie', async () => {
  const nested = (levels: number) => `<Ntry>${'<x>\n'.repeat(levels)}${'</x>'.repeat(levels)}</Ntry>`;
  for (const above of [0, 20, 28, 31, 40]) {
    for (const levels of [10, 28, 31, 32, 40, 59, 60, 61]) {
      const inner = documentXml({ statements: [{ entries: [...ENTRIES, nested(levels), ...ENTRIES] }] });
      const xml = `${'<e>'.repeat(above)}${inner.replace(/^<\?xml.*\?>/, '')}${'</e>'.repeat(above)}`;
      await expectSame(Buffer.from(xml), 5_000, 0);
    }
  }
});

test('a file that ends in the middle of something is refused after the same items', async () => {
  const broken = new Error('the disk is gone');
  const bytes = Buffer.from(SHAPES['one statement']!);
  const heard: number[] = [];
  for (const startHelper of [() => null, slowHelper(() => 2).start]) {
    let items = 0;
    async function* failing(): AsyncGenerator<Buffer> {
      yield bytes.subarray(0, bytes.length - 3_000);
      throw broken;
    }
    await expect(
      (async () => {
        for await (const some of readCamt(failing(), { pieceBytes: 1_000, alonePieces: 1, startHelper }))
          items += some.length;
      })(),
    ).rejects.toBe(broken);
    heard.push(items);
  }
  expect(heard[0]).toBeGreaterThan(40);
  expect(heard[1]).toBe(heard[0]);
});

test('a helper that dies ends the reading with its error', async () => {
  const startHelper: StartHelper = () => ({
    read: () => Promise.reject(new Error('gone')),
    close: async () => {},
  });
  const reading = outcomeOf(Buffer.from(SHAPES['one statement']!), { pieceBytes: 1_000, alonePieces: 1, startHelper });
  await expect(reading).rejects.toThrow('gone');
});

const TOKENS = [
  '<Ntry>',
  '</Ntry>',
  '<Ntry/>',
  '</Ntry >',
  '<!--',
  '-->',
  '<![CDATA[',
  ']]>',
  '<?p ',
  '?>',
  '<',
  '>',
  '&',
  ';',
  '"',
  '</Stmt>',
  '<Stmt>',
  '<Bal>',
  '</Bal>',
  '\r',
  '\n',
  '\0',
  '\ufeff',
  '<x>',
  '</x>',
  '退',
  '<Amt Ccy="CNY">',
  '</TxDtls>',
];

test('files that were damaged at random are read or refused alike, alone and with help', async () => {
  const shapes: XmlDocument[] = [
    { statements: [{ entries: ENTRIES }] },
    { kind: '054', prefix: 'n', statements: [{ entries: ENTRIES.slice(0, 25) }, { id: 'S-2', entries: ENTRIES }] },
    { encoding: 'GB18030', statements: [{ entries: ENTRIES }, { id: 'S-2' }, { id: 'S-3', entries: ENTRIES }] },
  ];
  const documents = shapes.map((shape) => Buffer.from(documentXml(shape)));
  const edit = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    remove: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 900 })),
    insert: fc.oneof(
      fc.constantFrom(...TOKENS).map((token) => Buffer.from(token)),
      fc.uint8Array({ maxLength: 2 }).map((bytes) => Buffer.from(bytes)),
      fc.constant(Buffer.from(statementXml({ entries: ENTRIES.slice(0, 4) }))),
    ),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...documents),
      fc.array(edit, { minLength: 1, maxLength: 3 }),
      fc.option(fc.double({ min: 0.3, max: 1, noNaN: true }), { nil: 1, freq: 4 }),
      fc.integer({ min: 400, max: 6_000 }),
      fc.integer({ min: 0, max: 6 }),
      async (document, edits, kept, pieceBytes, turns) => {
        let bytes = document;
        for (const { at, remove, insert } of edits) {
          const from = Math.floor(at * bytes.length);
          bytes = Buffer.concat([bytes.subarray(0, from), insert, bytes.subarray(from + remove)]);
        }
        await expectSame(bytes.subarray(0, Math.ceil(kept * bytes.length)), pieceBytes, turns);
      },
    ),
    { numRuns: 1_000, seed: 42 },
  );
}, 60_000);
