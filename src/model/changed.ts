import { ACCOUNT, type AccountName } from '../ledger/accounts.js';
import { TALLIES, type TallyName } from '../ledger/tallies.js';

/** Parts of what is read of an institution, as bits: which of them changed, and which of them an answer rests on. */
export const PART = {
  profile: 1 << 0,
  registers: 1 << 1,
  /** Hours that were left when contracts were signed, and which collections are not the only one of their learner. */
  repeats: 1 << 2,
  /** Contracts and payments that came and are ordinary (see `ordinary.ts`). */
  sales: 1 << 3,
  /** U, or U by the operator's basis, became less. */
  unearnedLess: 1 << 4,
  reported: 1 << 5,
  /** They became more. */
  unearnedMore: 1 << 6,
  released: 1 << 7,
  contracts: 1 << 8,
  /** Payments that were made or reversed; whether their credits came is another part. */
  payments: 1 << 9,
  refunds: 1 << 10,
  /** What comes from outside of the books, and the first event: both hardly ever change. */
  county: 1 << 11,
  links: 1 << 11,
  firstAt: 1 << 11,
  /** The schedule, other than by ordinary lessons. */
  lessons: 1 << 12,
  /** Ordinary lessons that came, or were given. */
  timetable: 1 << 31,
  /** Lessons given, and confirmations. */
  teaching: 1 << 20,
  newest: 1 << 13,
  settled: 1 << 26,
  expired: 1 << 27,
  learners: 1 << 28,
} as const;

/** Booked credits and booked debits of the bank accounts. */
export const BANK_IN = 1 << 16;
export const BANK_OUT = 1 << 30;

const SUM_PARTS: { readonly [N in AccountName]: number } = {
  receipts: 1 << 14,
  receipts_reversed: 1 << 15,
  stock: 1 << 15,
  bank: BANK_IN | BANK_OUT,
  credit_clearing: 1 << 17,
  release_clearing: 1 << 18,
  refund_bank: 1 << 19,
  refund_books: 1 << 19,
  other_debits: 1 << 21,
  unearned: 1 << 22,
  earned: 1 << 22,
};

const COUNT_PARTS: { readonly [N in TallyName]: number } = {
  lessons_delivered: 1 << 23,
  confirmations_parent: 1 << 24,
  confirmations_silent: 1 << 24,
  confirmations_regulator: 1 << 24,
  disputes: 1 << 25,
  refunds_requested: 1 << 25,
};

/** The findings of other rules: no part of the rows, but answers rest on them as well. */
export const FINDINGS = 1 << 29;

export const ALL_PARTS = ((1 << 29) - 1) | BANK_OUT | PART.timetable;
export const ALL_SUMS = Object.values(SUM_PARTS).reduce((all, part) => all | part, 0);
export const ALL_COUNTS = Object.values(COUNT_PARTS).reduce((all, part) => all | part, 0);

const BY_ACCOUNT = new Map<number, number>(
  (Object.keys(SUM_PARTS) as AccountName[]).map((name) => [ACCOUNT[name], SUM_PARTS[name]]),
);
const BY_METRIC = new Map<number, number>(
  (Object.keys(COUNT_PARTS) as TallyName[]).map((name) => [TALLIES[name], COUNT_PARTS[name]]),
);

/** The part of a ledger account, by its number in the chart. */
export function partOfAccount(account: number): number {
  return BY_ACCOUNT.get(account)!;
}

/** Of a journal's change on one side of an account. */
export function partOfSide(account: number, side: 'debit' | 'credit'): number {
  if (account !== ACCOUNT.bank) return partOfAccount(account);
  return side === 'debit' ? BANK_IN : BANK_OUT;
}

/** The part of a tally: its counts grew. */
export function partOfTally(name: TallyName): number {
  return COUNT_PARTS[name];
}

export function partOfMetric(metric: number): number {
  return BY_METRIC.get(metric)!;
}
