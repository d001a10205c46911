import { createHash } from 'node:crypto';
import { type Amount, formatAmount } from './amount.js';
import { bankReferences, dayOfStatement, isPendingEntry } from './movement.js';
import type {
  BankEntry,
  StatementBalance,
  StatementHead,
  StatementItem,
  StatementKind,
  StatementTotals,
} from './statement.js';

/** Whether opening + credits − debits = closing, and whether the file's own totals are right. */
export interface Arithmetic {
  readonly state: 'right' | 'wrong' | 'unknown';
  readonly opening: Amount | null;
  readonly closing: Amount | null;
  /** Of the entries that the bank has booked. */
  readonly credits: Amount;
  readonly debits: Amount;
  /** Closing as told, less what it would have to be; null when that cannot be said. */
  readonly difference: Amount | null;
  /** What is wrong, or why nothing can be said, in full sentences. */
  readonly remarks: readonly string[];
}

/** A whole statement, read to its end. */
export interface StatementSurvey {
  readonly head: StatementHead;
  readonly balances: readonly StatementBalance[];
  readonly entries: number;
  readonly pending: number;
  readonly arithmetic: Arithmetic;
  /** Of everything that matters in it: the same statement in another file has the same. */
  readonly digest: Buffer;
  readonly dayWithoutDate: string | null;
  /** Some of its entries have a reference of the bank, and some have none. */
  readonly isMixed: boolean;
}

/** Reads the statements of a file without booking anything; `seen` hears every item. Memory grows with the number of statements alone. */
export async function surveyStatements(
  items: AsyncIterable<readonly StatementItem[]>,
  seen?: (item: StatementItem) => void,
): Promise<StatementSurvey[]> {
  const surveys: StatementSurvey[] = [];
  let tally = new Tally('statement');
  for await (const some of items) {
    for (const item of some) {
      if (item.what === 'start') tally = new Tally(item.head.kind);
      else if (item.what === 'entry') tally.add(item.entry);
      else surveys.push(tally.close(item));
      seen?.(item);
    }
  }
  return surveys;
}

/** The balance that a statement starts from and the one it ends with, of one currency; null where it tells none. */
export function openingAndClosing(
  head: StatementHead,
  balances: readonly StatementBalance[],
): { readonly opening: StatementBalance | null; readonly closing: StatementBalance | null } {
  const currency = head.currency ?? balances[0]?.currency;
  const own = balances.filter((balance) => balance.currency === currency && balance.amount !== null);
  const first = (code: string) => own.find((balance) => balance.code === code) ?? null;
  const last = (code: string) => own.findLast((balance) => balance.code === code) ?? null;
  const interim = own.filter((balance) => balance.code === 'ITBD');
  // A page in the middle has interim balances at both ends; a single one says only where it ends.
  const opening =
    first('OPBD') ??
    first('PRCD') ??
    (interim.length > 1 || (interim.length === 1 && first('CLBD')) ? interim[0]! : null);
  const closing = last('CLBD') ?? (interim.at(-1) === opening ? null : (interim.at(-1) ?? null));
  return { opening, closing };
}

class Tally {
  private readonly hash = createHash('sha256');
  private entries = 0;
  private pending = 0;
  private referenced = 0;
  private unreadable = 0;
  private readonly sums = new Map<string, { credits: Amount; debits: Amount }>();
  private all: Amount = 0n;
  private allCredits: Amount = 0n;
  private creditCount = 0;
  private bookedCount = 0;

  constructor(private readonly kind: StatementKind) {}

  add(entry: BankEntry): void {
    this.entries += 1;
    if (bankReferences(entry).length > 0) this.referenced += 1;
    this.hash.update(fingerprint(entry));
    const isPending = isPendingEntry(entry, this.kind);
    if (isPending) this.pending += 1;
    else this.bookedCount += 1;
    if (entry.amount === null || entry.isCredit === null) {
      this.unreadable += 1;
      return;
    }
    this.all += entry.amount;
    if (entry.isCredit) {
      this.allCredits += entry.amount;
      this.creditCount += 1;
    }
    if (isPending) return;
    let sums = this.sums.get(entry.currency);
    if (sums === undefined) {
      if (this.sums.size >= CURRENCIES_MAX) return;
      sums = { credits: 0n, debits: 0n };
      this.sums.set(entry.currency, sums);
    }
    if (entry.isCredit) sums.credits += entry.amount;
    else sums.debits += entry.amount;
  }

