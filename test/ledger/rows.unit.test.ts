import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planOf } from '../../src/ledger/plan.js';
import { type Booked, isNewer, withBooked } from '../../src/ledger/rows.js';
import { tell } from '../model/tell.js';

describe('of two tellings the newer one', () => {
  const newer = (a: readonly [number, string, string], b: readonly [number, string, string]) =>
    isNewer({ at: a[0], source: a[1], id: a[2] }, { at: b[0], source: b[1], id: b[2] });

  it('is that of the later time, whoever told it', () => {
    expect(newer([2, '/a', '1'], [1, '/b', '2'])).toBe(true);
    expect(newer([1, '/b', '2'], [2, '/a', '1'])).toBe(false);
  });

  it('is at one time that of the greater source and id, read as one text', () => {
    expect(newer([1, '/p/3', 'z'], [1, '/p/37', 'a'])).toBe(true);
    expect(newer([1, '/p/37', 'a'], [1, '/p/3', 'z'])).toBe(false);
    expect(newer([1, '/p', '2'], [1, '/p', '10'])).toBe(true);
  });

  it('is decided where that text is the same, and no telling is newer than itself', () => {
    expect(newer([1, '/p/37', '1'], [1, '/p/3', '71'])).toBe(true);
    expect(newer([1, '/p/3', '71'], [1, '/p/37', '1'])).toBe(false);
    expect(newer([1, '/p/37', '1'], [1, '/p/37', '1'])).toBe(false);
  });
});

it('what the bank has booked is the same list in whatever order it comes, once each, and without what was taken back', () => {
  const [one, two, three]: Booked[] = [
    ['A\x1f1', 5, 100],
    ['A\x1f2', 4, 200],
    ['B\x1f1', 3, 300],
  ] as const;
  const listOf = (...all: readonly Booked[]) => all.reduce<readonly Booked[]>((list, x) => withBooked(list, x, 1), []);
  expect(listOf(three!, one!, two!, one!)).toEqual([one, two, three]);
  expect(withBooked(listOf(two!, three!, one!), two!, -1)).toEqual([one, three]);
  expect(withBooked([one!], two!, -1)).toEqual([one]);
});

it('confirmed hours are counted in whole hundredths, as they are written', () => {
  fc.assert(
    fc.property(fc.nat(100_000), (hundredths) => {
      const hours = Number(`${Math.floor(hundredths / 100)}.${String(hundredths % 100).padStart(2, '0')}`);
      const event = tell('lesson.confirmed', { confirmId: 'F', contractId: 'C', hours, amountFen: 1, by: 'parent' });
      expect(planOf(event).line?.hoursHundredths).toBe(hundredths);
    }),
    // As numbers these are less, or more, than what is written.
    { numRuns: 50, examples: [[29], [57], [113], [201], [1_001]] },
  );
});
