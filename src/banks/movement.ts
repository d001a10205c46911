import { createHash } from 'node:crypto';
import type { ErrorCode } from '../core/errors.js';
import { AMOUNT_FEN_MAX } from '../core/money.js';
import { dayOf, formatDay, formatTime, parseDay, parseTime } from '../core/time.js';
import type { DebitPurpose } from '../events/custody.js';
import { parseInstant } from '../events/fields.js';
import { type Amount, amountToFen, formatAmount } from './amount.js';
import { type BankRules, DEFAULT_REFERENCES, isNoReference, purposeOf, referenceOf } from './rules.js';
import type { BankEntry, EntryDetail, StatementBalance, StatementHead, StatementKind } from './statement.js';

/** 1: to the account, -1: from it, 0: what the bank says it holds. */
export type Direction = 1 | -1 | 0;

/** One event's worth: the whole entry, or one transaction of a batch. */
export interface Part {
  readonly amountFen: number;
  readonly purpose?: DebitPurpose;
  readonly refundId?: string;
  readonly instructionId?: string;
  readonly paymentIds?: readonly string[];
  readonly availableFen?: number;
}

/** What an entry (or a balance) means for the books. */
export interface Movement {
  readonly direction: Direction;
  readonly amountFen: number;
  /** YYYY-MM-DD */
  readonly bookedOn: string;
  /** RFC 3339 */
  readonly at: string;
  /** References that the bank gave: `kind:value`, the strongest first. Two entries that share a value are one. */
  readonly refs: readonly string[];
  /** References of the customers: they help to tell equal entries apart. */
  readonly marks: readonly string[];
  /** A reversal or a return: it undoes an entry of the other direction, if that can be found. */
  readonly undoes: boolean;
  readonly parts: readonly Part[];
  /** Of a balance told within the day: its time. */
  readonly asOf?: string;
}

export interface Refusal {
  readonly code: ErrorCode;
  readonly path: string;
  readonly message: string;
}

export type EntryReading =
  | { readonly what: 'movement'; readonly movement: Movement; readonly note: string | null }
  /** The bank has not booked it (yet). */
  | { readonly what: 'pending' }
  | { readonly what: 'refused'; readonly refusal: Refusal };

export interface ToldBalance {
  readonly balance: StatementBalance;
  readonly reading: EntryReading;
}

/** Transactions of a batch that are booked one by one; a larger batch is one event. */
export const PARTS_MAX = 500;

/** `fallbackDay`: for entries without any date (see `dayOfStatement`). */
export function readEntry(
  entry: BankEntry,
  head: StatementHead,
  rules: BankRules | undefined,
  fallbackDay: string | null,
): EntryReading {
  if (isPendingEntry(entry, head.kind)) return { what: 'pending' };
  const refusal = problemOf(entry, head, fallbackDay);
  if (refusal) return { what: 'refused', refusal };
  const amountFen = Number(amountToFen(entry.amount!));
  const day = dayOfEntry(entry) ?? fallbackDay!;
  const split = splitOf(entry);
  const details = split.details ?? [entry.details.length === 1 && entry.detailCount === 1 ? entry.details[0]! : null];
  const parts = details.map((detail) =>
    partOf(
      entry,
      detail,
      rules,
      detail === null || split.details === null ? amountFen : Number(amountToFen(detail.amount!)),
    ),
  );
  const movement: Movement = {
    direction: entry.isCredit ? 1 : -1,
    amountFen,
    bookedOn: day,
    at: timeOf(entry.bookedAt) ?? `${day}T00:00:00+08:00`,
    refs: bankReferences(entry),
    marks: marksOf(entry),
    undoes: entry.isReversal || (entry.detailCount > 0 && entry.details.every((detail) => detail.isReturn)),
    parts: withWholeBatch(entry, split.details === null, parts),
  };
  return { what: 'movement', movement, note: split.note };
}

/**
 * Balances that are told to the books: the closing booked balance of a statement (end of day), and interim booked balances that say their time.
 * Opening, forward and information balances say nothing new; a report's closing balance is not final.
 */
