import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isProblem } from '../../../src/sources/files/records.js';
import { openAll, openOne, readAll, temporaryFolder, type ZipEntry, zip } from './support.js';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

const LINES = Array.from({ length: 4000 }, (_, at) =>
  JSON.stringify({ id: at, hash: ((at * 2654435761) % 4294967296).toString(36) }),
);
const TEXT = Buffer.from(`${LINES.join('\n')}\n`);

function flipped(packed: Buffer, at: number): Buffer {
  const copy = Buffer.from(packed);
  copy[at] = copy[at]! ^ 0xff;
  return copy;
}

describe('gzip', () => {
  it('is recognised by content, and its size is that on disk', async () => {
    const packed = gzipSync(TEXT);
    const input = await openOne(await folder.write('events.ndjson', packed));
    expect(input).toMatchObject({ compressedSize: packed.length, format: 'ndjson' });
    const heard: number[] = [];
    const { texts, error } = await readAll(input, { onBytes: (bytes) => heard.push(bytes) });
    expect([texts, error]).toEqual([LINES, null]);
    expect(heard.at(-1)).toBe(packed.length);
  });

  it('may have several members and zero padding', async () => {
    const parts = [TEXT.subarray(0, 5000), TEXT.subarray(5000, 5001), TEXT.subarray(5001)].map((part) =>
      gzipSync(part),
    );
    const { texts, error } = await readAll(
      await openOne(await folder.write('members', Buffer.concat([...parts, Buffer.alloc(512)]))),
    );
    expect([texts, error]).toEqual([LINES, null]);
  });

  it.each([1, 100, 70_000])(
    'with %d zeros before another member gives what stands before them, then an error',
    async (zeros) => {
      const start = gzipSync(TEXT);
      for (const behind of [gzipSync(TEXT), Buffer.from('x')]) {
        const packed = Buffer.concat([start, Buffer.alloc(zeros), behind]);
        const { texts, error } = await readAll(await openOne(await folder.write('lost', packed)));
        expect(texts).toEqual(LINES);
        expect(error?.message).toContain(`damaged or cut off near its byte ${start.length + zeros} `);
      }
      const filled = await readAll(
        await openOne(await folder.write('filled', Buffer.concat([start, Buffer.alloc(zeros)]))),
      );
      expect([filled.texts, filled.error]).toEqual([LINES, null]);
    },
  );

  it.each([0.1, 0.5, 0.9])('that ends early gives all lines before its end, then an error (at %d)', async (share) => {
    const packed = gzipSync(TEXT);
    const cut = Math.floor(packed.length * share);
    const { texts, error } = await readAll(await openOne(await folder.write('cut', packed.subarray(0, cut))));
    expect(texts).toEqual(LINES.slice(0, texts.length));
    expect(texts.length / LINES.length).toBeGreaterThan(share * 0.7);
    expect(texts.length).toBeLessThan(LINES.length);
    expect(error).toMatchObject({
      code: 'unreadable_input',
      message: expect.stringContaining(`near its byte ${cut} `),
    });
  });

  it('that lacks only its trailer gives every line, then an error', async () => {
    const { texts, error } = await readAll(await openOne(await folder.write('cut', gzipSync(TEXT).subarray(0, -8))));
    expect(texts).toEqual(LINES);
    expect(error?.message).toContain('damaged or cut off');
    // Who reads decides what becomes of what was read: a bank's statement is refused whole.
    expect(error?.message).toMatch(/fetch or pack the file again\.$/);
  });

  it('that is damaged inside gives the lines before the damage, then an error that names the place', async () => {
    const packed = gzipSync(TEXT);
    // A block type that does not exist makes the damage visible to zlib at once.
    const half = gzipSync(TEXT.subarray(0, 60_000));
    const bad = Buffer.concat([
      half.subarray(0, half.length - 8),
      Buffer.from([0xff, 0xff, 0xff, 0xff]),
      packed.subarray(half.length),
    ]);
    const { texts, error } = await readAll(await openOne(await folder.write('bad', bad)));
    const whole = TEXT.subarray(0, 60_000).toString().split('\n').length - 1;
    expect(texts).toEqual(LINES.slice(0, whole));
    expect(Number(/near its byte (\d+)/.exec(error?.message ?? '')?.[1])).toBeGreaterThan(half.length - 20);
    expect(Number(/near its byte (\d+)/.exec(error?.message ?? '')?.[1])).toBeLessThan(half.length + 20);
  });

  it('with a wrong checksum or rubbish behind it gives every line, then an error', async () => {
    const packed = gzipSync(TEXT);
    for (const bad of [flipped(packed, packed.length - 6), Buffer.concat([packed, Buffer.from('rubbish')])]) {
      const { texts, error } = await readAll(await openOne(await folder.write('sum', bad)));
      expect(texts).toEqual(LINES);
      expect(error?.message).toContain('damaged');
    }
  });

  it('that is damaged anywhere never passes as whole', async () => {
    const packed = gzipSync(TEXT.subarray(0, 20_000));
    for (let at = 10; at < packed.length; at += 397) {
      const input = (await openAll([await folder.write('flip', flipped(packed, at))]))[0]!;
      const error = isProblem(input) ? input.error : (await readAll(input)).error;
      expect(error, `byte ${at}`).not.toBeNull();
    }
  });
});

