import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { retryDelayMs, WEBHOOK_RETRY } from '../../src/alerts/backoff.js';

const middle = 0.5;

describe('retryDelayMs', () => {
  it('triples the pause up to six hours and gives a webhook up after twelve attempts, about a day', () => {
    const delays = Array.from({ length: 12 }, (_, i) => retryDelayMs(i + 1, WEBHOOK_RETRY, middle));
    expect(delays.slice(0, 4)).toEqual([5_000, 15_000, 45_000, 135_000]);
    expect(delays[10]).toBe(21_600_000);
    expect(delays[11]).toBeNull();
    const hours = delays.reduce<number>((sum, delay) => sum + (delay ?? 0), 0) / 3_600_000;
    expect(hours).toBeGreaterThan(20);
    expect(hours).toBeLessThan(26);
  });

  it('waits as long as the receiver asks, within an hour', () => {
    expect(retryDelayMs(1, WEBHOOK_RETRY, middle, 60_000)).toBe(60_000);
    expect(retryDelayMs(1, WEBHOOK_RETRY, middle, 10)).toBe(5_000);
    expect(retryDelayMs(1, WEBHOOK_RETRY, middle, 9e15)).toBe(3_600_000);
  });

  it('stays within a fifth of the planned pause', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 11 }),
        fc.double({ min: 0, max: 0.999_999, noNaN: true }),
        (attempt, random) => {
          const delay = retryDelayMs(attempt, WEBHOOK_RETRY, random)!;
          const planned = retryDelayMs(attempt, WEBHOOK_RETRY, middle)!;
          return delay >= planned * 0.799_999 && delay <= planned * 1.200_001;
        },
      ),
    );
  });

  it('has a pause that is a number after any number of attempts', () => {
    const forever = { ...WEBHOOK_RETRY, attemptsMax: 10_000 };
    expect(retryDelayMs(9_999, forever, middle)).toBe(21_600_000);
    expect(retryDelayMs(9_999, { ...forever, delayMsFirst: 0 }, middle)).toBe(0);
  });
});
