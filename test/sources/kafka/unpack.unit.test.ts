import { gzipSync } from 'node:zlib';
import { compressFrameSync } from 'lz4-napi';
import { describe, expect, test } from 'vitest';
import { UnpackError, unpackGzip, unpackLz4, unpackSnappy, unpackZstd } from '../../../src/sources/kafka/unpack.js';

const MAX = 1_000;
const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
const LONG = 'abcd'.repeat(20);

describe('Snappy', () => {
  // Length 80; "abcd" as a literal; 64 and 12 bytes from 4 back.
  const block = hex(`50 0c ${Buffer.from('abcd').toString('hex')} fe0400 2e0400`);

  test('repeats what stands before, also what it is just writing', () => {
    expect(unpackSnappy(block, MAX).toString()).toBe(LONG);
  });

  test('reads blocks in the frame of the Java writer', () => {
    const size = Buffer.alloc(4);
    size.writeUInt32BE(block.length);
    const framed = Buffer.concat([hex('82 534e41505059 00 00000001 00000001'), size, block, size, block]);
    expect(unpackSnappy(framed, MAX).toString()).toBe(LONG + LONG);
  });

  test('reads a literal whose length stands behind its tag', () => {
    const text = 'x'.repeat(100);
    expect(unpackSnappy(Buffer.concat([hex('64 f063'), Buffer.from(text)]), MAX).toString()).toBe(text);
  });

  test.each([
    ['cut off', block.subarray(0, 5)],
    ['shorter than it says', hex('05 0c 61626364')],
    ['reaching before its start', hex('08 0c 61626364 0d05')],
    ['with a length without end', hex('ffffffffffff')],
  ])('%s is refused', (_what, packed) => {
    expect(() => unpackSnappy(packed, MAX)).toThrow(UnpackError);
  });

  test('a bomb is refused before it takes the memory', () => {
    expect(() => unpackSnappy(block, 79)).toThrow('more than 79 bytes');
  });
});

describe('LZ4', () => {
  // One block: literal "abcd", then 76 bytes from 4 back (4 + 15 + 57), and an empty last sequence.
  const sequence = `4f ${Buffer.from('abcd').toString('hex')} 0400 39 00`;
  const frame = hex(`04224d18 60 40 82 09000000 ${sequence} 00000000`);

  test('reads packed and plain blocks', () => {
    expect(unpackLz4(frame).toString()).toBe(LONG);
    expect(unpackLz4(hex('04224d18 60 40 82 02000080 6869 00000000')).toString()).toBe('hi');
  });

  test('reads a frame with checksums, and refuses it when they do not agree', () => {
    const summed = compressFrameSync(LONG, { blockChecksums: true, contentChecksum: true });
    expect(unpackLz4(summed).toString()).toBe(LONG);
    summed[summed.length - 1]! ^= 1;
    expect(() => unpackLz4(summed)).toThrow(UnpackError);
  });

  test.each([
    ['cut off', frame.subarray(0, 15)],
    ['of another kind', hex('28b52ffd 00')],
    ['reaching before its start', hex('04224d18 60 40 82 04000000 10610900 00000000')],
  ])('a frame %s is refused', (_what, packed) => {
    expect(() => unpackLz4(packed)).toThrow(UnpackError);
  });
});

describe('gzip', () => {
  const packed = gzipSync(LONG);

  test('reads what is packed', async () => {
    expect((await unpackGzip(packed, MAX)).toString()).toBe(LONG);
    expect((await unpackGzip(packed, LONG.length)).toString()).toBe(LONG);
  });

  test('what is damaged or a bomb is refused', async () => {
    await expect(unpackGzip(packed, LONG.length - 1)).rejects.toThrow(`more than ${LONG.length - 1} bytes`);
    await expect(unpackGzip(packed.subarray(0, 15), MAX)).rejects.toThrow(UnpackError);
  });
});

describe('Zstandard', () => {
  // One run-length block of 80 times "a".
  const frame = hex('28b52ffd 20 50 830200 61');

  test('reads a frame', () => {
    expect(unpackZstd(frame, MAX).toString()).toBe('a'.repeat(80));
  });

  test('what is damaged or a bomb is refused', () => {
    expect(() => unpackZstd(hex('28b52ffd ff ff ff'), MAX)).toThrow(UnpackError);
    expect(() => unpackZstd(frame, 79)).toThrow('more than 79 bytes');
  });
});
