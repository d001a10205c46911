import { isObject } from '../../events/refusal.js';

/** Thresholds that another rule has now. Policies that were written or published before go on to say the same. */
const MOVED: readonly { readonly from: string; readonly to: string; readonly names: readonly string[] }[] = [
  { from: 'score', to: 'G02', names: ['twoOrangeDays', 'threeYellowDays'] },
];

/** The policy with such thresholds in entries of the rule that has them now, behind all others. Anything else stays as it is. */
export function withMovedThresholds(policy: unknown): unknown {
  if (!isObject(policy) || !Array.isArray(policy.entries)) return policy;
  const added: unknown[] = [];
  const entries = policy.entries.map((entry: unknown) => {
    if (!isObject(entry) || !isObject(entry.params)) return entry;
    const move = MOVED.find(({ from }) => from === entry.rule);
    const names = move?.names.filter((name) => Object.hasOwn(entry.params as object, name)) ?? [];
    if (move === undefined || names.length === 0) return entry;
    added.push({ ...entry, rule: move.to, params: only(entry.params, (name) => names.includes(name)) });
    return { ...entry, params: only(entry.params, (name) => !names.includes(name)) };
  });
  return added.length === 0 ? policy : { ...policy, entries: [...entries, ...added] };
}

/** Thresholds that no rule has any more. */
const RETIRED: readonly { readonly rule: string; readonly names: readonly string[] }[] = [
  { rule: 'E02', names: ['lateWorkingDays', 'grownWeeks'] },
];

/**
 * A stored policy without thresholds that nothing reads any more: one that was published before goes on to hold. A new one that
 * names them is refused like any other unknown threshold.
 */
export function withoutRetiredThresholds(policy: unknown): unknown {
  if (!isObject(policy) || !Array.isArray(policy.entries)) return policy;
  const entries = policy.entries.map((entry: unknown) => {
    if (!isObject(entry) || !isObject(entry.params)) return entry;
    const names = RETIRED.find(({ rule }) => rule === entry.rule)?.names;
    return names === undefined ? entry : { ...entry, params: only(entry.params, (name) => !names.includes(name)) };
  });
  return { ...policy, entries };
}

function only(params: Record<string, unknown>, keeps: (name: string) => boolean): Record<string, unknown> {
  return Object.fromEntries(Object.entries(params).filter(([name]) => keeps(name)));
}
