import type { Fen } from '../core/money.js';
import { type Day, parseDay, type Us } from '../core/time.js';
import type { AnyEvent, Event, EventData } from '../events/event.js';

/** What the books keep of an accepted event while they work with it. `event` is null where only its identity is needed. */
export interface StoredEvent {
  seq: number;
  ordinal: number;
  readonly institutionId: string;
  readonly source: string;
  readonly id: string;
  readonly type: number;
  readonly key: string;
  readonly amounts: string | null;
  readonly at: Us;
  /** When it was known, by the telling that was accepted. */
  readonly recordedAt: Us;
  readonly contentHash: Buffer;
  readonly event: AnyEvent | null;
}

/** A line of the subsidiary ledger of `unearned`. In a batch these are changes, in the model they are totals. */
export interface Line {
  paidFen: Fen;
  confirmedFen: Fen;
  refundedFen: Fen;
  releasedFen: Fen;
  confirmedHoursHundredths: number;
}

/** Debits and credits of an account, or of an account on a day. */
export interface Turnover {
  debitFen: Fen;
  creditFen: Fen;
}

/** The order of "newest wins": time, then source and id as the contract says. */
export interface Told {
  readonly at: Us;
  readonly source: string;
  readonly id: string;
}

export interface ContractRow extends Told {
  readonly contractId: string;
  readonly data: EventData['contract.signed'];
}

/** A movement that a bank has booked: [account and transaction, day, fen]. */
export type Booked = readonly [key: string, on: Day, amountFen: number];

/** Money that left an account, neither released nor refunded: fees, a court's order, anything else. */
export interface Withdrawal extends Told {
  readonly accountId: string;
  readonly bookedOn: Day;
  readonly amountFen: number;
}

/** A credit that names a payment, and how many payments it names. */
export type NamedBy = readonly [...credit: Booked, payments: number];

/** A payment; `told` is null while only its reversal or its credit is known. */
export interface PaymentRow {
  readonly paymentId: string;
  told:
    | (Told & {
        readonly amountFen: number;
        readonly contractId: string | null;
        readonly payee: string | null;
        readonly channel: string;
        readonly loan: boolean;
      })
    | null;
  reversedFen: number;
  /** Credits whose payment list names this payment, sorted by key. */
  namedBy: readonly NamedBy[];
  matchedBy: { readonly credit: string; readonly on: Day } | null;
}

/** A custody credit. Without payment names it is matched by amount and day. */
export interface CreditRow extends Told {
  readonly accountId: string;
  readonly bankTxnId: string;
  readonly amountFen: number;
  readonly bookedOn: Day;
  readonly namesPayments: boolean;
  matchedPayment: string | null;
}

export interface RefundStep extends Told {
  readonly contractId: string;
  readonly amountFen: number;
}

export interface RefundRow {
  readonly refundId: string;
  requested: (RefundStep & { readonly side: EventData['refund.requested']['side'] }) | null;
  approved: (RefundStep & { readonly dueOn: Day | null }) | null;
  rejected: RefundStep | null;
  withdrawn: RefundStep | null;
  /** Parts paid, sorted by part. */
  paid: readonly (RefundStep & { readonly part: string })[];
}

/** A release: the platform's lines and the bank debits that carry it out, sorted by key; told in any order. */
export interface ReleaseRow {
  readonly instructionId: string;
  lines: readonly { readonly contractId: string; readonly amountFen: number }[] | null;
  debits: readonly Booked[];
}

/** A fact that may not be booked while an equal or contradicting one stands. */
export interface KeptOut {
  readonly institutionId: string;
  readonly event: AnyEvent;
  readonly receivedAt: Us;
}

/** True when `a` is newer than `b`: later time, then greater source + id. */
export function isNewer(a: Told, b: Told): boolean {
  if (a.at !== b.at) return a.at > b.at;
  const ka = a.source + a.id;
  const kb = b.source + b.id;
  return ka !== kb ? ka > kb : a.source > b.source;
}

/** Tells one telling from all others: the same source and id may be told again with other content. */
export function tellingKey(event: Pick<AnyEvent, 'source' | 'id' | 'contentHash'>): string {
  return joinKey(event.source, joinKey(event.id, event.contentHash.toString('base64')));
}

export const SEPARATOR = '\x1f';
export function joinKey(a: string | number, b: string): string {
  return `${a}${SEPARATOR}${b}`;
}

/** The bank's debit as it is kept. */
export function bookedOf({ data }: Pick<Event<'custody.debited'>, 'data'>): Booked {
  return [joinKey(data.accountId, data.bankTxnId), parseDay(data.bookedOn)!, data.amountFen];
}

export function withdrawalOf({ at, source, id, data }: Told & Pick<Event<'custody.debited'>, 'data'>): Withdrawal {
  const { accountId, amountFen } = data;
  return { at, source, id, accountId, bookedOn: parseDay(data.bookedOn)!, amountFen };
}

/** Purposes of debits that are withdrawals. */
export const WITHDRAWAL_PURPOSES = ['fee', 'court', 'other'] as const satisfies readonly Purpose[];
type Purpose = EventData['custody.debited']['purpose'];

/** A debit of nothing is none: the books have no entry of it. */
export function isWithdrawal({ purpose, amountFen }: EventData['custody.debited']): boolean {
  return amountFen > 0 && (WITHDRAWAL_PURPOSES as readonly Purpose[]).includes(purpose);
}

/** The list with the movement, or without it; sorted by key. */
export function withBooked(list: readonly Booked[], booked: Booked, sign: 1 | -1): readonly Booked[] {
  const others = list.filter(([key]) => key !== booked[0]);
  return sign > 0 ? [...others, booked].sort(byFirst) : others;
}

export function byFirst(a: readonly [string, ...unknown[]], b: readonly [string, ...unknown[]]): number {
  return a[0] < b[0] ? -1 : 1;
}
