import fc from 'fast-check';
import { expect, it } from 'vitest';
import { canonicalJson, canonicalObject } from '../../src/events/canonical.js';

const KNOWN = ['amountFen', 'contractId', 'data', 'lines', 'paymentIds', 'told'];

it('writes an object of known names as one whose names have to be sorted', () => {
  const object = fc.dictionary(
    fc.oneof(fc.constantFrom(...KNOWN), fc.string()),
    fc.oneof(fc.jsonValue(), fc.constantFrom(-0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY)),
  );
  fc.assert(
    fc.property(object, (value) => {
      expect(canonicalObject(value, KNOWN)).toBe(canonicalJson(value));
    }),
  );
});

it('sorts names inside of lists and objects, and keeps numbers that are infinite', () => {
  const value = {
    lines: [{ b: 1, a: 'x' }],
    amountFen: Number.POSITIVE_INFINITY,
    contractId: 'a"\n李',
    told: null,
    data: -0,
  };
  expect(canonicalObject(value, KNOWN)).toBe(
    '{"amountFen":1e999,"contractId":"a\\"\\n李","data":0,"lines":[{"a":"x","b":1}],"told":null}',
  );
  expect(canonicalObject({ paymentIds: ['b', 'a'] }, KNOWN)).toBe('{"paymentIds":["b","a"]}');
});

it('takes a value that is text already, beside known names, other names and nothing', () => {
  const ready = { key: 'data', text: '{"a":1}' };
  const keys = ['data', 'id', 'type'];
  expect(canonicalObject({ type: 't', id: 'i', data: { a: 1 } }, keys, ready)).toBe(
    '{"data":{"a":1},"id":"i","type":"t"}',
  );
  expect(canonicalObject({ type: 't', before: 1, data: { a: 1 } }, keys, ready)).toBe(
    '{"before":1,"data":{"a":1},"type":"t"}',
  );
  expect(canonicalObject({ data: { a: 1 } }, keys, ready)).toBe('{"data":{"a":1}}');
});
