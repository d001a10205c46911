import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { takeFile } from '../../src/ledger/intake-file.js';
import { isProblem, openInputs } from '../../src/sources/files/records.js';
import { comparable, expectedBooks, expectedRejects, historyLines } from '../support/history.js';
import { account, event, institution, lines, payment, uscc } from './events.js';
import { type Harness, NOW, startHarness } from './harness.js';

const ONE = 'application/cloudevents+json';
const BATCH = 'application/cloudevents-batch+json';
const LINES = 'application/x-ndjson';

let h: Harness;
beforeAll(async () => {
  h = await startHarness({
    environment: {
      FEEWARDEN_INGEST_BATCH_EVENTS_MAX: '3',
      FEEWARDEN_EVENT_BYTES_MAX: '2048',
      FEEWARDEN_HTTP_BODY_BYTES_MAX: '65536',
    },
  });
});
afterAll(() => h.close());

async function paid(subject: string): Promise<string> {
  return (await h.call('GET', `/v1/institutions/${subject}/books`)).text;
}

describe('the media types', () => {
  test('one event is accepted, and the same again is a duplicate', async () => {
    const body = payment(uscc(1), 'p1', 100);
    const first = await h.call('POST', '/v1/events', { type: ONE, body });
    expect(first).toMatchObject({ status: 200, json: { accepted: 1, duplicates: 0, rejected: [] } });
    const again = await h.call('POST', '/v1/events', { type: `${ONE}; charset=utf-8`, body });
    expect(again.json).toEqual({ accepted: 0, duplicates: 1, rejected: [] });
  });

  test('one event may have the size of its limit although it is read as a whole', async () => {
    const body = payment(uscc(1), 'large', 1, { id: 'large' });
    const room = 2_048 - JSON.stringify({ ...body, note: '' }).length;
    const answer = await h.call('POST', '/v1/events', { type: ONE, body: { ...body, note: 'x'.repeat(room) } });
    expect(answer.json.accepted).toBe(1);
    const tooLarge = await h.call('POST', '/v1/events', {
      type: ONE,
      body: { ...body, id: 'larger', note: 'x'.repeat(room + 1) },
    });
    expect(tooLarge.json).toEqual({
      accepted: 0,
      duplicates: 0,
      rejected: [
        {
          index: 0,
          id: null,
          code: 'too_large',
          path: null,
          message: 'The event is larger than the allowed size. At most 2048 bytes.',
        },
      ],
    });
  });

  test('a batch larger than one transaction is taken in whole, and its bad elements alone are refused', async () => {
    const subject = uscc(2);
    const good = [1, 2, 3, 4, 5].map((n) => payment(subject, `p${n}`, n));
    const body = [good[0], { ...good[1], time: 'yesterday' }, good[2], 'a text', [good[3]], good[3], good[4]];
    const { json } = await h.call('POST', '/v1/events', { type: BATCH, body });
    expect(json).toMatchObject({ accepted: 4, duplicates: 0 });
    expect(
      json.rejected.map((one: { index: number; id: string; code: string; path: string }) => [
        one.index,
        one.id,
        one.code,
        one.path,
      ]),
    ).toEqual([
      [1, good[1]!.id, 'bad_time', 'time'],
      [3, null, 'not_an_object', null],
      [4, null, 'not_an_object', null],
    ]);
  });

  test('an element that is not even JSON does not hold up its neighbours', async () => {
    const subject = uscc(3);
    const body = `[ ${JSON.stringify(payment(subject, 'a', 1))},\n {"specversion":,} , ${JSON.stringify(payment(subject, 'b', 2))} ]\n`;
    const { json } = await h.call('POST', '/v1/events', { type: BATCH, body });
    expect(json).toMatchObject({ accepted: 2, rejected: [{ index: 1, code: 'not_json' }] });
  });

  test('application/json takes one event or an array of them', async () => {
    const one = await h.call('POST', '/v1/events', { body: payment(uscc(4), 'a', 1) });
    expect(one.json.accepted).toBe(1);
    const several = await h.call('POST', '/v1/events', { body: [payment(uscc(4), 'b', 1), payment(uscc(4), 'c', 1)] });
    expect(several.json.accepted).toBe(2);
    expect((await h.call('POST', '/v1/events', { body: '[]' })).json).toEqual({
      accepted: 0,
      duplicates: 0,
      rejected: [],
    });
  });

  test('a batch under the media type of one event is one wrong event', async () => {
    const { json } = await h.call('POST', '/v1/events', { type: ONE, body: [payment(uscc(4), 'd', 1)] });
    expect(json).toMatchObject({ accepted: 0, rejected: [{ index: 0, code: 'not_an_object' }] });
  });

  test.each([
    ['one event', ONE, (events: readonly unknown[]) => JSON.stringify(events[0]), 1],
    ['a batch', BATCH, (events: readonly unknown[]) => JSON.stringify(events), 2],
    ['lines', LINES, (events: readonly unknown[]) => events.map((one) => JSON.stringify(one)).join('\n'), 2],
  ])('a byte order mark before %s is passed over, as in a file', async (what, type, write, accepted) => {
    const events = ['a', 'b'].map((id) => payment(uscc(6), `${what} ${id}`, 1));
    const body = Buffer.from(`\ufeff${write(events)}`);
    expect((await h.call('POST', '/v1/events', { type, body })).json).toEqual({
      accepted,
      duplicates: 0,
      rejected: [],
    });
  });

  test('a stream with a bad line in the middle is taken in around it; blank lines are none', async () => {
    const subject = uscc(5);
    const body = `\n${lines([payment(subject, 'a', 1), payment(subject, 'b', 2)])}{"broken": \r\n\n  \n${lines([payment(subject, 'c', 4), payment(subject, 'd', 8)])}${JSON.stringify(payment(subject, 'e', 16))}`;
    const { status, json } = await h.call('POST', '/v1/events', { type: LINES, body });
    expect(status).toBe(200);
    expect(json).toMatchObject({ accepted: 5, duplicates: 0, rejected: [{ index: 2, id: null, code: 'not_json' }] });
    expect(await paid(subject)).toContain('"paidFen":31');
  });

  test('a stream may be larger than other bodies, and an empty one is no mistake', async () => {
    const subject = uscc(6);
    const events = Array.from({ length: 300 }, (_, n) => payment(subject, `p${n}`, 1));
    const body = lines(events);
    expect(body.length).toBeGreaterThan(65_536);
    expect((await h.call('POST', '/v1/events', { type: LINES, body })).json).toMatchObject({ accepted: 300 });
    expect((await h.call('POST', '/v1/events', { type: LINES, body: '' })).json).toEqual({
      accepted: 0,
      duplicates: 0,
      rejected: [],
    });
  });
});

