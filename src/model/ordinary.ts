import { dayOf, startOfDay, US_PER_SECOND } from '../core/time.js';
import type { EventData } from '../events/event.js';
import { type ContractTerms, termsOf } from '../risk/facts/collections.js';
import type { LessonRow } from '../risk/facts/rows.js';

/*
 * What is ordinary by the national limits (notice 2021 No. 2; opinion of 2022; earliest collection of 2020). This decides only when
 * something is looked at, and which rules need not be asked about it; whether it is a finding, the policy decides.
 */
export const ORDINARY_FEN_MAX = 500_000;
export const ORDINARY_HOURS_MAX = 60;
export const ORDINARY_MONTHS_MAX = 3;
export const ORDINARY_DAYS_AHEAD_MAX = 28;
/** 20:30, in minutes of the day. */
export const ORDINARY_END_MINUTE = 1_230;

/** The terms of a model contract within the limits of hours and months, without gifts; null of any other. */
export function ordinaryTerms(contract: EventData['contract.signed']): ContractTerms | null {
  if (!contract.modelForm || (contract.hoursGifted ?? 0) > 0 || contract.hoursPaid > ORDINARY_HOURS_MAX) return null;
  const terms = termsOf(contract);
  return terms.months > ORDINARY_MONTHS_MAX ? null : terms;
}

/** The same, not below its list price. */
export function isOrdinaryContract(contract: EventData['contract.signed']): boolean {
  return (contract.listPriceFen ?? 0) <= contract.priceFen && ordinaryTerms(contract) !== null;
}

/** Not for a subject, not called off, and over in time. */
export function isOrdinaryLesson({ courseKind, cancelled, startsAt, endsAt, endedAt }: LessonRow): boolean {
  if (cancelled || courseKind === 'subject') return false;
  const limit = startOfDay(dayOf(startsAt)) + ORDINARY_END_MINUTE * 60 * US_PER_SECOND;
  return endsAt <= limit && (endedAt === null || endedAt <= limit);
}