export function readBalances(balances: readonly StatementBalance[], head: StatementHead): readonly ToldBalance[] {
  return balances.flatMap((balance): ToldBalance[] => {
    const isFinal = balance.code === 'CLBD' && head.kind === 'statement';
    const time = balance.code === 'ITBD' || balance.code === 'CLBD' ? timeOf(balance.at ?? '') : null;
    if (!isFinal && time === null) return [];
    const day = dayOfText(balance.at ?? '');
    const refusal = balanceProblem(balance, day);
    if (refusal) return [{ balance, reading: { what: 'refused', refusal } }];
    const available = balances.find((other) => other.code === (isFinal ? 'CLAV' : 'ITAV') && other.at === balance.at);
    const amountFen = Number(amountToFen(balance.amount!));
    const movement: Movement = {
      direction: 0,
      amountFen,
      bookedOn: day!,
      at: isFinal ? `${day}T23:59:59+08:00` : time!,
      refs: [isFinal ? `b:end of ${day}` : `b:at ${time}`],
      marks: [],
      undoes: false,
      parts: [{ amountFen, ...availableOf(available) }],
      ...(isFinal ? {} : { asOf: time! }),
    };
    return [{ balance, reading: { what: 'movement', movement, note: null } }];
  });
}

/** The day that an entry without dates belongs to: the closing balance's, else the end of the period, else when the file was made. */
export function dayOfStatement(head: StatementHead, balances: readonly StatementBalance[]): string | null {
  const closing = balances.find((balance) => balance.code === 'CLBD' || balance.code === 'ITBD');
  return dayOfText(closing?.at ?? '') ?? dayOfText(head.to ?? '') ?? dayOfText(head.createdAt ?? '');
}

/** YYYY-MM-DD of a date (with or without zone) or a time; null when it is none. A time counts in Shanghai. */
export function dayOfText(text: string): string | null {
  const time = timeOf(text);
  if (time !== null) return formatDay(dayOf(parseTime(time)!));
  const day = parseDay(text.slice(0, 10));
  return day === null || !/^(Z|[+-]\d\d:\d\d|T.*)?$/.test(text.slice(10)) ? null : formatDay(day);
}

/** RFC 3339 of the years that events may name; a time without zone is Shanghai's. Null for a mere date. */
export function timeOf(text: string): string | null {
  if (text.length < 19) return null;
  const time = parseInstant(/(Z|[+-]\d\d:\d\d)$/i.test(text) ? text : `${text}+08:00`);
  return time === null ? null : formatTime(time);
}

