import { type Day, dayOf, parseDay, parseTime } from '../core/time.js';
import type { AnyEvent, Event } from '../events/event.js';
import { ACCOUNT, type AccountName } from './accounts.js';
import { joinKey } from './rows.js';
import { TALLIES, type TallyName } from './tallies.js';

/** One side of a journal: exactly one of the two amounts is not zero. Fen. */
export interface Leg {
  readonly account: number;
  readonly sub: string;
  readonly debitFen: number;
  readonly creditFen: number;
}

/** A change of one line of the subsidiary ledger of `unearned`. */
export interface LineChange {
  readonly line: string;
  readonly paidFen?: number;
  readonly confirmedFen?: number;
  readonly refundedFen?: number;
  readonly hoursHundredths?: number;
}

/** What an event alone says about the books, whatever else is known. */
export interface Plan {
  /** The day on which its money moved. */
  readonly day: Day;
  readonly journal: readonly Leg[];
  readonly line: LineChange | null;
  readonly tally: { readonly metric: number; readonly day: Day } | null;
}

const NOTHING: readonly Leg[] = [];

/**
 * Event → balanced journal, line change and tally. Pure; the parts that depend on other events (which contract a reversed
 * payment belonged to, which payment a credit settles) are in registers.ts.
 */
export function planOf(event: AnyEvent): Plan {
  const on = dayOf(event.at);
  switch (event.type) {
    case 'payment.succeeded':
      return money(on, event.data.amountFen, ['receipts', event.data.payeeAccountId ?? ''], ['unearned', '']);
    case 'payment.reversed':
      return money(on, event.data.amountFen, ['unearned', ''], ['receipts_reversed', '']);
    case 'stock.declared':
      return money(on, event.data.amountFen, ['stock', ''], ['unearned', ''], {
        line: event.data.contractId ? contractLine(event.data.contractId) : `s:${joinKey(event.source, event.id)}`,
        paidFen: event.data.amountFen,
      });
    case 'custody.credited':
      return money(
        bookedOn(event),
        event.data.amountFen,
        ['bank', event.data.accountId],
        ['credit_clearing', event.data.accountId],
      );
    case 'custody.debited':
      return money(
        bookedOn(event),
        event.data.amountFen,
        [DEBIT_ACCOUNT[event.data.purpose], event.data.accountId],
        ['bank', event.data.accountId],
      );
    case 'lesson.confirmed':
      return money(
        on,
        event.data.amountFen,
        ['unearned', ''],
        ['earned', ''],
        {
          line: contractLine(event.data.contractId),
          confirmedFen: event.data.amountFen,
          hoursHundredths: Math.round(event.data.hours * 100),
        },
        CONFIRMATION_TALLY[event.data.by],
      );
    case 'refund.paid':
      return money(on, event.data.amountFen, ['unearned', ''], ['refund_books', ''], {
        line: contractLine(event.data.contractId),
        refundedFen: event.data.amountFen,
      });
    case 'lesson.delivered':
      return counted(on, 'lessons_delivered', event.data.endedAt ? dayOf(parseTime(event.data.endedAt)!) : on);
    case 'lesson.disputed':
      return counted(on, 'disputes');
    case 'refund.requested':
      return counted(on, 'refunds_requested');
    default:
      return { day: on, journal: NOTHING, line: null, tally: null };
  }
}

export function contractLine(contractId: string): string {
  return `c:${contractId}`;
}

/** The line of a payment: its contract's, else a line of its own. */
export function paymentLine(paymentId: string, contractId: string | null): string {
  return contractId === null ? `p:${paymentId}` : contractLine(contractId);
}

const DEBIT_ACCOUNT = {
  release: 'release_clearing',
  refund: 'refund_bank',
  fee: 'other_debits',
  court: 'other_debits',
  other: 'other_debits',
} as const satisfies Record<string, AccountName>;

const CONFIRMATION_TALLY = {
  parent: 'confirmations_parent',
  silence: 'confirmations_silent',
  regulator: 'confirmations_regulator',
} as const satisfies Record<string, TallyName>;

type Side = readonly [AccountName, string];

function money(
  day: Day,
  amountFen: number,
  debit: Side,
  credit: Side,
  line: LineChange | null = null,
  tally: TallyName | null = null,
): Plan {
  const journal =
    amountFen === 0
      ? NOTHING
      : [
          { account: ACCOUNT[debit[0]], sub: debit[1], debitFen: amountFen, creditFen: 0 },
          { account: ACCOUNT[credit[0]], sub: credit[1], debitFen: 0, creditFen: amountFen },
        ];
  return { day, journal, line, tally: tally && { metric: TALLIES[tally], day } };
}

function counted(day: Day, tally: TallyName, tallyDay: Day = day): Plan {
  return { day, journal: NOTHING, line: null, tally: { metric: TALLIES[tally], day: tallyDay } };
}

function bookedOn(event: Event<'custody.credited'> | Event<'custody.debited'>): Day {
  return parseDay(event.data.bookedOn)!;
}
