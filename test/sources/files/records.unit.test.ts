import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FeewardenError } from '../../../src/core/errors.js';
import { type InputRecord, isProblem, openInputs, resumePoint } from '../../../src/sources/files/records.js';
import { openAll, openOne, readAll, temporaryFolder } from './support.js';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

/** `count` lines of some length, so that they fill several chunks when there are many. */
function someLines(count: number): string[] {
  return Array.from({ length: count }, (_, at) =>
    JSON.stringify({ id: at, text: 'x'.repeat((at * 37) % 211), more: `${at * 7919}` }),
  );
}

describe('a file', () => {
  it('of lines is read as it stands, whatever its name', async () => {
    const path = await folder.write('lines.xml', '\ufeff{"a":1}\r\n\r\n{"b":"é"}');
    const input = await openOne(path);
    expect(input).toMatchObject({ path, compressedSize: 24, format: 'ndjson' });
    expect((await readAll(input)).records).toEqual([
      { bytes: Buffer.from('{"a":1}'), line: 1, index: 0, endOffset: 12, tooLarge: false },
      { bytes: Buffer.from('{"b":"é"}'), line: 3, index: 1, endOffset: 24, tooLarge: false },
    ]);
  });

  it('with one pretty-printed object is one record', async () => {
    const input = await openOne(await folder.write('object', '{\n  "a": [\n    1\n  ]\n}\n'));
    expect(input.format).toBe('json_object');
    expect((await readAll(input)).texts).toEqual(['{\n  "a": [\n    1\n  ]\n}']);
  });

  it('with an array behind a byte order mark is its elements', async () => {
    const input = await openOne(await folder.write('array', '\ufeff[{"a":1}, {"b":2}]'));
    expect(input.format).toBe('json_array');
    expect((await readAll(input)).records.map((record) => record.endOffset)).toEqual([12, 21]);
  });

  it('without a byte has no records', async () => {
    expect((await readAll(await openOne(await folder.write('empty', '')))).records).toEqual([]);
  });

  it('of many chunks keeps every line, and tells how many bytes were read', async () => {
    const lines = someLines(5000);
    const input = await openOne(await folder.write('many', lines.join('\n')));
    const heard: number[] = [];
    const { texts, records } = await readAll(input, { onBytes: (bytes) => heard.push(bytes) });
    expect(texts).toEqual(lines);
    expect(records.at(-1)).toMatchObject({ line: 5000, index: 4999, endOffset: input.compressedSize });
    expect(heard.at(-1)).toBe(input.compressedSize);
    expect(heard.length).toBeGreaterThan(2);
  });

  it('has a fingerprint that stays until its content changes', async () => {
    const path = await folder.write('print', '{"a":1}\n');
    const before = (await openOne(path)).fingerprint;
    expect((await openOne(path)).fingerprint).toBe(before);
    await folder.write('print', '{"a":2}\n');
    expect((await openOne(path)).fingerprint).not.toBe(before);
  });

  it('that cannot be read is told in its place, and the others go on', async () => {
    const paths = [
      await folder.write('1-xml', '<?xml version="1.0"?>\n<Document/>'),
      await folder.write('2-lines', '{"a":1}\n'),
      await folder.write('3-utf16', Buffer.from('\ufeff{"a":1}', 'utf16le')),
      await folder.write('4-text.gz', gzipSync('just words')),
      await folder.write('5-twice.gz', gzipSync(gzipSync('{"a":1}\n'))),
    ];
    const inputs = await openAll(paths);
    expect(inputs.map((input) => input.path)).toEqual(paths);
    const sentences = inputs.map((input) => (isProblem(input) ? input.error.message : 'readable'));
    expect(sentences).toEqual([
      expect.stringContaining('XML'),
      'readable',
      expect.stringContaining('UTF-16'),
      expect.stringContaining('not known'),
      expect.stringContaining('compressed twice'),
    ]);
  });
});

