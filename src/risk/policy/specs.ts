import { COMMON_PARAMS } from '../common.js';
import type { ParamSpecs } from '../params.js';
import { RULES } from '../rules/list.js';
import { SCORE_ORDER, SCORE_PARAMS } from '../score-params.js';

/** What a policy may set: the parameters of every rule, and under `common` and `score` those that belong to no single rule. */
export interface PolicySubject {
  readonly params: ParamSpecs;
  readonly order: readonly (readonly string[])[];
}

export const POLICY_SUBJECTS: ReadonlyMap<string, PolicySubject> = new Map<string, PolicySubject>([
  ['common', { params: COMMON_PARAMS, order: [] }],
  ['score', { params: SCORE_PARAMS, order: SCORE_ORDER }],
  ...RULES.map((rule): [string, PolicySubject] => [rule.id, rule]),
]);
