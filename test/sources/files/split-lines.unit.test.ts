import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineSplitter } from '../../../src/sources/files/split-lines.js';
import { split } from './support.js';

const lines = (bytes: string | Buffer, recordBytesMax = 100, cuts: number[] = []) =>
  split(new LineSplitter(recordBytesMax, 0), Buffer.from(bytes), cuts).records;

/** Bytes that are rich in what a line splitter must mind. */
const bytesRichInLineEnds = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(0x0a, 0x0d, 0x20, 0x09, 0x00, 0xff) },
      fc.integer({ min: 0, max: 255 }),
    ),
    {
      maxLength: 200,
    },
  )
  .map((bytes) => Buffer.from(bytes));

describe('lines', () => {
  it('gives each line with its number, its place and the offset behind its end', () => {
    expect(lines('{"a":1}\n{"b":22}\n')).toEqual([
      { bytes: Buffer.from('{"a":1}'), line: 1, index: 0, endOffset: 8, tooLarge: false },
      { bytes: Buffer.from('{"b":22}'), line: 2, index: 1, endOffset: 17, tooLarge: false },
    ]);
  });

  it('takes CRLF as one line end and keeps a carriage return inside a line', () => {
    expect(lines('a\r\nb\rc\r\n').map((record) => record.bytes.toString())).toEqual(['a', 'b\rc']);
  });

  it('gives the last line even if nothing ends it', () => {
    expect(lines('a\nb').map((record) => [record.bytes.toString(), record.endOffset])).toEqual([
      ['a', 2],
      ['b', 3],
    ]);
  });

  it('counts blank lines as lines but not as records', () => {
    expect(
      lines('\n\n a\n \t\r\n\nb\n\n').map((record) => [record.bytes.toString(), record.line, record.index]),
    ).toEqual([
      [' a', 3, 0],
      ['b', 6, 1],
    ]);
  });

  it('hands on NUL bytes and invalid UTF-8 untouched', () => {
    const odd = Buffer.from([0x7b, 0x00, 0xc3, 0x28, 0xff, 0x7d]);
    expect(lines(Buffer.concat([odd, Buffer.from('\n')]))[0]?.bytes).toEqual(odd);
  });

  it('takes a line of exactly the largest size, with or without a carriage return', () => {
    expect(
      lines(`${'x'.repeat(100)}\n${'y'.repeat(100)}\r\n${'z'.repeat(101)}\n`).map((record) => record.tooLarge),
    ).toEqual([false, false, true]);
  });

  it('keeps 1 KiB of a line that is too large, and its neighbours whole', () => {
    const records = lines(`a\n${'x'.repeat(5000)}\nb\n`, 2000, [700, 1400, 2100, 4000]);
    expect(records.map((record) => [record.bytes.length, record.line, record.tooLarge])).toEqual([
      [1, 1, false],
      [1024, 2, true],
      [1, 3, false],
    ]);
  });

  it('gives the same records however the bytes are cut into chunks', () => {
    fc.assert(
      fc.property(
        bytesRichInLineEnds,
        fc.array(fc.nat(200)),
        fc.integer({ min: 1, max: 30 }),
        (bytes, cuts, recordBytesMax) => {
          expect(lines(bytes, recordBytesMax, cuts)).toEqual(lines(bytes, recordBytesMax));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('agrees with a plain split at line feeds', () => {
    fc.assert(
      fc.property(bytesRichInLineEnds, (bytes) => {
        const expected = bytes
          .toString('latin1')
          .split('\n')
          .map((text, at) => ({ text: text.replace(/\r$/, ''), line: at + 1 }))
          .filter(({ text }) => /[^ \t\r]/.test(text));
        expect(
          lines(bytes, 1000).map((record) => ({ text: record.bytes.toString('latin1'), line: record.line })),
        ).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });
});
