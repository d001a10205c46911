import { formatDay } from '../core/time.js';
import type { School } from './school.js';
import type { FateKind } from './script.js';

/** The right answers for one institution. Days are YYYY-MM-DD. */
export interface Label {
  readonly id: string;
  readonly kind: FateKind;
  /** The shape of the failure or the violation; null for a healthy one. */
  readonly archetype: string | null;
  readonly regionCode: string;
  readonly mode: string;
  /** The first day without lessons for good. */
  readonly stopDay: string | null;
  /** The first day on which an event showed something of it. */
  readonly firstSignDay: string | null;
  /** Rules whose definition the events meet: each must be raised at some time. */
  readonly must: readonly string[];
  /** The highest level that would still be right; null where any is. */
  readonly maxLevel: 'yellow' | null;
  /** Of a healthy one: what looks like trouble. */
  readonly notes: string;
}

export function labelOf(school: School): Label {
  const { script, profile, firstSignDay } = school;
  return {
    id: school.id,
    kind: script.kind,
    archetype: script.archetype,
    regionCode: profile.county.code,
    mode: profile.mode,
    stopDay: script.stopDay === null ? null : formatDay(script.stopDay),
    firstSignDay: firstSignDay === null ? null : formatDay(firstSignDay),
    must: [...school.must].sort(),
    maxLevel: script.kind === 'healthy' ? 'yellow' : null,
    notes: script.notes,
  };
}
