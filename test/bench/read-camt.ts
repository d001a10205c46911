import { createReadStream } from 'node:fs';
import { SaxesParser } from 'saxes';
import { readCamt } from '../../src/banks/formats/camt.js';

/**
 * A process of its own, so that its memory is that of the reading alone: `read-camt.js reader|saxes FILE` prints what it took.
 * `saxes` is the bare parser with empty handlers, which is as quick as a reader on top of it can be.
 */
export interface CamtReading {
  readonly entries: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakBytes: number;
}

const CHUNK_BYTES = 131_072;
const [mode, path] = process.argv.slice(2);
const before = process.cpuUsage();
const started = performance.now();
const chunks = createReadStream(path!, { highWaterMark: CHUNK_BYTES }) as AsyncIterable<Buffer>;
const entries = mode === 'saxes' ? await bare(chunks) : await read(chunks);
const { user, system } = process.cpuUsage(before);
const reading: CamtReading = {
  entries,
  seconds: (performance.now() - started) / 1_000,
  cpuSeconds: (user + system) / 1_000_000,
  peakBytes: process.resourceUsage().maxRSS * 1_024,
};
console.log(JSON.stringify(reading));

async function read(bytes: AsyncIterable<Buffer>): Promise<number> {
  let count = 0;
  for await (const items of readCamt(bytes)) {
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
  for await (const chunk of bytes) parser.write(chunk.toString('latin1'));
  parser.close();
  return count;
}
