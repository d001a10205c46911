import { parseDay } from '../../core/time.js';
import { isObject } from '../../events/refusal.js';
import { POLICY_SUBJECTS } from './specs.js';

/** The policy with days as the numbers that they are inside, where people wrote YYYY-MM-DD. Anything else stays as it is. */
export function withNumberedDays(policy: unknown): unknown {
  if (!isObject(policy) || !Array.isArray(policy.entries)) return policy;
  return { ...policy, entries: policy.entries.map(numberedEntry) };
}

function numberedEntry(entry: unknown): unknown {
  if (!isObject(entry) || !isObject(entry.params)) return entry;
  const specs = POLICY_SUBJECTS.get(String(entry.rule))?.params ?? {};
  const params = Object.entries(entry.params).map(([name, threshold]): [string, unknown] => {
    if (specs[name]?.unit !== 'day' || !isObject(threshold) || typeof threshold.value !== 'string')
      return [name, threshold];
    return [name, { ...threshold, value: parseDay(threshold.value) ?? threshold.value }];
  });
  return { ...entry, params: Object.fromEntries(params) };
}
