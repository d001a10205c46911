import type { Us } from '../core/time.js';
import { type OpenLevel, rankOf } from '../risk/level.js';
import { rule as together } from '../risk/rules/g02-together.js';

/** One record of the alert stream. */
export interface AlertStep {
  readonly at: Us;
  readonly institutionId: string;
  readonly ruleId: string;
  readonly kind: 'raised' | 'level_changed' | 'cleared';
  readonly level: OpenLevel;
}

/** A span in which an institution stood, or one of its rules, at a level that counts, or above; `to` null: to the end. */
export interface HotSpan {
  readonly from: Us;
  to: Us | null;
  /** What brought it there: the rule, or G02 when it was several of them together. */
  readonly rule: string;
}

const HOT = rankOf('orange');

/** Where one institution stands, as the alerts tell it: the worst of its open alerts, without and with G02. */
export class Standing {
  /** Rank of the worst open alert of a rule that looks at the institution itself. */
  rank = 0;
  /** Rank of the case: the worst alert, that of several together (G02) counted. */
  caseRank = 0;
  readonly hotByAlert: HotSpan[] = [];
  readonly hotByCase: HotSpan[] = [];
  private readonly open = new Map<string, number>();

  take(step: AlertStep): void {
    if (step.kind === 'cleared') this.open.delete(step.ruleId);
    else this.open.set(step.ruleId, rankOf(step.level));
    this.rank = 0;
    for (const [ruleId, rank] of this.open) if (ruleId !== together.id) this.rank = Math.max(this.rank, rank);
    this.caseRank = Math.max(this.rank, this.open.get(together.id) ?? 0);
    follow(this.hotByAlert, this.rank >= HOT, step, step.ruleId);
    follow(this.hotByCase, this.caseRank >= HOT, step, step.ruleId);
  }
}

/** Begins a span, or ends the one that is open. */
export function follow(spans: HotSpan[], isHot: boolean, { at }: AlertStep, rule: string): void {
  const last = spans.at(-1);
  if (isHot && (last === undefined || last.to !== null)) spans.push({ from: at, to: null, rule });
  if (!isHot && last !== undefined && last.to === null) last.to = at;
}
