import type pg from 'pg';
import type { Calendar } from '../core/calendar.js';
import type { Us } from '../core/time.js';
import { jsonArray, jsonList } from '../db/arrays.js';
import { toDbTime } from '../db/pool.js';
import { evaluateInstitution } from './evaluate.js';
import type { Evaluation, InstitutionRiskState } from './evaluation.js';
import { findingsJson } from './findings-json.js';
import { alertData } from './messages.js';
import type { Policy } from './policy/policy.js';
import { findDraft } from './policy-store.js';
import type { EarlierRows } from './read-rows.js';
import { RULES } from './rules/list.js';
import type { Evaluated } from './store-evaluations.js';

interface ShadowOptions {
  /** The policy in force. */
  readonly policy: Policy;
  readonly now: Us;
  readonly calendar: Calendar;
}

interface Shadowed {
  readonly live: Evaluated;
  readonly evaluation: Evaluation;
}

interface Failed {
  readonly live: Evaluated;
  readonly message: string;
}

/**
 * Judges the same facts by the policy that runs in the shadow, if one does, and keeps its findings apart: nothing is sent, and nothing
 * of the live result depends on it. Whatever fails here is noted and undone, and the live evaluation goes on.
 */
export async function evaluateShadow(
  client: pg.ClientBase,
  evaluated: readonly Evaluated[],
  earlier: EarlierRows,
  options: ShadowOptions,
): Promise<void> {
  const shadow = await runningShadow(client);
  if (shadow === null) return;
  const failure = await guarded(client, () => judge(client, shadow, evaluated, earlier, options));
  if (failure === null) return;
  const failed = evaluated.map((live) => ({ live, message: failure }));
  await guarded(client, () => insertFailures(client, shadow.no, failed, options.now));
}

interface RunningShadow {
  readonly no: number;
  readonly version: string;
}

export async function runningShadow(client: pg.ClientBase): Promise<RunningShadow | null> {
  const { rows } = await client.query<RunningShadow>({
    name: 'running_shadow',
    text: 'select no, version from policy_shadows where stopped_at is null',
  });
  return rows[0] ?? null;
}

/** Runs `work`; when it fails everything that it wrote is undone. Answers what failed. A lost connection is thrown. */
async function guarded(client: pg.ClientBase, work: () => Promise<void>): Promise<string | null> {
  await client.query('savepoint shadow');
  try {
    await work();
    await client.query('release savepoint shadow');
    return null;
  } catch (error) {
    await client.query('rollback to savepoint shadow');
    return messageOf(error);
  }
}

async function judge(
  client: pg.ClientBase,
  { no, version }: RunningShadow,
  evaluated: readonly Evaluated[],
  earlier: EarlierRows,
  { now, calendar, policy }: ShadowOptions,
): Promise<void> {
  const draft = await findDraft(client, version);
  if (draft === null) throw new Error(`there is no draft ${version}`);
  const states = await readShadowStates(client, no, evaluated);
  const liveOf = new Map(evaluated.map((live) => [live.no, live]));
  const judged = await earlier.settle(client, [...liveOf.keys()], (of): Shadowed | Failed => {
    const live = liveOf.get(of)!;
    // It begins where the live policy stood, so that only what the policies say differently can differ: what late information takes
    // back of it there is taken back here.
    const previous = states.get(of) ?? live.previous?.state ?? null;
    try {
      return { live, evaluation: evaluateInstitution(live.rows, previous, now, calendar, draft.policy, RULES, policy) };
    } catch (error) {
      return { live, message: messageOf(error) };
    }
  });
  const shadowed = judged.filter((one) => 'evaluation' in one);
  const failed = judged.filter((one) => 'message' in one);
  await upsertShadows(client, no, shadowed, now);
  await insertRecords(client, no, shadowed, now);
  await insertFailures(client, no, failed, now);
}

async function readShadowStates(
  client: pg.ClientBase,
  shadowNo: number,
  evaluated: readonly Evaluated[],
): Promise<Map<number, InstitutionRiskState>> {
  const { rows } = await client.query<{ institution_no: number; state: string }>({
    name: 'read_shadow_states',
    text: 'select institution_no, state from shadow_evaluations where shadow_no = $1 and institution_no = any($2::int[])',
    values: [shadowNo, evaluated.map(({ no }) => no)],
  });
  return new Map(rows.map((row) => [row.institution_no, JSON.parse(row.state) as InstitutionRiskState]));
}

