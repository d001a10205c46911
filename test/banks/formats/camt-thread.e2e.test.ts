import path from 'node:path';
import { expect, test } from 'vitest';
import type * as Camt from '../../../src/banks/formats/camt.js';
import type * as Helper from '../../../src/banks/formats/camt-helper.js';
import type { StatementItem } from '../../../src/banks/statement.js';
import { packageRoot } from '../../../src/db/package-root.js';
import { detailXml, documentXml, type XmlEntry } from '../support.js';

const FOLDER = path.join(packageRoot(), 'dist', 'src', 'banks', 'formats');

/** As it was built: a thread cannot be started from TypeScript. */
async function built(): Promise<{ camt: typeof Camt; helper: typeof Helper }> {
  return {
    camt: await import(path.join(FOLDER, 'camt.js')),
    helper: await import(path.join(FOLDER, 'camt-helper.js')),
  };
}

async function itemsOf(reading: AsyncIterable<StatementItem[]>): Promise<StatementItem[]> {
  const items: StatementItem[] = [];
  for await (const some of reading) items.push(...some);
  return items;
}

function entry(at: number): XmlEntry {
  return {
    bankRef: `R-${at}`,
    amount: `${at}.07`,
    details: detailXml(`${at}.07`, { EndToEndId: `P-${at}` }, `<RmtInf><Ustrd>课程费 ${at}</Ustrd></RmtInf>`),
    more: '\n',
  };
}

test('a large file is read along by a thread, which changes nothing', async () => {
  const { camt, helper } = await built();
  const entries = Array.from({ length: 16_000 }, (_, at) => entry(at + 1));
  const bytes = Buffer.from(documentXml({ statements: [{ entries }, { id: 'S-2', entries: entries.slice(0, 900) }] }));
  const alone = await itemsOf(camt.readCamt([bytes], { startHelper: () => null }));
  expect(alone).toHaveLength(16_904);
  let read = 0;
  const startHelper: Helper.StartHelper = (dialect) => {
    const thread = helper.startThread(dialect)!;
    // One at a time: whoever comes second reads alone.
    expect(helper.startThread(dialect)).toBeNull();
    const along = async (piece: Buffer) => {
      const tape = await thread.read(piece);
      if (tape !== null) read += 1;
      return tape;
    };
    return { read: along, close: thread.close };
  };
  const together = await itemsOf(camt.readCamt([bytes], { alonePieces: 4, startHelper }));
  expect(read).toBeGreaterThan(10);
  expect(together).toEqual(alone);
  // The thread has ended, so that the next reading has one again; a reader that stops early ends it too.
  for await (const some of camt.readCamt([bytes], { alonePieces: 4, startHelper })) {
    if (some.some((item) => item.what === 'entry' && item.entry.bankRef === 'R-9000')) break;
  }
  const cut = bytes.subarray(0, bytes.length - 100_000);
  const refusals = [() => null, startHelper].map((start) =>
    itemsOf(camt.readCamt([cut], { alonePieces: 4, startHelper: start })),
  );
  const [first, second] = await Promise.allSettled(refusals);
  expect(second).toEqual(first);
  expect(first).toMatchObject({
    status: 'rejected',
    reason: { code: 'bad_xml', message: expect.stringMatching(/Line 16\d\d\d\./) },
  });
});
