import { expect, it } from 'vitest';
import { DELAY_SECONDS, delayAt } from '../../../src/banks/feeds/delays.js';

it('tells the step within which a share of the events came', () => {
  const counts = new Map([
    [0, 50],
    [3, 45],
    [DELAY_SECONDS.length - 1, 4],
    [DELAY_SECONDS.length, 1],
  ]);
  expect(delayAt(counts, 50)).toBe(1);
  expect(delayAt(counts, 51)).toBe(300);
  expect(delayAt(counts, 95)).toBe(300);
  expect(delayAt(counts, 99)).toBe(604_800);
  expect(delayAt(counts, 100)).toBeNull();
  expect(delayAt(new Map(), 50)).toBeNull();
});
