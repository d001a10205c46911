import type { Fen } from '../../core/money.js';
import type { Day, Us } from '../../core/time.js';
import type { EventData } from '../../events/event.js';
import type { Confirmation, PaidTo, ScheduledLesson } from '../../ledger/details.js';
import type {
  Booked,
  ContractRow,
  Line,
  PaymentRow,
  RefundRow,
  Told,
  Turnover,
  Withdrawal,
} from '../../ledger/rows.js';
import type { Level } from '../level.js';

/**
 * What is read of one institution for one evaluation: the same from PostgreSQL and from the in-memory model. Everything is
 * "as known" when it is read; the moment of the evaluation is a value beside it. Only what stands is in it: reversed events
 * have left no trace. The days named here are how far back the rules look; more does no harm but costs time.
 */
export interface InstitutionRows {
  readonly institutionId: string;
  /** The day that they were read for: a sheet of this day or of a later one finds everything in them that it looks for. */
  readonly day: Day;
  /** The rows as they would be read for an earlier day, of what is known now; null when they are not at hand. */
  readonly earlier: (day: Day) => InstitutionRows | null;
  /** All `institution.upserted` merged field by field as the contract says; null while none is known. */
  readonly profile: EventData['institution.upserted'] | null;
  /** The upserts of the last `PROFILE_DAYS` and what held before (`profileEventsSince`), ascending (`isNewer`). */
  readonly profileEvents: readonly RegisterRow<'institution.upserted'>[];
  readonly registers: Registers;
  /** Newest `REPORTED_MAX` end-of-day balances of each account, ascending by day. */
  readonly reported: readonly ReportedBalance[];
  /** Totals of every ledger account. */
  readonly balances: readonly (Turnover & LedgerKey)[];
  /** Day turnovers of at least the last `TURNOVER_DAYS`. `bank` and `unearned` have none. */
  readonly turnovers: readonly TurnoverSeries[];
  /** Counts per day of at least the last `TURNOVER_DAYS`. */
  readonly tallies: readonly TallySeries[];
  /** U and S of the contract's books. */
  readonly unearnedFen: Fen;
  readonly activeLearners: number;
  /** U if gifted hours are spread over the price (art. 18 of the 2025 interpretation); null when it was not computed. */
  readonly unearnedOperatorFen: Fen | null;
  /** Of U, what belongs to contracts whose period is over; null when it was not computed. */
  readonly expiredUnearnedFen: Fen | null;
  /** Of these contracts those of which most is unearned, the largest first: `EXPIRED_MAX`. */
  readonly expiredContracts: readonly ExpiredContract[];
  /** Releases instructed in the last `SIDES_DAYS` of which the banks have booked another amount, by instruction. */
  readonly differingReleases: readonly DifferingRelease[];
  /** Booked in the last `WITHDRAWAL_DAYS`, ascending (`isNewer`). */
  readonly withdrawals: readonly Withdrawal[];
  /** Lines released beyond what was confirmed; with a `staged` account also every line with a released amount that is open. */
  readonly releasedLines: readonly ReleasedLine[];
  /** Contracts signed, or paid in full or in part, in the last `CONTRACT_DAYS`, ascending by signing (`isNewer`). */
  readonly contracts: readonly SignedContract[];
  /** Payments of the last `PAYMENT_DAYS` and every unsettled one that is not reversed in full, ascending by time. */
  readonly payments: readonly PaymentRow[];
  /** Open refunds and those requested in the last `REFUND_DAYS`; where no request stands, those with another step in these days. */
  readonly refunds: readonly RefundWithContract[];
  /** Lessons that started in the last `LESSON_DAYS` or are scheduled, ascending by start. */
  readonly lessons: readonly LessonRow[];
  /** Those of the last `DELIVERY_DAYS` that were given, ascending by start. */
  readonly deliveries: readonly DeliveryRow[];
  /** Confirmations of the last `CONFIRMATION_DAYS`, ascending (`isNewer`). */
  readonly confirmations: readonly ConfirmationRow[];
  /** Red institutions tied to this one (`compareLinks`); null when the reader does not give them. */
  readonly links: readonly LinkedInstitution[] | null;
  /** U is among the largest 5% of a county of 20 institutions or more. */
  readonly countyTopShare: boolean;
  readonly eventCount: number;
  /** Event times of the newest and the oldest accepted event. */
  readonly newestAt: Us | null;
  readonly firstAt: Us | null;
}

