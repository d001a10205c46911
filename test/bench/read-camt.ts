import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { SaxesParser } from 'saxes';
import { readCamt } from '../../src/banks/formats/camt.js';
import type { StatementItem } from '../../src/banks/statement.js';

/**
 * A process of its own, so that its memory is that of the reading alone: `read-camt.js MODE FILE` prints what it took.
 * `saxes` is the bare parser with empty handlers, which is as quick as one thread can be; `alone` is the reader without its second
 * thread; `iso20022.js` and `camt-parser` are packages that others publish.
 */
export interface CamtReading {
  readonly entries: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakBytes: number;
}

const CHUNK_BYTES = 131_072;
const READERS: Readonly<Record<string, (path: string) => Promise<number>>> = {
  reader: (path) => read(readCamt(chunksOf(path))),
  alone: (path) => read(readCamt(chunksOf(path), { startHelper: () => null })),
  saxes: (path) => bare(chunksOf(path)),
  // Only the one that is asked for is loaded.
  'iso20022.js': async (path) => {
    const { CashManagementEndOfDayReport } = await import('iso20022.js');
    return CashManagementEndOfDayReport.fromXML(await readFile(path, 'utf8')).entries.length;
  },
  'camt-parser': async (path) => {
    const { parseCamt053 } = await import('camt-parser');
    const { statements } = await parseCamt053(await readFile(path, 'utf8'));
    return statements.reduce((count, statement) => count + statement.transactions.length, 0);
  },
};
const [mode, path] = process.argv.slice(2);
const before = process.cpuUsage();
const started = performance.now();
const entries = await READERS[mode!]!(path!);
const { user, system } = process.cpuUsage(before);
const reading: CamtReading = {
  entries,
  seconds: (performance.now() - started) / 1_000,
  cpuSeconds: (user + system) / 1_000_000,
  peakBytes: process.resourceUsage().maxRSS * 1_024,
};
console.log(JSON.stringify(reading));

function chunksOf(file: string): AsyncIterable<Buffer> {
  return createReadStream(file, { highWaterMark: CHUNK_BYTES });
}

async function read(reading: AsyncIterable<StatementItem[]>): Promise<number> {
  let count = 0;
  for await (const items of reading) {
    for (const item of items) if (item.what === 'entry') count += 1;
  }
  return count;
}

async function bare(bytes: AsyncIterable<Buffer>): Promise<number> {
  const parser = new SaxesParser({ xmlns: false, position: false });
  let count = 0;
  parser.on('opentag', ({ name }) => {
    if (name === 'Ntry') count += 1;
  });
  parser.on('closetag', () => {});
  parser.on('text', () => {});
  const decoder = new TextDecoder();
  for await (const chunk of bytes) parser.write(decoder.decode(chunk, { stream: true }));
  parser.write(decoder.decode());
  parser.close();
  return count;
}