describe('zip', () => {
  const member = (name: string, more: Partial<ZipEntry> = {}): ZipEntry => ({ name, bytes: TEXT, ...more });

  it('gives its members one by one, stored, packed or gzipped, and passes over folders and hidden files', async () => {
    const path = await folder.write(
      'all.zip',
      zip([
        member('b.ndjson'),
        member('folder/', { bytes: Buffer.alloc(0), stored: true }),
        member('folder/a.json', { bytes: Buffer.from('[{"a":1},{"b":2}]'), stored: true }),
        member('folder/c.ndjson.gz', { bytes: gzipSync(TEXT) }),
        member('__MACOSX/x'),
        member('.hidden'),
        member('empty', { bytes: Buffer.alloc(0) }),
      ]),
    );
    const inputs = await openAll([path]);
    expect(inputs.map((input) => input.path)).toEqual(
      ['b.ndjson', 'folder/a.json', 'folder/c.ndjson.gz', 'empty'].map((name) => `${path}!/${name}`),
    );
    const outcomes = await Promise.all(inputs.map((input) => (isProblem(input) ? input.error : readAll(input))));
    expect(outcomes).toMatchObject([
      { texts: LINES, error: null },
      { texts: ['{"a":1}', '{"b":2}'], error: null },
      { texts: LINES, error: null },
      { texts: [], error: null },
    ]);
    expect(new Set(inputs.map((input) => (isProblem(input) ? '' : input.fingerprint))).size).toBe(4);
  });

  it('resumes within a member', async () => {
    const input = await openOne(await folder.write('one.zip', zip([member('a')])));
    const { records } = await readAll(input);
    const done = records[3000]!;
    const rest = await readAll(input, { resumeFrom: { offset: done.endOffset, line: done.line, index: done.index } });
    expect(rest.error).toBeNull();
    expect(rest.records).toEqual(records.slice(3001));
  });

  it('takes names as labels only', async () => {
    const path = await folder.write(
      'names.zip',
      zip([member('../../etc/passwd'), member('/root/x'), member('bell\u0007\n')]),
    );
    expect((await openAll([path])).map((input) => input.path.slice(path.length))).toEqual([
      '!/../../etc/passwd',
      '!//root/x',
      '!/bell??',
    ]);
  });

  it.each<[string, Partial<ZipEntry>, string]>([
    ['is encrypted', { encrypted: true }, 'encrypted'],
    ['is packed in an unknown way', { method: 12 }, 'method 12'],
    ['is a zip again', { bytes: zip([member('x')]) }, 'zip inside another'],
    ['is nothing we know', { bytes: Buffer.from('words') }, 'not known'],
  ])('refuses a member that %s, and goes on with the next', async (_, more, sentence) => {
    const inputs = await openAll([await folder.write('refused.zip', zip([member('bad', more), member('good')]))]);
    expect(inputs.map((input) => (isProblem(input) ? input.error.message : 'readable'))).toEqual([
      expect.stringContaining(sentence),
      'readable',
    ]);
  });

  it.each<[string, Partial<ZipEntry>, string]>([
    ['is longer than the zip says', { claimedBytes: 1000 }, 'longer'],
    ['is shorter than the zip says', { claimedBytes: 1_000_000 }, 'shorter'],
    ['has another checksum than the zip says', { claimedCrc32: 1 }, 'checksum'],
    ['ends early', { damage: (packed) => packed.subarray(0, packed.length - 100) }, 'damaged or cut off'],
  ])('ends with an error when a member %s', async (_, more, sentence) => {
    const input = await openOne(await folder.write('lies.zip', zip([member('a', more)])));
    expect((await readAll(input)).error?.message).toContain(sentence);
  });

  it('that is cut off or has too many members is refused as a whole', async () => {
    const good = zip([member('a')]);
    const many = zip(
      Array.from({ length: 10_001 }, (_, at) => member(`${at}`, { bytes: Buffer.from('{}'), stored: true })),
    );
    const [cut, full] = await openAll([
      await folder.write('cut.zip', good.subarray(0, -30)),
      await folder.write('many.zip', many),
    ]);
    expect(cut).toMatchObject({ error: { message: expect.stringContaining('pack it again') } });
    expect(full).toMatchObject({ error: { message: expect.stringContaining('more than 10000 members') } });
  });
});
