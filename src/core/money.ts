/** A sum of money: integer fen, CNY. Sums are bigint, because the sum of valid amounts can pass 2^53. */
export type Fen = bigint;

/** Largest amount of one event (2^53 − 1 fen). */
export const AMOUNT_FEN_MAX = Number.MAX_SAFE_INTEGER;

const GROUPS = /\B(?=(\d{3})+(?!\d))/g;

/** 123456789n → "1,234,567.89": yuan with exactly two decimals, for people. */
export function formatYuan(fen: Fen): string {
  const negative = fen < 0n;
  const digits = (negative ? -fen : fen).toString().padStart(3, '0');
  const yuan = digits.slice(0, -2).replace(GROUPS, ',');
  return `${negative ? '-' : ''}${yuan}.${digits.slice(-2)}`;
}

/** "1,234.5" or "¥1234.50" → 123450n. Null when the text is not an amount with at most two decimals. */
export function parseYuan(text: string): Fen | null {
  const match = /^(-)?[¥￥]?(-)?(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d{1,2}))?$/.exec(text.trim());
  if (!match || (match[1] && match[2])) return null;
  const fen = BigInt(match[3]!.replaceAll(',', '')) * 100n + BigInt((match[4] ?? '').padEnd(2, '0'));
  return match[1] || match[2] ? -fen : fen;
}

export function maxFen(a: Fen, b: Fen): Fen {
  return a > b ? a : b;
}

export function minFen(a: Fen, b: Fen): Fen {
  return a < b ? a : b;
}

/**
 * part / whole in basis points (1/100 of a percent), rounded toward zero. `whole` must be positive.
 * Used to show a ratio; decisions compare products (`atLeastShare`) and never round.
 */
export function shareBasisPoints(part: Fen, whole: Fen): number {
  if (whole <= 0n) throw new RangeError('whole must be positive');
  return Number((part * 10_000n) / whole);
}

/** Rounded up, for parts that are not below zero: a share just above a limit is not told as the limit. */
export function shareBasisPointsUp(part: Fen, whole: Fen): number {
  if (whole <= 0n) throw new RangeError('whole must be positive');
  return Number((part * 10_000n + whole - 1n) / whole);
}

/** part ≥ whole × basisPoints / 10 000, exactly. */
export function atLeastShare(part: Fen, whole: Fen, basisPoints: number): boolean {
  return part * 10_000n >= whole * BigInt(basisPoints);
}
