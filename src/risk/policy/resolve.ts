import { type Day, parseDay } from '../../core/time.js';
import { COMMON_PARAMS, type CommonParams } from '../common.js';
import { defaultsOf, type ParamSpecs, type ParamValues } from '../params.js';
import { RULES } from '../rules/list.js';
import { SCORE_PARAMS, type ScoreParams } from '../score-params.js';
import type { Policy, PolicyEntry } from './policy.js';

/** Whom and when a policy is asked about. null: not known, so entries that ask for it do not apply. */
export interface Selector {
  readonly regionCode: string | null;
  readonly category: PolicyEntry['category'] | null;
  readonly mode: PolicyEntry['mode'] | null;
  readonly day: Day;
}

/** The parameters that hold for one institution on one day. */
export interface ResolvedPolicy {
  readonly version: string;
  /** The next day on which some entry of the policy begins or ceases to hold; null when none does. */
  readonly changesOn: Day | null;
  readonly common: CommonParams;
  readonly score: ScoreParams;
  /** Per rule id; null where the policy switches the rule off. */
  readonly rules: ReadonlyMap<string, ParamValues | null>;
  /** The same in the order of the list of rules. */
  readonly inOrder: readonly (ParamValues | null)[];
}

/** Resolved once per policy, region, category, mode and span of days in which nothing changes. */
export function resolvePolicy(policy: Policy, selector: Selector): ResolvedPolicy {
  let cache = caches.get(policy);
  if (cache === undefined) {
    cache = { boundaries: boundariesOf(policy), resolved: new Map() };
    caches.set(policy, cache);
  }
  let epoch = 0;
  while (epoch < cache.boundaries.length && cache.boundaries[epoch]! <= selector.day) epoch += 1;
  const key = `${selector.regionCode}|${selector.category}|${selector.mode}|${epoch}`;
  let resolved = cache.resolved.get(key);
  if (resolved === undefined) {
    resolved = resolve(policy, selector, cache.boundaries[epoch] ?? null);
    if (cache.resolved.size < RESOLVED_MAX) cache.resolved.set(key, resolved);
  }
  return resolved;
}

/** Counties of the nation × categories × modes, generously; beyond it, resolving again is only slower. */
const RESOLVED_MAX = 50_000;

const caches = new WeakMap<
  Policy,
  { readonly boundaries: readonly Day[]; readonly resolved: Map<string, ResolvedPolicy> }
>();

function resolve(policy: Policy, selector: Selector, changesOn: Day | null): ResolvedPolicy {
  const inOrder = RULES.map((rule) =>
    isEnabled(policy, rule.id, selector) ? mergedParams(policy, rule.id, rule.params, selector) : null,
  );
  return {
    version: policy.version,
    changesOn,
    common: mergedParams(policy, 'common', COMMON_PARAMS, selector) as CommonParams,
    score: mergedParams(policy, 'score', SCORE_PARAMS, selector) as ScoreParams,
    rules: new Map(RULES.map((rule, index) => [rule.id, inOrder[index]!])),
    inOrder,
  };
}

/** The defaults of the rule, overlaid by every entry that applies: the more special and the younger one last. */
export function mergedParams(policy: Policy, rule: string, specs: ParamSpecs, selector: Selector): ParamValues {
  const values: Record<string, number> = { ...defaultsOf(specs) };
  for (const entry of applying(policy, rule, selector)) {
    for (const [name, { value }] of Object.entries(entry.params)) values[name] = value;
  }
  return values;
}

export function isEnabled(policy: Policy, rule: string, selector: Selector): boolean {
  return applying(policy, rule, selector).reduce((enabled, entry) => entry.enabled ?? enabled, true);
}

/** The days on which some entry begins to hold or has ceased to, ascending; at least one. */
export function boundariesOf(policy: Policy): readonly Day[] {
  const days = new Set<Day>([Number.MIN_SAFE_INTEGER]);
  for (const entry of policy.entries) {
    days.add(parseDay(entry.validFrom)!);
    if (entry.validTo !== undefined) days.add(parseDay(entry.validTo)! + 1);
  }
  return [...days].sort((a, b) => a - b);
}

/** The entries that hold, the one that has the last word last. */
export function applying(policy: Policy, rule: string, selector: Selector): PolicyEntry[] {
  const entries = rulesOf(policy).get(rule);
  if (entries === undefined) return NO_ENTRIES;
  return entries.flatMap((one) => (applies(one, selector) ? one.entry : NO_ENTRIES));
}

const NO_ENTRIES: PolicyEntry[] = [];

/** What of a policy can concern a region at all. */
export function inRegion(policy: Policy, regionCode: string | null): Policy {
  return { ...policy, entries: policy.entries.filter(({ region }) => covers(regionPrefix(region), regionCode)) };
}

/** What of it can concern a category and some modes: whatever is asked of it for these, and on whatever day, has the same answer. */
export function forKind(policy: Policy, category: Selector['category'], modes: readonly Selector['mode'][]): Policy {
  const entries = policy.entries.filter(
    (one) =>
      (one.category === undefined || one.category === category) && (one.mode === undefined || modes.includes(one.mode)),
  );
  return { ...policy, entries };
}

interface Prepared {
  readonly entry: PolicyEntry;
  readonly prefix: string;
  readonly from: Day;
  readonly to: Day;
}

/** The entries of each rule, read once, the one that has the last word last. */
function rulesOf(policy: Policy): ReadonlyMap<string, readonly Prepared[]> {
  let rules = prepared.get(policy);
  if (rules === undefined) {
    const sorted = [...policy.entries].sort((a, b) => compare(a, b));
    rules = new Map(
      [...new Set(sorted.map(({ rule }) => rule))].map((rule) => [
        rule,
        sorted.filter((entry) => entry.rule === rule).map(prepare),
      ]),
    );
    prepared.set(policy, rules);
  }
  return rules;
}

const prepared = new WeakMap<Policy, ReadonlyMap<string, readonly Prepared[]>>();

function prepare(entry: PolicyEntry): Prepared {
  const to = entry.validTo === undefined ? Number.POSITIVE_INFINITY : parseDay(entry.validTo)!;
  return { entry, prefix: regionPrefix(entry.region), from: parseDay(entry.validFrom)!, to };
}

function applies({ entry, prefix, from, to }: Prepared, { regionCode, category, mode, day }: Selector): boolean {
  if (day < from || day > to || !covers(prefix, regionCode)) return false;
  if (entry.category !== undefined && entry.category !== category) return false;
  return entry.mode === undefined || entry.mode === mode;
}

function covers(prefix: string, regionCode: string | null): boolean {
  return prefix === '' || (regionCode?.startsWith(prefix) ?? false);
}

/** 370000 → "37", 370700 → "3707", 370702 whole, 000000 → "". */
function regionPrefix(region: string): string {
  return region.replace(/(?:00)+$/, '');
}

/** Region first, then category, then mode, then the day it began. */
function compare(a: PolicyEntry, b: PolicyEntry): number {
  return (
    regionPrefix(a.region).length - regionPrefix(b.region).length ||
    Number(a.category !== undefined) - Number(b.category !== undefined) ||
    Number(a.mode !== undefined) - Number(b.mode !== undefined) ||
    parseDay(a.validFrom)! - parseDay(b.validFrom)!
  );
}
