import { US_PER_DAY } from '../core/time.js';
import type { FactSheet } from './facts/fact-sheet.js';
import type { ScoreParams } from './score-params.js';

/**
 * G05: how far the data can be trusted, in basis points: the share of working days with a statement of each custody account, the
 * share of payments that found their credit, and the share of confirmations whose lesson is in the schedule; the smallest counts.
 * 10 000 where nothing can be expected yet.
 */
export function confidenceBp(sheet: FactSheet, params: ScoreParams): number {
  const schedule = scheduleShareBp(sheet, params.scheduleAfterDays);
  if (!sheet.inCustodyMode) return schedule;
  return Math.min(
    schedule,
    statementShareBp(sheet, params.confidenceDays),
    matchShareBp(sheet, params.matchAfterWorkingDays),
  );
}

/** Of confirmations that name a lesson; only where the platform tells a schedule, and told one by then. */
function scheduleShareBp(sheet: FactSheet, afterDays: number): number {
  const first = sheet.rows.lessons[0];
  if (first === undefined) return 10_000;
  const latest = sheet.now - afterDays * US_PER_DAY;
  let expected = 0;
  let found = 0;
  for (const { at, lessonId, lesson } of sheet.rows.confirmations) {
    if (at > latest || lessonId === null || at < first.startsAt) continue;
    expected += 1;
    if (lesson !== null) found += 1;
  }
  return expected === 0 ? 10_000 : Math.floor((found * 10_000) / expected);
}

/** Up to the day before yesterday: the statement of yesterday may still be on its way. */
function statementShareBp(sheet: FactSheet, windowDays: number): number {
  const to = sheet.today - 2;
  let least = 10_000;
  for (const account of sheet.accounts.custody) {
    if (account.state === 'closed') continue;
    const from = Math.max(sheet.today - windowDays, account.since);
    const expected = from > to ? 0 : sheet.calendar.workingDaysBetween(from - 1, to);
    if (expected === 0) continue;
    let reported = 0;
    for (const statement of sheet.statements.of(account.accountId)) {
      if (
        statement.asOf >= from &&
        statement.asOf <= to &&
        sheet.calendar.workingDaysBetween(statement.asOf - 1, statement.asOf) === 1
      )
        reported += 1;
    }
    least = Math.min(least, Math.floor((reported * 10_000) / expected));
  }
  return least;
}

function matchShareBp(sheet: FactSheet, afterWorkingDays: number): number {
  const latest = sheet.calendar.addWorkingDays(sheet.today, -afterWorkingDays);
  const { custodyIds, custodyFrom } = sheet.accounts;
  if (custodyFrom === null) return 10_000;
  let expected = 0;
  let matched = 0;
  for (const payment of sheet.payments) {
    if (payment.paidOn > latest || payment.paidOn < custodyFrom || payment.netFen === 0n) continue;
    if (payment.told.payee !== null && !custodyIds.has(payment.told.payee)) continue;
    expected += 1;
    if (payment.settled) matched += 1;
  }
  return expected === 0 ? 10_000 : Math.floor((matched * 10_000) / expected);
}
