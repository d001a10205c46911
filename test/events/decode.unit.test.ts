import { describe, expect, it } from 'vitest';
import { ERRORS, type ErrorCode } from '../../src/core/errors.js';
import { parseTime, US_PER_DAY } from '../../src/core/time.js';
import { type Decoded, decodeText, decodeValue } from '../../src/events/decode.js';
import { EVENT_TYPES } from '../../src/events/list.js';
import { accepted, exampleOf, type Json, type JsonRecord, LIMITS, refused } from './support.js';

const PAYMENT = 'payment.succeeded';

/** One thing wrong, on its own: what, the event, code and path. */
const FAULTS: readonly [string, JsonRecord, ErrorCode, string | null][] = [
  ['no specversion', envelope({ specversion: null }), 'missing_field', 'specversion'],
  ['another specversion', envelope({ specversion: '0.3' }), 'bad_specversion', 'specversion'],
  ['a specversion that is a number', envelope({ specversion: 1 }), 'bad_specversion', 'specversion'],
  ['no type', envelope({ type: null }), 'missing_field', 'type'],
  ['a type that is a number', envelope({ type: 5 }), 'wrong_type', 'type'],
  ['an unknown type', envelope({ type: 'prepaid.payment.guessed.v1' }), 'unknown_type', 'type'],
  ['a type of what goes out', envelope({ type: 'prepaid.alert.raised.v1' }), 'unknown_type', 'type'],
  ['a type of another version', envelope({ type: 'prepaid.payment.succeeded.v2' }), 'unknown_type', 'type'],
  ['a name of every object as type', envelope({ type: 'constructor' }), 'unknown_type', 'type'],
  ['no id', envelope({ id: null }), 'missing_field', 'id'],
  ['an empty id', envelope({ id: '' }), 'bad_id', 'id'],
  ['an id of 129 characters', envelope({ id: 'x'.repeat(129) }), 'bad_id', 'id'],
  ['an id that is a number', envelope({ id: 7 }), 'wrong_type', 'id'],
  ['a source with a space', envelope({ source: '/bank/a b' }), 'bad_source', 'source'],
  ['a source of 257 characters', envelope({ source: `/${'x'.repeat(256)}` }), 'bad_source', 'source'],
  ['no subject', envelope({ subject: null }), 'missing_field', 'subject'],
  ['a wrong check digit', envelope({ subject: '91350100M000100Y42' }), 'bad_subject', 'subject'],
  ['a local id without digits', envelope({ subject: 'X-370702-' }), 'bad_subject', 'subject'],
  ['a time without offset', envelope({ time: '2026-01-06T18:35:12' }), 'bad_time', 'time'],
  ['a time that is a number', envelope({ time: 1_767_695_712 }), 'wrong_type', 'time'],
  ['a time before microseconds can be counted', envelope({ time: '1500-01-01T00:00:00Z' }), 'bad_time', 'time'],
  ['a recordedtime that is a date', envelope({ recordedtime: '2026-01-06' }), 'bad_time', 'recordedtime'],
  ['a recordedtime that is a number', envelope({ recordedtime: 1 }), 'wrong_type', 'recordedtime'],
  ['a sequence that is a number', envelope({ sequence: 12 }), 'wrong_type', 'sequence'],
  ['a negative sequence', envelope({ sequence: '-1' }), 'out_of_range', 'sequence'],
  ['a sequence of 129 digits', envelope({ sequence: '1'.repeat(129) }), 'out_of_range', 'sequence'],
  ['another media type', envelope({ datacontenttype: 'text/xml' }), 'unknown_value', 'datacontenttype'],
  ['a media type that is a list', envelope({ datacontenttype: [] }), 'wrong_type', 'datacontenttype'],
  ['no data', envelope({ data: null }), 'missing_field', 'data'],
  ['data that is a list', envelope({ data: [] }), 'wrong_type', 'data'],
  ['data that is text', envelope({ data: '{}' }), 'wrong_type', 'data'],
  ['money as text', exampleOf(PAYMENT, { amountFen: '480000' }), 'wrong_type', 'data.amountFen'],
  ['money with a fraction', exampleOf(PAYMENT, { amountFen: 0.5 }), 'bad_money', 'data.amountFen'],
  ['negative money', exampleOf(PAYMENT, { amountFen: -1 }), 'bad_money', 'data.amountFen'],
  ['money of 2^53', exampleOf(PAYMENT, { amountFen: 2 ** 53 }), 'bad_money', 'data.amountFen'],
  [
    'negative income beyond 2^53',
    exampleOf('statement.filed', { equityFen: -(2 ** 53) }),
    'bad_money',
    'data.equityFen',
  ],
  ['negative revenue', exampleOf('statement.filed', { revenueFen: -1 }), 'bad_money', 'data.revenueFen'],
  ['hours with 3 decimals', exampleOf(PAYMENT, { hours: 1.155 }), 'bad_hours', 'data.hours'],
  ['tiny hours', exampleOf(PAYMENT, { hours: 1e-7 }), 'bad_hours', 'data.hours'],
  ['negative hours', exampleOf(PAYMENT, { hours: -0.01 }), 'bad_hours', 'data.hours'],
  ['hours as text', exampleOf(PAYMENT, { hours: '1' }), 'wrong_type', 'data.hours'],
  ['more hours than a life has', exampleOf(PAYMENT, { hours: 10_000_001 }), 'out_of_range', 'data.hours'],
  ['an unknown channel', exampleOf(PAYMENT, { channel: 'cheque' }), 'unknown_value', 'data.channel'],
  ['a channel that is a number', exampleOf(PAYMENT, { channel: 1 }), 'wrong_type', 'data.channel'],
  ['a boolean as text', exampleOf(PAYMENT, { loan: 'false' }), 'wrong_type', 'data.loan'],
  ['a name instead of a hash', exampleOf(PAYMENT, { payerHash: '张三' }), 'bad_hash', 'data.payerHash'],
  ['a hash of 15 characters', exampleOf(PAYMENT, { payerHash: 'a'.repeat(15) }), 'bad_hash', 'data.payerHash'],
  ['a hash of 129 characters', exampleOf(PAYMENT, { payerHash: 'a'.repeat(129) }), 'bad_hash', 'data.payerHash'],
  ['a hash that is a number', exampleOf(PAYMENT, { payerHash: 1_234 }), 'wrong_type', 'data.payerHash'],
  ['an id outside ASCII', exampleOf(PAYMENT, { paymentId: '缴费-1' }), 'bad_id', 'data.paymentId'],
  ['a list that is text', exampleOf('custody.credited', { paymentIds: 'P-1' }), 'wrong_type', 'data.paymentIds'],
  ['a wrong entry of a list', exampleOf('custody.credited', { paymentIds: ['P', ''] }), 'bad_id', 'data.paymentIds[1]'],
  ['null in a list', exampleOf('custody.credited', { paymentIds: [null] }), 'wrong_type', 'data.paymentIds[0]'],
  [
    'a long list',
    exampleOf('complaint.received', { keywords: Array(10_001).fill('x') }),
    'out_of_range',
    'data.keywords',
  ],
  ['no real day', exampleOf('custody.credited', { bookedOn: '2026-02-29' }), 'bad_date', 'data.bookedOn'],
  [
    'a date that is a time',
    exampleOf('custody.credited', { bookedOn: '2026-01-07T00:00:00Z' }),
    'bad_date',
    'data.bookedOn',
  ],
  [
    'a lesson without offset',
    exampleOf('lesson.scheduled', { startsAt: '2026-01-10T09:00:00' }),
    'bad_time',
    'data.startsAt',
  ],
  [
    'a lesson that ends first',
    exampleOf('lesson.scheduled', { endsAt: '2026-01-10T08:59:59+08:00' }),
    'out_of_range',
    'data.endsAt',
  ],
  [
    'a period that ends first',
    exampleOf('contract.signed', { periodTo: '2026-01-09' }),
    'out_of_range',
    'data.periodTo',
  ],
  [
    'a guarantee that ends first',
    exampleOf('guarantee.registered', { validTo: '2026-01-04' }),
    'out_of_range',
    'data.validTo',
  ],
  ['a break that ends first', exampleOf('break.declared', { to: '2026-02-13' }), 'out_of_range', 'data.to'],
  ['a fraction of a day', exampleOf('contract.signed', { refundDays: 1.5 }), 'out_of_range', 'data.refundDays'],
  ['fewer than no seats', exampleOf('lesson.scheduled', { capacity: -1 }), 'out_of_range', 'data.capacity'],
  ['a region of 5 digits', exampleOf('institution.upserted', { regionCode: '37070' }), 'bad_region', 'data.regionCode'],
  [
    'a name of 513 characters',
    exampleOf('institution.upserted', { name: '名'.repeat(513) }),
    'out_of_range',
    'data.name',
  ],
  ['a licence that is text', exampleOf('institution.upserted', { licence: 'complete' }), 'wrong_type', 'data.licence'],
  [
    'a licence without state',
    exampleOf('institution.upserted', { licence: {} }),
    'missing_field',
    'data.licence.state',
  ],
  ['a year of 2 digits', exampleOf('statement.filed', { period: '25' }), 'out_of_range', 'data.period'],
  [
    'a time for the end of a day',
    exampleOf('custody.balance_reported', { asOf: '2026-01-13T23:00:00Z' }),
    'bad_date',
    'data.asOf',
  ],
  ['a date within a day', exampleOf('custody.balance_reported', { kind: 'intraday' }), 'bad_time', 'data.asOf'],
  [
    'a line without contract',
    exampleOf('release.instructed', { lines: [{ amountFen: 1 }] }),
    'missing_field',
    'data.lines[0].contractId',
  ],
  [
    'money of the fourth line',
    exampleOf('release.instructed', {
      lines: [...Array(3).fill({ contractId: 'C', amountFen: 1 }), { contractId: 'C', amountFen: 1.5 }],
    }),
    'bad_money',
    'data.lines[3].amountFen',
  ],
  [
    'a reversal of another source',
    reversal({ source: '/bank/B001', id: 'x' }),
    'reverses_other_source',
    'data.reverses.source',
  ],
  [
    'a reversal of itself',
    reversal({ source: '/platform/370700', id: 'example-event.reversed' }),
    'reverses_reversal',
    'data.reverses.id',
  ],
  ['a reversal of nothing', reversal({ source: '/a b', id: 'x' }), 'bad_source', 'data.reverses.source'],
  ['NUL in a text', exampleOf('contract.ended', { reason: 'a\0b' }), 'wrong_type', 'data.reason'],
  ['NUL in an id', envelope({ id: 'a\0' }), 'bad_id', 'id'],
  ['NUL in a list', exampleOf('complaint.received', { keywords: ['a', '\0'] }), 'wrong_type', 'data.keywords[1]'],
  ['half a surrogate pair', exampleOf('contract.ended', { reason: 'a\ud83d' }), 'wrong_type', 'data.reason'],
];

