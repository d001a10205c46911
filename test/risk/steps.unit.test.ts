import { describe, expect, it } from 'vitest';
import { is, judge, type Step, type Test, Tests } from '../../src/risk/steps.js';

/** An open finding is left when the limit is kept by a tenth of it. */
const tests = new Tests(1_000);
const large = 10n ** 15n;

describe('a limit', () => {
  it.each<[string, (value: number) => Test]>([
    ['of numbers', (value) => tests.over(value, 1_000)],
    ['of sums', (value) => tests.over(BigInt(value), 1_000n)],
    ['of both', (value) => tests.over(value, 1_000n)],
    ['of large numbers', (value) => tests.over(value * 1e11, 1e14)],
    ['of large sums', (value) => tests.over(BigInt(value) * large, 1_000n * large)],
  ])('%s is passed above it, and kept by the margin up to nine tenths of it', (_, over) => {
    expect([1_001, 1_000, 901, 900, 1, 0, -5].map(over)).toEqual([2, 1, 1, 0, 0, 0, 0]);
  });

  it.each<[string, (value: number) => Test]>([
    ['of numbers', (value) => tests.from(value, 1_000)],
    ['of sums', (value) => tests.from(BigInt(value), 1_000n)],
    ['of large numbers', (value) => tests.from(value * 1e11, 1e14)],
    ['of large sums', (value) => tests.from(BigInt(value) * large, 1_000n * large)],
  ])('%s that is reached itself is kept by the margin below nine tenths of it', (_, from) => {
    expect([1_001, 1_000, 999, 900, 899, 0].map(from)).toEqual([2, 2, 1, 1, 0, 0]);
  });

  it('below which a sum must not fall is kept by the margin from eleven tenths of it on', () => {
    expect([999n, 1_000n, 1_099n, 1_100n].map((value) => tests.under(value, 1_000n))).toEqual([2, 1, 1, 0]);
  });

  it('of nothing is passed by anything, and nothing holds a finding open', () => {
    expect([tests.over(1, 0), tests.over(0, 0), tests.over(0n, 0n)]).toEqual([2, 0, 0]);
    expect([tests.from(0, 0), tests.from(0, 1), tests.from(0n, 1n)]).toEqual([2, 0, 0]);
  });

  it('holds nothing open where the policy has no margin', () => {
    const exact = new Tests(0);
    expect([exact.over(11, 10), exact.over(10, 10), exact.over(10n, 10n)]).toEqual([2, 0, 0]);
    expect([exact.from(10, 10), exact.from(9, 10), exact.under(10n, 10n)]).toEqual([2, 0, 0]);
  });

  it('in shares is compared exactly, and a part of nothing is none', () => {
    // 25% of 3 is 0.75.
    expect([tests.overShare(1n, 3n, 2_500), tests.overShare(3n, 12n, 2_500)]).toEqual([2, 1]);
    expect([tests.fromShare(3n, 12n, 2_500), tests.fromShare(2n, 12n, 2_500)]).toEqual([2, 0]);
    expect([tests.overShare(225n, 1_000n, 2_500), tests.overShare(226n, 1_000n, 2_500)]).toEqual([0, 1]);
    expect([tests.fromShare(224n, 1_000n, 2_500), tests.fromShare(225n, 1_000n, 2_500)]).toEqual([0, 1]);
    expect([tests.overShare(0n, 0n, 2_500), tests.fromShare(0n, 0n, 2_500), tests.fromShare(0n, 9n, 0)]).toEqual([
      0, 0, 0,
    ]);
    expect([tests.overShare(-1n, 0n, 2_500), tests.fromShare(-1n, -9n, 2_500)]).toEqual([0, 0]);
    expect([tests.overShare(1n, 0n, 2_500), tests.fromShare(1n, 0n, 2_500)]).toEqual([2, 2]);
  });
});

describe('steps', () => {
  const step = (level: Step['level'], threshold: number, ...given: Test[]): Step => ({
    level,
    threshold,
    tests: given,
  });

  it('answer the highest level of which all tests hold, with its threshold, else the threshold of the first', () => {
    expect(judge([step('yellow', 5, 2), step('red', 9, 2, 2), step('orange', 7, 2)])).toEqual({
      level: 'red',
      holdLevel: 'red',
      threshold: 9,
    });
    expect(judge([step('yellow', 5, 2), step('red', 9, 2, 0)])).toMatchObject({ level: 'yellow', threshold: 5 });
    expect(judge([step('yellow', 5, 0), step('red', 9, 0)])).toEqual({
      level: 'none',
      holdLevel: 'none',
      threshold: 5,
    });
    // Two ways to one level: the first that is reached is told.
    expect(judge([step('yellow', 5, 0), step('orange', 7, 2), step('orange', 8, 2)])).toMatchObject({ threshold: 7 });
  });

  it('hold a level open while no test of it is kept by the margin', () => {
    expect(judge([step('yellow', 5, 2), step('red', 9, 2, 1)])).toEqual({
      level: 'yellow',
      holdLevel: 'red',
      threshold: 5,
    });
    expect(judge([step('yellow', 5, 2), step('red', 9, 1, 0)])).toMatchObject({ holdLevel: 'yellow' });
    expect(judge([step('orange', 5, 1), step('blue', 9, 1)])).toEqual({
      level: 'none',
      holdLevel: 'orange',
      threshold: 5,
    });
  });

  it('without a margin are a yes or a no', () => {
    expect([is(true), is(false)]).toEqual([2, 0]);
    expect(judge([{ level: 'blue', threshold: 1, tests: [] }])).toMatchObject({ level: 'blue' });
  });
});
