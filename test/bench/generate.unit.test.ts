import { describe, expect, test } from 'vitest';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { parseDay } from '../../src/core/time.js';
import { Model } from '../../src/model/model.js';
import { decodeLine } from '../support/history.js';
import { History } from './generate.js';

const END = parseDay('2026-07-04')!;
const LINES = 12_000;
const city = (seed = 1, prefix = ''): History =>
  new History({ seed, institutions: 10, events: LINES, endDay: END, prefix });

describe('a generated history', () => {
  const history = city();
  const lines = history.take(LINES);
  const decoded = lines.map(decodeLine);

  test('holds only events that the contract accepts', () => {
    expect(decoded.flatMap((one) => (one.ok ? [] : [one.rejection]))).toEqual([]);
  });

  test('tells no two facts that contradict each other', () => {
    const model = new Model(CHINA_CALENDAR);
    const outcomes = decoded.map((one) => (one.ok ? model.book(one.event).kind : 'undecoded'));
    expect(outcomes.filter((kind) => kind === 'rejected' || kind === 'undecoded')).toEqual([]);
    const duplicates = outcomes.filter((kind) => kind === 'duplicate').length;
    expect(duplicates).toBe(lines.length - new Set(lines).size);
    expect(duplicates / LINES).toBeGreaterThan(0.01);
  });

  test('has the mix of a real city', () => {
    const share = (type: string): number => decoded.filter((one) => one.ok && one.event.type === type).length / LINES;
    expect(share('lesson.confirmed')).toBeGreaterThan(0.2);
    expect(share('lesson.confirm_requested')).toBeGreaterThan(0.2);
    expect(share('custody.balance_reported')).toBeGreaterThan(0.08);
    for (const type of [
      'contract.signed',
      'payment.succeeded',
      'custody.credited',
      'custody.debited',
      'release.instructed',
    ]) {
      expect(share(type), type).toBeGreaterThan(0.005);
    }
  });

  test('is the same for the same seed and another for another', () => {
    expect(city().take(500)).toEqual(lines.slice(0, 500));
    expect(city(2).take(500)).not.toEqual(lines.slice(0, 500));
  });

  test('shares no institution and no id with a history of another prefix', () => {
    const names = (text: string): string[] => [/"id":"[^"]+"/.exec(text)![0], /"subject":"[^"]+"/.exec(text)![0]];
    const mine = new Set(city(1, '1').take(2_000).flatMap(names));
    expect(
      city(1, '2')
        .take(2_000)
        .flatMap(names)
        .filter((name) => mine.has(name)),
    ).toEqual([]);
  });
});
