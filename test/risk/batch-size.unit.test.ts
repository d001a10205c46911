import { expect, it } from 'vitest';
import { nextBatchSize } from '../../src/risk/batch-size.js';

const MAX = 200;
const ms = (count: number): number => count * 1_000;

it('takes as many institutions as a quarter of a second is enough for', () => {
  expect(nextBatchSize(20, 20, ms(250), MAX)).toBe(20);
  expect(nextBatchSize(20, 20, ms(200), MAX)).toBe(25);
  expect(nextBatchSize(60, 60, ms(2_000), MAX)).toBe(8);
});

it('learns nothing of a batch that was not full, and grows step by step', () => {
  expect(nextBatchSize(20, 19, ms(5_000), MAX)).toBe(20);
  expect(nextBatchSize(20, 0, 0, MAX)).toBe(20);
  expect(nextBatchSize(20, 20, ms(1), MAX)).toBe(40);
  expect(nextBatchSize(20, 20, 0, MAX)).toBe(40);
});

it('takes a few however slow they are, and never more than it may', () => {
  expect(nextBatchSize(20, 20, ms(60_000), MAX)).toBe(5);
  expect(nextBatchSize(180, 180, ms(100), MAX)).toBe(MAX);
  expect(nextBatchSize(1, 1, ms(60_000), 1)).toBe(1);
});
