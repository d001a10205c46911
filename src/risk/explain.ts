import type pg from 'pg';
import type { Calendar } from '../core/calendar.js';
import { FeewardenError } from '../core/errors.js';
import { dayOf, formatTime, type Us } from '../core/time.js';
import { readConsistently } from '../ledger/books.js';
import { eventOf } from '../ledger/prefetch.js';
import { readEvents } from '../ledger/sql/read-events.js';
import { InstitutionRowsReader } from '../model/institution-rows.js';
import { Model } from '../model/model.js';
import { evaluateInstitution } from './evaluate.js';
import { confidencePercent } from './messages.js';
import type { Policy } from './policy/policy.js';
import type { EvidenceRef, Sentence } from './rule.js';
import { findingsJson } from './store.js';

export interface ExplainedFinding {
  readonly ruleId: string;
  readonly ruleVersion: number;
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
  /** RFC 3339: the moment it is of. */
  readonly at: string;
  readonly score: number;
  readonly level: string;
  readonly grade: string;
  /** Percent. */
  readonly confidence: number;
  readonly policyVersion: string;
  readonly groups: Readonly<Record<string, number>>;
  readonly terms: readonly object[];
  readonly floor: { readonly level: string; readonly score: number } | null;
  readonly findings: readonly ExplainedFinding[];
  readonly problems: readonly string[];
}

export interface ExplainOptions {
  readonly calendar: Calendar;
  readonly policy: Policy;
  readonly now: Us;
}

/**
 * The stored evaluation of an institution; with `asOf`, what the rules say of the events that were known then, at that
 * moment, without what earlier evaluations held open. Throws `not_found`.
 */
export async function explainInstitution(
  pool: pg.Pool,
  institutionId: string,
  asOf: Us | null,
  options: ExplainOptions,
): Promise<Explanation> {
  const { rows } = await pool.query<{ no: number }>('select no from institutions where id = $1 and event_count > 0', [
    institutionId,
  ]);
  const no = rows[0]?.no;
  if (no === undefined) throw new FeewardenError('not_found', `No event tells of institution ${institutionId}.`);
  return asOf === null ? readStored(pool, no, institutionId) : judge(pool, no, institutionId, asOf, options);
}

async function readStored(pool: pg.Pool, no: number, institutionId: string): Promise<Explanation> {
  const { rows } = await pool.query<Omit<Explanation, 'institutionId' | 'at'> & { at: Us }>(
    `select name as "institutionName", evaluated_at as at, score, level, grade, confidence, policy_version as "policyVersion", groups, terms, floor, findings, problems
       from evaluations where institution_no = $1`,
    [no],
  );
  const stored = rows[0];
  if (!stored)
    throw new FeewardenError(
      'not_found',
      `Institution ${institutionId} is not evaluated yet; a running evaluate worker does that.`,
    );
  return { institutionId, ...stored, at: formatTime(stored.at) };
}

async function judge(
  pool: pg.Pool,
  no: number,
  institutionId: string,
  asOf: Us,
  { calendar, policy }: ExplainOptions,
): Promise<Explanation> {
  const model = new Model(calendar);
  await readConsistently(pool, async (client) => {
    for await (const rows of readEvents(client, no, asOf)) for (const row of rows) model.book(eventOf(row.body));
  });
  const books = model.set.institution(institutionId);
  if (books.eventCount === 0)
    throw new FeewardenError('not_found', `Nothing was known of institution ${institutionId} by then.`);
  const rows = new InstitutionRowsReader(books, calendar).read(dayOf(asOf), false);
  const evaluation = evaluateInstitution(rows, null, asOf, calendar, policy);
  const { score, level, grade, groups, terms, floor, problems } = evaluation.score;
  return {
    institutionId,
    institutionName: rows.profile?.name ?? null,
    at: formatTime(asOf),
    score,
    level,
    grade,
    confidence: confidencePercent(evaluation),
    policyVersion: evaluation.policyVersion,
    groups,
    terms,
    floor,
    findings: findingsJson(evaluation),
    problems,
  };
}
