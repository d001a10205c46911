import { expect, test } from 'vitest';
import { jsonText } from '../../src/api/json.js';

test('a sum beyond 2^53 is written digit by digit', () => {
  const text = jsonText({ paidFen: 9_007_199_254_740_993n, below: -12n, list: [1n, null, 'x'] });
  expect(text).toBe('{"paidFen":9007199254740993,"below":-12,"list":[1,null,"x"]}');
});

test.each([
  [{ a: undefined, b: null, c: [undefined], d: 'é"\\\n\u2028', e: { f: true, g: 1.5 } }],
  [[]],
  [{}],
  ['text'],
  [null],
])('without a bigint the text is that of JSON.stringify: %j', (value) => {
  expect(jsonText(value)).toBe(JSON.stringify(value));
});