  close({ head, balances, totals }: Extract<StatementItem, { what: 'end' }>): StatementSurvey {
    this.hash.update(
      JSON.stringify([head.accountId, balances.map((one) => [one.code, String(one.amount), one.currency, one.at])]),
    );
    return {
      head,
      balances,
      entries: this.entries,
      pending: this.pending,
      arithmetic: this.arithmetic(head, balances, totals),
      digest: this.hash.digest(),
      dayWithoutDate: dayOfStatement(head, balances),
      isMixed: this.referenced > 0 && this.referenced < this.entries,
    };
  }

  private arithmetic(head: StatementHead, balances: readonly StatementBalance[], totals: StatementTotals): Arithmetic {
    const { opening, closing } = openingAndClosing(head, balances);
    const currency = opening?.currency ?? closing?.currency ?? head.currency ?? '';
    const { credits, debits } = this.sums.get(currency) ?? [...this.sums.values()][0] ?? { credits: 0n, debits: 0n };
    const remarks = this.hasOwnTotals(head) ? this.wrongTotals(totals) : [];
    const isWrongInTotals = remarks.length > 0;
    if (this.unreadable > 0) remarks.push(`The amount or direction of ${this.unreadable} entries cannot be read.`);
    const unread = balances
      .filter((balance) => balance.amount === null)
      .map((balance) => balance.code || 'without a type');
    if (unread.length > 0)
      remarks.push(`These balances cannot be read: ${unread.slice(0, BALANCES_NAMED_MAX).join(', ')}.`);
    const isOneCurrency = this.sums.size === 0 || (this.sums.size === 1 && this.sums.has(currency));
    const known = { opening: opening?.amount ?? null, closing: closing?.amount ?? null, credits, debits };
    if (known.opening === null || known.closing === null || !isOneCurrency || this.unreadable > 0) {
      if (known.opening === null) remarks.push('It tells no opening balance.');
      if (known.closing === null) remarks.push('It tells no closing balance.');
      if (!isOneCurrency) remarks.push('Its entries are in another currency than its balances.');
      return { ...known, state: isWrongInTotals ? 'wrong' : 'unknown', difference: null, remarks };
    }
    const difference = known.closing - (known.opening + credits - debits);
    if (difference !== 0n)
      remarks.push(
        `Opening ${formatAmount(known.opening)} + credits ${formatAmount(credits)} − debits ${formatAmount(debits)} is not closing ${formatAmount(known.closing)}: ${formatAmount(difference)} too much.`,
      );
    return { ...known, state: difference === 0n && !isWrongInTotals ? 'right' : 'wrong', difference, remarks };
  }

  /** A page tells the totals of all pages, and a report may tell sums in place of entries: they cannot be compared with what stands here. */
  private hasOwnTotals(head: StatementHead): boolean {
    if (head.page > 1 || head.messagePage > 1 || !head.isLastPage) return false;
    return head.kind !== 'report' || this.entries > 0;
  }

  /** Some banks count what they have booked, others everything: either is right. */
  private wrongTotals(totals: StatementTotals): string[] {
    const booked = [...this.sums.values()].reduce((sum, one) => sum + one.credits + one.debits, 0n);
    const bookedCredits = [...this.sums.values()].reduce((sum, one) => sum + one.credits, 0n);
    const remarks: string[] = [];
    const compare = (name: string, told: bigint | number | null, ...right: (bigint | number)[]): void => {
      if (told !== null && !right.includes(told))
        remarks.push(`${name} is told as ${shown(told)} and is ${shown(right[0]!)}.`);
    };
    compare('The number of entries', totals.count, this.entries, this.bookedCount);
    compare('The sum of all entries', totals.sum, this.all, booked);
    compare('The sum of all credits', totals.creditSum, this.allCredits, bookedCredits);
    compare('The sum of all debits', totals.debitSum, this.all - this.allCredits, booked - bookedCredits);
    return remarks;
  }
}

const BALANCES_NAMED_MAX = 10;
/** Distinct currencies that one statement is added up in. */
const CURRENCIES_MAX = 32;

function shown(value: bigint | number): string {
  return typeof value === 'bigint' ? formatAmount(value) : String(value);
}

function fingerprint(entry: BankEntry): string {
  const { amount, currency, isCredit, status, isReversal, bookedAt, bankRef, entryRef, text, detailCount } = entry;
  const detail = entry.details[0];
  return `${amount}|${currency}|${isCredit}|${status}|${isReversal}|${bookedAt}|${bankRef}|${entryRef}|${text}|${detailCount}|${entry.detailSum}|${detail ? `${detail.endToEndId}|${detail.txId}|${detail.instructionId}|${detail.text}` : ''}\n`;
}
