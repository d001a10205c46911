import type { Us } from '../core/time.js';
import type { CaseState } from './case.js';
import type { FindingState } from './finding.js';
import type { Level, OpenLevel } from './level.js';
import type { ChangeKind } from './lifecycle.js';
import type { AnswerState, AnswerUnit, EvidenceRef, Rule, Sentence } from './rule.js';
import type { Score, ScoreMark } from './score.js';

/** What is remembered between evaluations of one institution. Plain JSON; the same history gives the same bytes. */
export interface InstitutionRiskState {
  readonly version: 1;
  /** Rules that ever found something, in the order of the list of rules. */
  readonly findings: readonly FindingState[];
  readonly cases: CaseState;
  /** The last score told; null before the first. */
  readonly score: { readonly score: number; readonly level: Level } | null;
  readonly history: readonly ScoreMark[];
}

/** How one rule stands now. `failed`: it threw; its last level stays. */
export interface RuleFinding {
  readonly rule: Rule;
  readonly state: AnswerState | 'failed';
  /** The level of the open finding (held by hysteresis), and what the rule says right now. */
  readonly level: Level;
  readonly answerLevel: Level;
  readonly value: number;
  readonly threshold: number | null;
  readonly unit: AnswerUnit;
  readonly finding: FindingState;
  /** One level up, because the institution is on the watch list (E04). */
  readonly watched: boolean;
  readonly flag: boolean;
  readonly reason: () => Sentence;
  readonly evidence: () => readonly EvidenceRef[];
  /** What the rule threw; null unless failed. */
  readonly error: string | null;
}

/** One alert record: what the contract's alert message needs besides the institution. */
export interface AlertChange {
  readonly kind: ChangeKind;
  readonly alertId: string;
  readonly caseId: string;
  readonly ruleId: string;
  readonly ruleVersion: number;
  readonly policyVersion: string;
  /** After the change; for a clearing the level it had. */
  readonly level: OpenLevel;
  /** Only of `level_changed`. */
  readonly previousLevel: OpenLevel | null;
  readonly value: number;
  readonly threshold: number | null;
  readonly unit: AnswerUnit;
  readonly reason: Sentence;
  readonly legalBasis: Sentence;
  readonly evidence: readonly EvidenceRef[];
  /** The moment of the evaluation. */
  readonly asOf: Us;
  readonly openedAt: Us;
  /** Only of `cleared`. */
  readonly clearedAt: Us | null;
  /** The score after this evaluation. */
  readonly score: number;
}

export interface Evaluation {
  /** All rules that were asked, in the order of the list. */
  readonly findings: readonly RuleFinding[];
  readonly score: Score;
  /** The score or its level is another than the last one told. */
  readonly scoreChanged: boolean;
  readonly changes: readonly AlertChange[];
  readonly state: InstitutionRiskState;
  /** The earliest moment at which time alone could change anything of this. */
  readonly lookAgainAt: Us | null;
  readonly policyVersion: string;
  readonly calendarVersion: string;
}
