import { z } from 'zod';
import { FeewardenError } from '../../core/errors.js';
import { parseDay } from '../../core/time.js';
import { INSTITUTION_CATEGORIES } from '../../events/institution.js';
import { rangeOf } from '../params.js';
import { boundariesOf, mergedParams, type Selector } from './resolve.js';
import { POLICY_SUBJECTS } from './specs.js';

const DATE = z.string().refine((text) => parseDay(text) !== null, 'must be a real day written YYYY-MM-DD');
export const POLICY_MODES = ['per_lesson', 'staged', 'deposit', 'parent_lock', 'ecny', 'postpaid'] as const;
const ENTRIES_MAX = 5_000;

const threshold = z.strictObject({
  value: z.int(),
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
  version: z.string().regex(/^[!-~]{1,64}$/, 'must be 1 to 64 printable characters'),
  note: z.string().max(2_000).optional(),
  author: z.string().max(200).optional(),
  approver: z.string().max(200).optional(),
  entries: z.array(entry).max(ENTRIES_MAX),
});

/** A versioned set of thresholds as it is written, stored and shown. What it does not set has the default of its rule. */
export type Policy = z.infer<typeof policy>;
export type PolicyEntry = z.infer<typeof entry>;

/**
 * Checks a policy whole: form, known names, ranges, validity, and that the steps of every rule are in order for every region,
 * category, mode and day that it tells apart. Throws FeewardenError `bad_policy` with the JSON path of the first fault.
 */
export function parsePolicy(input: unknown): Policy {
  const result = policy.safeParse(input);
  if (!result.success) {
    const issue = result.error.issues[0]!;
    throw bad(issue.path.map(String).join('.'), issue.message);
  }
  for (const [index, one] of result.data.entries.entries()) checkEntry(one, `entries.${index}`);
  checkDuplicates(result.data);
  checkOrder(result.data);
  return result.data;
}

function bad(path: string, message: string): FeewardenError {
  return new FeewardenError('bad_policy', `${path}: ${message}`, { path });
}

function checkEntry(one: PolicyEntry, path: string): void {
  const subject = POLICY_SUBJECTS.get(one.rule);
  if (subject === undefined) throw bad(`${path}.rule`, `there is no rule ${one.rule}`);
  if (one.validTo !== undefined && parseDay(one.validTo)! < parseDay(one.validFrom)!)
    throw bad(`${path}.validTo`, 'lies before validFrom');
  for (const [name, { value }] of Object.entries(one.params)) {
    const spec = subject.params[name];
    if (spec === undefined) throw bad(`${path}.params.${name}`, `rule ${one.rule} has no parameter ${name}`);
    const [min, max] = rangeOf(spec);
    if (value < min || value > max) throw bad(`${path}.params.${name}.value`, `${value} is outside ${min} … ${max}`);
  }
}

/** Two entries that select the same and begin on the same day would leave open which one holds. */
function checkDuplicates({ entries }: Policy): void {
  const seen = new Map<string, number>();
  entries.forEach((one, index) => {
    const key = [one.rule, one.region, one.category, one.mode, one.validFrom].join('|');
    if (seen.has(key)) throw bad(`entries.${index}`, `selects the same as entries.${seen.get(key)} from the same day`);
    seen.set(key, index);
  });
}

function checkOrder(checked: Policy): void {
  const days = boundariesOf(checked);
  for (const [rule, subject] of POLICY_SUBJECTS) {
    const entries = checked.entries.filter((one) => one.rule === rule);
    if (entries.length === 0) continue;
    for (const selector of selectorsOf(entries, days)) {
      const values = mergedParams(checked, rule, subject.params, selector);
      const at = checked.entries.indexOf(entries.at(-1)!);
      for (const order of subject.order) {
        for (let i = 1; i < order.length; i += 1) {
          if (values[order[i - 1]!]! > values[order[i]!]!) {
            throw bad(
              `entries.${at}.params`,
              `${rule}: ${order[i - 1]} is above ${order[i]} for ${describe(selector)}`,
            );
          }
        }
      }
      if (rule === 'score' && WEIGHTS.reduce((sum, name) => sum + values[name]!, 0) !== 100)
        throw bad(`entries.${at}.params`, 'the weights do not sum to 100');
    }
  }
}

const WEIGHTS = ['weightA', 'weightB', 'weightC', 'weightD', 'weightE', 'weightF'];

/** Every combination that the entries tell apart, on every day on which something changes. */
function selectorsOf(entries: readonly PolicyEntry[], days: readonly number[]): Selector[] {
  const regions = [...new Set(entries.map((one) => one.region))];
  const categories = [...new Set<Selector['category']>([null, ...entries.flatMap((one) => one.category ?? [])])];
  const modes = [...new Set<Selector['mode']>([null, ...entries.flatMap((one) => one.mode ?? [])])];
  return regions.flatMap((regionCode) =>
    categories.flatMap((category) => modes.flatMap((mode) => days.map((day) => ({ regionCode, category, mode, day })))),
  );
}

function describe({ regionCode, category, mode }: Selector): string {
  return [regionCode, category, mode].filter((part) => part !== null).join(' ');
}
