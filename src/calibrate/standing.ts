import type { Us } from '../core/time.js';
import { riskCase } from '../risk/case.js';
import { type FindingState, newFinding } from '../risk/finding.js';
import { type Level, type OpenLevel, rankOf } from '../risk/level.js';
import type { RuleGroup } from '../risk/rule.js';
import type { ScoreParams } from '../risk/score-params.js';

/** One record of the alert stream. */
export interface AlertStep {
  readonly at: Us;
  readonly institutionId: string;
  readonly ruleId: string;
  readonly kind: 'raised' | 'level_changed' | 'cleared';
  readonly level: OpenLevel;
}

/** A span in which an institution stood at orange or above; `to` null: to the end. */
export interface HotSpan {
  readonly from: Us;
  to: Us | null;
  /** What brought it there: the rule, or G02 when it was several of them together. */
  readonly rule: string;
}

const HOT = rankOf('orange');

/** Where one institution stands, as the alerts tell it: its open alerts, their worst level, and the level of its case (G02). */
export class Standing {
  /** Rank of the worst open alert. */
  rank = 0;
  /** Rank of the case: the worst alert, or more when several come together. */
  caseRank = 0;
  readonly hotByAlert: HotSpan[] = [];
  readonly hotByCase: HotSpan[] = [];
  private readonly open = new Map<string, FindingState>();

  constructor(
    private readonly institutionId: string,
    private readonly params: ScoreParams,
  ) {}

  take(step: AlertStep): void {
    if (step.kind === 'cleared') this.open.delete(step.ruleId);
    else this.open.set(step.ruleId, stateAfter(this.open.get(step.ruleId) ?? newFinding(step.ruleId), step));
    let level: Level = 'none';
    for (const { open } of this.open.values())
      if (open !== null && rankOf(open.level) > rankOf(level)) level = open.level;
    const findings = [...this.open].map(([ruleId, state]) => ({ group: ruleId[0] as RuleGroup, state }));
    this.rank = rankOf(level);
    this.caseRank = rankOf(riskCase(this.institutionId, 1, findings, this.params)?.level ?? 'none');
    follow(this.hotByAlert, this.rank >= HOT, step, step.ruleId);
    follow(this.hotByCase, this.caseRank >= HOT, step, this.rank >= HOT ? step.ruleId : 'G02');
  }
}

/** Like the life of a finding, as far as its records tell it. */
function stateAfter(before: FindingState, { at, level }: AlertStep): FindingState {
  const raises = (before.open?.raises ?? []).filter((raise) => rankOf(raise.level) < rankOf(level));
  const kept = before.open?.raises.find((raise) => rankOf(raise.level) >= rankOf(level));
  return {
    ...before,
    open: {
      alertId: '',
      caseId: '',
      openedAt: before.open?.openedAt ?? at,
      level,
      raises: [...raises, { level, at: kept?.at ?? at }],
      insideSince: [null, null, null, null],
    },
  };
}

function follow(spans: HotSpan[], isHot: boolean, { at }: AlertStep, rule: string): void {
  const last = spans.at(-1);
  if (isHot && (last === undefined || last.to !== null)) spans.push({ from: at, to: null, rule });
  if (!isHot && last !== undefined && last.to === null) last.to = at;
}
