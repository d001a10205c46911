import type pg from 'pg';
import { formatTime, type Us } from '../core/time.js';
import { arrayText, jsonArray, jsonList } from '../db/arrays.js';
import { toDbTime } from '../db/pool.js';
import type { AlertChange, Evaluation, InstitutionRiskState, RuleFinding } from './evaluation.js';
import { insertEvaluationSteps } from './evaluation-steps.js';
import type { InstitutionRows } from './facts/rows.js';
import { FACTS_VERSION } from './facts/version.js';
import { alertData, confidencePercent } from './messages.js';
import { rulebookOf } from './rulebook.js';

export interface Evaluated {
  readonly no: number;
  readonly rows: InstitutionRows;
  /** Null: it was never evaluated before. */
  readonly previous: StoredState | null;
  readonly evaluation: Evaluation;
}

/** An alert record with its place in the alert's life, from 1. */
export interface AlertStep {
  readonly rows: InstitutionRows;
  readonly change: AlertChange;
  readonly step: number;
}

/** What the last evaluation of an institution left behind. */
export interface StoredState {
  readonly state: InstitutionRiskState;
  /** `state` as it is stored. */
  readonly text: string;
  readonly evaluatedAt: Us;
  readonly rulebook: string;
}

/** Institutions never evaluated are not in it. */
export async function readStates(client: pg.ClientBase, nos: readonly number[]): Promise<Map<number, StoredState>> {
  const { rows } = await client.query<{ institution_no: number; text: string; evaluated_at: Us; rulebook: string }>({
    name: 'read_states',
    text: 'select institution_no, state as text, evaluated_at, rulebook from evaluations where institution_no = any($1::int[])',
    values: [nos],
  });
  return new Map(
    rows.map(({ institution_no, text, evaluated_at, rulebook }) => [
      institution_no,
      { state: JSON.parse(text) as InstitutionRiskState, text, evaluatedAt: evaluated_at, rulebook },
    ]),
  );
}

/** Writes evaluations, score history, alerts and their records. Answers the records with their steps, in order. */
export async function storeEvaluations(
  client: pg.ClientBase,
  evaluated: readonly Evaluated[],
  now: Us,
): Promise<AlertStep[]> {
  await upsertEvaluations(client, evaluated, now);
  await insertEvaluationSteps(client, evaluated, now);
  await insertScores(
    client,
    evaluated.filter((one) => one.evaluation.scoreChanged),
    now,
  );
  const steps = await numberSteps(client, evaluated);
  if (steps.length === 0) return steps;
  await insertRecords(client, steps, now);
  await upsertAlerts(client, evaluated, steps, now);
  return steps;
}

