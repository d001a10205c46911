import type pg from 'pg';
import type { Calendar } from '../core/calendar.js';
import type { Us } from '../core/time.js';
import { readConsistently } from '../ledger/books.js';
import type { Difference } from '../ledger/verify.js';
import { evaluateInstitution } from './evaluate.js';
import type { Evaluation, InstitutionRiskState } from './evaluation.js';
import type { InstitutionRows } from './facts/rows.js';
import { findingsJson } from './findings-json.js';
import { confidencePercent } from './messages.js';
import type { Policy } from './policy/policy.js';
import { findPolicy } from './policy-store.js';
import { readInstitutionRows } from './read-rows.js';
import { rulebookOf } from './rulebook.js';
import { sortedJson } from './sorted-json.js';
import { modesOf } from './store-evaluations.js';
import { verifyTold } from './verify-told.js';

export interface RiskVerification {
  readonly differences: Difference[];
  /** Institutions with events that no evaluation has seen yet, or last judged by other rules or another program's policy: their scores cannot be checked. */
  readonly waiting: number;
}

interface StoredEvaluation {
  institution_no: number;
  id: string;
  state: string;
  evaluated_at: Us;
  policy_version: string;
  score: number;
  level: string;
  grade: string;
  confidence: number;
  groups: Record<string, number>;
  findings: unknown[];
  terms: unknown;
  floor: unknown;
  problems: unknown;
  next_at: Us | null;
  name: string | null;
  region_code: string | null;
  category: string | null;
  modes: string[];
  unearned_fen: string;
}

const INSTITUTIONS_PER_READ = 200;

/**
 * Judges every institution again at the moment of its last evaluation: the stored score, findings and open alerts must come
 * out, and nothing may change. Then the alerts must be what their records say. Nothing is repaired.
 */
export async function verifyRisk(pool: pg.Pool, calendar: Calendar): Promise<RiskVerification> {
  const { rows: waiting } = await pool.query<{ n: number }>(
    `select count(*) as n from (select institution_no from due_institutions union select institution_no from evaluations where rulebook <> $1) w`,
    [rulebookOf(calendar.version)],
  );
  let unknownPolicies = 0;
  const differences = [...(await verifyRecords(pool)), ...(await verifyPresence(pool))];
  for await (const difference of verifyTold(pool)) differences.push(difference);
  let after = 0;
  for (;;) {
    const part = await readConsistently(pool, (client) => verifyPart(client, after, calendar));
    differences.push(...part.differences);
    unknownPolicies += part.unknownPolicies;
    if (part.last === null) return { differences, waiting: waiting[0]!.n + unknownPolicies };
    after = part.last;
  }
}

async function verifyPart(
  client: pg.PoolClient,
  after: number,
  calendar: Calendar,
): Promise<{ differences: Difference[]; unknownPolicies: number; last: number | null }> {
  const { rows } = await client.query<StoredEvaluation>(
    `select v.institution_no, i.id, v.state, v.evaluated_at, v.policy_version, v.score, v.level, v.grade, v.confidence, v.groups, v.findings,
            v.terms, v.floor, v.problems, v.next_at, v.name, v.region_code, v.category, v.modes, v.unearned_fen::text
       from evaluations v join institutions i on i.no = v.institution_no
      where v.institution_no > $1 and v.rulebook = $2 and not exists (select 1 from due_institutions d where d.institution_no = v.institution_no)
      order by v.institution_no limit $3`,
    [after, rulebookOf(calendar.version), INSTITUTIONS_PER_READ],
  );
  const differences: Difference[] = [];
  let unknownPolicies = 0;
  const policies = await readPolicies(client, rows);
  for (const stored of rows) {
    const policy = policies.get(stored.policy_version);
    // Of a program with other defaults: it cannot be made again.
    if (policy === undefined) {
      unknownPolicies += 1;
      continue;
    }
    const facts = (await readInstitutionRows(client, [stored.institution_no], stored.evaluated_at)).get(
      stored.institution_no,
    )!;
    const state = stateIn(stored.state);
    if (state === null) {
      report(differences, stored.id, 'evaluations', 'state', 'a state', stored.state);
      continue;
    }
    const again = evaluateInstitution(facts, state, stored.evaluated_at, calendar, policy);
    const expected = columnsOf(again, facts);
    for (const name of Object.keys(expected) as (keyof typeof expected)[])
      report(differences, stored.id, 'evaluations', name, sortedJson(expected[name]), sortedJson(stored[name]));
    for (const change of again.changes)
      report(differences, stored.id, 'alerts', change.alertId, `${change.kind} ${change.level}`, null);
    const open = state.findings.flatMap((finding) => (finding.open ? [finding.open.alertId] : [])).sort();
    const { rows: alerts } = await client.query<{ alert_id: string }>(
      'select alert_id from alerts where institution_no = $1 and cleared_at is null order by alert_id',
      [stored.institution_no],
    );
    report(
      differences,
      stored.id,
      'alerts',
      'open',
      sortedJson(open),
      sortedJson(alerts.map((alert) => alert.alert_id).sort()),
    );
  }
  return {
    differences,
    unknownPolicies,
    last: rows.length < INSTITUTIONS_PER_READ ? null : rows.at(-1)!.institution_no,
  };
}

