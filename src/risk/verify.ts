import type pg from 'pg';
import type { Calendar } from '../core/calendar.js';
import type { Us } from '../core/time.js';
import { readConsistently } from '../ledger/books.js';
import type { Difference } from '../ledger/verify.js';
import { evaluateInstitution } from './evaluate.js';
import type { InstitutionRiskState } from './evaluation.js';
import { findingsJson } from './findings-json.js';
import { confidencePercent } from './messages.js';
import type { Policy } from './policy/policy.js';
import { findPolicy } from './policy-store.js';
import { readInstitutionRows } from './read-rows.js';
import { rulebookOf } from './rulebook.js';

export interface RiskVerification {
  readonly differences: Difference[];
  /** Institutions with events that no evaluation has seen yet: their scores cannot be checked. */
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
}

const INSTITUTIONS_PER_READ = 200;

/**
 * Judges every institution again at the moment of its last evaluation: the stored score, findings and open alerts must come
 * out, and nothing may change. Then the alerts must be what their records say. Nothing is repaired.
 */
export async function verifyRisk(pool: pg.Pool, calendar: Calendar): Promise<RiskVerification> {
  const { rows: waiting } = await pool.query<{ n: number }>(
    'select count(distinct institution_no) as n from due_institutions',
  );
  const differences = [...(await verifyRecords(pool))];
  let after = 0;
  for (;;) {
    const part = await readConsistently(pool, (client) => verifyPart(client, after, calendar));
    differences.push(...part.differences);
    if (part.last === null) return { differences, waiting: waiting[0]!.n };
    after = part.last;
  }
}

async function verifyPart(
  client: pg.PoolClient,
  after: number,
  calendar: Calendar,
): Promise<{ differences: Difference[]; last: number | null }> {
  const { rows } = await client.query<StoredEvaluation>(
    `select v.institution_no, i.id, v.state, v.evaluated_at, v.policy_version, v.score, v.level, v.grade, v.confidence, v.groups, v.findings
       from evaluations v join institutions i on i.no = v.institution_no
      where v.institution_no > $1 and v.rulebook = $2 and not exists (select 1 from due_institutions d where d.institution_no = v.institution_no)
      order by v.institution_no limit $3`,
    [after, rulebookOf(calendar.version), INSTITUTIONS_PER_READ],
  );
  const differences: Difference[] = [];
  const policies = await readPolicies(client, rows);
  for (const stored of rows) {
    const policy = policies.get(stored.policy_version);
    // Of a program with other defaults: it cannot be made again.
    if (policy === undefined) continue;
    const facts = (await readInstitutionRows(client, [stored.institution_no], stored.evaluated_at)).get(
      stored.institution_no,
    )!;
    const state = JSON.parse(stored.state) as InstitutionRiskState;
    const again = evaluateInstitution(facts, state, stored.evaluated_at, calendar, policy);
    const { score, level, grade, groups } = again.score;
    const expected = {
      score,
      level,
      grade,
      confidence: confidencePercent(again),
      groups,
      findings: findingsJson(again),
    };
    const found = {
      score: stored.score,
      level: stored.level,
      grade: stored.grade,
      confidence: stored.confidence,
      groups: stored.groups,
      findings: stored.findings,
    };
    for (const name of Object.keys(expected) as (keyof typeof expected)[])
      report(differences, stored.id, 'evaluations', name, sortedJson(expected[name]), sortedJson(found[name]));
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
  return { differences, last: rows.length < INSTITUTIONS_PER_READ ? null : rows.at(-1)!.institution_no };
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

/** JSON with sorted names: jsonb does not keep their order. */
function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
