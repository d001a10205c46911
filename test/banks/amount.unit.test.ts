import fc from 'fast-check';
import { expect, test } from 'vitest';
import { amountToFen, formatAmount, parseAmount } from '../../src/banks/amount.js';

test('every decimal that XML Schema allows is read exactly', () => {
  const cases: [string, bigint | null][] = [
    ['0', 0n],
    ['1', 100_000n],
    ['1.', 100_000n],
    ['.5', 50_000n],
    ['+2.25', 225_000n],
    [' 3.00 ', 300_000n],
    ['0.00001', 1n],
    ['-4.1', -410_000n],
    ['007', 700_000n],
    ['9007199254740993.12', 900_719_925_474_099_312_000n],
    ['1.1000000', 110_000n],
    ['', null],
    ['.', null],
    ['1,5', null],
    ['1e3', null],
    ['0.000001', null],
    ['1234567890123456789', null],
    ['NaN', null],
    ['1 000', null],
  ];
  for (const [text, amount] of cases) expect(parseAmount(text), text).toBe(amount);
});

test('fen are whole or nothing', () => {
  expect(amountToFen(parseAmount('12.34')!)).toBe(1_234n);
  expect(amountToFen(parseAmount('12.345')!)).toBeNull();
});

test('what is written is read back', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 17n), max: 10n ** 17n }), (amount) => {
      expect(parseAmount(formatAmount(amount))).toBe(amount);
    }),
  );
});
