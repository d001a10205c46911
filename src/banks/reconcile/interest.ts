import { type Fen, maxFen } from '../../core/money.js';
import { type Day, formatDay } from '../../core/time.js';
import type { Facts, Item } from './facts.js';

/** Demand deposits: interest is settled on the 20th of a quarter's last month and booked that day or the next (practice of the People's Bank). */
const INTEREST_DAY = /-(?:03|06|09|12)-2[01]$/;
/** Our default: interest above 2% a year, so 0.5% a quarter, is none on a demand deposit. */
const INTEREST_BP_MAX = 50n;
const QUARTER_DAYS = 92;

/** Whether a credit without a name can be the bank's own quarterly interest: the right day, and no more than the balance may have earned. */
export function interestTest(facts: Facts): (item: Item) => boolean {
  return (item) => {
    if (!INTEREST_DAY.test(formatDay(item.day))) return false;
    return item.amountFen * 10_000n <= highestBalance(facts, item.accountId!, item.day) * INTEREST_BP_MAX;
  };
}

/** The highest booked balance at the end of a day of the quarter before `day`. */
function highestBalance(facts: Facts, accountId: string, day: Day): Fen {
  const account = facts.accounts.find((one) => one.accountId === accountId);
  if (!account) return 0n;
  const nets = facts.nets.filter((net) => net.accountId === accountId).sort((a, b) => b.day - a.day);
  let balance = account.bookedFen;
  let highest = 0n;
  for (const net of nets) {
    if (net.day < day) highest = maxFen(highest, balance);
    if (net.day < day - QUARTER_DAYS) break;
    balance -= net.netFen;
  }
  return maxFen(highest, balance);
}
