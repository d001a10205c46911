import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  enoughFor,
  findPositions,
  findSum,
  RUN_ITEMS_MAX,
  SUBSET_ITEMS_MAX,
} from '../../../src/banks/reconcile/sums.js';

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

describe('as many items as are looked at', () => {
  it('end where neither a run nor a subset is tried and all are too much, so that thousands are not read for each', () => {
    let read = 0;
    function* endless() {
      for (;;) {
        read += 1;
        yield { amountFen: 500n, isOurs: read % 2 === 0 };
      }
    }
    const found = enoughFor(endless(), ({ isOurs }) => isOurs, 600n);
    expect([found.length, read]).toEqual([RUN_ITEMS_MAX, 2 * RUN_ITEMS_MAX]);
  });

  it('are all of them while they do not come to more than is looked for', () => {
    const items = Array.from({ length: 2 * RUN_ITEMS_MAX }, () => ({ amountFen: 1n }));
    const all = enoughFor(items, () => true, BigInt(items.length));
    expect(findSum(all, BigInt(items.length))).toHaveLength(items.length);
  });
});
