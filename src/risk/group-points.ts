import type pg from 'pg';
import type { Us } from '../core/time.js';
import type { InstitutionRows } from './facts/rows.js';
import { policyFor } from './policy/of-institution.js';
import { findPolicy } from './policy-store.js';
import { readPlaces } from './read-rows.js';
import type { RuleGroup } from './rule.js';
import { SCORE_GROUPS, type ScoreGroup, type ScoreTerm } from './score.js';
import type { ScoreParams } from './score-params.js';

/** What a group adds to the score: the term that counts most in it, times its weight. */
export interface GroupPoints {
  readonly group: ScoreGroup;
  /** The rule of that term; null where nothing counts. */
  readonly ruleId: string | null;
  /** In ten-thousandths of a point, as the terms. */
  readonly value: number;
  /** Percent. */
  readonly weight: number;
  /** Value times weight, so in millionths. Their sum, rounded half up to whole points, is the score unless a floor lifts it. */
  readonly points: number;
}

type Term = Pick<ScoreTerm, 'ruleId' | 'value'> & { readonly group: RuleGroup };

export function groupPoints(terms: readonly Term[], params: ScoreParams): GroupPoints[] {
  return SCORE_GROUPS.map((group) => {
    const highest = terms
      .filter((term) => term.group === group)
      .reduce<Term | null>((most, term) => (most === null || term.value > most.value ? term : most), null);
    const value = highest?.value ?? 0;
    const weight = params[`weight${group}`];
    return { group, ruleId: highest?.ruleId ?? null, value, weight, points: value * weight };
  });
}

/** Of a stored evaluation. Null when its policy is that of another program, whose weights are not known here. */
export async function readGroupPoints(
  client: pg.ClientBase,
  institutionNo: number,
  evaluation: { readonly at: Us; readonly policyVersion: string; readonly terms: readonly object[] },
): Promise<GroupPoints[] | null> {
  const found = await findPolicy(client, evaluation.policyVersion);
  if (found === null) return null;
  const place: Pick<InstitutionRows, 'profile' | 'registers'> = (
    await readPlaces(client, [institutionNo], evaluation.at)
  ).get(institutionNo)!;
  return groupPoints(evaluation.terms as readonly Term[], policyFor(place, evaluation.at, found.policy).score);
}
