import type { Fen } from '../../core/money.js';
import type { Day } from '../../core/time.js';
import { ACCOUNT, type AccountName } from '../../ledger/accounts.js';
import type { Turnover } from '../../ledger/rows.js';
import type { InstitutionRows, TurnoverSeries } from './rows.js';

type Side = 'debitFen' | 'creditFen';
type DayTurnover = Turnover & { readonly day: Day };

const NOTHING: Turnover = { debitFen: 0n, creditFen: 0n };

/** Sums over balances and day turnovers. Windows are closed intervals of days; only what a rule asks for is summed. */
export class MoneyFacts {
  private readonly byAccount = new Map<number, TurnoverSeries[]>();

  constructor(private readonly rows: InstitutionRows) {
    for (const series of rows.turnovers) {
      const list = this.byAccount.get(series.account);
      if (list === undefined) this.byAccount.set(series.account, [series]);
      else list.push(series);
    }
  }

  /** Debits and credits of an account since the beginning; `sub` null sums all its parts. */
  balance(name: AccountName, sub: string | null): Turnover {
    const account = ACCOUNT[name];
    let debitFen = 0n;
    let creditFen = 0n;
    for (const row of this.rows.balances) {
      if (row.account !== account || (sub !== null && row.sub !== sub)) continue;
      debitFen += row.debitFen;
      creditFen += row.creditFen;
    }
    return debitFen === 0n && creditFen === 0n ? NOTHING : { debitFen, creditFen };
  }

  /** One side of an account in [from, to]; `subs` null takes all its parts. */
  moved(name: AccountName, side: Side, subs: ReadonlySet<string> | null, from: Day, to: Day): Fen {
    let sum = 0n;
    for (const series of this.byAccount.get(ACCOUNT[name]) ?? []) {
      if (subs !== null && !subs.has(series.sub)) continue;
      sum += sumDays(series.days, side, from, to);
    }
    return sum;
  }

  /** Parts of an account that have turnovers. */
  subsOf(name: AccountName): readonly string[] {
    return (this.byAccount.get(ACCOUNT[name]) ?? []).map((series) => series.sub);
  }

  /** The first day on which one side of an account moved, as far as turnovers are read; null when it never did. */
  firstDay(name: AccountName, side: Side, subs: ReadonlySet<string> | null = null): Day | null {
    let first: Day | null = null;
    for (const series of this.byAccount.get(ACCOUNT[name]) ?? []) {
      if (subs !== null && !subs.has(series.sub)) continue;
      const day = series.days.find((row) => row[side] > 0n)?.day;
      if (day !== undefined && (first === null || day < first)) first = day;
    }
    return first;
  }

  /** The last day on or before `to` on which one side of an account moved; null when there is none. */
  lastDay(name: AccountName, side: Side, to: Day): Day | null {
    let last: Day | null = null;
    for (const { days } of this.byAccount.get(ACCOUNT[name]) ?? []) {
      for (let i = firstIndex(days, to + 1) - 1; i >= 0; i -= 1) {
        if (days[i]![side] <= 0n) continue;
        if (last === null || days[i]!.day > last) last = days[i]!.day;
        break;
      }
    }
    return last;
  }

  /** Gross fees received from parents in [from, to]. */
  receipts(from: Day, to: Day): Fen {
    return this.moved('receipts', 'debitFen', null, from, to);
  }

  /** Booked credits less booked debits of one bank account in [from, to]. */
  bankNet(accountId: string, from: Day, to: Day): Fen {
    if (from > to) return 0n;
    const subs = new Set([accountId]);
    return (
      this.moved('credit_clearing', 'creditFen', subs, from, to) -
      this.moved('release_clearing', 'debitFen', subs, from, to) -
      this.moved('refund_bank', 'debitFen', subs, from, to) -
      this.moved('other_debits', 'debitFen', subs, from, to)
    );
  }

  /** The days in [from, to] on which one side of an account moved, ascending, with the sum of the day. */
  daysOf(
    name: AccountName,
    side: Side,
    subs: ReadonlySet<string> | null,
    from: Day,
    to: Day,
  ): { day: Day; fen: Fen }[] {
    const byDay = new Map<Day, Fen>();
    for (const series of this.byAccount.get(ACCOUNT[name]) ?? []) {
      if (subs !== null && !subs.has(series.sub)) continue;
      for (let i = firstIndex(series.days, from); i < series.days.length && series.days[i]!.day <= to; i += 1) {
        const row = series.days[i]!;
        if (row[side] !== 0n) byDay.set(row.day, (byDay.get(row.day) ?? 0n) + row[side]);
      }
    }
    return [...byDay].map(([day, fen]) => ({ day, fen })).sort((a, b) => a.day - b.day);
  }
}

function sumDays(days: readonly DayTurnover[], side: Side, from: Day, to: Day): Fen {
  let sum = 0n;
  for (let i = firstIndex(days, from); i < days.length; i += 1) {
    const row = days[i]!;
    if (row.day > to) break;
    if (row[side] !== 0n) sum += row[side];
  }
  return sum;
}

/** Index of the first row on or after `from`, by binary search. */
export function firstIndex(days: readonly { readonly day: Day }[], from: Day): number {
  let low = 0;
  let high = days.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (days[middle]!.day < from) low = middle + 1;
    else high = middle;
  }
  return low;
}
