import type { Day } from '../../core/time.js';
import type { Withdrawal } from '../../ledger/rows.js';
import type { FactSheet } from './fact-sheet.js';

/** What has left the custody accounts from a day to another other than by release or refund, the largest first. */
export function withdrawalsIn({ rows, accounts }: FactSheet, from: Day, to: Day): Withdrawal[] {
  return rows.withdrawals
    .filter(({ accountId, bookedOn }) => accounts.custodyIds.has(accountId) && bookedOn >= from && bookedOn <= to)
    .sort((a, b) => b.amountFen - a.amountFen);
}
