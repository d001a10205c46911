import { US_PER_DAY, type Us } from '../core/time.js';
import type { FindingState, OpenFinding } from './finding.js';
import { atLeast, higher, type Level, rankOf } from './level.js';
import type { RuleGroup } from './rule.js';
import type { ScoreParams } from './score-params.js';

/** What is remembered of the cases of an institution. */
export interface CaseState {
  /** Cases opened so far; the newest one is the number in its id. */
  readonly count: number;
  /** When the last alert of the institution was cleared; null while none was. */
  readonly lastClearedAt: Us | null;
}

/** The case the open findings belong to. */
export interface RiskCase {
  readonly caseId: string;
  readonly level: Level;
  /** True when findings together make it worse than each alone (G02). */
  readonly escalated: boolean;
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

interface Opened {
  readonly group: RuleGroup;
  readonly at: Us;
}

/**
 * G02: two orange findings of different groups within 14 days make the case red, three yellow ones of three groups within 30
 * days make it orange. When a finding reached the level counts, not when it was opened.
 */
export function riskCase(
  institutionId: string,
  count: number,
  findings: readonly { readonly group: RuleGroup; readonly state: FindingState }[],
  params: ScoreParams,
): RiskCase | null {
  let level: Level = 'none';
  for (const { state } of findings) if (state.open !== null) level = higher(level, state.open.level);
  if (level === 'none') return null;
  let together: Level = level;
  if (groupsWithin(reached(findings, 'yellow'), params.threeYellowDays) >= 3) together = higher(together, 'orange');
  if (groupsWithin(reached(findings, 'orange'), params.twoOrangeDays) >= 2) together = 'red';
  return { caseId: caseIdOf(institutionId, count), level: together, escalated: rankOf(together) > rankOf(level) };
}

function reached(
  findings: readonly { readonly group: RuleGroup; readonly state: FindingState }[],
  floor: Level,
): Opened[] {
  return findings.flatMap(({ group, state }) =>
    state.open !== null && atLeast(state.open.level, floor) ? [{ group, at: reachedAt(state.open, floor) }] : [],
  );
}

function reachedAt(open: OpenFinding, floor: Level): Us {
  return open.raises.find((raise) => atLeast(raise.level, floor))?.at ?? open.openedAt;
}

/** The largest number of different groups among findings that lie within so many days. */
function groupsWithin(opened: readonly Opened[], days: number): number {
  let most = 0;
  for (const first of opened) {
    const groups = new Set(
      opened.filter((one) => one.at >= first.at && one.at - first.at <= days * US_PER_DAY).map((one) => one.group),
    );
    most = Math.max(most, groups.size);
  }
  return most;
}
