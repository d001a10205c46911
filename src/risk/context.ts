import type { Level } from './level.js';

/** What a rule may know of the findings of other rules: of this institution, as decided before it in the same evaluation. */
export interface RiskContext {
  /** Level of the open finding of a rule; `none` when it has none. */
  levelOf(ruleId: string): Level;
  /** True when a finding of one of the groups is open at `floor` or above, or was within the last `days` days. */
  hadFinding(groups: readonly string[], floor: Level, days: number): boolean;
}

/** For rules asked alone: no other findings. */
export const NO_CONTEXT: RiskContext = { levelOf: () => 'none', hadFinding: () => false };
