import type pg from 'pg';
import type { Calendar } from '../core/calendar.js';
import type { Us } from '../core/time.js';
import { toDbTime } from '../db/pool.js';
import { readConsistently } from '../ledger/books.js';
import { listInstitutionNos } from '../ledger/read.js';
import type { Explanation } from './explain.js';
import { explanationOf } from './explain.js';
import { rebuild } from './rebuild.js';

/** A past score made again, beside the one that the history holds for that moment. */
export interface PastScore {
  readonly explanation: Explanation;
  readonly regionCode: string | null;
  readonly unearnedFen: bigint;
  /** `none`: the history does not reach back that far. `other`: it says something else than what was made again. */
  readonly history: 'same' | 'other' | 'none';
}

interface StoredScore {
  readonly at: Us;
  readonly score: number;
  readonly level: string;
  readonly grade: string;
  readonly confidence: number;
  readonly groups: Readonly<Record<string, number>>;
  readonly policyVersion: string;
}

/** The scores that held at a moment, by institution id. `ids` null: all institutions. Those of which nothing was known are left out. */
export async function* pastScores(
  pool: pg.Pool,
  ids: readonly string[] | null,
  asOf: Us,
  calendar: Calendar,
): AsyncGenerator<PastScore> {
  for (const institution of await listInstitutionNos(pool, ids)) {
    const found = await readConsistently(pool, async (client) => {
      const stored = await readStored(client, institution.no, asOf);
      return { stored, rebuilt: await rebuild(client, institution, asOf, calendar) };
    });
    if (found.rebuilt === null) continue;
    const { rebuilt, stored } = found;
    const explanation = explanationOf(institution.id, rebuilt);
    yield {
      explanation,
      regionCode: rebuilt.rows.profile?.regionCode ?? null,
      unearnedFen: rebuilt.rows.unearnedFen,
      history: stored === null ? 'none' : isSame(explanation, rebuilt.at, stored) ? 'same' : 'other',
    };
  }
}

async function readStored(client: pg.ClientBase, no: number, asOf: Us): Promise<StoredScore | null> {
  const { rows } = await client.query<StoredScore>(
    `select at, score, level, grade, confidence, groups, policy_version as "policyVersion" from scores
      where institution_no = $1 and at <= $2::timestamptz order by at desc limit 1`,
    [no, toDbTime(asOf)],
  );
  return rows[0] ?? null;
}

/** The history has a row per change of the score: all of a row of that very evaluation, else what did not change since. */
function isSame(one: Explanation, at: Us, stored: StoredScore): boolean {
  if (one.score !== stored.score || one.level !== stored.level) return false;
  if (at !== stored.at) return true;
  const groups = Object.entries(one.groups).every(([group, value]) => stored.groups[group] === value);
  const { grade, confidence, policyVersion } = stored;
  return groups && one.grade === grade && one.confidence === confidence && one.policyVersion === policyVersion;
}