/** Sha-256 as 32 hexadecimal characters, of texts that may hold anything. */
export function digestOf(...parts: readonly (string | number)[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}

/**
 * A status that is missing means booked in a statement or notification and not booked in an intraday report, whose entries may still
 * change. Words of the bank's own are not taken for booked.
 */
export function isPendingEntry(entry: BankEntry, kind: StatementKind): boolean {
  return entry.status === '' ? kind === 'report' : entry.status !== 'BOOK';
}

function problemOf(entry: BankEntry, head: StatementHead, fallbackDay: string | null): Refusal | null {
  const currency = entry.currency || head.currency || '';
  if (currency === '') return refuse('missing_field', 'Ntry/Amt/@Ccy', 'is missing, and the account names no currency');
  if (currency !== 'CNY')
    return refuse('unsupported_currency', 'Ntry/Amt/@Ccy', `is ${currency.slice(0, 8)}; only CNY can be booked`);
  const money = moneyProblem(entry.amount, 'Ntry/Amt');
  if (money) return money;
  if (entry.isCredit === null) return refuse('unknown_value', 'Ntry/CdtDbtInd', 'must be CRDT or DBIT');
  const told = entry.bookedAt || entry.valueAt;
  if (told !== '' && dayOfText(told) === null) return refuse('bad_date', 'Ntry/BookgDt', 'must be a real date or time');
  if (told === '' && fallbackDay === null)
    return refuse('missing_field', 'Ntry/BookgDt', 'is missing, and nothing else tells the day');
  return null;
}

function balanceProblem(balance: StatementBalance, day: string | null): Refusal | null {
  if (balance.currency !== 'CNY')
    return refuse(
      'unsupported_currency',
      'Bal/Amt/@Ccy',
      `is ${balance.currency.slice(0, 8) || 'missing'}; only CNY can be booked`,
    );
  if (day === null) return refuse('bad_date', 'Bal/Dt', 'must be a real date or time');
  return moneyProblem(balance.amount, 'Bal/Amt');
}

function moneyProblem(amount: Amount | null, path: string): Refusal | null {
  if (amount === null)
    return refuse('bad_money', path, 'must be a decimal number of 0 or more, with at most 5 decimals');
  const fen = amountToFen(amount);
  if (fen === null) return refuse('bad_money', path, 'has less than a fen in it');
  if (fen < 0n) return refuse('bad_money', path, 'is below zero: a supervised account cannot be overdrawn');
  return fen > BigInt(AMOUNT_FEN_MAX) ? refuse('bad_money', path, 'is larger than any account') : null;
}

function refuse(code: ErrorCode, path: string, allowed: string): Refusal {
  return { code, path, message: `${path} ${allowed}.` };
}

function dayOfEntry(entry: BankEntry): string | null {
  return dayOfText(entry.bookedAt) ?? dayOfText(entry.valueAt);
}

/** The details one by one when they are the entry, to the fen; else the whole, and why. */
function splitOf(entry: BankEntry): { readonly details: readonly EntryDetail[] | null; readonly note: string | null } {
  const { details, detailCount, detailSum, amount } = entry;
  if (detailCount < 2) {
    const differs = detailCount === 1 && detailSum !== null && detailSum !== amount;
    return { details: null, note: differs ? difference(detailSum!, amount!) : null };
  }
  if (detailSum === null) return { details: null, note: 'its transactions do not all give their amount: booked whole' };
  if (detailSum !== amount) return { details: null, note: difference(detailSum, amount!) };
  const isPlain = details.every(
    (detail) => (detail.isCredit ?? entry.isCredit) === entry.isCredit && amountToFen(detail.amount!) !== null,
  );
  if (!isPlain) return { details: null, note: 'its transactions go both ways: booked whole' };
  if (detailCount > PARTS_MAX)
    return { details: null, note: `it has more than ${PARTS_MAX} transactions: booked whole` };
  return { details, note: null };
}

function difference(sum: Amount, amount: Amount): string {
  return `its transactions add up to ${formatAmount(sum)}, which is ${formatAmount(sum - amount)} more: booked whole`;
}

function partOf(entry: BankEntry, detail: EntryDetail | null, rules: BankRules | undefined, amountFen: number): Part {
  if (entry.isCredit) {
    const payment = referenceOf(entry, detail, rules?.paymentIds ?? DEFAULT_REFERENCES.paymentIds);
    return { amountFen, ...(payment === null ? {} : { paymentIds: [payment] }) };
  }
  const purpose = purposeOf(entry, detail, rules);
  if (purpose === 'refund') {
    const refundId = referenceOf(entry, detail, rules?.refundId ?? DEFAULT_REFERENCES.refundId);
    return { amountFen, purpose, ...(refundId === null ? {} : { refundId }) };
  }
  if (purpose !== 'release') return { amountFen, purpose };
  const instructionId = referenceOf(entry, detail, rules?.instructionId ?? DEFAULT_REFERENCES.instructionId);
  return { amountFen, purpose, ...(instructionId === null ? {} : { instructionId }) };
}

/** Parts in an order of their own, because files tell the same batch in different orders. */
function withWholeBatch(entry: BankEntry, isWhole: boolean, parts: readonly Part[]): readonly Part[] {
  if (!isWhole) return [...parts].sort((a, b) => compare(JSON.stringify(a), JSON.stringify(b)));
  return entry.detailCount > 1
    ? parts.map(({ amountFen, purpose }) => ({ amountFen, ...(purpose ? { purpose } : {}) }))
    : parts;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * The bank's own references, the strongest first. Many banks number the lines of one file with `NtryRef` (1, 2, 3), which names nothing
 * outside that file: shorter ones do not count.
 */
export function bankReferences(entry: BankEntry): string[] {
  const detail = entry.detailCount === 1 ? entry.details[0]! : null;
  const found = [
    ['a', entry.bankRef || (detail?.bankRef ?? '')],
    ['t', detail?.txId ?? ''],
    ['n', entry.entryRef.length >= ENTRY_REF_CHARS_MIN ? entry.entryRef : ''],
  ] as const;
  return found.flatMap(([kind, value]) => (isNoReference(value) ? [] : [`${kind}:${value}`]));
}
const ENTRY_REF_CHARS_MIN = 8;

function marksOf(entry: BankEntry): string[] {
  const marks = entry.details.slice(0, MARKED_DETAILS_MAX).flatMap((one) => [one.endToEndId, one.instructionId]);
  return [...new Set(marks.filter((mark) => !isNoReference(mark)))];
}
/** Enough to tell batches apart. */
const MARKED_DETAILS_MAX = 20;

function availableOf(balance: StatementBalance | undefined): { availableFen?: number } {
  const fen = balance?.currency === 'CNY' && balance.amount !== null ? amountToFen(balance.amount) : null;
  return fen === null || fen < 0n || fen > BigInt(AMOUNT_FEN_MAX) ? {} : { availableFen: Number(fen) };
}
