import { hash } from 'node:crypto';
import type pg from 'pg';
import type { Us } from '../core/time.js';
import { arrayText, jsonArray, jsonList } from '../db/arrays.js';
import { toDbTime } from '../db/pool.js';
import type { Evaluation, InstitutionRiskState } from './evaluation.js';
import { tellingsOf } from './facts/announced.js';
import type { InstitutionRows } from './facts/rows.js';
import { findingsJson } from './findings-json.js';
import { confidencePercent } from './messages.js';
import { rulebookOf } from './rulebook.js';

export interface Evaluated {
  readonly no: number;
  readonly rows: InstitutionRows;
  /** Null: it was never evaluated before. */
  readonly previous: StoredState | null;
  readonly evaluation: Evaluation;
}

/** What the last evaluation of an institution left behind. */
export interface StoredState {
  readonly state: InstitutionRiskState;
  /** `state` as it is stored. */
  readonly text: string;
  readonly evaluatedAt: Us;
  readonly rulebook: string;
  readonly policyVersion: string;
  /** What it told, by `mark`; null when that is not known. */
  readonly told: string | null;
}

/** Institutions never evaluated are not in it. */
export async function readStates(client: pg.ClientBase, nos: readonly number[]): Promise<Map<number, StoredState>> {
  const { rows } = await client.query<{
    institution_no: number;
    text: string;
    evaluated_at: Us;
    rulebook: string;
    policyVersion: string;
    told: string | null;
  }>({
    name: 'read_states',
    text: 'select institution_no, state as text, evaluated_at, rulebook, policy_version as "policyVersion", told from evaluations where institution_no = any($1::int[])',
    values: [nos],
  });
  return new Map(
    rows.map(({ institution_no, text, evaluated_at, rulebook, policyVersion, told }) => [
      institution_no,
      {
        state: JSON.parse(text) as InstitutionRiskState,
        text,
        evaluatedAt: evaluated_at,
        rulebook,
        policyVersion,
        told,
      },
    ]),
  );
}

interface Written extends Evaluated {
  /** The state as it is stored. */
  readonly state: string;
}

/** Writes the newest evaluation of each institution. What it tells is left as it stands where it tells the same as the last one. */
export async function writeEvaluations(client: pg.ClientBase, evaluated: readonly Written[], now: Us): Promise<void> {
  const anew: Row[] = [];
  const same: Row[] = [];
  for (const one of evaluated) {
    const telling = tellingOf(one.evaluation);
    const { previous } = one;
    const isSame = previous !== null && previous.told === mark(telling, previous.evaluatedAt);
    (isSame ? same : anew).push({ ...one, telling });
  }
  if (anew.length > 0) await upsert(client, anew, now);
  if (same.length > 0) await update(client, same, now);
}

interface Row extends Written {
  readonly telling: Telling;
}

/** The columns that are large, as JSON. */
interface Telling {
  readonly groups: string;
  readonly terms: string;
  readonly floor: string | null;
  readonly findings: string;
  readonly problems: string;
  readonly hash: string;
}

function tellingOf(evaluation: Evaluation): Telling {
  const { score } = evaluation;
  const groups = JSON.stringify(score.groups);
  const terms = JSON.stringify(score.terms);
  const floor = score.floor === null ? null : JSON.stringify(score.floor);
  const findings = JSON.stringify(findingsJson(evaluation));
  const problems = JSON.stringify(score.problems);
  // No JSON holds a line end.
  const all = [groups, terms, floor ?? '', findings, problems].join('\n');
  return { groups, terms, floor, findings, problems, hash: hash('sha256', all, 'base64url') };
}

/** With the moment: a program that knows nothing of the mark, and writes the columns alone, makes it unfit. */
function mark({ hash }: Telling, evaluatedAt: Us): string {
  return `${hash} ${evaluatedAt}`;
}

/** The small columns of the rows given, from the parameters of `smallColumns`. */
const SMALL = `$1::int[], ${jsonArray(2, 'text')}, $3::timestamptz[], $4::text[], $5::smallint[], $6::text[], $7::text[], $8::smallint[],
                         $9::text[], $10::text[], $11::text[], $12::text[], $13::numeric[], $14::text[], $15::text[]`;
const SMALL_NAMES =
  'no, state, next_at, policy_version, score, level, grade, confidence, name, region_code, category, modes, unearned_fen, rulebook, told';

