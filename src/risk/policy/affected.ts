import type { Day } from '../../core/time.js';
import type { Policy } from './policy.js';
import { boundariesOf, forKind, inRegion, type ResolvedPolicy, resolvePolicy, type Selector } from './resolve.js';

/** Institutions that a policy cannot tell apart, as they were last evaluated. */
export interface PolicyPlace {
  readonly regionCode: string | null;
  readonly category: Selector['category'];
  /** Modes of all their accounts: which of them selects depends on the day. */
  readonly modes: readonly NonNullable<Selector['mode']>[];
}

/** Whether another policy means other thresholds for them, today or on a later day for which it is already written. Pure. */
export function isAffected(place: PolicyPlace, before: Policy, after: Policy, today: Day): boolean {
  const concerning = (policy: Policy) => forKind(inRegion(policy, place.regionCode), place.category, place.modes);
  const [own, other] = [concerning(before), concerning(after)];
  if (JSON.stringify(own.entries) === JSON.stringify(other.entries)) return false;
  const later = [...boundariesOf(own), ...boundariesOf(other)].filter((day) => day > today);
  return [today, ...new Set(later)].some((day) =>
    [null, ...place.modes].some((mode) => {
      const selector = { regionCode: place.regionCode, category: place.category, mode, day };
      return valuesText(resolvePolicy(own, selector)) !== valuesText(resolvePolicy(other, selector));
    }),
  );
}

const texts = new WeakMap<ResolvedPolicy, string>();

/** Everything that holds, without the policy's name. */
function valuesText(resolved: ResolvedPolicy): string {
  const { common, score, rules } = resolved;
  const text = texts.get(resolved) ?? JSON.stringify([common, score, [...rules]]);
  texts.set(resolved, text);
  return text;
}
