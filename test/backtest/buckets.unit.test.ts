import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { HourBuckets } from '../../src/backtest/buckets.js';
import { shuffled } from './support.js';

const MINUTE = 60_000_000;

/** Records of ten days, one a minute, some at the same moment. */
const RECORDS = Array.from({ length: 4_000 }, (_, at) => ({
  time: Math.floor(at / 3) * 11 * MINUTE,
  text: `record ${at} ${'x'.repeat(at % 50)}`,
}));

function emptied(buckets: HourBuckets, safe = Number.POSITIVE_INFINITY): string[] {
  const texts: string[] = [];
  for (const hour of buckets.take(safe))
    for (let at = 0; at < hour.count; at += 1) texts.push(hour.bytesAt(at).toString());
  return texts;
}

function temporaryFolders(): number {
  return readdirSync(tmpdir()).filter((name) => name.startsWith(`feewarden-backtest-`)).length;
}

describe('records in any order come out in order of time', () => {
  it.each([
    ['all in memory', 1_000_000],
    ['most of them in a temporary file', 2_000],
    ['all of them in a temporary file', 1],
  ])('%s', (_, bytesMax) => {
    const before = temporaryFolders();
    const buckets = new HourBuckets(bytesMax);
    const arrival = shuffled(
      RECORDS.map((record, at) => ({ ...record, at })),
      5,
    );
    for (const { time, text, at } of arrival) buckets.add(time, Buffer.from(text), at);
    const expected = arrival
      .map((record, order) => ({ ...record, order }))
      .sort((a, b) => a.time - b.time || a.order - b.order)
      .map(({ text }) => text);
    expect(emptied(buckets)).toEqual(expected);
    buckets.close();
    expect(temporaryFolders()).toBe(before);
  });
});

it('holds back the hour that is not over', () => {
  const buckets = new HourBuckets();
  for (const minute of [130, 10, 61, 59, 119]) buckets.add(minute * MINUTE, Buffer.from(String(minute)), minute);
  expect(emptied(buckets, 119 * MINUTE)).toEqual(['10', '59']);
  expect(emptied(buckets, 120 * MINUTE)).toEqual(['61', '119']);
  expect(emptied(buckets)).toEqual(['130']);
});

it('keeps the place in the reading with each record', () => {
  const buckets = new HourBuckets(1);
  buckets.add(7, Buffer.from('b'), 11);
  buckets.add(5, Buffer.from('a'), 12);
  const [hour] = [...buckets.take(Number.POSITIVE_INFINITY)];
  expect([hour!.recordAt(0), hour!.timeAt(0), hour!.recordAt(1), hour!.timeAt(1)]).toEqual([12, 5, 11, 7]);
  buckets.close();
});
