import type { Calendar } from '../core/calendar.js';
import { type Fen, maxFen } from '../core/money.js';
import { dayOf, parseDay, type Us } from '../core/time.js';
import type { EventData } from '../events/event.js';
import { type AccountName, accountName } from './accounts.js';
import { REFUND_DEFAULTS, type RefundDefaults, refundState } from './refunds.js';
import type { PaymentRow, RefundRow, Turnover } from './rows.js';

export type AccountData = EventData['account.registered'];

/** What the quantities are computed from; read from PostgreSQL or taken from the model. Registers are the newest unreversed. */
export interface BooksRows {
  readonly institutionId: string;
  readonly eventCount: number;
  readonly balances: readonly (Turnover & { readonly account: number; readonly sub: string })[];
  readonly unearnedFen: Fen;
  readonly activeLearners: number;
  readonly accounts: readonly AccountData[];
  readonly guarantees: readonly EventData['guarantee.registered'][];
  /** Newest end-of-day balance per account. */
  readonly reported: ReadonlyMap<string, EventData['custody.balance_reported']>;
  /** At least every payment that is unsettled or has a reversal. */
  readonly payments: readonly PaymentRow[];
  /** At least every open refund, with its contract's terms. */
  readonly refunds: readonly { readonly refund: RefundRow; readonly contract: EventData['contract.signed'] | null }[];
}

/** The contract's quantities: integer fen, and two counts. */
export interface Quantities {
  readonly institutionId: string;
  readonly paidFen: Fen;
  readonly confirmedFen: Fen;
  readonly refundedFen: Fen;
  readonly unearnedFen: Fen;
  readonly activeLearners: number;
  readonly custodyBookedFen: Fen;
  readonly custodyReportedFen: Fen | null;
  readonly depositFen: Fen;
  readonly coverFen: Fen;
  readonly creditedFen: Fen;
  readonly releasedFen: Fen;
  readonly refundedFromCustodyFen: Fen;
  readonly otherDebitsFen: Fen;
  readonly paidNotCreditedFen: Fen;
  readonly offAccountFen: Fen;
  readonly confirmedNotReleasedFen: Fen;
  readonly refundOwedFen: Fen;
  readonly refundOverdueFen: Fen;
  readonly events: number;
}

/** Rows → quantities at the moment `now`. `defaults`: the days to pay a refund that its region sets. Pure. */
export function quantities(
  rows: BooksRows,
  now: Us,
  calendar: Calendar,
  defaults: RefundDefaults = REFUND_DEFAULTS,
): Quantities {
  const sums = balanceSums(rows.balances);
  const custody = new Set(
    rows.accounts.filter((account) => account.purpose === 'custody').map((account) => account.accountId),
  );
  const deposit = new Set(
    rows.accounts.filter((account) => account.purpose === 'deposit').map((account) => account.accountId),
  );
  const confirmedFen = sums('earned', null).creditFen;
  const releasedFen = sums('release_clearing', custody).debitFen;
  const owed = refundsOwed(rows, now, calendar, defaults);
  return {
    institutionId: rows.institutionId,
    paidFen: sums('receipts', null).debitFen - sums('receipts_reversed', null).creditFen + sums('stock', null).debitFen,
    confirmedFen,
    refundedFen: sums('refund_books', null).creditFen,
    unearnedFen: rows.unearnedFen,
    activeLearners: rows.activeLearners,
    custodyBookedFen: bankBalance(rows.accounts, custody, sums),
    custodyReportedFen: reportedSum(custody, rows.reported),
    depositFen: bankBalance(rows.accounts, deposit, sums),
    coverFen: cover(rows.guarantees, now),
    creditedFen: sums('credit_clearing', custody).creditFen,
    releasedFen,
    refundedFromCustodyFen: sums('refund_bank', custody).debitFen,
    otherDebitsFen: sums('other_debits', custody).debitFen,
    paidNotCreditedFen:
      custody.size === 0
        ? 0n
        : sumPayments(rows.payments, (row) => !isSettled(row) && isForCustody(row.told!.payee, custody)),
    offAccountFen: offAccount(rows, sums),
    confirmedNotReleasedFen: custody.size === 0 ? 0n : maxFen(0n, confirmedFen - releasedFen),
    refundOwedFen: owed.owedFen,
    refundOverdueFen: owed.overdueFen,
    events: rows.eventCount,
  };
}

