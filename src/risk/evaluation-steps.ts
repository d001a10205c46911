import type pg from 'pg';
import { dayOf, type Us } from '../core/time.js';
import { jsonArray, jsonList } from '../db/arrays.js';
import { toDbTime } from '../db/pool.js';
import type { Evaluation } from './evaluation.js';
import type { InstitutionRows, LinkedInstitution } from './facts/rows.js';
import { rulebookOf } from './rulebook.js';
import type { StoredState } from './store-evaluations.js';

/** What an evaluation knew that is not told by the institution's own events. */
export interface Outside {
  readonly countyTopShare: boolean;
  readonly links: readonly LinkedInstitution[] | null;
}

/** One evaluation as it is remembered: with the events, enough to make it again. */
export interface EvaluationStep {
  readonly at: Us;
  /** It knew the first so many events. */
  readonly eventCount: number;
  readonly policyVersion: string;
  readonly rulebook: string;
  readonly outside: Outside;
  /** What it started from, if the steps before cannot tell it. */
  readonly stateBefore: string | null;
}

interface Stepped {
  readonly no: number;
  readonly rows: InstitutionRows;
  readonly previous: Pick<StoredState, 'text' | 'evaluatedAt' | 'rulebook' | 'policyVersion'> | null;
  readonly evaluation: Evaluation;
  /** Its state as it is stored. */
  readonly state: string;
}

/**
 * Remembers the evaluations that left another state than they found, the first one of each day, and the first one by another policy: its
 * thresholds and grades are told from then on. One that changed nothing need not be made again to rebuild a later one.
 */
export async function insertEvaluationSteps(
  client: pg.ClientBase,
  evaluated: readonly Stepped[],
  now: Us,
): Promise<void> {
  const steps = evaluated.filter((one) => isRemembered(one, now));
  if (steps.length === 0) return;
  await client.query({
    name: 'insert_evaluation_steps',
    text: `insert into evaluation_steps (institution_no, at, event_count, policy_version, rulebook, outside, state_before)
           select no, $7::timestamptz, event_count, policy_version, rulebook, outside, state_before
             from unnest($1::int[], $2::bigint[], $3::text[], $4::text[], ${jsonArray(5)}, ${jsonArray(6, 'text')}) as t(no, event_count, policy_version, rulebook, outside, state_before)`,
    values: [
      steps.map(({ no }) => no),
      steps.map(({ rows }) => rows.eventCount),
      steps.map(({ evaluation }) => evaluation.policyVersion),
      steps.map(({ evaluation }) => rulebookOf(evaluation.calendarVersion)),
      jsonList(
        steps.map(({ rows: { countyTopShare, links } }) => JSON.stringify({ countyTopShare, links } satisfies Outside)),
      ),
      jsonList(steps.map(stateBefore)),
      toDbTime(now),
    ],
  });
}

/** The steps of an institution up to a moment, in order. */
export async function readEvaluationSteps(client: pg.ClientBase, no: number, until: Us): Promise<EvaluationStep[]> {
  const { rows } = await client.query<EvaluationStep>(
    `select at, event_count as "eventCount", policy_version as "policyVersion", rulebook, outside, state_before as "stateBefore"
       from evaluation_steps where institution_no = $1 and at <= $2::timestamptz order by at, seq`,
    [no, toDbTime(until)],
  );
  return rows;
}

function isRemembered({ previous, evaluation, state }: Stepped, now: Us): boolean {
  if (previous === null || dayOf(previous.evaluatedAt) !== dayOf(now)) return true;
  if (previous.policyVersion !== evaluation.policyVersion) return true;
  return previous.rulebook !== rulebookOf(evaluation.calendarVersion) || previous.text !== state;
}

function stateBefore({ previous, evaluation }: Stepped): string | null {
  return previous === null || previous.rulebook === rulebookOf(evaluation.calendarVersion) ? null : previous.text;
}
