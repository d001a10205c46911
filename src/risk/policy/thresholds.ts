import type { ParamUnit, ThresholdSource } from '../params.js';
import type { Policy, PolicyEntry } from './policy.js';
import { applying, isEnabled, type Selector } from './resolve.js';
import { POLICY_SUBJECTS } from './specs.js';

/** Whose word a threshold is: an entry of the policy, as it selects. */
export interface Origin {
  readonly region: string;
  readonly tier: RegionTier;
  readonly category: PolicyEntry['category'] | null;
  readonly mode: PolicyEntry['mode'] | null;
  readonly validFrom: string;
  readonly validTo: string | null;
}

export type RegionTier = 'nation' | 'province' | 'city' | 'county';

export interface Threshold {
  readonly name: string;
  readonly value: number;
  readonly unit: ParamUnit;
  readonly source: ThresholdSource;
  readonly note: string;
  /** Null: no entry of the policy sets it, so the default of the rule holds. */
  readonly from: Origin | null;
}

export interface RuleThresholds {
  readonly rule: string;
  readonly enabled: boolean;
  readonly params: readonly Threshold[];
}

/** What holds for a region, category and mode on a day, each threshold with its source and where it is inherited from. Pure. */
export function thresholdsOf(policy: Policy, selector: Selector, rule: string | null = null): RuleThresholds[] {
  return [...POLICY_SUBJECTS].flatMap(([id, { params }]) => {
    if (rule !== null && id !== rule) return [];
    const entries = applying(policy, id, selector);
    const thresholds = Object.entries(params).map(([name, spec]): Threshold => {
      const entry = entries.findLast((one) => one.params[name] !== undefined);
      const { value, source, note } = entry?.params[name] ?? spec;
      return { name, value, unit: spec.unit, source, note, from: entry === undefined ? null : originOf(entry) };
    });
    return [{ rule: id, enabled: isEnabled(policy, id, selector), params: thresholds }];
  });
}

/** 000000 is the nation; 370000 a province, 370700 a city, 370702 a county. */
export function tierOf(region: string): RegionTier {
  if (region === '000000') return 'nation';
  if (region.endsWith('0000')) return 'province';
  return region.endsWith('00') ? 'city' : 'county';
}

function originOf({ region, category, mode, validFrom, validTo }: PolicyEntry): Origin {
  return {
    region,
    tier: tierOf(region),
    category: category ?? null,
    mode: mode ?? null,
    validFrom,
    validTo: validTo ?? null,
  };
}
