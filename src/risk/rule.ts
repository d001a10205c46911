import type { Us } from '../core/time.js';
import type { RiskContext } from './context.js';
import type { FactSheet } from './facts/fact-sheet.js';
import type { Level } from './level.js';
import type { ParamSpecs, ParamValues } from './params.js';

export type RuleGroup = 'A' | 'B' | 'C' | 'D' | 'E' | 'F' | 'G';

/** The same sentence in the two languages of the product. */
export interface Sentence {
  readonly zh: string;
  readonly en: string;
}

export interface EvidenceRef {
  readonly source: string;
  readonly id: string;
}

export type AnswerUnit = 'fen' | 'basis_points' | 'days' | 'working_days' | 'count' | 'hundredths' | 'months' | 'state';

/**
 * `answered`: the rule knows. `not_applicable`: the question does not arise for this institution (a custody rule in deposit
 * mode). `no_data`: the question arises and the facts to answer it are missing; an open finding then stays as it is.
 */
export type AnswerState = 'answered' | 'not_applicable' | 'no_data';

/** What a rule says about one institution at one moment. */
export interface RuleAnswer {
  readonly state: AnswerState;
  readonly level: Level;
  /** The level an open finding keeps: the highest step whose threshold is not yet kept by the margin of the policy. ≥ `level`. */
  readonly holdLevel: Level;
  /** The figure that was compared and the limit of the step reached (of the lowest step when none is). Integers of `unit`. */
  readonly value: number;
  readonly threshold: number | null;
  readonly unit: AnswerUnit;
  /** One sentence with the figures. A function, because nearly all answers are `none` and never shown. */
  readonly reason: () => Sentence;
  /** The events behind it, most telling first, at most `EVIDENCE_MAX`. */
  readonly evidence: () => readonly EvidenceRef[];
  /** The earliest moment at which time alone could change this answer; null when only an event can. */
  readonly lookAgainAt: Us | null;
  /** The rule that raises others without speaking itself (E04). */
  readonly flag?: boolean;
}

export const EVIDENCE_MAX = 20;

/** What can be done about a finding; how each changes the books stands in remedy-kinds.ts. `days`: its windows move on. */
export type RemedyKind =
  | 'custody_credit'
  | 'deposit_top_up'
  | 'cover'
  | 'confirmed_lessons'
  | 'expired_lessons'
  | 'released_lessons'
  | 'lessons_given'
  | 'pay_refunds'
  | 'credit_payments'
  | 'balance_report'
  | 'account_filed'
  | 'licence_complete'
  | 'statement_filed'
  | 'signals_cleared'
  | 'clean_inspection'
  | 'contact_answered'
  | 'days';

/** One question about an institution. Adding one is a file, its test, and a line in rules/list.ts. */
export interface Rule {
  readonly id: string;
  /** Raised whenever the same facts and thresholds could give another answer. */
  readonly version: number;
  readonly group: RuleGroup;
  readonly name: Sentence;
  readonly question: Sentence;
  /** The clause it rests on, or "our default". */
  readonly basis: Sentence;
  readonly params: ParamSpecs;
  /** Lists of parameters that must not fall from left to right: the steps of the rule in order. */
  readonly order: readonly (readonly string[])[];
  /** Groups and rules whose findings it reads; the list of rules puts it after them. */
  readonly reads: readonly string[];
  /** It may put the institution on the watch list (`flag`), which raises the groups A and C; the list has it before those. */
  readonly watches?: boolean;
  /** What can end a finding of it: kinds, whose least amounts are then searched for, and what only people can settle, in words. */
  readonly remedies?: readonly (RemedyKind | Sentence)[];
  evaluate(sheet: FactSheet, params: ParamValues, context: RiskContext): RuleAnswer;
}

interface RuleDefinition<P extends ParamSpecs> extends Omit<Rule, 'params' | 'order' | 'reads' | 'evaluate'> {
  readonly params: P;
  readonly order?: readonly (readonly (keyof P & string)[])[];
  readonly reads?: readonly string[];
  evaluate(sheet: FactSheet, params: ParamValues<P>, context: RiskContext): RuleAnswer;
}

/** Ties the parameters of a rule to what its question may read of them. */
export function defineRule<const P extends ParamSpecs>(definition: RuleDefinition<P>): Rule {
  return {
    ...definition,
    order: definition.order ?? [],
    reads: definition.reads ?? [],
    // The policy hands over exactly the declared parameters: `parsePolicy` refuses others and fills in the defaults.
    evaluate: definition.evaluate as Rule['evaluate'],
  };
}

const NO_EVIDENCE = () => [];

/** The question does not arise; closes what was open. `lookAgainAt`: when it may arise by time alone. */
export function notApplicable(zh: string, en: string, lookAgainAt: Us | null = null): RuleAnswer {
  return { ...unanswered('not_applicable', zh, en), lookAgainAt };
}

/** The facts to answer are missing; what was open stays open. */
export function noData(zh: string, en: string): RuleAnswer {
  return unanswered('no_data', zh, en);
}

function unanswered(state: AnswerState, zh: string, en: string): RuleAnswer {
  return {
    state,
    level: 'none',
    holdLevel: 'none',
    value: 0,
    threshold: null,
    unit: 'state',
    reason: () => ({ zh, en }),
    evidence: NO_EVIDENCE,
    lookAgainAt: null,
  };
}
