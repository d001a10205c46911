import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  AMOUNT_FEN_MAX,
  atLeastShare,
  formatYuan,
  maxFen,
  minFen,
  parseYuan,
  shareBasisPoints,
  shareBasisPointsUp,
} from '../../src/core/money.js';

describe('formatYuan', () => {
  it.each([
    [0n, '0.00'],
    [5n, '0.05'],
    [-5n, '-0.05'],
    [100n, '1.00'],
    [123_456_789n, '1,234,567.89'],
    [-100_000n, '-1,000.00'],
    [BigInt(AMOUNT_FEN_MAX) * 1_000n, '90,071,992,547,409,910.00'],
  ])('writes %s fen as %s', (fen, text) => {
    expect(formatYuan(fen)).toBe(text);
  });
});

describe('parseYuan', () => {
  it.each([
    ['1,234.5', 123_450n],
    ['¥1234.50', 123_450n],
    ['￥0.01', 1n],
    ['-¥3', -300n],
    ['¥-3', -300n],
    [' 12 ', 1_200n],
    ['90071992547409910.00', 9_007_199_254_740_991_000n],
  ])('reads %s', (text, fen) => {
    expect(parseYuan(text)).toBe(fen);
  });

  it.each(['', '-', '¥', '1.234', '1,23', '1,2345', '.5', '1.', '1e3', '-¥-3', '12元', '0x10', '1 000'])(
    'refuses %j',
    (text) => {
      expect(parseYuan(text)).toBeNull();
    },
  );

  it('reads back what formatYuan writes', () => {
    fc.assert(
      fc.property(fc.bigInt(), (fen) => {
        expect(parseYuan(formatYuan(fen))).toBe(fen);
      }),
    );
  });
});

describe('shares', () => {
  it('rounds a shown share toward zero', () => {
    expect(shareBasisPoints(1n, 3n)).toBe(3_333);
    expect(shareBasisPoints(2n, 3n)).toBe(6_666);
    expect(shareBasisPoints(-1n, 3n)).toBe(-3_333);
    expect(() => shareBasisPoints(1n, 0n)).toThrow(RangeError);
  });

  it('rounds up where what is just above a limit must not be told as the limit', () => {
    expect([0n, 1n, 2n, 3n].map((part) => shareBasisPointsUp(part, 3n))).toEqual([0, 3_334, 6_667, 10_000]);
    expect(() => shareBasisPointsUp(1n, 0n)).toThrow(RangeError);
  });

  it('decides a share exactly, where the rounded figure would be wrong', () => {
    const whole = 3_000_000_000_000_000_001n;
    const half = whole / 2n;
    expect(shareBasisPoints(half + 1n, whole)).toBe(5_000);
    expect(atLeastShare(half + 1n, whole, 5_000)).toBe(true);
    expect(atLeastShare(half, whole, 5_000)).toBe(false);
  });

  it('holds a share that is met to the fen, and not one of a fen less', () => {
    const met = (whole: bigint, points: number) => (whole * BigInt(points)) / 10_000n;
    for (const whole of [10_000n, 90_071_992_547_409_910_000n])
      for (const points of [0, 1, 500, 9_500, 10_000, 20_000]) {
        expect(atLeastShare(met(whole, points), whole, points)).toBe(true);
        expect(atLeastShare(met(whole, points) - 1n, whole, points)).toBe(false);
      }
  });

  it('agrees with the definition for any amounts', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.bigInt({ min: 1n }), fc.integer({ min: 0, max: 20_000 }), (part, whole, points) => {
        expect(atLeastShare(part, whole, points)).toBe(part * 10_000n >= whole * BigInt(points));
        if (part >= 0n && points <= shareBasisPoints(part, whole)) expect(atLeastShare(part, whole, points)).toBe(true);
      }),
    );
  });
});

describe('maxFen and minFen', () => {
  it('compare as integers beyond 2^53', () => {
    const a = 9_007_199_254_740_993n;
    const b = 9_007_199_254_740_992n;
    expect(maxFen(a, b)).toBe(a);
    expect(maxFen(b, a)).toBe(a);
    expect(minFen(a, b)).toBe(b);
    expect(minFen(b, a)).toBe(b);
  });
});