describe('a request that is refused as a whole', () => {
  test.each([
    ['a body that is not JSON', { body: '{"specversion":' }, 400, 'not_json'],
    ['one event that is not UTF-8', { type: ONE, body: Buffer.from([0x7b, 0xff, 0x7d]) }, 400, 'bad_encoding'],
    ['a batch that is no array', { type: BATCH, body: {} }, 400, 'not_an_object'],
    ['a batch without its end', { type: BATCH, body: '[{}' }, 400, 'not_json'],
    ['a batch cut off between two events', { type: BATCH, body: '[{}, ' }, 400, 'not_json'],
    ['an empty body', { type: BATCH, body: '' }, 400, 'bad_request'],
    ['a body of nothing but blanks', { body: ' \n' }, 400, 'not_json'],
    ['another media type', { type: 'text/csv', body: 'a,b' }, 415, 'unsupported_media_type'],
    // 小学校 in GBK, which is well-formed UTF-8 too.
    [
      'another charset',
      { body: Buffer.from('{"\xd0\xa1\xd1\xa7\xd0\xa3":1}', 'latin1'), type: `${ONE}; Charset="GBK"` },
      415,
      'unsupported_media_type',
    ],
    ['a packed body', { body: '{}', headers: { 'content-encoding': 'gzip' } }, 415, 'unsupported_media_type'],
    ['a body above the limit', { type: BATCH, body: `[${' '.repeat(70_000)}]` }, 413, 'body_too_large'],
  ])('%s', async (_title, options, status, code) => {
    const before = await rejectedCount();
    const answer = await h.call('POST', '/v1/events', options);
    expect([answer.status, answer.json.code]).toEqual([status, code]);
    expect(await rejectedCount()).toBe(before);
  });

  test('of a form, which curl sends when nothing is said, names the media types that are taken', async () => {
    const answer = await h.call('POST', '/v1/events', { type: 'application/x-www-form-urlencoded', body: '{}' });
    expect(answer.status).toBe(415);
    expect(answer.json.detail).toMatch(/Content-Type .*application\/cloudevents\+json.*application\/x-ndjson/);
  });

  test('without a body and without a media type', async () => {
    expect((await h.call('POST', '/v1/events')).json.code).toBe('unsupported_media_type');
  });
});

