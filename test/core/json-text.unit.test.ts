import { describe, expect, it } from 'vitest';
import { repeatedKeys } from '../../src/core/json-text.js';

describe('keys that stand more than once in their object', () => {
  it.each([
    ['{"a":1,"a":2}', ['a']],
    ['{"a":1,"a":2,"a":3}', ['a']],
    ['{"a":1,"\\u0061":2}', ['a']],
    ['{"__proto__":1,"__proto__":2}', ['__proto__']],
    ['{"":1,"":2}', ['']],
    [' { "a" : { "b" : [ 0 , { "c" : 1 , "d" : [ ] , "c" : 1 } ] } , "a" : null } ', ['a.b.1.c', 'a']],
    ['[[1,2],{"x":{},"x":{}},{"x":1}]', ['1.x']],
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
