import type { Fen } from '../../core/money.js';
import type { Day, Us } from '../../core/time.js';
import type { EventData } from '../../events/event.js';
import type { ContractRow, Line, PaymentRow, RefundRow, Told, Turnover } from '../../ledger/rows.js';
import type { Level } from '../level.js';

/**
 * What is read of one institution for one evaluation: the same from PostgreSQL and from the in-memory model. Everything is
 * "as known" when it is read; the moment of the evaluation is a value beside it. Only what stands is in it: reversed events
 * have left no trace. The days named here are how far back the rules look; more does no harm but costs time.
 */
export interface InstitutionRows {
  readonly institutionId: string;
  /** All `institution.upserted` merged field by field as the contract says; null while none is known. */
  readonly profile: EventData['institution.upserted'] | null;
  /** The upserts of the last `PROFILE_DAYS` and the newest one before, ascending (`isNewer`). */
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
  /** Lines released beyond what was confirmed; with a `staged` account also every line with a released amount that is open. */
  readonly releasedLines: readonly ReleasedLine[];
  /** Contracts signed in the last `CONTRACT_DAYS`. */
  readonly contracts: readonly SignedContract[];
  /** Payments of the last `PAYMENT_DAYS` and every unsettled one that is not reversed in full, ascending by time. */
  readonly payments: readonly PaymentRow[];
  /** Open refunds and those requested in the last `REFUND_DAYS`. */
  readonly refunds: readonly RefundWithContract[];
  /** Lessons that started in the last `LESSON_DAYS` or are scheduled; null when the reader does not give them. */
  readonly lessons: readonly LessonRow[] | null;
  /** Confirmations of the last `CONFIRMATION_DAYS`; null when the reader does not give them. */
  readonly confirmations?: readonly ConfirmationRow[] | null;
  /** Institutions tied to this one; null when the reader does not give them. */
  readonly links: readonly LinkedInstitution[] | null;
  /** U is among the largest 5% of a county of 20 institutions or more. */
  readonly countyTopShare: boolean;
  readonly eventCount: number;
  /** Event times of the newest and the oldest accepted event. */
  readonly newestAt: Us | null;
  readonly firstAt: Us | null;
}

export const PROFILE_DAYS = 400;
export const REPORTED_MAX = 40;
export const TURNOVER_DAYS = 400;
export const CONTRACT_DAYS = 60;
export const PAYMENT_DAYS = 100;
export const REFUND_DAYS = 200;
export const LESSON_DAYS = 35;
export const CONFIRMATION_DAYS = 7;
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
  'complaint.received',
  'complaint.closed',
  'inspection.recorded',
  'external.signal',
  'contact.attempted',
  'break.declared',
  'stock.declared',
] as const;

export type RegisterType = (typeof REGISTER_TYPES)[number];

export interface RegisterRow<T extends RegisterType | 'institution.upserted'> extends Told {
  readonly data: EventData[T];
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

export interface ReleasedLine extends Readonly<Line> {
  readonly contractId: string;
  readonly contract: EventData['contract.signed'] | null;
  readonly ended: boolean;
  /** What the bank released on this line in the last days; null when the reader does not know. */
  readonly recentReleases: readonly { readonly on: Day; readonly amountFen: number }[] | null;
}

export interface SignedContract extends ContractRow {
  /** Hours of the same learner and course that were paid and not yet confirmed when it was signed; null when not computed. */
  readonly hoursLeftHundredths: number | null;
}

export interface RefundWithContract {
  readonly refund: RefundRow;
  readonly contract: EventData['contract.signed'] | null;
  /** The contract's line; null when it has none or the reader does not give it. */
  readonly line: Readonly<Line> | null;
  /** Of the parts paid, to whom and how; same order as `refund.paid`; null when the reader does not give it. */
  readonly paidTo: readonly { readonly payeeHash: string | null; readonly originalChannel: boolean | null }[] | null;
}

export interface LessonRow extends Told {
  readonly lessonId: string;
  readonly startsAt: Us;
  readonly endsAt: Us;
  readonly delivery: 'offline' | 'online';
  readonly courseKind: 'subject' | 'non_subject';
  readonly teacherHash: string | null;
  readonly roomId: string | null;
  readonly capacity: number | null;
  readonly cancelled: boolean;
  /** Learners who attended; null while the lesson is not delivered. */
  readonly attended: number | null;
}

export interface ConfirmationRow extends Told {
  readonly lessonId: string | null;
  readonly amountFen: number;
  readonly by: EventData['lesson.confirmed']['by'];
  /** When the parent was asked; null when that is not known. */
  readonly requestedAt: Us | null;
}

export interface LinkedInstitution {
  readonly institutionId: string;
  readonly by: 'legal_rep' | 'controller' | 'brand' | 'account' | 'teachers';
  /** Highest open level of the other institution, without what it has only through links. */
  readonly level: Level;
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
