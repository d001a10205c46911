import type { Calendar } from '../core/calendar.js';
import { type Fen, maxFen } from '../core/money.js';
import { type Day, dayOf, parseDay, startOfDay, type Us } from '../core/time.js';
import type { EventData } from '../events/event.js';
import { isNewer, type RefundRow, type RefundStep } from './rows.js';

/** A request that nobody answers is agreed after the end of this working day (national platform practice). */
export const DEEMED_WORKING_DAYS = 5;

/** Days to pay where the contract names none: before the first lesson, and after (Beijing 2021; a region may set its own). */
export interface RefundDefaults {
  readonly daysBeforeFirstLesson: number;
  readonly daysAfterFirstLesson: number;
}
export const REFUND_DEFAULTS: RefundDefaults = { daysBeforeFirstLesson: 5, daysAfterFirstLesson: 15 };

export interface RefundState {
  /** Approved or deemed approved, less paid; 0 when rejected, withdrawn, or not yet decided. */
  readonly owedFen: Fen;
  readonly paidFen: Fen;
  /** Last day on which paying is in time; null while nothing is approved. */
  readonly dueOn: Day | null;
  /** When it was approved; for silence, the first moment after the 5th working day. */
  readonly approvedAt: Us | null;
  readonly deemed: boolean;
  /** Owed, and the due day is over. */
  readonly overdue: boolean;
}

type ContractTerms = Pick<
  EventData['contract.signed'],
  'refundDays' | 'refundDaysKind' | 'firstLessonOn' | 'periodFrom'
>;

/** What a refund comes to at the moment `now`. Pure. A later rejection undoes an approval, a later approval a rejection. */
export function refundState(
  refund: RefundRow,
  contract: ContractTerms | null,
  now: Us,
  calendar: Calendar,
  defaults: RefundDefaults = REFUND_DEFAULTS,
): RefundState {
  const paidFen = refund.paid.reduce((sum, part) => sum + BigInt(part.amountFen), 0n);
  const decision = decide(refund, now, calendar);
  if (decision === null) return { owedFen: 0n, paidFen, dueOn: null, approvedAt: null, deemed: false, overdue: false };
  const dueOn = dueDay(refund, decision, contract, calendar, defaults);
  const owedFen = maxFen(0n, BigInt(decision.amountFen) - paidFen);
  return {
    owedFen,
    paidFen,
    dueOn,
    approvedAt: decision.approvedAt,
    deemed: decision.deemed,
    overdue: owedFen > 0n && dayOf(now) > dueOn,
  };
}

/** The contract a refund is about: as requested, else as approved, paid, rejected, withdrawn. */
export function refundContract(refund: RefundRow): string {
  const step: RefundStep | null | undefined =
    refund.requested ?? refund.approved ?? refund.paid[0] ?? refund.rejected ?? refund.withdrawn;
  if (!step) throw new RangeError('a refund has at least one step');
  return step.contractId;
}

/** False when no passing of time can make it owed again: decided against, or paid in full. */
export function isRefundOpen(refund: RefundRow): boolean {
  return openRefundFen(refund) > 0n;
}

/** What was asked for, or approved, less what was paid: also while nothing is decided yet. 0 when it is decided against. */
export function openRefundFen(refund: RefundRow): Fen {
  const claim = standingApproval(refund) ?? (refund.rejected ? null : refund.requested);
  if (refund.withdrawn || claim === null) return 0n;
  const paidFen = refund.paid.reduce((sum, part) => sum + BigInt(part.amountFen), 0n);
  return maxFen(0n, BigInt(claim.amountFen) - paidFen);
}

/**
 * Whether it is read for a fact sheet that looks back to `from`: while it is open, or by the day of the request. Where no request is
 * told, or it was taken back, by the newest step: money that went to somebody else did so without one as well.
 */
export function isRefundRead(refund: RefundRow, from: Day): boolean {
  if (isRefundOpen(refund)) return true;
  const { requested, approved, rejected, withdrawn, paid } = refund;
  const steps = requested === null ? [approved, rejected, withdrawn, ...paid] : [requested];
  return steps.some((step) => step !== null && dayOf(step.at) >= from);
}

/** The last day on which a request may be answered before silence counts as yes. */
export function answerDueOn(requestedAt: Us, calendar: Calendar): Day {
  return calendar.addWorkingDays(dayOf(requestedAt), DEEMED_WORKING_DAYS);
}

interface Decision {
  readonly amountFen: number;
  readonly approvedAt: Us;
  readonly deemed: boolean;
}

function decide(refund: RefundRow, now: Us, calendar: Calendar): Decision | null {
  if (refund.withdrawn) return null;
  const approval = standingApproval(refund);
  if (approval) return { amountFen: approval.amountFen, approvedAt: approval.at, deemed: false };
  if (refund.rejected || !refund.requested) return null;
  const approvedAt = startOfDay(answerDueOn(refund.requested.at, calendar) + 1);
  return now >= approvedAt ? { amountFen: refund.requested.amountFen, approvedAt, deemed: true } : null;
}

function standingApproval(refund: RefundRow): RefundRow['approved'] {
  if (refund.approved && refund.rejected && isNewer(refund.rejected, refund.approved)) return null;
  return refund.approved;
}

function dueDay(
  refund: RefundRow,
  decision: Decision,
  contract: ContractTerms | null,
  calendar: Calendar,
  defaults: RefundDefaults,
): Day {
  const approvedOn = dayOf(decision.approvedAt);
  const told = decision.deemed ? null : (refund.approved?.dueOn ?? null);
  const due =
    told ?? termsDay(refund.requested ? dayOf(refund.requested.at) : approvedOn, contract, calendar, defaults);
  return calendar.nextWorkingDayOnOrAfter(Math.max(due, approvedOn));
}

function termsDay(requestedOn: Day, contract: ContractTerms | null, calendar: Calendar, defaults: RefundDefaults): Day {
  if (contract?.refundDays !== undefined) {
    return contract.refundDaysKind === 'working'
      ? calendar.addWorkingDays(requestedOn, contract.refundDays)
      : requestedOn + contract.refundDays;
  }
  const firstLessonOn = contract ? parseDay(contract.firstLessonOn ?? contract.periodFrom) : null;
  const before = firstLessonOn !== null && requestedOn < firstLessonOn;
  return requestedOn + (before ? defaults.daysBeforeFirstLesson : defaults.daysAfterFirstLesson);
}
