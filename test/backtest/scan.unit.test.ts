import { describe, expect, it } from 'vitest';
import { LineScanner, type Scanned } from '../../src/backtest/scan.js';
import { historyLines } from '../support/history.js';

/** The same content written so that it must be parsed: an escaped letter in a string that does not count. */
function parsedForm(line: string): Scanned {
  const value = JSON.parse(line) as Record<string, unknown>;
  const text = JSON.stringify({ ...value, zz: 'X' }).replace('"zz":"X"', '"zz":"\\u0058"');
  return { ...new LineScanner().scan(Buffer.from(text)) };
}

function scan(line: string): Scanned {
  return { ...new LineScanner().scan(Buffer.from(line)) };
}

const EVENT = {
  specversion: '1.0',
  id: 'e-1',
  source: '/platform/370700',
  type: 'prepaid.payment.succeeded.v1',
  subject: 'X-370702-1',
  time: '2026-01-05T00:01:00+08:00',
  data: { paymentId: 'P-1', amountFen: 5, nested: { id: 'no', time: 'no', paymentId: 'no' }, list: [{ source: 'no' }] },
};

const { data: DATA, ...ATTRIBUTES } = EVENT;
const DATA_FIRST = { data: DATA, ...ATTRIBUTES };

describe('the scanner reads a line as parsing it would', () => {
  it('for every line of a history that is one object', () => {
    let compared = 0;
    for (const line of historyLines()) {
      let value: unknown;
      try {
        value = JSON.parse(line);
      } catch {
        continue;
      }
      if (typeof value !== 'object' || value === null || Array.isArray(value)) continue;
      expect(scan(line)).toEqual(parsedForm(line));
      compared += 1;
    }
    expect(compared).toBeGreaterThan(34_000);
  });

  it.each([
    ['white space', JSON.stringify(EVENT, null, 3)],
    ['data first', JSON.stringify(DATA_FIRST)],
    ['data before type', JSON.stringify(DATA_FIRST).replace('{', '{"zz":{"data":{"id":"no"}},')],
    ['an attribute twice', JSON.stringify(EVENT).replace('"id":"e-1"', '"id":"e-0","id":"e-1"')],
    ['a time that was known later', JSON.stringify({ ...EVENT, recordedtime: '2026-02-03T04:05:06.5+00:00' })],
    ['no recorded time', JSON.stringify({ ...EVENT, recordedtime: null })],
    ['a time in UTC', JSON.stringify({ ...EVENT, time: '2026-01-04T16:01:00Z' })],
    ['a time that is none', JSON.stringify({ ...EVENT, time: '2026-02-30T00:00:00+08:00' })],
    ['a time with other marks', JSON.stringify({ ...EVENT, time: '2026/01/05T00:01:00+08:00' })],
    ['a number for a text', JSON.stringify({ ...EVENT, subject: 5, id: {}, time: null })],
    [
      'a reversal',
      JSON.stringify({ ...EVENT, type: 'prepaid.event.reversed.v1', data: { reverses: { source: 's', id: 'i' } } }),
    ],
    ['another type', JSON.stringify({ ...EVENT, type: 'prepaid.lesson.delivered.v1' })],
  ])('with %s', (_, line) => {
    expect(scan(line)).toEqual(parsedForm(line));
  });

  it.each(['', '{', '[1]', '"text"', '{"id":"x', '{"id":"x"}}', 'null'])('and has no time for %j', (line) => {
    expect(scan(line).recordedAt).toBeNaN();
  });
});

it('tells apart what differs in identity, institution or the thing it is about', () => {
  const of = (change: object, data: object = {}): Scanned =>
    scan(JSON.stringify({ ...EVENT, ...change, data: { ...EVENT.data, ...data } }));
  const base = of({});
  expect(of({ id: 'e-2' }).identity).not.toBe(base.identity);
  expect(of({ source: '/platform/370702' }).identity).not.toBe(base.identity);
  expect(of({ subject: 'X-370702-2' })).toMatchObject({ identity: base.identity });
  expect(of({ subject: 'X-370702-2' }).subject).not.toBe(base.subject);
  expect(of({}, { paymentId: 'P-2' }).fact).not.toBe(base.fact);
  expect(of({ type: 'prepaid.payment.reversed.v1' }).fact).not.toBe(base.fact);
  expect(of({}, { amountFen: 6 }).fact).toBe(base.fact);
});

it('finds the identity that a reversal names', () => {
  const reversal = {
    ...EVENT,
    id: 'r-1',
    type: 'prepaid.event.reversed.v1',
    data: { reverses: { source: EVENT.source, id: EVENT.id } },
  };
  expect(scan(JSON.stringify(reversal)).reverses).toBe(scan(JSON.stringify(EVENT)).identity);
});
