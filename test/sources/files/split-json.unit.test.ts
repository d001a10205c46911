import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonSplitter } from '../../../src/sources/files/split-json.js';
import { split } from './support.js';

const run = (bytes: string | Buffer, recordBytesMax = 1000, cuts: number[] = []) =>
  split(new JsonSplitter(recordBytesMax, 0), Buffer.from(bytes), cuts);
const texts = (bytes: string) => run(bytes).records.map((record) => record.bytes.toString());

/** Bytes that are rich in what a JSON splitter must mind. */
const bytesRichInJson = fc
  .array(
    fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom(...Buffer.from('[]{},"\\\n\r :a1')) },
      fc.integer({ min: 0, max: 255 }),
    ),
    {
      maxLength: 120,
    },
  )
  .map((bytes) => Buffer.from(bytes));

describe('the elements of an array', () => {
  it('are found in one line as in many, with the line on which each starts', () => {
    expect(texts('[{"a":1},2,"x,]",[3,4],{"b":{"c":[5]}}]')).toEqual([
      '{"a":1}',
      '2',
      '"x,]"',
      '[3,4]',
      '{"b":{"c":[5]}}',
    ]);
    expect(run('[\n  {\n    "a": 1\n  },\n\n  {"b": 2}\n]\n')).toEqual({
      records: [
        { bytes: Buffer.from('{\n    "a": 1\n  }'), line: 2, index: 0, endOffset: 21, tooLarge: false },
        { bytes: Buffer.from('{"b": 2}'), line: 6, index: 1, endOffset: 35, tooLarge: false },
      ],
      problem: null,
    });
  });

  it('may hold brackets, commas, quotes and backslashes in their strings', () => {
    expect(texts(String.raw`[{"a":"]},\"[{"},{"b":"\\"},{"c\"":"\\\\\""}]`)).toEqual([
      String.raw`{"a":"]},\"[{"}`,
      String.raw`{"b":"\\"}`,
      String.raw`{"c\"":"\\\\\""}`,
    ]);
  });

  it('are none in an empty array, and empty places between commas are none either', () => {
    expect(run('[]')).toEqual({ records: [], problem: null });
    expect(run(' [ \n ] \n')).toEqual({ records: [], problem: null });
    expect(texts('[1,,2,]')).toEqual(['1', '2']);
  });

  it('survive a broken neighbour whose brackets balance or close too often', () => {
    expect(texts('[{"a":},{"b":2}]')).toEqual(['{"a":}', '{"b":2}']);
    expect(texts('[{"a":1]},{"b":2}]').at(-1)).toBe('{"b":2}');
    expect(texts('[{"a":1]],{"b":2},[3]]')).toEqual(['{"a":1]', '{"b":2}', '[3]']);
    expect(texts('[{"a":1}},{"b":2}]')).toEqual(['{"a":1}}', '{"b":2}']);
    expect(texts('[{a:1} {c:2},nonsense,{"b":2}]')).toEqual(['{a:1} {c:2}', 'nonsense', '{"b":2}']);
  });

  it('run on to the end as one bounded record where a bracket never closes', () => {
    const { records } = run(`[{"a":1},{"b":{"c":2},{"d":3}${',{"e":4}'.repeat(1000)}]`, 500);
    expect(records.map((record) => [record.bytes.length, record.tooLarge])).toEqual([
      [7, false],
      [1024, true],
    ]);
  });

  it('include the rest of an array that was cut off within an element', () => {
    expect(run('[{"a":1},{"b":"x')).toEqual({
      records: [expect.anything(), expect.objectContaining({ bytes: Buffer.from('{"b":"x') })],
      problem: null,
    });
  });

  it('are followed by a word of warning when the array was cut off between two', () => {
    for (const cut of ['[{"a":1}', '[{"a":1},', '[{"a":1},\n']) {
      const { records, problem } = run(cut);
      expect(records.map((record) => record.bytes.toString())).toEqual(['{"a":1}']);
      expect(problem).toContain('cut off');
    }
  });

  it('of several arrays in a row are told one after the other, and what follows an array is told by lines', () => {
    expect(texts('[1,2]\n[3]\nrest [of] {it\n{"a":\n4}\n[5]')).toEqual([
      '1',
      '2',
      '3',
      'rest [of] {it',
      '{"a":\n4}',
      '5',
    ]);
  });

  it('are the values that were written, however the array is laid out', () => {
    const value = fc.jsonValue({ maxDepth: 3 });
    fc.assert(
      fc.property(fc.array(value, { maxLength: 10 }), fc.nat(3), fc.array(fc.nat(400)), (values, indent, cuts) => {
        const { records, problem } = run(JSON.stringify(values, null, indent), 100_000, cuts);
        expect(records.map((record) => JSON.parse(record.bytes.toString()))).toEqual(
          JSON.parse(JSON.stringify(values)),
        );
        expect(problem).toBeNull();
      }),
      { numRuns: 300 },
    );
  });
});

describe('objects one after another', () => {
  it('are one record each, over as many lines as they take', () => {
    expect(
      run('{\n  "a": {"b": "}"}\n}\n{\n "c": 1\n}').records.map((record) => [record.bytes.toString(), record.line]),
    ).toEqual([
      ['{\n  "a": {"b": "}"}\n}', 1],
      ['{\n "c": 1\n}', 4],
    ]);
  });

  it('are one record to the end of the input where a bracket never closes', () => {
    expect(texts('{\n"a":{\n"b":1}\n')).toEqual(['{\n"a":{\n"b":1}']);
  });
});

describe('cutting JSON into records', () => {
  it('gives the same records however the bytes are cut into chunks', () => {
    fc.assert(
      fc.property(
        bytesRichInJson,
        fc.boolean(),
        fc.array(fc.nat(120)),
        fc.integer({ min: 1, max: 40 }),
        (rest, array, cuts, recordBytesMax) => {
          const bytes = Buffer.concat([Buffer.from(array ? '[' : '{'), rest]);
          expect(run(bytes, recordBytesMax, cuts)).toEqual(run(bytes, recordBytesMax));
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('loses no byte that counts: what is in no record is space, a bracket of the array or a comma', () => {
    fc.assert(
      fc.property(bytesRichInJson, (rest) => {
        const bytes = Buffer.concat([Buffer.from('['), rest]);
        const counts = (text: string) => text.replaceAll(/[\s,[\]]/g, '').length;
        const inRecords = run(bytes).records.reduce((sum, record) => sum + counts(record.bytes.toString('latin1')), 0);
        expect(inRecords).toBe(counts(bytes.toString('latin1')));
      }),
      { numRuns: 500 },
    );
  });
});
