import { expect, it } from 'vitest';
import { backoffMs } from '../../src/core/backoff.js';

const policy = { baseMs: 100, maxMs: 1_000, attemptsMax: 9 };

it.each([
  [1, 100],
  [2, 200],
  [3, 400],
  [4, 800],
  [5, 1_000],
  [2_000, 1_000],
])('after failure %i in a row waits %i ms: twice as long each time, up to the longest pause', (attempt, pause) => {
  expect(backoffMs(policy, attempt)).toBe(pause);
});

it('stays a whole number of milliseconds where no pause is too long', () => {
  const patient = { ...policy, baseMs: 1, maxMs: Number.MAX_SAFE_INTEGER };
  expect(backoffMs(patient, 31)).toBe(2 ** 30);
  expect(backoffMs(patient, 32)).toBe(2 ** 30);
});
