import type { ParamSpecs } from '../params.js';
import { RULES } from '../rules/list.js';
import type { Policy, PolicyEntry } from './policy.js';
import { POLICY_SUBJECTS } from './specs.js';

/** The days before it have no rules of their own: thresholds of today are applied to them as well. */
const FROM = '2000-01-01';

/** The policy that ships with the program: every threshold with its source, for the whole nation. */
export const DEFAULT_POLICY: Policy = {
  version: `default-${RULES.reduce((sum, rule) => sum + rule.version, 0)}`,
  note: 'Defaults of the rulebook. Thresholds marked "ours" are uncalibrated until back-tested; places set their own.',
  entries: [...POLICY_SUBJECTS].map(([rule, subject]) => defaultEntry(rule, subject.params)),
};

function defaultEntry(rule: string, specs: ParamSpecs): PolicyEntry {
  return {
    rule,
    region: '000000',
    validFrom: FROM,
    params: Object.fromEntries(
      Object.entries(specs).map(([name, { value, source, note }]) => [name, { value, source, note }]),
    ),
  };
}
