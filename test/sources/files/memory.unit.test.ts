import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isProblem, openInputs } from '../../../src/sources/files/records.js';
import { temporaryFolder } from './support.js';

/**
 * The test runner gives this file a process of its own, so the growth of the whole process is what the reader needs. The bound is far
 * below the amount that is read, and far above what the garbage collector leaves lying about.
 */
const GROWTH_BYTES_MAX = 100_000_000;
const CHUNK_BYTES = 131_072;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

interface Measured {
  records: number;
  tooLarge: number;
  bytes: number;
  growthBytes: number;
}

async function measure(path: string, stdin?: Readable): Promise<Measured> {
  const before = process.memoryUsage.rss();
  const measured: Measured = { records: 0, tooLarge: 0, bytes: 0, growthBytes: 0 };
  for await (const input of openInputs([path], stdin ? { stdin } : {})) {
    if (isProblem(input)) throw input.error;
    for await (const chunk of input.records({ recordBytesMax: 1_000_000 })) {
      measured.records += chunk.length;
      measured.tooLarge += chunk.filter((record) => record.tooLarge).length;
      measured.bytes = chunk.at(-1)!.endOffset;
      measured.growthBytes = Math.max(measured.growthBytes, process.memoryUsage.rss() - before);
    }
  }
  return measured;
}

/** Chunks made while they are read, each in memory of its own, as a pipe gives them. */
function* repeated(start: string, record: string, bytesMin: number, end = ''): Generator<Buffer> {
  const chunk = Buffer.from(record.repeat(Math.ceil(CHUNK_BYTES / record.length)));
  yield Buffer.from(start);
  for (let bytes = 0; bytes < bytesMin; bytes += chunk.length) yield Buffer.from(chunk);
  yield Buffer.from(end);
}

const RECORD = JSON.stringify({
  specversion: '1.0',
  id: 'x'.repeat(40),
  data: { text: 'y'.repeat(200), list: [1, 2, { three: null }] },
});

describe('memory stays flat', () => {
  it('over a gigabyte of lines', async () => {
    const measured = await measure('-', Readable.from(repeated('', `${RECORD}\n`, 1e9), { objectMode: false }));
    expect(measured.bytes).toBeGreaterThan(1e9);
    expect(measured.records).toBeGreaterThan(2_000_000);
    expect(measured.growthBytes).toBeLessThan(GROWTH_BYTES_MAX);
  });

  it('over an array on one line', async () => {
    const array = Readable.from(repeated('[0', `,${RECORD}`, 2.5e8, ']'), { objectMode: false });
    const measured = await measure('-', array);
    expect(measured.bytes).toBeGreaterThan(2.5e8);
    expect(measured.records).toBeGreaterThan(700_000);
    expect(measured.growthBytes).toBeLessThan(GROWTH_BYTES_MAX);
  });

  it('over half a gigabyte without a line end, which is one record that is too large', async () => {
    const path = join(folder.path, 'sparse');
    const file = await open(path, 'w');
    await file.write('{"a":1}\n');
    await file.truncate(5e8);
    await file.close();
    const measured = await measure(path);
    expect(measured).toMatchObject({ records: 2, tooLarge: 1, bytes: 5e8 });
    expect(measured.growthBytes).toBeLessThan(GROWTH_BYTES_MAX);
  });

  it('over a gzip bomb: a megabyte that unpacks to a gigabyte', async () => {
    const zeros = gzipSync(Buffer.alloc(5e7));
    const path = await folder.write(
      'bomb.gz',
      Buffer.concat([gzipSync('{"a":1}\n'), ...Array.from({ length: 20 }, () => zeros)]),
    );
    const measured = await measure(path);
    expect(measured).toMatchObject({ records: 2, tooLarge: 1, bytes: 1e9 + 8 });
    expect(measured.growthBytes).toBeLessThan(GROWTH_BYTES_MAX);
  });

  it('over records that nearly fill the bound, none of which fits a chunk', async () => {
    const long = `${JSON.stringify({ text: 'z'.repeat(900_000) })}\n`;
    const measured = await measure('-', Readable.from(repeated('', long, 4e8), { objectMode: false }));
    expect(measured.tooLarge).toBe(0);
    expect(measured.records).toBeGreaterThan(400);
    expect(measured.growthBytes).toBeLessThan(GROWTH_BYTES_MAX);
  });
});
