import { US_PER_DAY, type Us } from '../core/time.js';

/** What is remembered of the cases of an institution. */
export interface CaseState {
  /** Cases opened so far; the newest one is the number in its id. */
  readonly count: number;
  /** When the last alert of the institution was cleared; null while none was. */
  readonly lastClearedAt: Us | null;
}

export function caseIdOf(institutionId: string, count: number): string {
  return `${institutionId}.${count}`;
}

/** The number of the case that a new alert belongs to: the open one, or the last one if it ended within the days of the policy. */
export function caseForNewAlert(state: CaseState, anyOpen: boolean, now: Us, sameCaseDays: number): number {
  if (state.count === 0) return 1;
  if (anyOpen || (state.lastClearedAt !== null && now - state.lastClearedAt <= sameCaseDays * US_PER_DAY))
    return state.count;
  return state.count + 1;
}
