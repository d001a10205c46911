import { dayOf, type Us } from '../core/time.js';
import type { FindingState } from './finding.js';
import { atLeast, type Level, levelOf, rankOf } from './level.js';
import type { EvidenceRef, Rule, RuleGroup } from './rule.js';

/** What a rule may know of the findings of other rules: of this institution, as decided before it in the same evaluation. */
export interface RiskContext {
  /** Level of the open finding of a rule; `none` when it has none. */
  levelOf(ruleId: string): Level;
  /** True when a finding of one of the groups is open at `floor` or above, or was within the last `days` days. */
  hadFinding(groups: readonly string[], floor: Level, days: number): boolean;
  /** Findings of the groups A to F that are open at `floor` or above, and when each reached it. */
  reached(floor: Level): readonly Reached[];
  /** The events behind what another rule says now; none of a moment that is past or to come, of which nothing is told. */
  evidenceOf(ruleId: string): readonly EvidenceRef[];
}

export interface Reached {
  readonly ruleId: string;
  readonly group: RuleGroup;
  readonly level: Level;
  /** Null: not remembered. */
  readonly at: Us | null;
}

const NO_EVIDENCE = (): readonly EvidenceRef[] => [];

/** For rules asked alone: no other findings. */
export const NO_CONTEXT: RiskContext = {
  levelOf: () => 'none',
  hadFinding: () => false,
  reached: () => [],
  evidenceOf: NO_EVIDENCE,
};

/**
 * The same of a past moment, as far as it is remembered: what is held now, and what was left after that moment, counts as held then.
 * So the others cannot make a rule say less of that moment than it said.
 */
export function pastContextOf(states: ReadonlyMap<string, FindingState>, rules: readonly Rule[], at: Us): RiskContext {
  return {
    levelOf(ruleId) {
      const state = states.get(ruleId);
      const left = state?.leftAt.findLastIndex((leftAt) => leftAt !== null && leftAt > at) ?? -1;
      return levelOf(Math.max(rankOf(state?.open?.level ?? 'none'), left + 1));
    },
    hadFinding: (groups, floor, days) =>
      contextOf(states, rules, at).hadFinding(groups, floor, days) ||
      rules.some(({ id, group }) => {
        const leftAt = groups.includes(group) ? states.get(id)?.leftAt[rankOf(floor) - 1] : undefined;
        return leftAt != null && leftAt > at;
      }),
    reached: (floor) => [
      ...contextOf(states, rules, at).reached(floor),
      ...rules.flatMap(({ id, group }) => {
        const state = group === 'G' ? undefined : states.get(id);
        const leftAt = state?.leftAt[rankOf(floor) - 1] ?? null;
        const isOpen = atLeast(state?.open?.level ?? 'none', floor);
        return isOpen || leftAt === null || leftAt <= at ? [] : [{ ruleId: id, group, level: floor, at: null }];
      }),
    ],
    evidenceOf: NO_EVIDENCE,
  };
}

/** The context over states that may still change while the rules are evaluated one after the other. */
export function contextOf(
  states: ReadonlyMap<string, FindingState>,
  rules: readonly Rule[],
  now: Us,
  evidenceOf: RiskContext['evidenceOf'] = NO_EVIDENCE,
): RiskContext {
  return {
    levelOf: (ruleId) => states.get(ruleId)?.open?.level ?? 'none',
    hadFinding: (groups, floor, days) =>
      rules.some((rule) => {
        const state = groups.includes(rule.group) ? states.get(rule.id) : undefined;
        if (state === undefined) return false;
        if (state.open !== null && atLeast(state.open.level, floor)) return true;
        const leftAt = state.leftAt[rankOf(floor) - 1] ?? null;
        return leftAt !== null && dayOf(now) - dayOf(leftAt) < days;
      }),
    reached: (floor) =>
      rules.flatMap(({ id, group }) => {
        const open = group === 'G' ? null : (states.get(id)?.open ?? null);
        if (open === null || !atLeast(open.level, floor)) return [];
        const at = open.raises.find((raise) => atLeast(raise.level, floor))?.at ?? open.openedAt;
        return [{ ruleId: id, group, level: open.level, at }];
      }),
    evidenceOf,
  };
}