/**
 * True when fees may lawfully be paid into the account: a custody account; in deposit mode also a settlement account; any
 * account in the exempt mode `postpaid`. An account that is not registered is not lawful.
 */
export function isLawfulPayee(payee: string, accounts: readonly AccountData[]): boolean {
  const account = accounts.find((candidate) => candidate.accountId === payee);
  if (!account) return accounts.some((candidate) => candidate.mode === 'postpaid');
  return (
    account.purpose === 'custody' ||
    account.mode === 'postpaid' ||
    (account.purpose === 'settlement' && account.mode === 'deposit')
  );
}

/** True when a payment to this payee (null: not told) should be credited to one of the custody accounts. */
export function isForCustody(payee: string | null, custody: ReadonlySet<string>): boolean {
  return payee === null || custody.has(payee);
}

export function isSettled(row: PaymentRow): boolean {
  return row.namedBy.length > 0 || row.matchedBy !== null;
}

type Sums = (account: AccountName, subs: ReadonlySet<string> | null) => Turnover;

function balanceSums(balances: BooksRows['balances']): Sums {
  return (account, subs) => {
    const sum = { debitFen: 0n, creditFen: 0n };
    for (const row of balances) {
      if (accountName(row.account) !== account || (subs !== null && !subs.has(row.sub))) continue;
      sum.debitFen += row.debitFen;
      sum.creditFen += row.creditFen;
    }
    return sum;
  };
}

function bankBalance(accounts: readonly AccountData[], ids: ReadonlySet<string>, sums: Sums): Fen {
  const moved = sums('bank', ids);
  const opening = accounts
    .filter((account) => ids.has(account.accountId))
    .reduce((sum, account) => sum + BigInt(account.openingFen ?? 0), 0n);
  return opening + moved.debitFen - moved.creditFen;
}

function reportedSum(custody: ReadonlySet<string>, reported: BooksRows['reported']): Fen | null {
  if (custody.size === 0) return null;
  let sum = 0n;
  for (const accountId of custody) {
    const balance = reported.get(accountId);
    if (!balance) return null;
    sum += BigInt(balance.bookedFen);
  }
  return sum;
}

function cover(guarantees: BooksRows['guarantees'], now: Us): Fen {
  const today = dayOf(now);
  return guarantees
    .filter((guarantee) => parseDay(guarantee.validFrom)! <= today && today <= parseDay(guarantee.validTo)!)
    .reduce((sum, guarantee) => sum + BigInt(guarantee.coverFen), 0n);
}

function sumPayments(payments: readonly PaymentRow[], counts: (row: PaymentRow) => boolean): Fen {
  let sum = 0n;
  for (const row of payments) {
    if (row.told && counts(row)) sum += maxFen(0n, BigInt(row.told.amountFen) - BigInt(row.reversedFen));
  }
  return sum;
}

/** Gross receipts of the unlawful payees from the balances, less what was reversed of them. */
function offAccount(rows: BooksRows, sums: Sums): Fen {
  const unlawful = new Set(
    rows.balances
      .filter(
        (row) => accountName(row.account) === 'receipts' && row.sub !== '' && !isLawfulPayee(row.sub, rows.accounts),
      )
      .map((row) => row.sub),
  );
  const gross = sums('receipts', unlawful).debitFen;
  let reversed = 0n;
  for (const row of rows.payments) {
    if (row.told?.payee && unlawful.has(row.told.payee))
      reversed += BigInt(Math.min(row.reversedFen, row.told.amountFen));
  }
  return gross - reversed;
}

function refundsOwed(
  rows: BooksRows,
  now: Us,
  calendar: Calendar,
  defaults: RefundDefaults,
): { owedFen: Fen; overdueFen: Fen } {
  let owedFen = 0n;
  let overdueFen = 0n;
  for (const { refund, contract } of rows.refunds) {
    const state = refundState(refund, contract, now, calendar, defaults);
    owedFen += state.owedFen;
    if (state.overdue) overdueFen += state.owedFen;
  }
  return { owedFen, overdueFen };
}
