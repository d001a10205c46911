import { type Day, dayOf, startOfDay, type Us } from '../../core/time.js';
import { answerDueOn, type RefundDefaults, type RefundState, refundState } from '../../ledger/refunds.js';
import type { EvidenceRef } from '../rule.js';
import { refsInTurn } from './evidence.js';
import type { FactSheet } from './fact-sheet.js';
import { earliest, ifLater } from './moments.js';
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

/**
 * The events by which refunds are waited for: of each what decided it, then the request of each, from which the days run and without which
 * nothing is asked for. Silence has no event of its own: the request alone says it.
 */
export function refundsEvidence(refunds: readonly RefundFacts[]): readonly EvidenceRef[] {
  return refsInTurn(
    refunds.map(({ state, row: { refund } }) =>
      [state.deemed ? null : refund.approved, refund.requested].filter((step) => step !== null),
    ),
  );
}

/** The first moment at which time alone makes another refund overdue, or agreed by silence; null when there is none. */
export function nextOverdueAt(sheet: FactSheet): Us | null {
  let at: Us | null = null;
  for (const { row, state } of sheet.refunds) {
    if (state.dueOn !== null) {
      if (state.owedFen > 0n) at = earliest(at, ifLater(startOfDay(state.dueOn + 1), sheet.now));
    } else if (row.refund.requested !== null && row.refund.rejected === null && row.refund.withdrawn === null) {
      at = earliest(at, ifLater(startOfDay(answerDueOn(row.refund.requested.at, sheet.calendar) + 1), sheet.now));
    }
  }
  return at;
}
