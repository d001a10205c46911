import { setImmediate as nextTurn } from 'node:timers/promises';
import type pg from 'pg';
import type { Calendar } from '../core/calendar.js';
import { FeewardenError } from '../core/errors.js';
import { dayOf, formatTime, type Us } from '../core/time.js';
import { readConsistently } from '../ledger/books.js';
import type { InstitutionRiskState } from './evaluation.js';
import { findingsJson } from './findings-json.js';
import { type GroupPoints, groupPoints, readGroupPoints } from './group-points.js';
import { confidencePercent } from './messages.js';
import { policyFor } from './policy/of-institution.js';
import { readPolicyAt } from './policy-store.js';
import { readExpiring } from './read-books.js';
import { readInstitutionRows } from './read-rows.js';
import { type Rebuilt, rebuild } from './rebuild.js';
import { eachRemedies, type FindingRemedies, type RemedyQuestion } from './remedy.js';
import type { EvidenceRef, Sentence } from './rule.js';

export interface ExplainedFinding {
  readonly ruleId: string;
  readonly ruleVersion: number;
  readonly policyVersion: string;
  readonly factsVersion: number;
  readonly name: Sentence;
  readonly state: string;
  readonly level: string;
  readonly answerLevel: string;
  readonly value: number;
  readonly threshold: number | null;
  readonly unit: string;
  readonly reason: Sentence;
  readonly legalBasis: Sentence;
  readonly evidence: readonly EvidenceRef[];
  readonly alertId: string | null;
  readonly openedAt: string | null;
  readonly watched: boolean;
  readonly error: string | null;
}

/** A score with everything it is made of. */
export interface Explanation {
  readonly institutionId: string;
  readonly institutionName: string | null;
  /** RFC 3339: the moment of the evaluation. */
  readonly at: string;
  /** `stored`: the newest evaluation as it stands; else a past one made again, see `Rebuilt`. */
  readonly basis: 'stored' | Rebuilt['basis'];
  /** False: not this program's rules or facts any more, so that the past score may have been another one. */
  readonly exact: boolean;
  readonly score: number;
  readonly level: string;
  readonly grade: string;
  /** Percent. */
  readonly confidence: number;
  readonly policyVersion: string;
  readonly groups: Readonly<Record<string, number>>;
  /** How the groups add up to the score; null when the weights of then are not known. */
  readonly groupPoints: readonly GroupPoints[] | null;
  readonly terms: readonly object[];
  readonly floor: { readonly level: string; readonly score: number } | null;
  readonly findings: readonly ExplainedFinding[];
  readonly problems: readonly string[];
}

export interface ExplainOptions {
  readonly calendar: Calendar;
  readonly now: Us;
}

interface Institution {
  readonly no: number;
  readonly id: string;
}

/**
 * The stored evaluation of an institution; with `asOf`, the one that held at that moment, made again from the stored events.
 * Throws `not_found`.
 */
export async function explainInstitution(
  pool: pg.Pool,
  institutionId: string,
  asOf: Us | null,
  { calendar }: ExplainOptions,
): Promise<Explanation> {
  const institution = await findInstitution(pool, institutionId);
  if (asOf === null) return readConsistently(pool, (client) => readStored(client, institution));
  return explanationOf(institutionId, await rebuildOne(pool, institution, asOf, calendar));
}

/** What would change the open findings of an institution, now or at a past moment. Throws `not_found`. */
export async function explainRemedies(
  pool: pg.Pool,
  institutionId: string,
  asOf: Us | null,
  { calendar, now }: ExplainOptions,
): Promise<FindingRemedies[]> {
  const institution = await findInstitution(pool, institutionId);
  if (asOf !== null) {
    const { rows, expiring, before, at, policy } = await rebuildOne(pool, institution, asOf, calendar);
    return inTurns({ rows, expiring, state: before, now: at, calendar, policy });
  }
  const question = await readConsistently(pool, async (client): Promise<RemedyQuestion> => {
    const { rows: stored } = await client.query<{ state: string; at: Us }>(
      'select state, evaluated_at as at from evaluations where institution_no = $1',
      [institution.no],
    );
    if (!stored[0]) throw notEvaluated(institutionId);
    const at = Math.max(now, stored[0].at);
    const rows = (await readInstitutionRows(client, [institution.no], at)).get(institution.no)!;
    const expiring = await readExpiring(client, institution.no, dayOf(at));
    const state = JSON.parse(stored[0].state) as InstitutionRiskState;
    const { policy } = await readPolicyAt(client, null);
    return { rows, expiring, state, now: at, calendar, policy };
  });
  return inTurns(question);
}

/** Others that are served by the same process have their turn between two findings. */
async function inTurns(question: RemedyQuestion): Promise<FindingRemedies[]> {
  const all: FindingRemedies[] = [];
  for (const one of eachRemedies(question)) {
    all.push(one);
    await nextTurn();
  }
  return all;
}

/** A score as it was at a past moment, made again. */
export function explanationOf(institutionId: string, rebuilt: Rebuilt): Explanation {
  const { at, rows, evaluation, policy, basis, exact } = rebuilt;
  const { score, level, grade, groups, terms, floor, problems } = evaluation.score;
  return {
    institutionId,
    institutionName: rows.profile?.name ?? null,
    at: formatTime(at),
    basis,
    exact,
    score,
    level,
    grade,
    confidence: confidencePercent(evaluation),
    policyVersion: evaluation.policyVersion,
    groups,
    groupPoints: groupPoints(terms, policyFor(rows, at, policy).score),
    terms,
    floor,
    findings: findingsJson(evaluation),
    problems,
  };
}

async function findInstitution(pool: pg.Pool, id: string): Promise<Institution> {
  const { rows } = await pool.query<Institution>('select no, id from institutions where id = $1 and event_count > 0', [
    id,
  ]);
  if (!rows[0]) throw new FeewardenError('not_found', `No event tells of institution ${id}.`);
  return rows[0];
}

async function rebuildOne(pool: pg.Pool, institution: Institution, asOf: Us, calendar: Calendar): Promise<Rebuilt> {
  const rebuilt = await readConsistently(pool, (client) => rebuild(client, institution, asOf, calendar));
  if (rebuilt === null)
    throw new FeewardenError('not_found', `Nothing was known of institution ${institution.id} by then.`);
  return rebuilt;
}

async function readStored(client: pg.ClientBase, { no, id }: Institution): Promise<Explanation> {
  const { rows } = await client.query<
    Omit<Explanation, 'institutionId' | 'at' | 'basis' | 'exact' | 'groupPoints'> & { at: Us }
  >(
    `select name as "institutionName", evaluated_at as at, score, level, grade, confidence, policy_version as "policyVersion", groups, terms, floor, findings, problems
       from evaluations where institution_no = $1`,
    [no],
  );
  const stored = rows[0];
  if (!stored) throw notEvaluated(id);
  const points = await readGroupPoints(client, no, stored);
  return { institutionId: id, basis: 'stored', exact: true, ...stored, groupPoints: points, at: formatTime(stored.at) };
}

function notEvaluated(id: string): FeewardenError {
  return new FeewardenError(
    'not_found',
    `Institution ${id} is not evaluated yet; a running evaluate worker does that.`,
  );
}