async function upsert(client: pg.ClientBase, rows: readonly Row[], now: Us): Promise<void> {
  const tellings = rows.map(({ telling }) => telling);
  await client.query({
    name: 'store_evaluations',
    text: `insert into evaluations (institution_no, state, evaluated_at, next_at, policy_version, score, level, grade, confidence, name, region_code, category, modes, unearned_fen,
                                    rulebook, told, groups, terms, floor, findings, problems)
           select no, state, $16::timestamptz, next_at, policy_version, score, level, grade, confidence, name, region_code, category, string_to_array(modes, ','), unearned_fen,
                  rulebook, told, groups, terms, floor, findings, problems
             from unnest(${SMALL}, ${jsonArray(17)}, ${jsonArray(18)}, ${jsonArray(19)}, ${jsonArray(20)}, ${jsonArray(21)})
               as t(${SMALL_NAMES}, groups, terms, floor, findings, problems)
           on conflict (institution_no) do update set state = excluded.state, evaluated_at = excluded.evaluated_at, next_at = excluded.next_at,
             policy_version = excluded.policy_version, score = excluded.score, level = excluded.level, grade = excluded.grade, confidence = excluded.confidence,
             name = excluded.name, region_code = excluded.region_code, category = excluded.category, modes = excluded.modes, unearned_fen = excluded.unearned_fen,
             rulebook = excluded.rulebook, told = excluded.told, groups = excluded.groups, terms = excluded.terms, floor = excluded.floor,
             findings = excluded.findings, problems = excluded.problems`,
    values: [
      ...smallColumns(rows, now, ({ state }) => state),
      jsonList(tellings.map(({ groups }) => groups)),
      jsonList(tellings.map(({ terms }) => terms)),
      jsonList(tellings.map(({ floor }) => floor)),
      jsonList(tellings.map(({ findings }) => findings)),
      jsonList(tellings.map(({ problems }) => problems)),
    ],
  });
}

async function update(client: pg.ClientBase, rows: readonly Row[], now: Us): Promise<void> {
  await client.query({
    name: 'store_evaluations_again',
    text: `update evaluations v set state = coalesce(t.state, v.state), evaluated_at = $16::timestamptz, next_at = t.next_at, policy_version = t.policy_version,
             score = t.score, level = t.level, grade = t.grade, confidence = t.confidence, name = t.name, region_code = t.region_code, category = t.category,
             modes = string_to_array(t.modes, ','), unearned_fen = t.unearned_fen, rulebook = t.rulebook, told = t.told
             from unnest(${SMALL}) as t(${SMALL_NAMES}) where v.institution_no = t.no`,
    values: smallColumns(rows, now, ({ state, previous }) => (state === previous?.text ? null : state)),
  });
}

/** Null as the state: the one that is stored. */
function smallColumns(rows: readonly Row[], now: Us, stateOf: (row: Row) => string | null): string[] {
  const evaluations = rows.map(({ evaluation }) => evaluation);
  const profiles = rows.map((one) => one.rows.profile);
  return [
    arrayText(rows.map(({ no }) => no)),
    jsonList(rows.map(stateOf)),
    arrayText(evaluations.map(({ lookAgainAt }) => (lookAgainAt === null ? null : toDbTime(lookAgainAt)))),
    arrayText(evaluations.map(({ policyVersion }) => policyVersion)),
    arrayText(evaluations.map(({ score }) => score.score)),
    arrayText(evaluations.map(({ score }) => score.level)),
    arrayText(evaluations.map(({ score }) => score.grade)),
    arrayText(evaluations.map(confidencePercent)),
    arrayText(profiles.map((profile) => profile?.name ?? null)),
    arrayText(profiles.map((profile) => profile?.regionCode ?? null)),
    arrayText(profiles.map((profile) => profile?.category ?? null)),
    arrayText(rows.map((one) => modesOf(one.rows).join(','))),
    arrayText(rows.map((one) => one.rows.unearnedFen)),
    arrayText(evaluations.map(({ calendarVersion }) => rulebookOf(calendarVersion))),
    arrayText(rows.map(({ telling }) => mark(telling, now))),
    toDbTime(now),
  ];
}

export function modesOf(rows: InstitutionRows): string[] {
  return [
    ...new Set((rows.registers['account.registered'] ?? []).flatMap(tellingsOf).map(({ data }) => data.mode)),
  ].sort();
}
