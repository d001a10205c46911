import type { Calendar } from '../core/calendar.js';
import { dayOf, startOfDay, type Us } from '../core/time.js';
import type { FindingState, OpenFinding, Raise, Watch } from './finding.js';
import { type Level, levelOf, OPEN_LEVELS, type OpenLevel, rankOf } from './level.js';
import type { RuleAnswer } from './rule.js';

export type ChangeKind = 'raised' | 'level_changed' | 'cleared';

/** One alert record to send. `late`: late information shows that the limit was kept, so nothing had to be waited for. */
export interface FindingChange {
  readonly kind: ChangeKind;
  readonly alertId: string;
  readonly caseId: string;
  readonly openedAt: Us;
  /** The level after the change; for a clearing the level it had. */
  readonly level: OpenLevel;
  readonly previousLevel: OpenLevel | null;
  readonly late: boolean;
}

export interface LifecycleInput {
  readonly ruleId: string;
  readonly now: Us;
  readonly calendar: Calendar;
  /** Whole working days that the measure must be back inside before a level is left. */
  readonly clearWorkingDays: number;
  /** Event time of the newest accepted event of the institution. */
  readonly newestEventAt: Us | null;
  /** The rule threw: then nothing may be concluded from having no answer. */
  readonly failed: boolean;
  /**
   * What the rule would have said at the moment of a raise, with what is known today; null when that cannot be known any more. When
   * nothing was learned since, it is what the rule said: the raise stands.
   */
  readonly answerAt: (raise: Raise) => RuleAnswer | null;
  /** Whether by what is known today the facts to answer were missing at an earlier moment. */
  readonly lackedFactsAt: (at: Us) => boolean;
  /** By which a raise is made now. */
  readonly policyVersion: string;
  /** How the institution stands to the watch list, which raises this rule; null where that makes no difference to it. */
  readonly watch: Watch | null;
  /** Whether for the score an alert that cleared before counts more than one that clears now at a level. */
  readonly countsMore: (before: NonNullable<FindingState['cleared']>, level: OpenLevel) => boolean;
  /** Names of the alert and case if one is to be opened. */
  readonly nextIds: () => { readonly alertId: string; readonly caseId: string };
}

export interface LifecycleResult {
  readonly state: FindingState;
  readonly changes: readonly FindingChange[];
  /** When waiting alone clears or lowers the finding; null when it waits for nothing. */
  readonly lookAgainAt: Us | null;
}

/**
 * One step of a finding: none → open → other levels → cleared. A rise counts at once. A fall counts when the measure has been
 * inside by the margin for whole working days in a row, or at once when late information shows that the limit was kept: nothing
 * newer than the rise is known, and the rule asked again for that moment, with what is known today of it, does not say it any more.
 * Time that only passed is no information: what falls because a window of days has moved on is waited for.
 * `null` as answer: the rule failed or has no data; then everything stays, and being inside starts anew. Pure.
 */
export function advance(previous: FindingState, answer: RuleAnswer | null, input: LifecycleInput): LifecycleResult {
  if (answer === null) {
    if (previous.open !== null && lostItsFacts(previous.open, input))
      return cleared(previous, previous.open, true, input);
    return { state: forgetInside(previous), changes: [], lookAgainAt: null };
  }
  if (previous.open === null) return open(previous, answer, input);
  const raised = raise(previous.open, answer.level, input);
  const settled = retract(raised, answer, input);
  if (settled === null) return cleared(previous, previous.open, true, input);
  const inside = insideSince(settled, answer, input.now);
  const level = leaveLevels(settled.level, inside, input);
  if (level === 'none') return cleared(previous, previous.open, false, input);
  const finding: OpenFinding = { ...settled, level, raises: raisesUpTo(settled.raises, level), insideSince: inside };
  return {
    state: { ...previous, open: finding, leftAt: left(previous, settled.level, level, input.now) },
    changes: finding.level === previous.open.level ? [] : [levelChange(previous.open, finding, settled !== raised)],
    lookAgainAt: nextLeave(finding, input),
  };
}

function open(previous: FindingState, answer: RuleAnswer, input: LifecycleInput): LifecycleResult {
  if (answer.level === 'none') return { state: previous, changes: [], lookAgainAt: null };
  const { alertId, caseId } = input.nextIds();
  const finding: OpenFinding = {
    alertId,
    caseId,
    openedAt: input.now,
    level: answer.level,
    raises: [raiseOf(answer.level, input)],
    insideSince: [null, null, null, null],
  };
  return {
    state: { ...previous, alerts: previous.alerts + 1, open: finding },
    changes: [
      { kind: 'raised', alertId, caseId, openedAt: input.now, level: answer.level, previousLevel: null, late: false },
    ],
    lookAgainAt: null,
  };
}

function raise(finding: OpenFinding, level: Level, input: LifecycleInput): OpenFinding {
  if (level === 'none' || rankOf(level) <= rankOf(finding.level)) return finding;
  return { ...finding, level, raises: [...finding.raises, raiseOf(level, input)] };
}

