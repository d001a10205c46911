import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeText, decodeValue } from '../../src/events/decode.js';
import { EVENT_TYPES } from '../../src/events/list.js';
import { accepted, disguised, exampleOf, hashOf, type Json, type JsonRecord, LIMITS } from './support.js';

const examples = fc.constantFrom(...EVENT_TYPES).map(({ type }) => exampleOf(type));
const choices = fc.infiniteStream(fc.nat(1_000_000)).map((stream) => (n: number) => stream.next().value! % n);
/** JSON that PostgreSQL can hold. */
const storable = fc.jsonValue({ maxDepth: 4 }).filter((value) => !JSON.stringify(value).includes('\\u'));
const OFFSETS = ['+08:00', 'Z', '-11:30', '+14:00'];

describe('content', () => {
  it('is the same whatever the order of keys, nulls and other attributes', () => {
    fc.assert(
      fc.property(examples, choices, storable, (event, choose, extension) => {
        const other = disguised(
          { ...event, recordedtime: '2026-05-01T00:00:00Z', sequence: '3', extension: extension as Json },
          choose,
        );
        expect(hashOf(other)).toBe(hashOf(event));
      }),
    );
  });

  it('is the same whatever the case of hashes', () => {
    fc.assert(
      fc.property(examples, choices, (event, choose) => {
        expect(hashOf({ ...event, data: withHashCase(event.data!, choose) })).toBe(hashOf(event));
      }),
    );
  });

  it('is the same whatever the offset in which time is written', () => {
    const event = exampleOf('payment.succeeded');
    const seconds = Date.parse(String(event.time));
    for (const offset of OFFSETS) {
      expect(hashOf({ ...event, time: written(seconds, offset) })).toBe(hashOf(event));
    }
    expect(hashOf({ ...event, time: written(seconds + 1_000, 'Z') })).not.toBe(hashOf(event));
  });

  it('differs when type, subject, time, or anything in data differs', () => {
    for (const { type } of EVENT_TYPES) {
      const event = exampleOf(type);
      const own = hashOf(event);
      expect(hashOf({ ...event, subject: 'X-370702-9' })).not.toBe(own);
      expect(hashOf({ ...event, time: '2026-01-01T00:00:00Z' })).not.toBe(own);
      expect(hashOf(exampleOf(type, { extra: '' }))).not.toBe(own);
    }
    const ids = { confirmId: 'F', contractId: 'C' };
    expect(hashOf(bare('lesson.disputed', ids))).not.toBe(hashOf(bare('lesson.disputed', { ...ids, reason: '' })));
    const refund = { refundId: 'R', contractId: 'C' };
    expect(hashOf(bare('refund.rejected', refund))).not.toBe(hashOf(bare('refund.withdrawn', refund)));
  });

  it('does not depend on id and source, which say who told it', () => {
    const event = exampleOf('lesson.delivered');
    expect(hashOf({ ...event, id: 'other', source: '/other' })).toBe(hashOf(event));
  });

  it('tells 1 from "1", and a list from an object', () => {
    const hashes = [1, '1', true, [1], { 0: 1 }, [null], [], {}].map((odd) =>
      hashOf(exampleOf('contract.ended', { odd })),
    );
    expect(new Set(hashes).size).toBe(hashes.length);
  });
});

describe('the stored body', () => {
  it('decodes to the same event, with any unknown fields', () => {
    fc.assert(
      fc.property(examples, storable, storable, (event, inData, outside) => {
        const decoded = accepted({
          ...event,
          ext: outside,
          data: { ...(event.data as JsonRecord), odd: inData as Json },
        });
        expect(decodeText(decoded.body, LIMITS)).toStrictEqual({ ok: true, event: decoded });
        expect(decodeText(Buffer.from(decoded.body), LIMITS)).toStrictEqual({ ok: true, event: decoded });
      }),
    );
  });

  it('has sorted keys and no white space', () => {
    const { body } = accepted(exampleOf('refund.withdrawn', { zeta: 1, alpha: { b: 1, a: [2] } }, { ext: 'x' }));
    const keys = [...body.matchAll(/"([a-zA-Z]+)":/g)].map((match) => match[1]);
    expect(keys).toEqual([
      'data',
      'alpha',
      'a',
      'b',
      'contractId',
      'refundId',
      'zeta',
      'ext',
      'id',
      'source',
      'specversion',
      'subject',
      'time',
      'type',
    ]);
    expect(body).toBe(JSON.stringify(JSON.parse(body)));
  });
});

describe('decoding', () => {
  it('never throws, whatever the JSON, the text or the bytes', () => {
    const anything = fc.oneof(
      fc.jsonValue(),
      fc.object(),
      fc.anything({ withBigInt: true, withDate: true, withMap: true }),
    );
    fc.assert(fc.property(anything, (value) => void decodeValue(value, LIMITS)));
    fc.assert(fc.property(fc.json(), (text) => void decodeText(text, LIMITS)));
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void decodeText(text, LIMITS)));
    fc.assert(fc.property(fc.uint8Array(), (bytes) => void decodeText(Buffer.from(bytes), LIMITS)));
  });

  it('never throws when any one field holds any JSON value', () => {
    fc.assert(
      fc.property(examples, choices, fc.jsonValue(), (event, choose, value) => {
        const data = event.data as JsonRecord;
        const fields = Object.keys(data);
        const odd = { ...event, data: { ...data, [fields[choose(fields.length)]!]: value as Json } };
        const result = decodeValue(odd, LIMITS);
        if (!result.ok) expect(result.rejection.message).not.toBe('');
      }),
      { numRuns: 1_000 },
    );
  });

  it('does not change the value it is given', () => {
    const event = exampleOf('payment.succeeded', { payerHash: 'ABCDEF0123456789', hours: null });
    const before = structuredClone(event);
    accepted(event);
    expect(event).toStrictEqual(before);
  });
});

function bare(type: (typeof EVENT_TYPES)[number]['type'], data: JsonRecord): JsonRecord {
  return { ...exampleOf(type), data };
}

/** Upper case for some of what looks like a hash in fields called so. */
function withHashCase(value: Json, choose: (n: number) => number, inHash = false): Json {
  if (typeof value === 'string') return inHash && choose(2) === 1 ? value.toUpperCase() : value;
  if (Array.isArray(value)) return value.map((item) => withHashCase(item, choose, inHash));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, withHashCase(inner, choose, /Hash(es)?$/.test(key))]),
  );
}

/** The moment as RFC 3339 with this offset. */
function written(ms: number, offset: string): string {
  const match = /^([+-])(\d\d):(\d\d)$/.exec(offset);
  const minutes = match ? (Number(match[2]) * 60 + Number(match[3])) * (match[1] === '-' ? -1 : 1) : 0;
  return `${new Date(ms + minutes * 60_000).toISOString().slice(0, 19)}${offset}`;
}
