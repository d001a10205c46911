import fc from 'fast-check';
import { expect, it } from 'vitest';
import { findPositions, findSum, RUN_ITEMS_MAX, SUBSET_ITEMS_MAX } from '../../../src/banks/reconcile/sums.js';

const amounts = (...values: number[]) => values.map((value) => ({ amountFen: BigInt(value) }));

it('finds all, then a run of neighbours, then the smallest subset', () => {
  const items = amounts(5, 7, 11, 13, 2);
  expect(findSum(items, 38n)).toEqual(items);
  expect(findSum(items, 31n)).toEqual(amounts(7, 11, 13));
  expect(findSum(items, 20n)).toEqual(amounts(7, 13));
  expect(findSum(items, 18n)).toEqual(amounts(7, 11));
  expect(findSum(items, 1n)).toBeNull();
  // One item is no sum: that is for the match by amount.
  expect(findSum(items, 13n)).toEqual(null);
  expect(findSum(amounts(4), 4n)).toBeNull();
  expect(findSum(items, 0n)).toBeNull();
});

it('looks no further than its bounds', () => {
  const ones = amounts(...Array.from({ length: RUN_ITEMS_MAX + 5 }, () => 1));
  expect(findSum(ones, BigInt(RUN_ITEMS_MAX))).toHaveLength(RUN_ITEMS_MAX);
  expect(findSum(ones, BigInt(RUN_ITEMS_MAX + 1))).toBeNull();
  const values = Array.from({ length: SUBSET_ITEMS_MAX + 1 }, (_, i) => 1n << BigInt(i));
  expect(findPositions(values, values[SUBSET_ITEMS_MAX]! + 1n)).toBeNull();
});

it('finds positions that make exactly the sum, whenever there are some', () => {
  fc.assert(
    fc.property(
      fc.array(fc.bigInt({ min: -50n, max: 50n }), { minLength: 1, maxLength: SUBSET_ITEMS_MAX }),
      fc.nat(2 ** SUBSET_ITEMS_MAX - 1),
      (values, mask) => {
        const chosen = values.filter((_, at) => (mask & (1 << at)) !== 0);
        fc.pre(chosen.length > 0);
        const target = chosen.reduce((sum, value) => sum + value, 0n);
        const positions = findPositions(values, target)!;
        expect(positions.reduce((sum, at) => sum + values[at]!, 0n)).toBe(target);
        expect(positions.length).toBeLessThanOrEqual(chosen.length);
      },
    ),
  );
});