async function upsertEvaluations(client: pg.ClientBase, evaluated: readonly Evaluated[], now: Us): Promise<void> {
  const scores = evaluated.map((one) => one.evaluation.score);
  await client.query({
    name: 'store_evaluations',
    text: `insert into evaluations (institution_no, state, evaluated_at, next_at, policy_version, score, level, grade, confidence, groups, terms, floor, findings, problems,
                                    name, region_code, category, modes, unearned_fen, rulebook)
           select no, state, $18::timestamptz, next_at, policy_version, score, level, grade, confidence, groups, terms, floor, findings, problems, name, region_code, category,
                  string_to_array(modes, ','), unearned_fen, rulebook
             from unnest($1::int[], ${jsonArray(2, 'text')}, $3::timestamptz[], $4::text[], $5::smallint[], $6::text[], $7::text[], $8::smallint[], ${jsonArray(9)}, ${jsonArray(10)},
                         ${jsonArray(11)}, ${jsonArray(12)}, ${jsonArray(13)}, $14::text[], $15::text[], $16::text[], $17::text[], $19::numeric[], $20::text[])
               as t(no, state, next_at, policy_version, score, level, grade, confidence, groups, terms, floor, findings, problems, name, region_code, category, modes, unearned_fen, rulebook)
           on conflict (institution_no) do update set state = excluded.state, evaluated_at = excluded.evaluated_at, next_at = excluded.next_at,
             policy_version = excluded.policy_version, score = excluded.score, level = excluded.level, grade = excluded.grade, confidence = excluded.confidence,
             groups = excluded.groups, terms = excluded.terms, floor = excluded.floor, findings = excluded.findings, problems = excluded.problems, name = excluded.name,
             region_code = excluded.region_code, category = excluded.category, modes = excluded.modes, unearned_fen = excluded.unearned_fen,
             rulebook = excluded.rulebook`,
    values: [
      arrayText(evaluated.map((one) => one.no)),
      jsonList(evaluated.map((one) => JSON.stringify(one.evaluation.state))),
      arrayText(
        evaluated.map((one) => (one.evaluation.lookAgainAt === null ? null : toDbTime(one.evaluation.lookAgainAt))),
      ),
      arrayText(evaluated.map((one) => one.evaluation.policyVersion)),
      arrayText(scores.map((score) => score.score)),
      arrayText(scores.map((score) => score.level)),
      arrayText(scores.map((score) => score.grade)),
      arrayText(evaluated.map((one) => confidencePercent(one.evaluation))),
      jsonList(scores.map((score) => JSON.stringify(score.groups))),
      jsonList(scores.map((score) => JSON.stringify(score.terms))),
      jsonList(scores.map((score) => (score.floor === null ? null : JSON.stringify(score.floor)))),
      jsonList(evaluated.map((one) => JSON.stringify(findingsJson(one.evaluation)))),
      jsonList(scores.map((score) => JSON.stringify(score.problems))),
      arrayText(evaluated.map((one) => one.rows.profile?.name ?? null)),
      arrayText(evaluated.map((one) => one.rows.profile?.regionCode ?? null)),
      arrayText(evaluated.map((one) => one.rows.profile?.category ?? null)),
      arrayText(evaluated.map((one) => modesOf(one.rows).join(','))),
      toDbTime(now),
      arrayText(evaluated.map((one) => one.rows.unearnedFen)),
      arrayText(evaluated.map((one) => rulebookOf(one.evaluation.calendarVersion))),
    ],
  });
}

/** Findings that somebody must see: open ones, those that failed, flags, and what a rule says that is not open yet. */
export function isTelling(finding: RuleFinding): boolean {
  return finding.level !== 'none' || finding.answerLevel !== 'none' || finding.state === 'failed' || finding.flag;
}

/** What an evaluation found, as it is stored and shown. */
export function findingsJson({ findings, policyVersion }: Evaluation) {
  return findings.filter(isTelling).map((finding) => findingJson(finding, policyVersion));
}

/** One rule's finding as people and programs read it. */
export function findingJson(finding: RuleFinding, policyVersion: string) {
  const { open } = finding.finding;
  return {
    ruleId: finding.rule.id,
    ruleVersion: finding.rule.version,
    policyVersion,
    factsVersion: FACTS_VERSION,
    group: finding.rule.group,
    name: finding.rule.name,
    state: finding.state,
    level: finding.level,
    answerLevel: finding.answerLevel,
    value: finding.value,
    threshold: finding.threshold,
    unit: finding.unit,
    reason: finding.reason(),
    legalBasis: finding.rule.basis,
    evidence: finding.evidence(),
    alertId: open?.alertId ?? null,
    caseId: open?.caseId ?? null,
    openedAt: open === null ? null : formatTime(open.openedAt),
    watched: finding.watched,
    flag: finding.flag,
    error: finding.error,
  };
}

function modesOf(rows: InstitutionRows): string[] {
  return [...new Set((rows.registers['account.registered'] ?? []).map((account) => account.data.mode))].sort();
}