async function rejectedCount(): Promise<number> {
  return (await h.db.pool.query<{ n: number }>('select count(*) as n from rejected_events')).rows[0]!.n;
}

describe('what a rejection leaves', () => {
  test('the same bytes sent twice with one key are kept once, with the request they came from', async () => {
    const body = `${JSON.stringify(event('payment.succeeded', uscc(7), { paymentId: 'x' }))}\n`;
    for (const id of ['first', 'second'])
      await h.call('POST', '/v1/events', { type: LINES, body, headers: { 'x-request-id': id } });
    const { json } = await h.call('GET', `/v1/rejected?institution=${uscc(7)}`);
    expect(json.items).toHaveLength(1);
    expect(json.items[0]).toMatchObject({
      code: 'missing_field',
      path: 'data.amountFen',
      origin: { key: 'settings', request: 'first', index: 0 },
    });
    const { rows } = await h.db.pool.query<{ input: Buffer }>('select input from rejected_events where subject = $1', [
      uscc(7),
    ]);
    expect(rows[0]!.input.toString()).toBe(body.trimEnd());
  });

  test('time more than a day after receipt is refused, a day is not', async () => {
    const body = [
      payment(uscc(8), 'a', 1, { time: '2026-07-04T23:59:59+08:00' }),
      payment(uscc(8), 'b', 1, { time: '2026-07-04T23:59:59.000001+08:00' }),
    ];
    expect((await h.call('POST', '/v1/events', { body })).json).toMatchObject({
      accepted: 1,
      rejected: [{ index: 1, code: 'time_in_future', path: 'time' }],
    });
  });

  test('id_reused and conflicting_fact are told in the answer of the request', async () => {
    const first = payment(uscc(9), 'a', 1);
    const body = [first, { ...first, data: { ...first.data, amountFen: 2 } }, payment(uscc(9), 'a', 3)];
    const { json } = await h.call('POST', '/v1/events', { body });
    expect(json.rejected.map((one: { code: string }) => one.code)).toEqual(['id_reused', 'conflicting_fact']);
  });

  test('more rejections than one answer names are counted, and all are stored', async () => {
    const small = await startHarness({ limits: { rejectedListed: 2 } });
    try {
      const { json } = await small.call('POST', '/v1/events', { type: LINES, body: 'a\nb\nc\nd\n' });
      expect(json.rejected).toHaveLength(2);
      expect(json.rejectedOmitted).toBe(2);
      expect((await small.call('GET', '/v1/rejected')).json.items).toHaveLength(4);
    } finally {
      await small.close();
    }
  });
});