/** What is unearned of the contracts whose period ends on a day that has not passed. */
export interface Expiring {
  readonly periodTo: Day;
  readonly unearnedFen: Fen;
}

export const PROFILE_DAYS = 400;
export const REPORTED_MAX = 40;
/** Late information takes a raise back for so many days: three working days, over the longest holiday as well (our default). */
export const LATE_DAYS = 14;
/** Rules look back so many days (our default). */
export const LOOK_BACK_DAYS = 400;
/** The days of an earlier day's sheet are among them. */
export const TURNOVER_DAYS = LOOK_BACK_DAYS + LATE_DAYS;
export const CONTRACT_DAYS = 60;
export const PAYMENT_DAYS = 100;
/** Schools have taken half a year and more to pay, and how long they took counts on the day of the payment. */
export const REFUND_DAYS = 400;
export const LESSON_DAYS = 35;
export const DELIVERY_DAYS = 7;
/** The model forgets who attended a lesson told as given so long ago; scheduled anew after that, it counts as not given. */
export const DELIVERY_MEMORY_DAYS = 200;
export const CONFIRMATION_DAYS = 7;
/** A request so long before the confirmation says nothing of how fast it was answered. */
export const REQUEST_DAYS = 30;
/** Releases of the last days, for confirmations that are told late. */
export const RELEASE_DAYS = 31;
/** More than an answer names: these are read for its evidence alone. */
export const EXPIRED_MAX = 20;
/** Movements of money whose two sides do not agree: as long as the payments behind them are read. */
export const SIDES_DAYS = PAYMENT_DAYS;
/** A policy may look back so far for the largest day of withdrawals; a calendar month is shorter. */
export const WITHDRAWAL_DAYS = 60;
/** Inspections, complaints, signals, contacts, statements and breaks: how far back they are read. */
export const REGISTER_DAYS = 400;

/** Types of which the newest standing event per business key is read. */
export const REGISTER_TYPES = [
  'account.registered',
  'account.state_changed',
  'account.requirement_set',
  'guarantee.registered',
  'contract.ended',
  'statement.filed',
  'lesson.disputed',
  'complaint.received',
  'complaint.closed',
  'inspection.recorded',
  'external.signal',
  'contact.attempted',
  'break.declared',
  'stock.declared',
] as const;

export type RegisterType = (typeof REGISTER_TYPES)[number];

/** Of these a telling may say from which day on it holds: until then what was told before does. */
export const ANNOUNCED_TYPES = ['account.registered', 'account.requirement_set'] as const;

export type AnnouncedType = (typeof ANNOUNCED_TYPES)[number];

export interface RegisterRow<T extends RegisterType | 'institution.upserted'> extends Told {
  readonly data: EventData[T];
  /** Of `ANNOUNCED_TYPES`: what was told of the same thing before and stands, oldest first; absent where nothing was. */
  readonly before?: readonly RegisterRow<T>[];
}

export function isAnnounced(type: RegisterType): boolean {
  return (ANNOUNCED_TYPES as readonly RegisterType[]).includes(type);
}

/** Per type, ascending (`isNewer`); a type without rows may be absent. */
export type Registers = { readonly [T in RegisterType]?: readonly RegisterRow<T>[] };

export interface LedgerKey {
  /** Number of the chart of accounts. */
  readonly account: number;
  readonly sub: string;
}

export interface TurnoverSeries extends LedgerKey {
  /** Ascending by day. */
  readonly days: readonly (Turnover & { readonly day: Day })[];
}

export interface TallySeries {
  readonly metric: number;
  /** Ascending by day. */
  readonly days: readonly { readonly day: Day; readonly count: number }[];
}

export interface ReportedBalance extends Told {
  readonly accountId: string;
  /** The day whose end the balance is of. */
  readonly asOf: Day;
  readonly bookedFen: number;
}

/** A contract whose period is over, as signed, and what is unearned of it. */
export interface ExpiredContract extends Told {
  readonly contractId: string;
  readonly unearnedFen: Fen;
}