function raiseOf(level: OpenLevel, { now, policyVersion, watch }: LifecycleInput): Raise {
  return { level, at: now, policy: policyVersion, ...(watch === null ? {} : { watch }) };
}

/** Takes back the raises that today's knowledge does not bear out; null when none is left. The same object when all stand. */
function retract(finding: OpenFinding, answer: RuleAnswer, input: LifecycleInput): OpenFinding | null {
  const raises: Raise[] = [...finding.raises];
  let floor: Level = answer.level;
  let last = raises.at(-1);
  while (
    last !== undefined &&
    rankOf(floor) < rankOf(last.level) &&
    (input.newestEventAt === null || input.newestEventAt <= last.at)
  ) {
    const then = input.answerAt(last);
    if (then === null || then.state === 'no_data' || rankOf(then.level) >= rankOf(last.level)) break;
    raises.pop();
    if (rankOf(then.level) > rankOf(floor)) floor = then.level;
    last = raises.at(-1);
  }
  if (raises.length === finding.raises.length) return finding;
  // What is true of the last raise may lie between the levels: keep it, from the moment of the raise that was too high.
  if (floor !== 'none' && (last === undefined || rankOf(floor) > rankOf(last.level)))
    raises.push({ ...finding.raises[raises.length]!, level: floor });
  const top = raises.at(-1);
  return top === undefined ? null : { ...finding, level: top.level, raises };
}

/**
 * True when nothing newer than the opening is known and the rule, asked again for that moment, has no data either: the facts
 * behind the finding were taken back by their source.
 */
function lostItsFacts(finding: OpenFinding, input: LifecycleInput): boolean {
  if (input.newestEventAt !== null && input.newestEventAt > finding.openedAt) return false;
  return input.failed === false && input.lackedFactsAt(finding.openedAt);
}

/** Per level: since when the answer has been inside it by the margin. */
function insideSince(finding: OpenFinding, answer: RuleAnswer, now: Us): (Us | null)[] {
  return OPEN_LEVELS.map((level, index) =>
    rankOf(answer.holdLevel) < rankOf(level) ? (finding.insideSince[index] ?? now) : null,
  );
}

/** The highest level not yet left. */
function leaveLevels(level: OpenLevel, inside: readonly (Us | null)[], input: LifecycleInput): Level {
  let rank = rankOf(level);
  while (rank > 0) {
    const since = inside[rank - 1] ?? null;
    if (since === null || leaveAt(since, input) > input.now) break;
    rank -= 1;
  }
  return levelOf(rank);
}

/** The first moment at which the whole working days are over. The day on which it came back counts only from its first moment. */
export function leaveAt(
  since: Us,
  { calendar, clearWorkingDays }: Pick<LifecycleInput, 'calendar' | 'clearWorkingDays'>,
): Us {
  const firstWholeDay = since === startOfDay(dayOf(since)) ? dayOf(since) : dayOf(since) + 1;
  return clearWorkingDays === 0 ? since : startOfDay(calendar.addWorkingDays(firstWholeDay - 1, clearWorkingDays) + 1);
}

function nextLeave(finding: OpenFinding, input: LifecycleInput): Us | null {
  const since = finding.insideSince[rankOf(finding.level) - 1] ?? null;
  return since === null ? null : leaveAt(since, input);
}

function raisesUpTo(raises: readonly Raise[], level: OpenLevel): readonly Raise[] {
  if (raises.at(-1)?.level === level) return raises;
  const kept = raises.filter((raise) => rankOf(raise.level) < rankOf(level));
  const first = raises.find((raise) => rankOf(raise.level) >= rankOf(level));
  return first === undefined ? kept : [...kept, { ...first, level }];
}

function levelChange(before: OpenFinding, after: OpenFinding, late: boolean): FindingChange {
  return {
    kind: 'level_changed',
    alertId: after.alertId,
    caseId: after.caseId,
    openedAt: after.openedAt,
    level: after.level,
    previousLevel: before.level,
    late,
  };
}

function cleared(previous: FindingState, finding: OpenFinding, late: boolean, input: LifecycleInput): LifecycleResult {
  const { alertId, caseId, openedAt, level } = finding;
  const keepsEarlier = late || (previous.cleared !== null && input.countsMore(previous.cleared, level));
  return {
    state: {
      ...previous,
      open: null,
      cleared: keepsEarlier ? previous.cleared : { at: input.now, level },
      leftAt: late ? previous.leftAt : left(previous, level, 'none', input.now),
    },
    changes: [{ kind: 'cleared', alertId, caseId, openedAt, level, previousLevel: null, late }],
    lookAgainAt: null,
  };
}

/** Marks the levels above `to` up to `from` as left now. */
function left(previous: FindingState, from: Level, to: Level, now: Us): readonly (Us | null)[] {
  return from === to
    ? previous.leftAt
    : previous.leftAt.map((at, index) => (index + 1 > rankOf(to) && index + 1 <= rankOf(from) ? now : at));
}

function forgetInside(previous: FindingState): FindingState {
  if (previous.open === null) return previous;
  return { ...previous, open: { ...previous.open, insideSince: [null, null, null, null] } };
}
