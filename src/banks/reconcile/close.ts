import type { Calendar } from '../../core/calendar.js';
import type { Day } from '../../core/time.js';
import { type Facts, RELATIONS } from './facts.js';
import type { Reconciliation } from './reconcile.js';

/** Our default: so many working days back a day is closed. What comes late opens it again, from an earlier closed day on. */
export const CLOSE_AFTER_WORKING_DAYS = 1;

/**
 * The last day up to which everything has found its other side, so that it need not be read again: no break, nothing in transit
 * and no match reaches across it. Null when there is none. Anything that is told of it later opens it again.
 */
export function closedThrough(facts: Facts, found: Reconciliation, asOf: Day, calendar: Calendar): Day | null {
  // Declared stock is used up over time: what was, could not be told from what is left.
  if (facts.stockFen > 0n) return null;
  let day = calendar.addWorkingDays(asOf, -CLOSE_AFTER_WORKING_DAYS);
  if (found.openFrom !== null) day = Math.min(day, found.openFrom - 1);
  const spans = RELATIONS.flatMap((relation) =>
    found.groups[relation].map((group) => {
      const days = [...group.told, ...group.booked].map((item) => item.day);
      return { from: Math.min(...days), to: Math.max(...days) };
    }),
  ).sort((a, b) => b.from - a.from || b.to - a.to);
  // The newest first: moving before one match can only cut into older ones.
  for (const span of spans) if (span.from <= day && day < span.to) day = span.from - 1;
  if (facts.closedThrough !== null && day <= facts.closedThrough) return facts.closedThrough;
  const first = firstDay(facts);
  return first === null || day < first ? null : day;
}

function firstDay(facts: Facts): Day | null {
  const days = facts.nets.map((net) => net.day).concat(facts.balances.map((balance) => balance.day));
  return days.length === 0 ? null : days.reduce((first, day) => Math.min(first, day));
}