/** What an evaluation leaves in its row, by column. */
function columnsOf(again: Evaluation, facts: InstitutionRows) {
  const { score, level, grade, groups, terms, floor, problems } = again.score;
  return {
    score,
    level,
    grade,
    confidence: confidencePercent(again),
    groups,
    findings: findingsJson(again),
    terms,
    floor,
    problems,
    next_at: again.lookAgainAt,
    name: facts.profile?.name ?? null,
    region_code: facts.profile?.regionCode ?? null,
    category: facts.profile?.category ?? null,
    modes: modesOf(facts),
    unearned_fen: String(facts.unearnedFen),
  };
}

function stateIn(text: string): InstitutionRiskState | null {
  try {
    return JSON.parse(text) as InstitutionRiskState;
  } catch {
    return null;
  }
}

/** What has events is due or was evaluated: one that is neither would never be looked at again. */
async function verifyPresence(pool: pg.Pool): Promise<Difference[]> {
  const { rows } = await pool.query<{ id: string }>(
    `select i.id from institutions i where i.event_count > 0 and not exists (select 1 from evaluations v where v.institution_no = i.no)
        and not exists (select 1 from due_institutions d where d.institution_no = i.no) order by i.id`,
  );
  const differences: Difference[] = [];
  for (const { id } of rows) report(differences, id, 'evaluations', 'all', 'an evaluation', null);
  return differences;
}

async function readPolicies(client: pg.PoolClient, rows: readonly StoredEvaluation[]): Promise<Map<string, Policy>> {
  const policies = new Map<string, Policy>();
  for (const version of new Set(rows.map((row) => row.policy_version))) {
    const found = await findPolicy(client, version);
    if (found !== null) policies.set(version, found.policy);
  }
  return policies;
}

/** Every alert has its records 1, 2, … without a gap, and stands at the last of them. */
async function verifyRecords(pool: pg.Pool): Promise<Difference[]> {
  const { rows } = await pool.query<{
    alert_id: string;
    id: string | null;
    expected: string | null;
    found: string | null;
  }>(
    `select coalesce(a.alert_id, r.alert_id) as alert_id, i.id, r.data::text as expected, a.data::text as found
       from alerts a full join (select distinct on (alert_id) alert_id, step, data, count(*) over (partition by alert_id) as steps
                                  from alert_records order by alert_id, step desc) r using (alert_id)
       left join institutions i on i.no = a.institution_no
      where a.alert_id is null or r.alert_id is null or r.step <> r.steps or a.data is distinct from r.data
      order by 1`,
  );
  const differences: Difference[] = [];
  for (const row of rows) {
    const { expected, found } = row;
    const problem = found === null ? 'missing' : expected === null ? 'added' : 'changed';
    differences.push({
      institutionId: row.id,
      table: expected === found ? 'alert_records' : 'alerts',
      key: row.alert_id,
      problem,
      expected,
      found,
    });
  }
  return differences;
}

function report(
  differences: Difference[],
  institutionId: string,
  table: string,
  key: string,
  expected: string,
  found: string | null,
): void {
  if (expected === found) return;
  differences.push({ institutionId, table, key, problem: found === null ? 'missing' : 'changed', expected, found });
}