/** Codes that the event alone does not decide. */
const OTHERS_DECIDE = [
  'id_reused',
  'conflicting_fact',
  'reverses_other_institution',
  'source_not_allowed',
  'unknown_account',
  'ambiguous_account',
  'unsupported_currency',
];

describe('a wrong event', () => {
  it.each(FAULTS)('is refused for %s', (_what, event, code, path) => {
    const rejection = refused(event);
    expect(rejection).toMatchObject({ code, path });
    expect(rejection.message.startsWith(`${path} `)).toBe(true);
    expect(rejection.message.endsWith('.')).toBe(true);
  });

  it('is refused with every code that an event alone can earn', () => {
    const earned = new Set<string>(FAULTS.map(([, , code]) => code));
    for (const result of [...FORMS.map(([, input]) => decodeText(input, FORM_LIMITS)), late(1)])
      earned.add(codeOf(result));
    const all = Object.entries(ERRORS).flatMap(([code, { kind }]) => (kind === 'rejected' ? [code] : []));
    expect([...earned].sort()).toEqual(all.filter((code) => !OTHERS_DECIDE.includes(code)).sort());
  });

  it.each([
    ['amountFen', '9007199254740991.4', 'bad_money'],
    ['amountFen', '4503599627370497.25', 'bad_money'],
    ['amountFen', '1.00000000000000000001', 'bad_money'],
    ['amountFen', '1e-400', 'bad_money'],
    ['hours', '1.2300000000000000001', 'bad_hours'],
    ['hours', '1e-400', 'bad_hours'],
  ])('is refused for %s of %s, although a double rounds it to one that is allowed', (field, number, code) => {
    const text = JSON.stringify(exampleOf(PAYMENT, { [field]: 4_711 })).replace('4711', number);
    for (const input of [text, Buffer.from(text)])
      expect(decodeText(input, LIMITS)).toMatchObject({ ok: false, rejection: { code, path: `data.${field}` } });
  });

  it('tells what its envelope says, so that its sender can find it', () => {
    const event = exampleOf(PAYMENT, { amountFen: -1 });
    const { id, source, subject, type } = event;
    expect(refused(event)).toMatchObject({ id, source, subject, type });
    const odd = refused({ ...event, id: 'x'.repeat(300), subject: 'a\0', source: 5 });
    expect(odd).toMatchObject({ id: null, source: null, subject: null, type });
  });

  it('never repeats a value that may name a person', () => {
    for (const payerHash of ['张三', '13800138000', 'x'.repeat(200)]) {
      expect(JSON.stringify(refused(exampleOf(PAYMENT, { payerHash })))).not.toContain(payerHash);
    }
  });

  it('is refused for the first of several problems, in the order of the contract', () => {
    const event = exampleOf(
      PAYMENT,
      { channel: 'x', amountFen: -1, paymentId: '' },
      { specversion: '2', source: ' ', subject: '' },
    );
    const repairs: [string, JsonRecord][] = [
      ['specversion', { ...event, specversion: '1.0' }],
      ['source', exampleOf(PAYMENT, { channel: 'x', amountFen: -1, paymentId: '' }, { subject: '' })],
      ['subject', exampleOf(PAYMENT, { channel: 'x', amountFen: -1, paymentId: '' })],
      ['data.paymentId', exampleOf(PAYMENT, { channel: 'x', amountFen: -1 })],
      ['data.amountFen', exampleOf(PAYMENT, { channel: 'x' })],
      ['data.channel', exampleOf(PAYMENT)],
    ];
    let now = event;
    for (const [path, repaired] of repairs) {
      expect(refused(now).path).toBe(path);
      now = repaired;
    }
    accepted(now);
  });
});

