import { z } from 'zod';
import { FeewardenError } from '../../core/errors.js';
import { repeatedKeys } from '../../core/json-text.js';
import { parseDay } from '../../core/time.js';
import { INSTITUTION_CATEGORIES } from '../../events/institution.js';
import { type ParamValues, rangeOf } from '../params.js';
import { withMovedThresholds, withoutRetiredThresholds } from './moved.js';
import { applying, boundariesOf, forKind, inRegion, mergedParams, type Selector } from './resolve.js';
import { POLICY_SUBJECTS, type PolicySubject } from './specs.js';
import { withNumberedDays } from './written-days.js';

const DATE = z.string().refine((text) => parseDay(text) !== null, 'must be a real day written YYYY-MM-DD');
export const POLICY_MODES = ['per_lesson', 'staged', 'deposit', 'parent_lock', 'ecny', 'postpaid'] as const;
const ENTRIES_MAX = 5_000;

const threshold = z.strictObject({
  /** In the unit of the rule; a day may be written YYYY-MM-DD. */
  value: z.int('must be an integer, or for a day YYYY-MM-DD'),
  source: z.enum(['rule', 'ours', 'derived', 'analog']),
  note: z.string().min(1).max(500),
});

const entry = z.strictObject({
  /** A rule id, or `common` or `score`. */
  rule: z.string().min(1).max(16),
  /** GB/T 2260: 000000 the nation, 370000 a province, 370700 a city, 370702 a county. Inherited downwards. */
  region: z.string().regex(/^\d{6}$/, 'must be 6 digits'),
  category: z.enum(INSTITUTION_CATEGORIES).optional(),
  mode: z.enum(POLICY_MODES).optional(),
  /** First and last day, both included. */
  validFrom: DATE,
  validTo: DATE.optional(),
  /** false: the rule is not asked here. */
  enabled: z.boolean().optional(),
  /** Only what differs from what is inherited. */
  params: z.record(z.string(), threshold),
  note: z.string().max(1_000).optional(),
});

const policy = z.strictObject({
  version: z.string().regex(/^[!-~]{1,64}$/, 'must be 1 to 64 printable ASCII characters without spaces'),
  note: z.string().max(2_000).optional(),
  author: z.string().max(200).optional(),
  approver: z.string().max(200).optional(),
  entries: z.array(entry).max(ENTRIES_MAX),
});

/** A versioned set of thresholds as it is written, stored and shown. What it does not set has the default of its rule. */
export type Policy = z.infer<typeof policy>;
export type PolicyEntry = z.infer<typeof entry>;

/** One fault of a policy: where in its JSON, and what is wrong there. */
export interface PolicyFault {
  readonly path: string;
  readonly message: string;
}

/**
 * Checks a policy whole: form, known names, ranges, validity, and that the steps of every rule are in order for every region,
 * category, mode and day that it tells apart. Throws FeewardenError `bad_policy` with the JSON path of the first fault.
 */
export function parsePolicy(input: unknown): Policy {
  const { policy: checked, faults } = checkPolicy(input);
  if (checked !== null) return checked;
  throw policyError(faults[0]!);
}

export function policyError({ path, message }: PolicyFault): FeewardenError {
  return new FeewardenError('bad_policy', path === '' ? message : `${path}: ${message}`, { path });
}

/** A policy as it was stored by this version or an earlier one. Throws as `parsePolicy` does. */
export function parseStoredPolicy(body: string): Policy {
  return parsePolicy(withoutRetiredThresholds(JSON.parse(body)));
}

export type CheckedPolicy =
  | { readonly policy: Policy; readonly faults: readonly [] }
  | { readonly policy: null; readonly faults: readonly PolicyFault[] };

/** As `checkPolicy`, for a policy as a person wrote it: of a key that stands twice one threshold would be lost without a word. */
export function checkPolicyText(text: string): CheckedPolicy {
  let input: unknown;
  try {
    input = JSON.parse(text);
  } catch (error) {
    return { policy: null, faults: [{ path: '', message: `is not valid JSON: ${(error as Error).message}` }] };
  }
  const faults = repeatedKeyFaults(text);
  return faults.length === 0 ? checkPolicy(input) : { policy: null, faults: faults.slice(0, FAULTS_MAX) };
}

/** Of a text that JSON.parse accepts. */
export function repeatedKeyFaults(text: string): PolicyFault[] {
  return repeatedKeys(text).map((path) => ({ path, message: 'this key stands more than once in its object' }));
}

/** The same check with every fault that it finds, `FAULTS_MAX` at most. Later checks need the form: they come when it is right. */
export function checkPolicy(input: unknown): CheckedPolicy {
  const result = policy.safeParse(withNumberedDays(withMovedThresholds(input)));
  if (!result.success) {
    const faults = result.error.issues.map(({ path, message }) => ({ path: path.map(String).join('.'), message }));
    return { policy: null, faults: faults.slice(0, FAULTS_MAX) };
  }
  const { entries } = result.data;
  const faults = [...entries.flatMap((one, index) => entryFaults(one, `entries.${index}`)), ...duplicates(result.data)];
  // Steps of unknown or impossible values have no order.
  if (faults.length === 0) faults.push(...orderFaults(result.data));
  return faults.length === 0
    ? { policy: result.data, faults: [] }
    : { policy: null, faults: faults.slice(0, FAULTS_MAX) };
}

