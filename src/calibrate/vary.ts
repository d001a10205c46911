import { FeewardenError } from '../core/errors.js';
import { type ParamSpec, rangeOf } from '../risk/params.js';
import { type Policy, type PolicyEntry, parsePolicy } from '../risk/policy/policy.js';
import { POLICY_SUBJECTS } from '../risk/policy/specs.js';

/** What is varied together: thresholds of one rule. */
export interface Subject {
  readonly rule: string;
  readonly params: readonly string[];
}

/** One way to set the thresholds of a subject. Factor 1 is the policy as it is. */
export interface Variant {
  readonly subject: Subject;
  readonly factor: number;
  readonly values: Readonly<Record<string, number>>;
  readonly policy: Policy;
}

export const FACTORS: readonly number[] = [0.8, 0.9, 1.1, 1.25];
const NATION = '000000';
const FROM = '2000-01-01';

/**
 * Reads what may be varied: `C01` is every step of the rule that no law sets, `C01.orangeWorkingDays` one threshold. `option`: where
 * it was given, for the message.
 * @throws FeewardenError bad_usage for unknown names, and for thresholds that a cited rule sets
 */
export function parseSubjects(text: string, option = '--rules'): Subject[] {
  const names = text.split(',').map((name) => name.trim());
  return names.map((name) => {
    const [rule, param] = name.split('.') as [string, string | undefined];
    const known = POLICY_SUBJECTS.get(rule);
    if (known === undefined) throw new FeewardenError('bad_usage', `${option}: there is no rule "${rule}".`);
    if (param === undefined) {
      const steps = [...new Set(known.order.flat())].filter((step) => isOurs(known.params[step]));
      const params = steps.length > 0 ? steps : Object.keys(known.params).filter((one) => isOurs(known.params[one]));
      if (params.length === 0)
        throw new FeewardenError(
          'bad_usage',
          `${option}: every threshold of ${rule} is set by a cited rule, and those are never moved.`,
        );
      return { rule, params };
    }
    if (known.params[param] === undefined)
      throw new FeewardenError('bad_usage', `${option}: rule ${rule} has no threshold "${param}".`);
    if (!isOurs(known.params[param]))
      throw new FeewardenError(
        'bad_usage',
        `${option}: ${rule}.${param} is set by a cited rule, and those are never moved.`,
      );
    return { rule, params: [param] };
  });
}

/** The policy with the thresholds of the subject multiplied; null when that changes nothing or gives no valid policy. */
export function variantOf(base: Policy, subject: Subject, factor: number): Variant | null {
  const policy = multiplied(base, subject, factor, `${subject.rule} × ${factor}`);
  const changed = subject.params.filter((name) => valuesOf(base, subject, name) !== valuesOf(policy, subject, name));
  if (changed.length === 0) return null;
  try {
    const specs = POLICY_SUBJECTS.get(subject.rule)!.params;
    const values = changed.map((name) => [name, currentOf(policy, subject.rule, name, specs[name]!)]);
    return { subject, factor, values: Object.fromEntries(values), policy: parsePolicy(policy) };
  } catch (error) {
    // Steps that pass each other or leave their range are no way to set them.
    if (error instanceof FeewardenError && error.code === 'bad_policy') return null;
    throw error;
  }
}

/**
 * The policy with the thresholds of the subject multiplied wherever it sets them, as a city's own is what holds there, and for the whole
 * nation where no entry of the nation does. What a local rule sets stays.
 */
export function multiplied(base: Policy, { rule, params }: Subject, factor: number, note: string): Policy {
  const specs = POLICY_SUBJECTS.get(rule)!.params;
  const times = (name: string, value: number) => {
    const [min, max] = rangeOf(specs[name]!);
    return Math.min(max, Math.max(min, Math.round(value * factor)));
  };
  const entries = base.entries.map((entry): PolicyEntry => {
    if (entry.rule !== rule) return entry;
    const set = Object.entries(entry.params).map(([name, one]) => {
      const value = params.includes(name) && one.source !== 'rule' ? times(name, one.value) : one.value;
      return [name, value === one.value ? one : { value, source: 'ours', note }];
    });
    return { ...entry, params: Object.fromEntries(set) };
  });
  const national = entries.filter((entry) => isNational(entry, rule));
  const inherited = params
    .filter((name) => national.every((entry) => entry.params[name] === undefined))
    .map((name) => [name, times(name, specs[name]!.value)] as const)
    .filter(([name, value]) => value !== specs[name]!.value);
  return withValues({ ...base, entries }, rule, Object.fromEntries(inherited), note);
}

/** Every value that the policy sets for a threshold. */
function valuesOf({ entries }: Policy, { rule }: Subject, name: string): string {
  return entries.map((entry) => (entry.rule === rule ? entry.params[name]?.value : undefined) ?? '').join();
}

/** The policy with other values of some thresholds of a rule, for the whole nation. */
function withValues(base: Policy, rule: string, values: Readonly<Record<string, number>>, note: string): Policy {
  if (Object.keys(values).length === 0) return base;
  const params = Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, { value, source: 'ours' as const, note }]),
  );
  const at = base.entries.findLastIndex((entry) => isNational(entry, rule));
  const entries = base.entries.map((entry, index) =>
    index === at ? { ...entry, params: { ...entry.params, ...params } } : entry,
  );
  if (at < 0) entries.push({ rule, region: NATION, validFrom: FROM, params });
  return { ...base, entries };
}

function currentOf(base: Policy, rule: string, name: string, spec: ParamSpec): number {
  const entry = base.entries.findLast((one) => isNational(one, rule) && one.params[name] !== undefined);
  return entry?.params[name]?.value ?? spec.value;
}

function isNational(entry: PolicyEntry, rule: string): boolean {
  return entry.rule === rule && entry.region === NATION && entry.category === undefined && entry.mode === undefined;
}

function isOurs(spec: ParamSpec | undefined): boolean {
  return (
    spec !== undefined && spec.source !== 'rule' && spec.unit !== 'flag' && spec.unit !== 'level' && spec.unit !== 'day'
  );
}
