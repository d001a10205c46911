import type pg from 'pg';
import type { Us } from '../../core/time.js';
import { toDbTime } from '../../db/pool.js';
import type { Level } from '../../risk/level.js';

export interface ScoreRow {
  readonly at: Us;
  readonly score: number;
  readonly level: Level;
  readonly grade: string;
  readonly confidence: number;
  readonly groups: Record<string, unknown>;
  readonly policyVersion: string;
}

export interface EvaluationRow extends ScoreRow {
  readonly nextAt: Us | null;
  readonly terms: readonly Record<string, unknown>[];
  readonly floor: Record<string, unknown> | null;
  readonly findings: readonly Record<string, unknown>[];
  readonly problems: readonly unknown[];
}

const COLUMNS = 'score, level, grade, confidence, groups, policy_version as "policyVersion"';

/** The newest evaluation; null before the first. */
export async function readEvaluation(pool: pg.Pool, institutionNo: number): Promise<EvaluationRow | null> {
  const { rows } = await pool.query<EvaluationRow>({
    name: 'read_evaluation',
    text: `select evaluated_at as at, ${COLUMNS}, next_at as "nextAt", terms, floor, findings, problems from evaluations where institution_no = $1`,
    values: [institutionNo],
  });
  return rows[0] ?? null;
}

/** Changes of the score, newest first. `from` ≤ at < `to`, and not after `asOf`. */
export async function listScores(
  pool: pg.Pool,
  institutionNo: number,
  range: { readonly from: Us | null; readonly to: Us | null; readonly asOf: Us | null },
  page: { readonly before: Us | null; readonly limit: number },
): Promise<ScoreRow[]> {
  const { rows } = await pool.query<ScoreRow>(
    `select at, ${COLUMNS} from scores
      where institution_no = $1 and ($2::timestamptz is null or at >= $2) and ($3::timestamptz is null or at < $3)
        and ($4::timestamptz is null or at <= $4) and ($5::timestamptz is null or at < $5)
      order by at desc limit $6`,
    [institutionNo, text(range.from), text(range.to), text(range.asOf), text(page.before), page.limit],
  );
  return rows;
}

function text(us: Us | null): string | null {
  return us === null ? null : toDbTime(us);
}