const FAULTS_MAX = 100;

/** Names that the commands and the interface use for something else; `default-…` are the program's own. */
const TAKEN_VERSIONS = ['current', 'shadow'];
export const DEFAULT_PREFIX = 'default-';

/** Why nobody may publish a policy under this version; null when one may. */
export function versionFault(version: string): PolicyFault | null {
  if (version.startsWith(DEFAULT_PREFIX))
    return { path: 'version', message: `versions that begin with ${DEFAULT_PREFIX} are the program's` };
  return TAKEN_VERSIONS.includes(version) ? { path: 'version', message: `${version} has another meaning` } : null;
}

function entryFaults(one: PolicyEntry, path: string): PolicyFault[] {
  const subject = POLICY_SUBJECTS.get(one.rule);
  if (subject === undefined) return [{ path: `${path}.rule`, message: `there is no rule ${one.rule}` }];
  const faults: PolicyFault[] = [];
  if (one.validTo !== undefined && parseDay(one.validTo)! < parseDay(one.validFrom)!)
    faults.push({ path: `${path}.validTo`, message: 'lies before validFrom' });
  for (const [name, { value }] of Object.entries(one.params)) {
    // Names like toString are no parameters, though every object answers to them.
    const spec = Object.hasOwn(subject.params, name) ? subject.params[name] : undefined;
    if (spec === undefined) {
      faults.push({ path: `${path}.params.${name}`, message: `rule ${one.rule} has no parameter ${name}` });
      continue;
    }
    const [min, max] = rangeOf(spec);
    if (value < min || value > max)
      faults.push({ path: `${path}.params.${name}.value`, message: `${value} is outside ${min} … ${max}` });
  }
  return faults;
}

/** Two entries that select the same and begin on the same day would leave open which one holds. */
function duplicates({ entries }: Policy): PolicyFault[] {
  const seen = new Map<string, number>();
  return entries.flatMap((one, index) => {
    const key = [one.rule, one.region, one.category, one.mode, one.validFrom].join('|');
    const before = seen.get(key);
    if (before !== undefined)
      return [{ path: `entries.${index}`, message: `selects the same as entries.${before} from the same day` }];
    seen.set(key, index);
    return [];
  });
}

/** The first place at which the steps of a rule are out of order, per rule, at the entry that has the last word on them there. */
function orderFaults(checked: Policy): PolicyFault[] {
  return [...POLICY_SUBJECTS].flatMap(([rule, subject]) => {
    const entries = checked.entries.filter((one) => one.rule === rule);
    for (const { policy: own, selector } of selectorsOf({ ...checked, entries })) {
      const fault = orderFault(rule, subject, mergedParams(own, rule, subject.params, selector), selector);
      if (fault === null) continue;
      const { names, message } = fault;
      const setters = applying(own, rule, selector).filter(({ params }) => names.some((name) => name in params));
      return [{ path: `entries.${checked.entries.indexOf(setters.at(-1)!)}.params`, message }];
    }
    return [];
  });
}

interface OrderFault {
  readonly names: readonly string[];
  readonly message: string;
}

function orderFault(
  rule: string,
  { order }: PolicySubject,
  values: ParamValues,
  selector: Selector,
): OrderFault | null {
  for (const steps of order) {
    for (let i = 1; i < steps.length; i += 1) {
      const names = [steps[i - 1]!, steps[i]!] as const;
      if (values[names[0]]! > values[names[1]]!)
        return { names, message: `${rule}: ${names[0]} is above ${names[1]} for ${describe(selector)}` };
    }
  }
  if (rule === 'score' && WEIGHTS.reduce((sum, name) => sum + values[name]!, 0) !== 100)
    return { names: WEIGHTS, message: 'the weights do not sum to 100' };
  return null;
}

const WEIGHTS = ['weightA', 'weightB', 'weightC', 'weightD', 'weightE', 'weightF'];

/**
 * Every combination that the entries tell apart, on every day on which something changes there, each with what of the policy can
 * concern it: a policy may name all cities of the country, each with days of its own.
 */
function* selectorsOf(policy: Policy): Generator<{ readonly policy: Policy; readonly selector: Selector }> {
  for (const regionCode of new Set(policy.entries.map((one) => one.region))) {
    const here = inRegion(policy, regionCode);
    const categories = new Set<Selector['category']>([null, ...here.entries.flatMap((one) => one.category ?? [])]);
    const modes = new Set<Selector['mode']>([null, ...here.entries.flatMap((one) => one.mode ?? [])]);
    for (const category of categories) {
      for (const mode of modes) {
        const own = forKind(here, category, [mode]);
        for (const day of boundariesOf(own)) yield { policy: own, selector: { regionCode, category, mode, day } };
      }
    }
  }
}

function describe({ regionCode, category, mode }: Selector): string {
  return [regionCode, category, mode].filter((part) => part !== null).join(' ');
}