async function upsertShadows(
  client: pg.ClientBase,
  shadowNo: number,
  shadowed: readonly Shadowed[],
  now: Us,
): Promise<void> {
  await client.query({
    name: 'store_shadow_evaluations',
    text: `insert into shadow_evaluations (shadow_no, institution_no, state, evaluated_at, next_at, policy_version, region_code, score, level, findings, live_score, live_level, live_findings)
           select $1, no, state, $2::timestamptz, next_at, policy_version, region_code, score, level, findings, live_score, live_level, live_findings
             from unnest($3::int[], ${jsonArray(4, 'text')}, $5::timestamptz[], $6::text[], $7::text[], $8::smallint[], $9::text[], ${jsonArray(10)}, $11::smallint[], $12::text[], ${jsonArray(13)})
               as t(no, state, next_at, policy_version, region_code, score, level, findings, live_score, live_level, live_findings)
           on conflict (shadow_no, institution_no) do update set state = excluded.state, evaluated_at = excluded.evaluated_at, next_at = excluded.next_at,
             policy_version = excluded.policy_version, region_code = excluded.region_code, score = excluded.score, level = excluded.level, findings = excluded.findings,
             live_score = excluded.live_score, live_level = excluded.live_level, live_findings = excluded.live_findings`,
    values: [
      shadowNo,
      toDbTime(now),
      shadowed.map(({ live }) => live.no),
      jsonList(shadowed.map(({ evaluation }) => JSON.stringify(evaluation.state))),
      shadowed.map(({ evaluation: { lookAgainAt } }) => (lookAgainAt === null ? null : toDbTime(lookAgainAt))),
      shadowed.map(({ evaluation }) => evaluation.policyVersion),
      shadowed.map(({ live }) => live.rows.profile?.regionCode ?? null),
      shadowed.map(({ evaluation }) => evaluation.score.score),
      shadowed.map(({ evaluation }) => evaluation.score.level),
      jsonList(shadowed.map(({ evaluation }) => JSON.stringify(findingsJson(evaluation)))),
      shadowed.map(({ live }) => live.evaluation.score.score),
      shadowed.map(({ live }) => live.evaluation.score.level),
      jsonList(shadowed.map(({ live }) => JSON.stringify(findingsJson(live.evaluation)))),
    ],
  });
}

async function insertRecords(
  client: pg.ClientBase,
  shadowNo: number,
  shadowed: readonly Shadowed[],
  now: Us,
): Promise<void> {
  const records = shadowed.flatMap(({ live, evaluation }) => evaluation.changes.map((change) => ({ live, change })));
  await insertRows(
    client,
    shadowNo,
    now,
    records.map(({ live, change }) => ({
      live,
      kind: change.kind,
      ruleId: change.ruleId,
      level: change.level,
      data: alertData(live.rows, change),
    })),
  );
}

async function insertFailures(
  client: pg.ClientBase,
  shadowNo: number,
  failed: readonly Failed[],
  now: Us,
): Promise<void> {
  if (failed.length === 0) return;
  const rows = failed.map(({ live, message }) => ({
    live,
    kind: 'failed',
    ruleId: null,
    level: null,
    data: { message },
  }));
  await insertRows(client, shadowNo, now, rows);
  // What fails is tried again with the next live evaluation, not on and on.
  await client.query(
    'update shadow_evaluations set next_at = null where shadow_no = $1 and institution_no = any($2::int[])',
    [shadowNo, failed.map(({ live }) => live.no)],
  );
}

interface RecordRow {
  readonly live: Evaluated;
  readonly kind: string;
  readonly ruleId: string | null;
  readonly level: string | null;
  readonly data: object;
}

async function insertRows(
  client: pg.ClientBase,
  shadowNo: number,
  now: Us,
  records: readonly RecordRow[],
): Promise<void> {
  if (records.length === 0) return;
  await client.query({
    name: 'insert_shadow_records',
    text: `insert into shadow_records (shadow_no, institution_no, region_code, at, kind, rule_id, level, data)
           select $1, no, region_code, $2::timestamptz, kind, rule_id, level, data
             from unnest($3::int[], $4::text[], $5::text[], $6::text[], $7::text[], ${jsonArray(8)}) as t(no, region_code, kind, rule_id, level, data)`,
    values: [
      shadowNo,
      toDbTime(now),
      records.map(({ live }) => live.no),
      records.map(({ live }) => live.rows.profile?.regionCode ?? null),
      records.map(({ kind }) => kind),
      records.map(({ ruleId }) => ruleId),
      records.map(({ level }) => level),
      jsonList(records.map(({ data }) => JSON.stringify(data))),
    ],
  });
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, MESSAGE_CHARACTERS_MAX);
}
const MESSAGE_CHARACTERS_MAX = 500;
