import fc from 'fast-check';
import { expect, test } from 'vitest';
import { amountToFen, fenToAmount, formatAmount, parseAmount } from '../../src/banks/amount.js';

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
    ['1234567890.12345', 123_456_789_012_345n],
    ['12345678901.12345', 1_234_567_890_112_345n],
    ['1234567890123.12345', 123_456_789_012_312_345n],
    ['12345678901234.12345', null],
    ['123456789012345678', 12_345_678_901_234_567_800_000n],
    ['-0', 0n],
  ];
  for (const [text, amount] of cases) expect(parseAmount(text), text).toBe(amount);
});

test('fen are whole or nothing', () => {
  expect(amountToFen(parseAmount('12.34')!)).toBe(1_234n);
  expect(amountToFen(parseAmount('12.345')!)).toBeNull();
  expect(fenToAmount(1_234n)).toBe(parseAmount('12.34'));
  expect(amountToFen(fenToAmount(-7n))).toBe(-7n);
});

test.each([
  ['0', '0.00'],
  ['-0.5', '-0.50'],
  ['12', '12.00'],
  ['12.345', '12.345'],
  ['12.34567', '12.34567'],
  ['-1.00001', '-1.00001'],
])('%s is written as %s', (text, written) => {
  expect(formatAmount(parseAmount(text)!)).toBe(written);
});

test('what is written is read back', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 17n), max: 10n ** 17n }), (amount) => {
      expect(parseAmount(formatAmount(amount))).toBe(amount);
    }),
  );
});
