import type { Amount } from './amount.js';

/** Which message tells it: camt.052, .053, .054. A CSV export counts as a statement. */
export type StatementKind = 'report' | 'statement' | 'notification';

/** What a file says of the whole statement; null where it says nothing. Texts are as written, not yet judged. */
export interface StatementHead {
  readonly kind: StatementKind;
  /** "camt.053.001.08"; without a namespace "camt.053"; "csv". */
  readonly format: string;
  readonly line: number;
  readonly messageId: string | null;
  readonly statementId: string | null;
  /** IBAN, or the other identification. */
  readonly accountId: string | null;
  readonly currency: string | null;
  /** Electronic, else legal sequence number. */
  readonly sequence: string | null;
  /** Of the statement itself. */
  readonly page: number;
  /** Of the message: older versions cut a long statement into several messages. */
  readonly messagePage: number;
  readonly isLastPage: boolean;
  /** The statement's own creation time, else the message's. */
  readonly createdAt: string | null;
  readonly from: string | null;
  readonly to: string | null;
}

export interface StatementBalance {
  readonly line: number;
  /** OPBD, CLBD, …, or the bank's own word. */
  readonly code: string;
  /** Signed: negative is overdrawn. Null when it cannot be read. */
  readonly amount: Amount | null;
  readonly currency: string;
  /** A date, or a time. */
  readonly at: string | null;
}

/** Totals that the file itself gives. */
export interface StatementTotals {
  count: number | null;
  sum: Amount | null;
  creditCount: number | null;
  creditSum: Amount | null;
  debitCount: number | null;
  debitSum: Amount | null;
}

export interface EntryDetail {
  amount: Amount | null;
  currency: string;
  /** Null: as the entry. */
  isCredit: boolean | null;
  bankRef: string;
  txId: string;
  instructionId: string;
  endToEndId: string;
  paymentInfoId: string;
  /** Domain codes as "PMNT/ICDT/ESCT", and the bank's own. */
  domainCode: string;
  bankCode: string;
  purposeCode: string;
  purposeText: string;
  creditorRef: string;
  documentNumber: string;
  /** Unstructured remittance and further information, joined by spaces, cut. */
  text: string;
  isReturn: boolean;
  isGarnishment: boolean;
}

export interface BankEntry {
  line: number;
  /** Never negative; null when it cannot be read. */
  amount: Amount | null;
  currency: string;
  isCredit: boolean | null;
  /** BOOK, PDNG, INFO, FUTR or what the bank wrote; '' when it says nothing. */
  status: string;
  isReversal: boolean;
  /** A date, or a time; '' when the file has none. */
  bookedAt: string;
  valueAt: string;
  bankRef: string;
  entryRef: string;
  domainCode: string;
  bankCode: string;
  text: string;
  /** Transactions that the bank says the entry has. */
  batchCount: number | null;
  /** At most DETAILS_KEPT_MAX; `detailCount` counts all. */
  details: EntryDetail[];
  detailCount: number;
  /** Signed in the direction of the entry; null when a detail has no amount in the entry's currency. */
  detailSum: Amount | null;
}

/** A statement is told in order: its head, its entries, its end. */
export type StatementItem =
  | { readonly what: 'start'; readonly head: StatementHead; readonly balances: readonly StatementBalance[] }
  | { readonly what: 'entry'; readonly entry: BankEntry }
  | {
      readonly what: 'end';
      readonly line: number;
      /** Complete now, also for what stood behind the entries. */
      readonly head: StatementHead;
      readonly balances: readonly StatementBalance[];
      readonly totals: StatementTotals;
    };

/** More than a person would look at one by one: such an entry is booked whole. Keeps memory flat. */
export const DETAILS_KEPT_MAX = 2_000;

export function noTotals(): StatementTotals {
  return { count: null, sum: null, creditCount: null, creditSum: null, debitCount: null, debitSum: null };
}

export function emptyDetail(): EntryDetail {
  return {
    amount: null,
    currency: '',
    isCredit: null,
    bankRef: '',
    txId: '',
    instructionId: '',
    endToEndId: '',
    paymentInfoId: '',
    domainCode: '',
    bankCode: '',
    purposeCode: '',
    purposeText: '',
    creditorRef: '',
    documentNumber: '',
    text: '',
    isReturn: false,
    isGarnishment: false,
  };
}

export function emptyEntry(line: number): BankEntry {
  return {
    line,
    amount: null,
    currency: '',
    isCredit: null,
    status: '',
    isReversal: false,
    bookedAt: '',
    valueAt: '',
    bankRef: '',
    entryRef: '',
    domainCode: '',
    bankCode: '',
    text: '',
    batchCount: null,
    details: [],
    detailCount: 0,
    detailSum: 0n,
  };
}