describe('who speaks', () => {
  test('a bank is refused event by event where it speaks for another source', async () => {
    const key = await h.key('bank', 'B403');
    const subject = uscc(10);
    const body = [
      payment(subject, 'a', 1, { source: '/bank/B403' }),
      payment(subject, 'b', 1, { source: '/bank/B999' }),
      payment(subject, 'c', 1, { source: '/platform/370700' }),
    ];
    const { status, json } = await h.call('POST', '/v1/events', { key, body });
    expect(status).toBe(200);
    expect(json.accepted).toBe(1);
    const message = 'This key may not speak for that source.';
    expect(json.rejected).toEqual([
      { index: 1, id: body[1]!.id, code: 'source_not_allowed', path: 'source', message },
      { index: 2, id: body[2]!.id, code: 'source_not_allowed', path: 'source', message },
    ]);
    // The refused ids are not taken: their own source may still send them.
    expect((await h.call('POST', '/v1/events', { body: body.slice(1) })).json.accepted).toBe(2);
  });

  test('a platform speaks for its region, and an ingest key for all', async () => {
    const body = [
      payment(uscc(11), 'a', 1, { source: '/platform/370702' }),
      payment(uscc(11), 'b', 1, { source: '/platform/370800' }),
    ];
    expect((await h.call('POST', '/v1/events', { key: await h.key('platform', '3707'), body })).json).toMatchObject({
      accepted: 1,
      rejected: [{ index: 1 }],
    });
    expect((await h.call('POST', '/v1/events', { key: await h.key('ingest'), body })).json).toEqual({
      accepted: 1,
      duplicates: 1,
      rejected: [],
    });
  });
});

test('sums beyond 2^53 come out to the fen', async () => {
  const subject = uscc(12);
  const most = Number.MAX_SAFE_INTEGER;
  const body = [
    institution(subject, '370702'),
    account(subject),
    ...[1, 2, 3].map((n) => payment(subject, `p${n}`, most)),
  ];
  expect((await h.call('POST', '/v1/events', { body })).json.accepted).toBe(5);
  const exact = (3n * BigInt(most)).toString();
  expect(exact).toBe('27021597764222973');
  expect(await paid(subject)).toContain(`"paidFen":${exact},`);
  expect(await paid(subject)).toContain(`"unearnedFen":${exact},`);
});

test('what runs in the transaction of a batch sees each new rejection once', async () => {
  const told: string[] = [];
  const own = await startHarness({
    deps: {
      alongside: async (_client, result) => {
        told.push(...result.newlyRejected.map((row) => row.code));
      },
    },
  });
  try {
    for (let n = 0; n < 2; n += 1) await own.call('POST', '/v1/events', { type: LINES, body: 'bad\n' });
    expect(told).toEqual(['not_json']);
  } finally {
    await own.close();
  }
});

test('a history sent over HTTP gives exactly its books, and the same as a file before it only duplicates', async () => {
  const own = await startHarness();
  const file = path.join(os.tmpdir(), `feewarden-http-${process.pid}.ndjson`);
  const body = `${historyLines().join('\n')}\n`;
  try {
    const half = Math.floor(body.length / 2);
    const cut = body.indexOf('\n', half) + 1;
    writeFileSync(file, body.slice(0, cut));
    const limits = { bytesMax: 262_144, depthMax: 32 };
    for await (const input of openInputs([file])) {
      if (isProblem(input)) throw input.error;
      await takeFile({ pool: own.db.pool, calendar: CHINA_CALENDAR, clock: () => NOW, limits }, input, {
        batchEventsMax: 2_000,
      });
    }
    const linesInFile = readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '').length;
    const { json } = await own.call('POST', '/v1/events', { type: LINES, body });
    expect(json.rejected.map((one: { index: number }) => one.index + 1)).toEqual(
      expectedRejects().map((reject) => reject.line),
    );
    expect(json.duplicates).toBeGreaterThan(linesInFile * 0.9);
    for (const expected of expectedBooks()) {
      const books = await own.call('GET', `/v1/institutions/${expected.institutionId}/books`);
      const [got, wanted] = comparable(books.json, expected);
      expect(got).toEqual(wanted);
    }
    expect(own.fatal).toEqual([]);
  } finally {
    rmSync(file, { force: true });
    await own.close();
  }
}, 120_000);