export interface ReleasedLine extends Readonly<Line> {
  readonly contractId: string;
  readonly contract: EventData['contract.signed'] | null;
  /** What told of the contract. */
  readonly signed: Told | null;
  readonly ended: boolean;
  /** What was released on this line by instructions of the last `RELEASE_DAYS`, ascending by day, then amount. */
  readonly recentReleases: readonly { readonly on: Day; readonly amountFen: number }[];
}

export interface DifferingRelease extends Told {
  readonly instructionId: string;
  readonly toldFen: Fen;
  readonly debits: readonly Booked[];
}

export interface SignedContract extends ContractRow {
  /**
   * Hours that the same learner had paid for in the same course, on contracts signed before, and that were not yet confirmed when
   * this one was signed; null when there is no contract before. See `hoursLeft`.
   */
  readonly hoursLeftHundredths: number | null;
}

export interface RefundWithContract {
  readonly refund: RefundRow;
  readonly contract: EventData['contract.signed'] | null;
  /** The contract's line; null when it has none or the reader does not give it. */
  readonly line: Readonly<Line> | null;
  /** Of the parts paid, to whom and how; same order as `refund.paid`. */
  readonly paidTo: readonly PaidTo[];
  /** Who paid for the contract: told of every payment that stands on it; null when it is not told of each. */
  readonly payers: readonly string[] | null;
  /** The same learner had signed for the same course before; asked only of seven-day requests, else false. */
  readonly signedBefore: boolean;
  /** The bank's debits that name it, sorted by key; none where no part is told as paid from custody. */
  readonly debits: readonly Booked[];
}

export interface LessonRow extends ScheduledLesson {
  /** Called off, and not given nevertheless. */
  readonly cancelled: boolean;
  /** When it ended, as told with its being given; null where nobody told. */
  readonly endedAt: Us | null;
}

export interface DeliveryRow extends LessonRow {
  readonly learners: readonly string[];
}

export interface ConfirmationRow extends Confirmation {
  /** When the parent was asked, at most `REQUEST_DAYS` before; null when that is not known. */
  readonly requestedAt: Us | null;
  /** The lesson it names, as it is scheduled; null when it names none, or none is scheduled under this id. */
  readonly lesson: Pick<LessonRow, 'startsAt' | 'cancelled'> | null;
}

export interface LinkedInstitution {
  readonly institutionId: string;
  readonly by: 'legal_rep' | 'controller' | 'brand' | 'account' | 'teachers';
  /** Highest open level of the other institution, without what it has only through links. */
  readonly level: Level;
  /** How much they share: teachers, else one. */
  readonly shared: number;
}

/** The order of lessons: by start, then id. */
export function isBefore(a: Pick<LessonRow, 'startsAt' | 'lessonId'>, b: typeof a): boolean {
  return a.startsAt !== b.startsAt ? a.startsAt < b.startsAt : a.lessonId < b.lessonId;
}

/** Flat rows (as a database gives them) → series per account. Rows must be ascending by day. */
export function seriesOfTurnovers(rows: readonly (Turnover & LedgerKey & { readonly day: Day })[]): TurnoverSeries[] {
  const series = new Map<string, { account: number; sub: string; days: (Turnover & { day: Day })[] }>();
  for (const row of rows) {
    const key = `${row.account}/${row.sub}`;
    let one = series.get(key);
    if (one === undefined) {
      one = { account: row.account, sub: row.sub, days: [] };
      series.set(key, one);
    }
    one.days.push({ day: row.day, debitFen: row.debitFen, creditFen: row.creditFen });
  }
  return [...series.values()];
}

/** Flat rows → series per metric. Rows must be ascending by day. */
export function seriesOfTallies(
  rows: readonly { readonly metric: number; readonly day: Day; readonly count: number }[],
): TallySeries[] {
  const series = new Map<number, { metric: number; days: { day: Day; count: number }[] }>();
  for (const row of rows) {
    let one = series.get(row.metric);
    if (one === undefined) {
      one = { metric: row.metric, days: [] };
      series.set(row.metric, one);
    }
    one.days.push({ day: row.day, count: row.count });
  }
  return [...series.values()];
}