async function insertScores(client: pg.ClientBase, changed: readonly Evaluated[], now: Us): Promise<void> {
  if (changed.length === 0) return;
  await client.query({
    name: 'insert_scores',
    text: `insert into scores (institution_no, at, score, level, grade, confidence, groups, policy_version)
           select no, $8::timestamptz, score, level, grade, confidence, groups, policy_version
             from unnest($1::int[], $2::smallint[], $3::text[], $4::text[], $5::smallint[], ${jsonArray(6)}, $7::text[]) as t(no, score, level, grade, confidence, groups, policy_version)
           on conflict (institution_no, at) do update set score = excluded.score, level = excluded.level, grade = excluded.grade,
             confidence = excluded.confidence, groups = excluded.groups, policy_version = excluded.policy_version`,
    values: [
      changed.map((one) => one.no),
      changed.map((one) => one.evaluation.score.score),
      changed.map((one) => one.evaluation.score.level),
      changed.map((one) => one.evaluation.score.grade),
      changed.map((one) => confidencePercent(one.evaluation)),
      jsonList(changed.map((one) => JSON.stringify(one.evaluation.score.groups))),
      changed.map((one) => one.evaluation.policyVersion),
      toDbTime(now),
    ],
  });
}

/** Steps go on from what is stored; several changes of one alert in one evaluation follow each other. */
async function numberSteps(client: pg.ClientBase, evaluated: readonly Evaluated[]): Promise<AlertStep[]> {
  const changes = evaluated.flatMap(({ rows, evaluation }) => evaluation.changes.map((change) => ({ rows, change })));
  if (changes.length === 0) return [];
  const { rows: stored } = await client.query<{ alert_id: string; step: number }>({
    name: 'read_steps',
    text: 'select alert_id, max(step) as step from alert_records where alert_id = any($1::text[]) group by alert_id',
    values: [changes.map(({ change }) => change.alertId)],
  });
  const last = new Map(stored.map((row) => [row.alert_id, row.step]));
  return changes.map(({ rows, change }) => {
    const step = (last.get(change.alertId) ?? 0) + 1;
    last.set(change.alertId, step);
    return { rows, change, step };
  });
}

async function insertRecords(client: pg.ClientBase, steps: readonly AlertStep[], now: Us): Promise<void> {
  await client.query({
    name: 'insert_alert_records',
    text: `insert into alert_records (alert_id, step, kind, at, data)
           select alert_id, step, kind, $5::timestamptz, data from unnest($1::text[], $2::int[], $3::text[], ${jsonArray(4)}) as t(alert_id, step, kind, data)`,
    values: [
      steps.map((one) => one.change.alertId),
      steps.map((one) => one.step),
      steps.map((one) => one.change.kind),
      jsonList(steps.map((one) => JSON.stringify(alertData(one.rows, one.change)))),
      toDbTime(now),
    ],
  });
}

async function upsertAlerts(
  client: pg.ClientBase,
  evaluated: readonly Evaluated[],
  steps: readonly AlertStep[],
  now: Us,
): Promise<void> {
  const nos = new Map(evaluated.map((one) => [one.rows.institutionId, one.no]));
  // The last record of each alert is what it stands at.
  const newest = [...new Map(steps.map((one) => [one.change.alertId, one])).values()];
  await client.query({
    name: 'store_alerts',
    text: `insert into alerts (alert_id, institution_no, rule_id, case_id, level, region_code, opened_at, changed_at, cleared_at, data)
           select alert_id, institution_no, rule_id, case_id, level, region_code, opened_at, $10::timestamptz, cleared_at, data
             from unnest($1::text[], $2::int[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::timestamptz[], ${jsonArray(9)})
               as t(alert_id, institution_no, rule_id, case_id, level, region_code, opened_at, cleared_at, data)
           on conflict (alert_id) do update set level = excluded.level, region_code = excluded.region_code, changed_at = excluded.changed_at,
             cleared_at = excluded.cleared_at, data = excluded.data`,
    values: [
      newest.map((one) => one.change.alertId),
      newest.map((one) => nos.get(one.rows.institutionId)!),
      newest.map((one) => one.change.ruleId),
      newest.map((one) => one.change.caseId),
      newest.map((one) => one.change.level),
      newest.map((one) => one.rows.profile?.regionCode ?? null),
      newest.map((one) => toDbTime(one.change.openedAt)),
      newest.map((one) => (one.change.clearedAt === null ? null : toDbTime(one.change.clearedAt))),
      jsonList(newest.map((one) => JSON.stringify(alertData(one.rows, one.change)))),
      toDbTime(now),
    ],
  });
}
