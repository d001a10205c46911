import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { decodeText } from '../../src/events/decode.js';
import { EVENT_TYPES, eventTypeNumber, eventTypeOf, listedTypeOf, wireName } from '../../src/events/list.js';
import { accepted, exampleOf, type JsonRecord, LIMITS, refused } from './support.js';

describe('the list of event types', () => {
  it('keeps the number of every type, because databases hold it', () => {
    expect(Object.fromEntries(EVENT_TYPES.map(({ type, number }) => [type, number]))).toEqual({
      'institution.upserted': 1,
      'account.registered': 10,
      'account.state_changed': 11,
      'account.requirement_set': 12,
      'contract.signed': 20,
      'contract.ended': 21,
      'payment.succeeded': 30,
      'payment.reversed': 31,
      'custody.credited': 40,
      'custody.debited': 41,
      'custody.balance_reported': 42,
      'guarantee.registered': 50,
      'stock.declared': 55,
      'lesson.scheduled': 60,
      'lesson.cancelled': 61,
      'lesson.delivered': 62,
      'lesson.confirm_requested': 63,
      'lesson.confirmed': 64,
      'lesson.disputed': 65,
      'release.instructed': 70,
      'refund.requested': 80,
      'refund.approved': 81,
      'refund.rejected': 82,
      'refund.withdrawn': 83,
      'refund.paid': 84,
      'statement.filed': 90,
      'complaint.received': 100,
      'complaint.closed': 101,
      'inspection.recorded': 110,
      'external.signal': 120,
      'contact.attempted': 130,
      'break.declared': 140,
      'event.reversed': 150,
    });
  });

  it('has one number per type and finds each by the other', () => {
    expect(new Set(EVENT_TYPES.map(({ number }) => number)).size).toBe(EVENT_TYPES.length);
    for (const { type, number } of EVENT_TYPES) {
      expect(eventTypeNumber(type)).toBe(number);
      expect(eventTypeOf(number)).toBe(type);
      expect(listedTypeOf(wireName(type))?.type).toBe(type);
    }
    expect(() => eventTypeOf(9_999)).toThrow(RangeError);
    expect(listedTypeOf('prepaid.alert.raised.v1')).toBeUndefined();
  });

  it.each(EVENT_TYPES)('has an example of $type that decodes, and again from its body', ({ type, family, example }) => {
    expect(type.startsWith(`${family}.`)).toBe(true);
    const event = accepted(example);
    expect(event.type).toBe(type);
    const again = decodeText(event.body, LIMITS);
    expect(again).toStrictEqual({ ok: true, event });
  });

  it.each(EVENT_TYPES)('describes $type as JSON Schema that lets unknown fields be', ({ schema }) => {
    const described = z.toJSONSchema(schema, { io: 'input' });
    expect(described.type).toBe('object');
    expect(described.additionalProperties).not.toBe(false);
  });

  it.each(EVENT_TYPES)('requires every required field of $type, and no optional one', ({ type, schema }) => {
    const described = z.toJSONSchema(schema, { io: 'input' });
    const required = described.required ?? [];
    expect(required.length).toBeGreaterThan(0);
    for (const field of Object.keys(described.properties ?? {})) {
      const event = exampleOf(type, { [field]: null });
      if (required.includes(field)) {
        expect(refused(event)).toMatchObject({ code: 'missing_field', path: `data.${field}` });
      } else {
        expect((accepted(event).data as unknown as JsonRecord)[field]).toBeUndefined();
      }
    }
  });
});
