import { type Amount, parseAmount } from '../amount.js';
import {
  type BankEntry,
  DETAILS_KEPT_MAX,
  type EntryDetail,
  emptyDetail,
  emptyEntry,
  noTotals,
  type StatementBalance,
  type StatementHead,
  type StatementItem,
  type StatementKind,
  type StatementTotals,
} from '../statement.js';

/** Entries, with their details, that wait because the account of their statement stands behind them, against the order of the standard. */
const HELD_MAX = 10_000;
const BALANCES_KEPT_MAX = 1_000;
const TEXT_CHARS_MAX = 2_000;

/** What is known of the message and the statement that are being read; fields.ts fills it, this puts it together. */
export class CamtState {
  readonly out: StatementItem[] = [];
  line = 1;
  /** Of the amount that is being read. */
  currency = '';
  kind: StatementKind = 'statement';
  format = 'camt';
  statements = 0;
  /** Of the whole file. */
  balancesKept = 0;
  /** Entries that were opened. */
  entries = 0;
  messageId: string | null = null;
  messageCreatedAt: string | null = null;
  messagePage = 1;
  /** Scratch values of the element that is being read. */
  entry: BankEntry = emptyEntry(0);
  detail: EntryDetail = emptyDetail();
  detailTextAmount: Amount | null = null;
  balance: {
    line: number;
    code: string;
    amount: Amount | null;
    currency: string;
    /** Null: it says neither. */
    isCredit: boolean | null;
    at: string | null;
  } = noBalance(0);
  statementId: string | null = null;
  accountId: string | null = null;
  accountCurrency: string | null = null;
  electronicSequence: string | null = null;
  legalSequence: string | null = null;
  createdAt: string | null = null;
  from: string | null = null;
  to: string | null = null;
  page: number | null = null;
  isLastPage = true;
  totals: StatementTotals = noTotals();
  private statementLine = 1;
  private started = false;
  private held: BankEntry[] = [];
  private heldDetails = 0;
  private balances: StatementBalance[] = [];

  openMessage(kind: StatementKind): void {
    this.kind = kind;
    this.messageId = null;
    this.messageCreatedAt = null;
    this.messagePage = 1;
  }

  openStatement(): void {
    this.statements += 1;
    this.statementLine = this.line;
    this.started = false;
    this.held = [];
    this.heldDetails = 0;
    this.balances = [];
    this.totals = noTotals();
    this.statementId = this.accountId = this.accountCurrency = null;
    this.electronicSequence = this.legalSequence = this.createdAt = this.from = this.to = null;
    this.page = null;
    this.isLastPage = true;
  }

  closeStatement(): void {
    this.start();
    this.out.push({ what: 'end', line: this.line, head: this.head(), balances: this.balances, totals: this.totals });
  }

  openEntry(): void {
    this.entries += 1;
    this.entry = emptyEntry(this.line);
  }

  closeEntry(): void {
    const { entry } = this;
    if (this.started) this.tell(entry);
    else {
      this.held.push(entry);
      this.heldDetails += entry.details.length;
      if (this.accountId !== null || this.held.length + this.heldDetails >= HELD_MAX) this.start();
    }
  }

  openDetail(): void {
    this.detail = emptyDetail();
    this.detailTextAmount = null;
  }

  closeDetail(): void {
    const { entry, detail } = this;
    entry.detailCount += 1;
    if (entry.details.length < DETAILS_KEPT_MAX) entry.details.push(detail);
    if (detail.amount === null) detail.amount = this.detailTextAmount;
    if (detail.amount !== null && detail.currency === '') detail.currency = entry.currency;
    if (detail.amount === null || (entry.currency !== '' && detail.currency !== entry.currency)) entry.detailSum = null;
    else if (entry.detailSum !== null) {
      const isOpposite = detail.isCredit !== null && entry.isCredit !== null && detail.isCredit !== entry.isCredit;
      entry.detailSum += isOpposite ? -detail.amount : detail.amount;
    }
  }

  openBalance(): void {
    this.balance = noBalance(this.line);
  }

  closeBalance(): void {
    const { line, code, amount, currency, isCredit, at } = this.balance;
    if (this.balances.length >= BALANCES_KEPT_MAX) return;
    this.balancesKept += 1;
    const signed = amount === null || isCredit === null ? null : isCredit ? amount : -amount;
    this.balances.push({ line, code, amount: signed, currency: currency || (this.accountCurrency ?? ''), at });
  }

  private start(): void {
    if (this.started) return;
    this.started = true;
    this.out.push({ what: 'start', head: this.head(), balances: [...this.balances] });
    for (const entry of this.held) this.tell(entry);
    this.held = [];
  }

  /** An amount without a currency, against the standard, is in that of the account. */
  private tell(entry: BankEntry): void {
    if (entry.currency === '' && entry.amount !== null) entry.currency = this.accountCurrency ?? '';
    this.out.push({ what: 'entry', entry });
  }

  private head(): StatementHead {
    return {
      kind: this.kind,
      format: this.format,
      line: this.statementLine,
      messageId: this.messageId,
      statementId: this.statementId,
      accountId: this.accountId,
      currency: this.accountCurrency,
      sequence: this.electronicSequence ?? this.legalSequence,
      page: this.page ?? 1,
      messagePage: this.page === null ? this.messagePage : 1,
      isLastPage: this.isLastPage,
      createdAt: this.createdAt ?? this.messageCreatedAt,
      from: this.from,
      to: this.to,
    };
  }
}

/** An amount that is no amount, or a negative one, is null: the entry is then refused with its place. */
export function amountOf(text: string): Amount | null {
  const amount = parseAmount(text);
  return amount === null || amount < 0n ? null : amount;
}

export function countOf(text: string): number | null {
  return /^\d{1,15}$/.test(text) ? Number(text) : null;
}

export function joinText(before: string, more: string): string {
  if (before.length >= TEXT_CHARS_MAX) return before;
  return (before === '' ? more : `${before} ${more}`).slice(0, TEXT_CHARS_MAX);
}

function noBalance(line: number): CamtState['balance'] {
  return { line, code: '', amount: null, currency: '', isCredit: true, at: null };
}
