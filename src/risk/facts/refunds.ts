import { type Day, dayOf } from '../../core/time.js';
import { type RefundDefaults, type RefundState, refundState } from '../../ledger/refunds.js';
import type { EvidenceRef } from '../rule.js';
import type { FactSheet } from './fact-sheet.js';
import type { RefundWithContract } from './rows.js';

/** One refund and what it comes to now. */
export interface RefundFacts {
  readonly row: RefundWithContract;
  readonly state: RefundState;
  readonly requestedOn: Day | null;
  /** Working days past the due day, today included; 0 when it is not overdue. */
  readonly lateWorkingDays: number;
}

export function refundsFacts(sheet: FactSheet): readonly RefundFacts[] {
  const defaults: RefundDefaults = {
    daysBeforeFirstLesson: sheet.common.refundDaysBefore,
    daysAfterFirstLesson: sheet.common.refundDaysAfter,
  };
  return sheet.rows.refunds.map((row): RefundFacts => {
    const state = refundState(row.refund, row.contract, sheet.now, sheet.calendar, defaults);
    return {
      row,
      state,
      requestedOn: row.refund.requested ? dayOf(row.refund.requested.at) : null,
      lateWorkingDays:
        state.overdue && state.dueOn !== null ? sheet.calendar.workingDaysBetween(state.dueOn, sheet.today) : 0,
    };
  });
}

/** The events of a refund that matter for being late: its approval, else its request. */
export function refundEvidence(facts: RefundFacts): EvidenceRef {
  const step =
    (facts.state.deemed ? null : facts.row.refund.approved) ?? facts.row.refund.requested ?? facts.row.refund.paid[0];
  return step ? { source: step.source, id: step.id } : { source: '', id: facts.row.refund.refundId };
}
