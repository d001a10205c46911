import type { Rule } from '../rule.js';
import { rule as a01 } from './a01-custody-shortfall.js';
import { rule as a02 } from './a02-deposit-below-floor.js';
import { rule as a03 } from './a03-below-minimum.js';
import { rule as a04 } from './a04-large-movement.js';
import { rule as a05 } from './a05-over-release.js';
import { rule as a06 } from './a06-reconciliation-break.js';
import { rule as a07 } from './a07-bank-feed-silent.js';
import { rule as a08 } from './a08-late-credit.js';
import { rule as a09 } from './a09-account-state.js';
import { rule as a10 } from './a10-off-account.js';
import { rule as a11 } from './a11-sharp-fall.js';
import { rule as a12 } from './a12-cover-expiring.js';
import { rule as a13 } from './a13-stock-not-brought-in.js';
import { rule as b01 } from './b01-span-over-three-months.js';
import { rule as b02 } from './b02-over-sixty-hours.js';
import { rule as b03 } from './b03-over-five-thousand.js';
import { rule as b04 } from './b04-too-early.js';
import { rule as b05 } from './b05-training-loan.js';
import { rule as b06 } from './b06-excessive-gifts.js';
import { rule as b07 } from './b07-above-guide-price.js';
import { rule as b08 } from './b08-split-orders.js';
import { rule as b09 } from './b09-no-model-contract.js';
import { rule as b10 } from './b10-late-lessons.js';
import { rule as b11 } from './b11-subject-on-rest-day.js';
import { rule as b12 } from './b12-new-subject-approval.js';
import { rule as b13 } from './b13-not-non-profit.js';
import { rule as c01 } from './c01-overdue-refund.js';
import { rule as c02 } from './c02-deemed-unpaid.js';
import { rule as c03 } from './c03-refund-backlog.js';
import { rule as c04 } from './c04-refund-run.js';
import { rule as c05 } from './c05-slower-refunds.js';
import { rule as c06 } from './c06-short-paid.js';
import { rule as c07 } from './c07-refusals.js';
import { rule as c08 } from './c08-seven-day-right.js';
import { rule as c09 } from './c09-odd-refund-path.js';
import { rule as c10 } from './c10-refund-credit-points.js';
import { rule as d01 } from './d01-lessons-stopped.js';
import { rule as d02 } from './d02-lessons-falling.js';
import { rule as d03 } from './d03-false-confirmation.js';
import { rule as d04 } from './d04-mostly-silent.js';
import { rule as d05 } from './d05-disputes.js';
import { rule as d06 } from './d06-months-to-consume.js';
import { rule as d07 } from './d07-expired-untaught.js';
import { rule as e01 } from './e01-receipts-surge.js';
import { rule as e02 } from './e02-new-money-pays-old.js';
import { rule as e03 } from './e03-unearned-against-revenue.js';
import { rule as e04 } from './e04-watch-list.js';
import { rule as e05 } from './e05-linked-institutions.js';
import { rule as f01 } from './f01-control-change.js';
import { rule as f02 } from './f02-licence-state.js';
import { rule as f03 } from './f03-bad-lists.js';
import { rule as f04 } from './f04-complaints.js';
import { rule as f05 } from './f05-arrears.js';
import { rule as f06 } from './f06-site-change.js';
import { rule as f07 } from './f07-inspection.js';
import { rule as f08 } from './f08-unreachable.js';
import { rule as f09 } from './f09-late-statement.js';
import { rule as f10 } from './f10-enforcement.js';
import { rule as f11 } from './f11-public-opinion.js';
import { rule as f12 } from './f12-gone-silent.js';
import { rule as g02 } from './g02-together.js';
import { rule as g04 } from './g04-financial-score.js';

/**
 * All rules, in the order in which they are evaluated: E04 first, because it raises others; a rule that reads findings of
 * others after them. A test holds this list against the files beside it.
 */
export const RULES: readonly Rule[] = [
  e04,
  ...[a01, a02, a03, a04, a05, a06, a07, a08, a09, a10, a11, a12, a13],
  ...[b01, b02, b03, b04, b05, b06, b07, b08, b09, b10, b11, b12, b13],
  ...[c01, c02, c03, c04, c05, c06, c07, c08, c09, c10],
  ...[d02, d03, d04, d05, d06, d07],
  ...[e01, e02, e03, e05],
  ...[f01, f02, f03, f04, f05, f06, f07, f08, f09, f10, f11, f12],
  d01,
  ...[g02, g04],
];

const BY_ID = new Map(RULES.map((rule) => [rule.id, rule]));

/** Undefined for an id that is no rule (the composites G01, G03 and G05 are not). */
export function ruleById(id: string): Rule | undefined {
  return BY_ID.get(id);
}