describe('folders and paths', () => {
  it('are read in the order of names, to any depth, without hidden files and without running in circles', async () => {
    const root = join(folder.path, 'tree');
    mkdirSync(join(root, 'b', 'deep'), { recursive: true });
    mkdirSync(join(root, '.git'));
    for (const name of ['a', 'c', '.hidden', 'b/deep/x', 'b/a', '.git/y']) writeFileSync(join(root, name), '{"a":1}\n');
    symlinkSync(root, join(root, 'b', 'circle'));
    const inputs = await openAll([root, join(root, 'a')]);
    expect(inputs.map((input) => input.path.slice(root.length))).toEqual(['/a', '/b/a', '/b/deep/x', '/c']);
  });

  it('what cannot be read in a folder is told in its place, and the others go on', async () => {
    const root = join(folder.path, 'partly');
    mkdirSync(join(root, 'only-a-link'), { recursive: true });
    symlinkSync(join(root, 'nowhere'), join(root, 'b'));
    symlinkSync(join(root, 'c'), join(root, 'c'));
    symlinkSync(join(root, 'nowhere'), join(root, 'only-a-link', 'x'));
    for (const name of ['a', 'd']) writeFileSync(join(root, name), '{"a":1}\n');
    const told: string[] = [];
    for await (const input of openInputs([root]))
      told.push(`${input.path.slice(root.length)}${isProblem(input) ? `: ${input.error.code}` : ''}`);
    const problem = ': unreadable_input';
    expect(told).toEqual(['/a', `/b${problem}`, `/c${problem}`, '/d', `/only-a-link/x${problem}`]);
  });

  it.each([
    [
      'a missing path',
      () => [join(folder.path, 'lines.xml'), join(folder.path, 'nowhere')],
      'There is no such file or folder',
    ],
    ['a folder without files', () => [join(folder.path, 'hollow')], 'There is no file in this folder'],
    ['no path at all', () => [], 'Name at least one file'],
  ])('%s is refused before anything is read', async (_, paths, sentence) => {
    mkdirSync(join(folder.path, 'hollow'), { recursive: true });
    writeFileSync(join(folder.path, 'hollow', '.hidden'), '{}');
    const error = await openAll(paths()).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(FeewardenError);
    expect(error).toMatchObject({ code: 'unreadable_input', message: expect.stringContaining(sentence) });
  });

  it('a file that may not be read is refused with a word on rights, unless one may read everything', async () => {
    const path = await folder.write('secret', '{"a":1}\n');
    chmodSync(path, 0o000);
    const outcome = await openAll([path]).catch((thrown: unknown) => (thrown as Error).message);
    if (process.getuid?.() === 0) expect(outcome).toHaveLength(1);
    else expect(outcome).toContain('may not be read');
  });
});

