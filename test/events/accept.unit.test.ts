import { describe, expect, it } from 'vitest';
import { parseTime } from '../../src/core/time.js';
import { decodeText } from '../../src/events/decode.js';
import type { EventType } from '../../src/events/event.js';
import { accepted, exampleOf, hashOf, type JsonRecord, LIMITS } from './support.js';

const PAYMENT = 'payment.succeeded';

describe('an accepted event', () => {
  it('has instants, a sequence and the name without version', () => {
    const event = accepted(envelope({ recordedtime: '2026-01-07T00:00:00.25Z', sequence: '007' }));
    expect(event).toMatchObject({
      type: PAYMENT,
      at: parseTime('2026-01-06T18:35:12+08:00'),
      recordedAt: parseTime('2026-01-07T08:00:00.25+08:00'),
      sequence: 7n,
    });
    expect(event.contentHash).toHaveLength(32);
  });

  it('has a sequence with leading zeros, or beyond 64 bits', () => {
    expect(accepted(envelope({ sequence: '00000000000000000042' })).sequence).toBe(42n);
    expect(accepted(envelope({ sequence: '9'.repeat(30) })).sequence).toBe(10n ** 30n - 1n);
  });

  it('was recorded when it happened, and has no sequence, unless told', () => {
    const event = accepted(exampleOf(PAYMENT));
    expect(event.recordedAt).toBe(event.at);
    expect(event.sequence).toBeNull();
  });

  it.each([0, 0.1, 1.15, 2.5, 0.29, 40, 999_999.99, 1.1])('may have %s hours', (hours) => {
    expect(accepted(exampleOf(PAYMENT, { hours })).data).toMatchObject({ hours });
  });

  it('may have the largest amount, and negative income and equity', () => {
    accepted(exampleOf(PAYMENT, { amountFen: Number.MAX_SAFE_INTEGER }));
    accepted(exampleOf('statement.filed', { pretaxIncomeFen: -Number.MAX_SAFE_INTEGER, equityFen: -1 }));
  });

  it('turns minus zero into zero', () => {
    for (const field of ['amountFen', 'hours']) {
      const text = JSON.stringify(exampleOf(PAYMENT, { [field]: 0 })).replace(`"${field}":0`, `"${field}":-0`);
      const result = decodeText(text, LIMITS);
      if (!result.ok) throw new Error(result.rejection.message);
      expect(Object.is((result.event.data as unknown as JsonRecord)[field], 0)).toBe(true);
      expect(result.event.contentHash.toString('hex')).toBe(hashOf(exampleOf(PAYMENT, { [field]: 0 })));
    }
  });

  it('keeps hashes in lower case, wherever they are', () => {
    const upper = 'ABCDEF0123456789';
    const hashes: [EventType, JsonRecord][] = [
      [PAYMENT, { payerHash: upper }],
      ['contract.signed', { learnerHash: upper }],
      ['institution.upserted', { legalRepHash: upper, controllerHashes: [upper] }],
      ['lesson.scheduled', { teacherHash: upper }],
      ['lesson.delivered', { learnerHashes: [upper] }],
      ['refund.paid', { payeeHash: upper }],
    ];
    for (const [type, data] of hashes) {
      const event = accepted(exampleOf(type, data));
      expect(event.body).not.toContain(upper);
      expect(event.body).toContain(upper.toLowerCase());
    }
  });

  it('keeps unknown fields of data, of its parts and of the envelope', () => {
    const event = accepted(
      exampleOf(
        'release.instructed',
        { memo: { a: [1, null] }, lines: [{ contractId: 'C', amountFen: 1, seat: 'x' }] },
        { traceparent: '00-1' },
      ),
    );
    expect(event.data).toMatchObject({ memo: { a: [1, null] }, lines: [{ seat: 'x' }] });
    expect(JSON.parse(event.body)).toMatchObject({ traceparent: '00-1' });
  });

  it('leaves out __proto__, at every depth', () => {
    const proto = '"__proto__":{"polluted":true},';
    for (const key of [proto, proto.replace('__p', '\\u005f_p')]) {
      const text = JSON.stringify(exampleOf('release.instructed')).replaceAll('"contractId"', `${key}"contractId"`);
      const result = decodeText(text, LIMITS);
      if (!result.ok) throw new Error(result.rejection.message);
      expect(result.event.contentHash.toString('hex')).toBe(hashOf(exampleOf('release.instructed')));
      expect(result.event.body).not.toContain('polluted');
    }
  });

  it('may say that it is JSON, with parameters', () => {
    for (const datacontenttype of ['application/json', 'Application/JSON; charset=utf-8'])
      accepted(envelope({ datacontenttype }));
  });

  it('may be about an institution without USCC', () => {
    expect(accepted(envelope({ subject: 'X-370702-12' })).subject).toBe('X-370702-12');
  });

  it('may begin and end on one day, or at one moment', () => {
    accepted(exampleOf('break.declared', { to: '2026-02-14' }));
    accepted(exampleOf('lesson.scheduled', { endsAt: '2026-01-10T01:00:00Z' }));
  });

  it('keeps characters beyond 16 bits, however they are written', () => {
    const text = JSON.stringify(exampleOf('contract.ended', { reason: '\u{20bb7}野家 🎹' }));
    const escaped = text.replace('\u{20bb7}', '\\ud842\\udfb7');
    const results = [text, escaped, Buffer.from(text)].map((input) => decodeText(input, LIMITS));
    expect(results[0]).toMatchObject({ ok: true, event: { data: { reason: '\u{20bb7}野家 🎹' } } });
    expect(results[1]).toStrictEqual(results[0]);
    expect(results[2]).toStrictEqual(results[0]);
  });

  it('survives a number too large for a double in an unknown field', () => {
    const text = JSON.stringify(exampleOf(PAYMENT, { odd: 1 })).replace('"odd":1', '"odd":-1e400');
    const result = decodeText(text, LIMITS);
    if (!result.ok) throw new Error(result.rejection.message);
    expect(decodeText(result.event.body, LIMITS)).toStrictEqual(result);
  });
});

describe('an unknown field', () => {
  it('may hold what cannot be stored: U+FFFD stands there instead', () => {
    const odd = { 'a\0': ['\0b', { c: 'd\ud83d' }], e: '🎹' };
    for (const event of [envelope({ odd }), exampleOf(PAYMENT, { odd })]) {
      const { body } = accepted(event);
      expect(body).toContain('{"a\ufffd":["\ufffdb",{"c":"d\ufffd"}],"e":"🎹"}');
      expect(decodeText(body, LIMITS)).toMatchObject({ ok: true, event: { body } });
    }
  });

  it('may hold a number of which a double keeps another value', () => {
    const text = JSON.stringify(exampleOf(PAYMENT, { odd: 4_711 })).replace('4711', '9007199254740991.4');
    const result = decodeText(text, LIMITS);
    if (!result.ok) throw new Error(result.rejection.message);
    expect(decodeText(result.event.body, LIMITS)).toStrictEqual(result);
  });
});

/** The payment with other attributes. */
function envelope(attributes: JsonRecord): JsonRecord {
  return { ...exampleOf(PAYMENT), ...attributes };
}
