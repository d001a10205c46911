import type pg from 'pg';
import type { Us } from '../core/time.js';
import { jsonArray, jsonList } from '../db/arrays.js';
import { toDbTime } from '../db/pool.js';
import type { AlertChange } from './evaluation.js';
import { insertEvaluationSteps } from './evaluation-steps.js';
import type { InstitutionRows } from './facts/rows.js';
import { alertData, confidencePercent } from './messages.js';
import { type Evaluated, writeEvaluations } from './store-evaluations.js';

/** An alert record with its place in the alert's life, from 1. */
export interface AlertStep {
  readonly rows: InstitutionRows;
  readonly change: AlertChange;
  readonly step: number;
}

/** Writes evaluations, score history, alerts and their records. Answers the records with their steps, in order. */
export async function storeEvaluations(
  client: pg.ClientBase,
  evaluated: readonly Evaluated[],
  now: Us,
): Promise<AlertStep[]> {
  const written = evaluated.map((one) => ({ ...one, state: JSON.stringify(one.evaluation.state) }));
  await writeEvaluations(client, written, now);
  await insertEvaluationSteps(client, written, now);
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
