import type { Calendar } from '../core/calendar.js';
import type { Us } from '../core/time.js';
import type { CommonParams } from './common.js';
import type { RiskContext } from './context.js';
import type { RuleFinding } from './evaluation.js';
import type { FactSheet } from './facts/fact-sheet.js';
import type { InstitutionRows } from './facts/rows.js';
import type { FindingState } from './finding.js';
import type { ParamValues } from './params.js';
import type { AnswerState, RuleAnswer } from './rule.js';

/**
 * Earlier answers of one institution, for who evaluates it again and again. A rule is settled while nothing its answer rests on has
 * changed and no moment has come at which time could change it, or the finding it holds open.
 */
export interface AnswerMemory {
  /** A sheet that notes what is read of it. */
  sheet(rows: InstitutionRows, now: Us, calendar: Calendar, common: CommonParams): FactSheet;
  context(context: RiskContext): RiskContext;
  /** `rule` is its index in the list. */
  isSettled(rule: number, params: ParamValues, now: Us): boolean;
  /** Whether the rule, when it was asked last, put the institution on the watch list. */
  isFlagged(rule: number): boolean;
  /** Before a rule is asked. */
  begin(): void;
  keep(rule: number, asked: AskedRule): void;
  /** How the rule, settled, answered when it was asked last, if nobody is told of what it found; null: ask it. */
  quietState(rule: number): AnswerState | null;
  keepFinding(rule: number, finding: RuleFinding): void;
  /** The earliest moment at which time alone could change anything, over all rules. */
  readonly lookAgainAt: Us | null;
}

/** A rule that was asked, and what its finding came to. */
export interface AskedRule {
  /** Null: the policy switches the rule off. */
  readonly params: ParamValues | null;
  /** Null: the rule failed. */
  readonly answer: RuleAnswer | null;
  readonly finding: FindingState | null;
  /** Of the answer and of the finding. */
  readonly lookAgainAt: Us | null;
  /** The finding was opened, changed or closed by this answer. */
  readonly isFindingNew: boolean;
  readonly newestEventAt: Us | null;
  /** When something that is known begins to count; null when all of it does. */
  readonly futureAt: Us | null;
  readonly now: Us;
}
