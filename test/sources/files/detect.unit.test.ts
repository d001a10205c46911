import { describe, expect, it } from 'vitest';
import { detectContainer, detectFormat, isDecided } from '../../../src/sources/files/detect.js';

function kind(head: string | Buffer): string {
  const detected = detectFormat(Buffer.from(head));
  return 'problem' in detected ? detected.problem : detected.format;
}

describe('the kind of a file', () => {
  it.each([
    ['', 'ndjson'],
    [' \n\n', 'ndjson'],
    ['{"a":1}\n{"b":2}\n', 'ndjson'],
    ['{"a":1}', 'ndjson'],
    ['\n\n  {"a":1}\n', 'ndjson'],
    ['[{"a":1}]', 'json_array'],
    ['[\n {"a":1}\n]', 'json_array'],
    ['[\n{"a":1}\n]', 'json_array'],
    ['[', 'json_array'],
    ['[1]\n[2]\n', 'json_array'],
    ['{\n  "a": 1\n}', 'json_object'],
    ['{\r\n\r\n  "a": 1\r\n}', 'json_object'],
    ['{ "a": 1,\n "b": [\n {"c":1}\n]}', 'json_object'],
    ['{"a":\n[1]}', 'json_object'],
    ['{"a": 1\n}', 'json_object'],
  ])('of %j is %s', (head, expected) => expect(kind(head)).toBe(expected));

  it.each([
    ['{"a":1\n{"b":2}\n'],
    ['{"a":1,\n{"b":2}\n'],
    ['{"a":\n{"b":2}\n{"c":3}\n'],
    ['{"a":"x\n{"b":2}\n'],
    ['{\n{"b":2}\n'],
    ['{"a":1}}\n{"b":2}\n'],
    ['rubbish\n{"b":2}\n'],
    ['<html>\n{"b":2}\n'],
    ['\x00\x01\n{"b":2, "c": "long enough to be text for the most part"}\n'],
    ['[1,2]\n{"b":2}\n'],
    ['{\0"\0a\n{"b":2}\n'],
    ['[broken\n{"b":2}\n'],
    ['[{"a":1\n{"b":2}\n'],
  ])('is lines in spite of a broken first line: %j', (head) => expect(kind(head)).toBe('ndjson'));

  it.each([
    ['<?xml version="1.0"?><Document/>', 'XML'],
    ['# Title\n\nSome words.\n', 'not known'],
    ['id,amount\n1,2\n', 'not known'],
    ['"text"', 'not known'],
    [Buffer.from('\ufeff{"a":1}', 'utf16le'), 'UTF-16'],
    [Buffer.from('\ufeff{"a":1}', 'utf16le').swap16(), 'UTF-16'],
    [Buffer.from('{"a":1}\n', 'utf16le'), 'UTF-16'],
    [Buffer.from('{"a":1}\n', 'utf16le').swap16(), 'UTF-16'],
    [Buffer.from('BZh91AY', 'latin1'), 'bzip2'],
    [Buffer.from('\x28\xb5\x2f\xfd....', 'latin1'), 'Zstandard'],
    [Buffer.from(Array.from({ length: 4096 }, (_, at) => (at * 7919) % 251)), 'not known'],
  ])('that cannot be read is refused with what to do: %j', (head, word) => {
    expect(kind(head)).toContain(word);
  });

  it('is told behind a byte order mark, which is not a part of it', () => {
    expect(detectFormat(Buffer.from('\ufeff[1]'))).toEqual({ format: 'json_array', skip: 3 });
    expect(detectFormat(Buffer.from('\ufeff{"a":1}\n'))).toEqual({ format: 'ndjson', skip: 3 });
  });

  it('is told from a first line that is longer than what is looked at', () => {
    expect(kind(`{"a":"${'x'.repeat(70_000)}`)).toBe('ndjson');
    expect(kind(`[{"a":"${'x'.repeat(70_000)}`)).toBe('json_array');
  });

  it('of packed input goes by the first bytes and not by a name', () => {
    expect(detectContainer(Buffer.from([0x1f, 0x8b, 8]))).toBe('gzip');
    expect(detectContainer(Buffer.from('PK\x03\x04', 'latin1'))).toBe('zip');
    expect(detectContainer(Buffer.from('{"a":1}'))).toBe('plain');
  });

  it('is decided for a live stream by one whole line, and only then', () => {
    expect(isDecided(Buffer.from('{"a":1}\n'))).toBe(true);
    expect(isDecided(Buffer.from('{"a":1}'))).toBe(false);
    expect(isDecided(Buffer.from('{\n"a":1}\n'))).toBe(false);
    expect(isDecided(Buffer.from('[1]\n'))).toBe(false);
    expect(isDecided(Buffer.from('\x1f\x8b\n\n', 'latin1'))).toBe(false);
  });
});
