import type { Us } from '../core/time.js';
import type { OpenLevel } from './level.js';

/**
 * How an institution stands to the watch list: not on it, on it for what its own facts say, or while it is one of the largest of its
 * county, which others' facts decide.
 */
export type Watch = 'no' | 'own' | 'county';

/** A raise of the level of an open finding: what it was raised to, and when. */
export interface Raise {
  readonly level: OpenLevel;
  readonly at: Us;
  /** The policy that raised it, and how the institution stood to the watch list, where that raises the rule. Absent: not noted. */
  readonly policy?: string;
  readonly watch?: Watch;
}

/** A finding that is open: one alert. */
export interface OpenFinding {
  readonly alertId: string;
  readonly caseId: string;
  readonly openedAt: Us;
  readonly level: OpenLevel;
  /** The raises that led to the level, ascending in level and time; the last one is the level. */
  readonly raises: readonly Raise[];
  /** Since when the answer has been inside each level (blue, yellow, orange, red) by the margin; null where it is not. */
  readonly insideSince: readonly (Us | null)[];
}

/** What is remembered of one rule for one institution. Plain JSON: times are numbers, money is not in it. */
export interface FindingState {
  readonly ruleId: string;
  /** Alerts raised so far. */
  readonly alerts: number;
  readonly open: OpenFinding | null;
  /** Of the alerts that cleared by themselves the one that counts most for the score; null if there was none. */
  readonly cleared: { readonly at: Us; readonly level: OpenLevel } | null;
  /** Per level (blue, yellow, orange, red): when it was last left; null if never, or while it is held. For rules that look back. */
  readonly leftAt: readonly (Us | null)[];
}

/** The state of a rule that has never found anything. */
export function newFinding(ruleId: string): FindingState {
  return { ruleId, alerts: 0, open: null, cleared: null, leftAt: [null, null, null, null] };
}

/**
 * Red by its own findings: what it has only through others (E05), or through several together (G02), one of which may be through
 * others, does not go on from it, so that nothing goes round in a circle.
 */
export function isRedByItself(findings: readonly FindingState[]): boolean {
  return findings.some(({ ruleId, open }) => open?.level === 'red' && ruleId !== 'E05' && ruleId !== 'G02');
}
