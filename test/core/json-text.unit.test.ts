import { describe, expect, it } from 'vitest';
import { repeatedKeys, withoutRounded } from '../../src/core/json-text.js';

describe('keys that stand more than once in their object', () => {
  it.each([
    ['{"a":1,"a":2}', ['a']],
    ['{"a":1,"a":2,"a":3}', ['a']],
    ['{"a":1,"\\u0061":2}', ['a']],
    ['{"__proto__":1,"__proto__":2}', ['__proto__']],
    ['{"":1,"":2}', ['']],
    [' { "a" : { "b" : [ 0 , { "c" : 1 , "d" : [ ] , "c" : 1 } ] } , "a" : null } ', ['a.b.1.c', 'a']],
    ['[[1,2],{"x":{},"x":{}},{"x":1}]', ['1.x']],
    ['{"a":"},{","b":1,"b":"[","a":2}', ['b', 'a']],
  ])('are found in %s', (text, paths) => {
    expect(repeatedKeys(text)).toEqual(paths);
  });

  it.each([
    '{"a":{"a":1},"b":{"a":2}}',
    '[{"a":1},{"a":2}]',
    '{"a":"a","b":["a","a","b"],"A":1}',
    String.raw`{"a":"\",\"a\":{[","\\":1,"\"":2,"c":"\\"}`,
    '"text"',
    '12',
    '[]',
  ])('are not seen in %s', (text) => {
    expect(() => JSON.parse(text)).not.toThrow();
    expect(repeatedKeys(text)).toEqual([]);
  });
});

describe('a fraction of which a double keeps another value', () => {
  it.each([
    '9007199254740991.4',
    '-9007199254740990.5',
    '4503599627370497.25',
    '1.00000000000000000001',
    '0.99999999999999999999',
    '1.2300000000000000000001',
    '1e-400',
    '-1E-400',
    '90071992547409914e-1',
  ])('is taken out: %s', (number) => {
    expect(withoutRounded(`{ "a": [${number}, { "b":${number}}]}`)).toBe('{ "a": [1e999, { "b":1e999}]}');
  });

  it.each([
    '9007199254740991.0',
    '9007199254740991',
    '123456789012345678901234567890',
    '1.230000000000000000000000',
    '0.00000000000000000000',
    '-0e-5',
    '1e-7',
    '12.5E-1',
    '100e-2',
    '90071992547409910e-1',
    '9.007199254740991e15',
  ])('is not this one: %s', (number) => {
    const text = `{"a":[${number},{"b":${number}}]}`;
    expect(withoutRounded(text)).toBe(text);
  });

  it('is not seen in strings and keys', () => {
    const text = String.raw`{"9007199254740991.4":"[9007199254740991.4","b\"":"\\\",9007199254740991.4","c":1e-2}`;
    expect(() => JSON.parse(text)).not.toThrow();
    expect(withoutRounded(text)).toBe(text);
  });
});
