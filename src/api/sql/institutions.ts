import type pg from 'pg';
import { FeewardenError } from '../../core/errors.js';
import type { Fen } from '../../core/money.js';
import type { Us } from '../../core/time.js';
import { toDbTime } from '../../db/pool.js';
import { EVENTS_COUNTED } from '../../ledger/displaced.js';
import type { Level } from '../../risk/level.js';
import { inRegion, JOIN_PROFILE, joinProfileAsOf } from './region.js';

export interface InstitutionRow {
  readonly no: number;
  readonly id: string;
  /** These two are null in a list of a past moment. */
  readonly events: number | null;
  readonly newestAt: Us | null;
  /** Null while no profile was told. */
  readonly name: string | null;
  readonly regionCode: string | null;
  readonly category: string | null;
  /** The rest is null before the first evaluation. */
  readonly score: number | null;
  readonly level: Level | null;
  readonly grade: string | null;
  readonly confidence: number | null;
  readonly unearnedFen: Fen | null;
  readonly evaluatedAt: Us | null;
}

export interface InstitutionFilters {
  /** '' is everything. */
  readonly region: string;
  readonly q: string | null;
  readonly level: string | null;
  readonly category: string | null;
  readonly scoreMin: number | null;
  readonly scoreMax: number | null;
  /** What was known at this moment; null: now. */
  readonly asOf: Us | null;
}

export type InstitutionSort = 'id' | 'score';
/** The last row of the page before: its score (-1 before the first evaluation) and id. */
export type InstitutionPosition = readonly [number, string];

/** Counting further would cost more than the figure is worth. */
export const TOTAL_COUNTED_MAX = 10_000;

const COLUMNS = `i.no, i.id, ${EVENTS_COUNTED} as events, i.newest_at as "newestAt", p.data ->> 'name' as name, p.data ->> 'regionCode' as "regionCode",
  p.data ->> 'category' as category, v.score, v.level, v.grade, v.confidence, v.unearned_fen as "unearnedFen", v.evaluated_at as "evaluatedAt"`;

const FROM = `from institutions i left join evaluations v on v.institution_no = i.no ${JOIN_PROFILE}`;

const FILTERED = `($2::text is null or strpos(lower(p.data ->> 'name'), lower($2)) > 0 or starts_with(i.id, upper($2)))
   and ($3::text is null or v.level = $3)
   and ($4::text is null or p.data ->> 'category' = $4)
   and ($5::int is null or v.score >= $5) and ($6::int is null or v.score <= $6)`;

// Not narrowed by the evaluation's copy of the region: one that moved was in neither region's list until it was evaluated again.
const WHERE = `i.event_count > 0 and ${inRegion('$1')} and ${FILTERED}`;

/** Where the institutions come from: as they are, or as they were known at the moment of parameter $7, in the region of today. */
function sourceOf(asOf: Us | null): { readonly columns: string; readonly from: string; readonly where: string } {
  if (asOf === null) return { columns: COLUMNS, from: FROM, where: `${WHERE} and $7::timestamptz is null` };
  return {
    columns: `i.no, i.id, null::int as events, null::timestamptz as "newestAt", p.data ->> 'name' as name, p.data ->> 'regionCode' as "regionCode",
      p.data ->> 'category' as category, v.score, v.level, v.grade, v.confidence, null::numeric as "unearnedFen", v.at as "evaluatedAt"`,
    from: `from (select i.no, i.id from institutions i ${JOIN_PROFILE} where i.event_count > 0 and ${inRegion('$1')}) i
      left join lateral (select score, level, grade, confidence, at from scores where institution_no = i.no and at <= $7::timestamptz
                          order by at desc limit 1) v on true ${joinProfileAsOf('$7::timestamptz')}`,
    where: `exists (select 1 from events e where e.institution_no = i.no and e.recorded_at <= $7::timestamptz) and ${FILTERED}`,
  };
}

export async function listInstitutions(
  pool: pg.Pool,
  filters: InstitutionFilters,
  page: { readonly sort: InstitutionSort; readonly after: InstitutionPosition | null; readonly limit: number },
): Promise<InstitutionRow[]> {
  const byScore = page.sort === 'score';
  const order = byScore ? 'coalesce(v.score, -1) desc, i.id' : 'i.id';
  const after = byScore
    ? '($8::int is null or coalesce(v.score, -1) < $8 or (coalesce(v.score, -1) = $8 and i.id > $9))'
    : '($8::int is null or i.id > $9)';
  const { columns, from, where } = sourceOf(filters.asOf);
  const { rows } = await pool.query<InstitutionRow>(
    `select ${columns} ${from} where ${where} and ${after} order by ${order} limit $10`,
    [...valuesOf(filters), page.after?.[0] ?? null, page.after?.[1] ?? null, page.limit],
  );
  return rows;
}

/** Null when there are more than TOTAL_COUNTED_MAX. */
export async function countInstitutions(pool: pg.Pool, filters: InstitutionFilters): Promise<number | null> {
  const { from, where } = sourceOf(filters.asOf);
  const { rows } = await pool.query<{ n: number }>(
    `select count(*) as n from (select 1 ${from} where ${where} limit $8) counted`,
    [...valuesOf(filters), TOTAL_COUNTED_MAX + 1],
  );
  const total = rows[0]!.n;
  return total > TOTAL_COUNTED_MAX ? null : total;
}

/** The institution if it lies in the region; else `not_found`, which does not say whether it exists elsewhere. */
export async function findInstitution(pool: pg.Pool, id: string, region: string): Promise<InstitutionRow> {
  const { rows } = await pool.query<InstitutionRow>({
    name: 'find_institution',
    text: `select ${COLUMNS} ${FROM} where i.id = $1 and i.event_count > 0 and ${inRegion('$2::text')}`,
    values: [id, region],
  });
  if (!rows[0]) throw new FeewardenError('not_found', 'There is no such institution.');
  return rows[0];
}

/** The number under which the tables know an institution. */
export async function numberOf(pool: pg.Pool, id: string): Promise<number> {
  const { rows } = await pool.query<{ no: number }>('select no from institutions where id = $1', [id]);
  if (!rows[0]) throw new FeewardenError('not_found', 'There is no such institution.');
  return rows[0].no;
}

function valuesOf(filters: InstitutionFilters): unknown[] {
  const { region, q, level, category, scoreMin, scoreMax, asOf } = filters;
  return [region, q, level, category, scoreMin, scoreMax, asOf === null ? null : toDbTime(asOf)];
}