describe('stdin', () => {
  const stdin = (chunks: (string | Buffer)[]) =>
    Readable.from(
      chunks.map((chunk) => Buffer.from(chunk)),
      { objectMode: false },
    );

  async function readStdin(chunks: (string | Buffer)[]) {
    for await (const input of openInputs(['-'], { stdin: stdin(chunks) })) {
      if (isProblem(input)) return { input, error: input.error, texts: [] };
      return { input, ...(await readAll(input)) };
    }
    throw new Error('no input');
  }

  it('is lines, an array, or gzip of these, in whatever pieces it comes', async () => {
    const { input, texts } = await readStdin(['{"a"', ':1}\n{', '"b":2}']);
    expect(texts).toEqual(['{"a":1}', '{"b":2}']);
    expect(input).toMatchObject({ path: 'stdin', compressedSize: null, fingerprint: null, format: 'ndjson' });
    expect((await readStdin(['[1', ',2]'])).texts).toEqual(['1', '2']);
    const lines = someLines(3000);
    const packed = gzipSync(lines.join('\n'));
    const pieces = Array.from({ length: Math.ceil(packed.length / 1000) }, (_, at) =>
      packed.subarray(at * 1000, at * 1000 + 1000),
    );
    expect((await readStdin(pieces)).texts).toEqual(lines);
    expect((await readStdin([])).texts).toEqual([]);
  });

  it('gives a record as soon as its line is there, without waiting for the end', async () => {
    expect.assertions(3);
    const live = new Readable({ read() {} });
    live.push('{"a":1}\n');
    for await (const input of openInputs(['-'], { stdin: live })) {
      if (isProblem(input)) throw input.error;
      const chunks = input.records({ recordBytesMax: 100 })[Symbol.asyncIterator]();
      expect((await chunks.next()).value).toMatchObject([{ line: 1 }]);
      live.push('{"b":2}\n');
      expect((await chunks.next()).value).toMatchObject([{ line: 2 }]);
      live.push(null);
      expect((await chunks.next()).done).toBe(true);
    }
  });

  it('cannot be a zip, which must be read from its end', async () => {
    expect((await readStdin([Buffer.from('PK\x03\x04', 'latin1')])).error?.message).toContain('name the file');
  });

  it('cannot be read twice', async () => {
    expect.assertions(2);
    for await (const input of openInputs(['-'], { stdin: stdin(['{"a":1}\n']) })) {
      if (isProblem(input)) throw input.error;
      expect((await readAll(input)).texts).toHaveLength(1);
      expect((await readAll(input)).error?.message).toContain('only once');
    }
  });
});

describe('resuming', () => {
  /** All of a record in one string, which compares faster than thousands of buffers. */
  const asText = (record: InputRecord) => JSON.stringify({ ...record, bytes: record.bytes.toString('latin1') });

  async function expectRestAtEachRecord(path: string, picks: number[]): Promise<void> {
    const input = await openOne(path);
    const { records } = await readAll(input);
    for (const pick of picks) {
      const done = records[pick % Math.max(1, records.length)] as InputRecord | undefined;
      if (!done) return;
      const { records: rest } = await readAll(input, { resumeFrom: resumePoint(done) });
      expect(rest.map(asText)).toEqual(records.slice(done.index + 1).map(asText));
    }
  }

  it('after any record gives the rest, with the same numbers, from lines, arrays and objects, plain and packed', async () => {
    const lines = someLines(1500);
    const contents = [
      `\ufeff${lines.join('\n\n')}`,
      `${lines.join('\r\n')}\r\n`,
      `[${lines.join(',')}]`,
      `\ufeff${JSON.stringify(
        lines.map((line) => JSON.parse(line)),
        null,
        2,
      )}\n`,
      lines.map((line) => JSON.stringify(JSON.parse(line), null, 1)).join('\n'),
    ];
    for (const content of contents) {
      await expectRestAtEachRecord(await folder.write('resume', content), [0, 1, 700, 1498, 1499]);
      await expectRestAtEachRecord(await folder.write('resume', gzipSync(content)), [0, 750, 1499]);
    }
  });

  it('holds for broken input too', async () => {
    const piece = fc.constantFrom(
      '{"a":1}',
      '[',
      ']',
      '{',
      '}',
      ',',
      '"',
      '\n',
      '\r\n',
      '\n\n',
      '\\',
      ' ',
      'x',
      '\0',
      '[1,2]',
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('[', '{"a":1}\n', '{\n"a":'),
        fc.array(piece, { maxLength: 40 }),
        async (start, pieces) => {
          await expectRestAtEachRecord(await folder.write('broken', start + pieces.join('')), [0, 1, 2, 3, 5, 8, 13]);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('of plain lines does not read the beginning again', async () => {
    const lines = someLines(5000);
    const input = await openOne(await folder.write('long', lines.join('\n')));
    const { records } = await readAll(input);
    const heard: number[] = [];
    await readAll(input, { resumeFrom: resumePoint(records[4990]!), onBytes: (bytes) => heard.push(bytes) });
    expect(heard).toEqual([input.compressedSize]);
  });
});
