import { type Policy, type PolicyEntry, parsePolicy } from '../../../src/risk/policy/policy.js';

export function thresholds(values: Readonly<Record<string, number>>): PolicyEntry['params'] {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, { value, source: 'ours', note: `${name} of a test` }]),
  );
}

/** An entry that holds from the beginning of 2026. */
export function entry(
  rule: string,
  region: string,
  values: Readonly<Record<string, number>>,
  more: Partial<PolicyEntry> = {},
): PolicyEntry {
  return { rule, region, validFrom: '2026-01-01', params: thresholds(values), ...more };
}

export function policyOf(...entries: readonly PolicyEntry[]): Policy {
  return { version: 'test-1', entries: [...entries] };
}

/** A policy that was checked. */
export function valid(version: string, ...entries: readonly PolicyEntry[]): Policy {
  return parsePolicy({ ...policyOf(...entries), version });
}
