/**
 * Money in a bank's file, exactly: an integer of hundred-thousandths of its currency, because ISO 20022 allows five decimals and
 * currencies differ in theirs. One scale for all spares a table of currencies and every rounding.
 */
export type Amount = bigint;

export const AMOUNT_DECIMALS = 5;
const UNIT = 10n ** BigInt(AMOUNT_DECIMALS);
const PER_FEN = UNIT / 100n;

/**
 * A decimal of XML Schema ("12", "12.5", ".50", "+7.") → amount. Null when it is none, has more than five decimals that are not
 * zero, or more than 18 digits in all. A minus sign is read: whether it may be there the caller knows.
 */
export function parseAmount(text: string): Amount | null {
  const match = DECIMAL.exec(text);
  if (!match) return null;
  const whole = match[2] ?? '';
  const fraction = (match[3] ?? match[4] ?? '').replace(TRAILING_ZEROS, '');
  if (whole.length + fraction.length > DIGITS_MAX || fraction.length > AMOUNT_DECIMALS) return null;
  const digits = `${whole}${fraction.padEnd(AMOUNT_DECIMALS, '0')}`;
  // A number of at most 15 digits is exact, and quicker to make than a bigint from text.
  const size = digits.length <= EXACT_DIGITS ? BigInt(Number(digits)) : BigInt(digits);
  return match[1] === '-' ? -size : size;
}

/** Integer fen, or null when there is less than a fen in it. */
export function amountToFen(amount: Amount): bigint | null {
  return amount % PER_FEN === 0n ? amount / PER_FEN : null;
}

export function fenToAmount(fen: bigint): Amount {
  return fen * PER_FEN;
}

/** "1234.50": at least two decimals, as many as it needs. */
export function formatAmount(amount: Amount): string {
  const size = amount < 0n ? -amount : amount;
  const fraction = (size % UNIT).toString().padStart(AMOUNT_DECIMALS, '0');
  return `${amount < 0n ? '-' : ''}${size / UNIT}.${fraction.slice(0, 2)}${fraction.slice(2).replace(TRAILING_ZEROS, '')}`;
}

const DECIMAL = /^\s*([+-]?)(?:(\d+)(?:\.(\d*))?|\.(\d+))\s*$/;
const TRAILING_ZEROS = /0+$/;
const DIGITS_MAX = 18;
const EXACT_DIGITS = 15;
