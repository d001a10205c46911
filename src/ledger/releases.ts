import type { Fen } from '../core/money.js';
import type { ReleaseRow } from './rows.js';

/** What the platform instructed and what the banks have booked for it, where both are known; null where one side is not. */
export function releaseSums({ lines, debits }: ReleaseRow): { readonly toldFen: Fen; readonly bookedFen: Fen } | null {
  if (lines === null || debits.length === 0) return null;
  return {
    toldFen: lines.reduce((sum, line) => sum + BigInt(line.amountFen), 0n),
    bookedFen: debits.reduce((sum, [, , amountFen]) => sum + BigInt(amountFen), 0n),
  };
}

/** Both sides are known, and their amounts are not the same. */
export function releaseDiffers(row: ReleaseRow): boolean {
  const sums = releaseSums(row);
  return sums !== null && sums.toldFen !== sums.bookedFen;
}