const FORM_LIMITS = { ...LIMITS, bytesMax: 2_000_000 };
const FORMS: readonly [string, string | Buffer, ErrorCode][] = [
  ['broken JSON', '{"specversion":"1.0",', 'not_json'],
  ['an empty text', '', 'not_json'],
  ['a control character in a text', '{"a":"\u0001"}', 'not_json'],
  ['a list', '[]', 'not_an_object'],
  ['a number', '5', 'not_an_object'],
  ['a text', '"event"', 'not_an_object'],
  ['a text that cannot be stored', '"\\u0000"', 'not_an_object'],
  ['null', 'null', 'not_an_object'],
  ['bytes that are not UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 'bad_encoding'],
  ['a megabyte of open lists', '['.repeat(1_000_000), 'too_deep'],
  ['a megabyte of open objects', '{"a":'.repeat(200_000), 'too_deep'],
  ['2 MB of one text', `{"a":"${'x'.repeat(2_000_000)}"}`, 'too_large'],
  ['2 MB of bytes', Buffer.alloc(2_000_001, 0x20), 'too_large'],
];

describe('the form of a text', () => {
  it.each(FORMS)('refuses %s', (_what, input, code) => {
    const result = decodeText(input, FORM_LIMITS);
    expect(result).toMatchObject({ ok: false, rejection: { code, path: null, subject: null, id: null } });
  });

  it('measures bytes, not characters', () => {
    const text = JSON.stringify(exampleOf('institution.upserted'));
    const bytes = Buffer.byteLength(text);
    expect(bytes).toBeGreaterThan(text.length);
    for (const input of [text, Buffer.from(text)]) {
      expect(decodeText(input, { ...LIMITS, bytesMax: bytes }).ok).toBe(true);
      expect(codeOf(decodeText(input, { ...LIMITS, bytesMax: bytes - 1 }))).toBe('too_large');
    }
    expect(codeOf(decodeValue(JSON.parse(text), { ...LIMITS, bytesMax: 100 }))).toBe('too_large');
  });

  it('counts the event itself as the first level', () => {
    const nested = (levels: number): Json => (levels === 0 ? 'x' : { inner: nested(levels - 1) });
    const withLevels = (levels: number) => exampleOf(PAYMENT, { extra: nested(levels - 2) });
    accepted(withLevels(LIMITS.depthMax));
    const deeper = withLevels(LIMITS.depthMax + 1);
    for (const result of [decodeText(JSON.stringify(deeper), LIMITS), decodeValue(deeper, LIMITS)]) {
      expect(result).toMatchObject({ ok: false, rejection: { code: 'too_deep', path: null } });
    }
  });

  it('does not mistake brackets in texts, or many flat ones, for depth', () => {
    accepted(exampleOf('contract.ended', { reason: `${'['.repeat(500)}\\"{` }));
    accepted(exampleOf('release.instructed', { lines: Array(100).fill({ contractId: 'C\\', amountFen: 1 }) }));
  });

  it('refuses values that are not JSON, when they were not read from text', () => {
    for (const odd of [10n, () => 1, Symbol('s'), Number.NaN]) {
      const result = decodeValue({ ...exampleOf(PAYMENT), odd }, LIMITS);
      expect(result).toMatchObject({ ok: false, rejection: { code: 'wrong_type', path: 'odd' } });
    }
    const circle: Record<string, unknown> = { ...exampleOf(PAYMENT) };
    circle.self = circle;
    expect(codeOf(decodeValue(circle, LIMITS))).toBe('too_deep');
  });
});

describe('time and receipt', () => {
  it('allows exactly a day after receipt', () => {
    expect(late(0).ok).toBe(true);
    expect(late(1)).toMatchObject({ ok: false, rejection: { code: 'time_in_future', path: 'time' } });
  });

  it('names the future also where the year is beyond what the books can keep', () => {
    for (const time of ['2256-01-01T00:00:00Z', '9999-12-31T23:59:59+08:00']) {
      const received = { ...LIMITS, receivedAt: parseTime('2026-01-10T00:00:00+08:00')! };
      expect(decodeValue(envelope({ time }), received), time).toMatchObject({
        ok: false,
        rejection: { code: 'time_in_future', path: 'time' },
      });
      expect(codeOf(decodeValue(envelope({ time }), LIMITS)), time).toBe('bad_time');
    }
  });

  it('is not compared with receipt in a replay', () => {
    accepted(envelope({ time: '2200-01-01T00:00:00Z' }));
  });
});

/** The payment with other attributes; null takes one away. */
function envelope(attributes: JsonRecord): JsonRecord {
  return { ...exampleOf(PAYMENT), ...attributes };
}

function reversal(reverses: JsonRecord): JsonRecord {
  return exampleOf('event.reversed', { reverses });
}

/** The example received a day and `us` microseconds before it happened. */
function late(us: number): Decoded {
  const event = exampleOf(PAYMENT);
  return decodeValue(event, { ...LIMITS, receivedAt: parseTime(String(event.time))! - US_PER_DAY - us });
}

function codeOf(result: Decoded): string {
  return result.ok ? 'accepted' : result.rejection.code;
}

describe('an event of which the content is written on demand', () => {
  it.each(EVENT_TYPES.map(({ type }) => type))('is the same event in the end: %s', (type) => {
    const text = JSON.stringify(exampleOf(type, { beside: 1 }, { aside: 'x' }));
    const [atOnce, later] = [false, true].map((lazyContent) => {
      const decoded = decodeText(text, { ...LIMITS, lazyContent });
      if (!decoded.ok) throw new Error(decoded.rejection.message);
      const { id, source, subject, at, recordedAt, sequence, data, contentHash, body } = decoded.event;
      expect(decoded.event.contentHash).toBe(contentHash);
      return { type: decoded.event.type, id, source, subject, at, recordedAt, sequence, data, contentHash, body };
    });
    expect(later).toEqual(atOnce);
  });
});
