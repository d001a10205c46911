import { type Day, formatDay, startOfDay, US_PER_HOUR, US_PER_SECOND, type Us } from '../core/time.js';
import type { DebitPurpose } from '../events/custody.js';
import type { Bank } from './city.js';
import type { Random } from './random.js';
import type { Season } from './season.js';
import type { Tell } from './tell.js';

/** A movement that the bank will book. */
interface Move {
  readonly amountFen: number;
  readonly side: 'credit' | 'debit';
  readonly paymentIds?: readonly string[];
  readonly purpose?: DebitPurpose;
  readonly refundId?: string;
  readonly instructionId?: string;
  readonly txnId?: string;
  /** Called when the bank has booked it. */
  readonly onBooked?: (at: Us, txnId: string) => void;
}

/** One account at its bank: movements wait for their day, the balance is told at the end of the days on which the bank works. */
export class Account {
  balanceFen = 0;
  private txns = 0;
  private readonly waiting = new Map<Day, Move[]>();
  private unreported: { readonly day: Day; readonly bookedFen: number }[] = [];
  /** On a late day the bank tells what it booked on the next morning. */
  private knownAt: Us | undefined;
  /** The bank tells nothing until that day. */
  private silentUntil: Day | null = null;

  constructor(
    readonly id: string,
    readonly bank: Bank,
    private readonly season: Season,
    private readonly random: Random,
    private readonly tell: Tell,
  ) {}

  /** The day on which the bank books what comes in `days` later. */
  bookingDay(day: Day, days: number): Day {
    return this.bank.worksOnWeekends ? day + days : this.season.nextWorkingDay(day + days);
  }

  expect(day: Day, move: Move): void {
    const moves = this.waiting.get(day);
    if (moves) moves.push(move);
    else this.waiting.set(day, [move]);
  }

  /** Nothing is told from today to the day before `until`. */
  fallSilent(until: Day): void {
    this.silentUntil = until;
  }

  /** What is booked on the day itself comes in its evening, everything else in the small hours. */
  private get creditHour(): number {
    return this.bank.creditDays === 0 ? 21 : 2;
  }

  get source(): string {
    return `/bank/${this.bank.code}`;
  }

  /** Books what waits for the day: what was received in the small hours, what was asked for in the course of the day. */
  book(day: Day, late: boolean): void {
    this.knownAt = late ? startOfDay(day + 1) + LATE_HOUR * US_PER_HOUR : undefined;
    const moves = this.waiting.get(day) ?? [];
    this.waiting.delete(day);
    const credits = moves.filter((move) => move.side === 'credit');
    for (const move of this.bank.aggregates ? gathered(credits) : credits)
      this.credit(
        day,
        move,
        startOfDay(day) + this.creditHour * US_PER_HOUR + this.random.int(0, 7_000) * US_PER_SECOND,
      );
    for (const move of moves)
      if (move.side === 'debit')
        this.debit(day, move, startOfDay(day) + 10 * US_PER_HOUR + this.random.int(0, 20_000) * US_PER_SECOND);
  }

  /** The balances of the days since the last telling, if the bank tells today. `late`: tomorrow instead. */
  report(day: Day, late: boolean): void {
    if (this.bank.worksOnWeekends || this.season.isWorkingDay(day))
      this.unreported.push({ day, bookedFen: this.balanceFen });
    if (this.silentUntil !== null && day < this.silentUntil) return;
    this.silentUntil = null;
    if (late) return;
    for (const one of this.unreported) {
      const at = startOfDay(day + 1) + 5 * US_PER_HOUR + this.random.int(0, 3_600) * US_PER_SECOND;
      this.tell('custody.balance_reported', this.source, at, {
        accountId: this.id,
        asOf: formatDay(one.day),
        kind: 'end_of_day',
        bookedFen: Math.max(0, one.bookedFen),
      });
    }
    this.unreported = [];
  }

  private credit(day: Day, move: Move, at: Us): void {
    this.balanceFen += move.amountFen;
    this.tell(
      'custody.credited',
      this.source,
      at,
      {
        accountId: this.id,
        bankTxnId: this.nextTxn(),
        amountFen: move.amountFen,
        bookedOn: formatDay(day),
        ...(move.paymentIds ? { paymentIds: move.paymentIds } : {}),
      },
      this.knownAt,
    );
    move.onBooked?.(at, '');
  }

  private debit(day: Day, move: Move, at: Us): void {
    const bankTxnId = move.txnId ?? this.nextTxn();
    this.balanceFen -= move.amountFen;
    this.tell(
      'custody.debited',
      this.source,
      at,
      {
        accountId: this.id,
        bankTxnId,
        amountFen: move.amountFen,
        bookedOn: formatDay(day),
        purpose: move.purpose ?? 'other',
        ...(move.refundId ? { refundId: move.refundId } : {}),
        ...(move.instructionId ? { instructionId: move.instructionId } : {}),
      },
      this.knownAt,
    );
    move.onBooked?.(at, bankTxnId);
  }

  private nextTxn(): string {
    this.txns += 1;
    return `${this.id}-T${this.txns}`;
  }
}

/** When the lines of a late day come, on the morning after. */
const LATE_HOUR = 11;

/** One credit that names all its payments. */
function gathered(credits: readonly Move[]): Move[] {
  const named = credits.filter((move) => move.paymentIds);
  const others = credits.filter((move) => !move.paymentIds);
  if (named.length < 2) return [...credits];
  const all: Move = {
    side: 'credit',
    amountFen: named.reduce((sum, move) => sum + move.amountFen, 0),
    paymentIds: named.flatMap((move) => move.paymentIds ?? []),
    onBooked: (at, txnId) => {
      for (const move of named) move.onBooked?.(at, txnId);
    },
  };
  return [all, ...others];
}
