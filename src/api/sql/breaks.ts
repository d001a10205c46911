import type pg from 'pg';
import { FeewardenError } from '../../core/errors.js';
import type { Fen } from '../../core/money.js';
import type { Day, Us } from '../../core/time.js';
import { inTransaction, toDbDay, toDbTime } from '../../db/pool.js';
import { TOTAL_COUNTED_MAX } from './institutions.js';
import { inRegion, JOIN_PROFILE } from './region.js';

export interface BreakRow {
  readonly breakId: number;
  readonly institutionId: string;
  readonly institutionName: string | null;
  readonly regionCode: string | null;
  readonly kind: string;
  readonly comparison: string;
  readonly accountId: string | null;
  readonly bankCode: string | null;
  readonly day: Day;
  readonly amountFen: Fen;
  readonly waitsFor: string | null;
  readonly events: readonly { readonly source: string; readonly id: string }[];
  readonly reason: { readonly zh: string; readonly en: string };
  readonly openedAt: Us;
  readonly changedAt: Us;
  readonly clearedAt: Us | null;
  readonly timesOpened: number;
  readonly owner: string | null;
}

export interface BreakFilters {
  /** '' is everything. */
  readonly region: string;
  /** The bank whose accounts may be seen; null is every bank. */
  readonly bankCode: string | null;
  readonly institutionId: string | null;
  readonly accountId: string | null;
  readonly kind: string | null;
  readonly state: 'open' | 'cleared' | null;
}

/** The last row of the page before. */
export type BreakPosition = readonly [day: string, breakId: number];

const COLUMNS = `b.break_id as "breakId", i.id as "institutionId", p.data ->> 'name' as "institutionName", p.data ->> 'regionCode' as "regionCode", b.kind, b.comparison,
  b.account_id as "accountId", b.bank_code as "bankCode", b.day, b.amount_fen as "amountFen", b.waits_for as "waitsFor", b.events, b.reason,
  b.opened_at as "openedAt", b.changed_at as "changedAt", b.cleared_at as "clearedAt", b.times_opened as "timesOpened", b.owner`;
const FROM = `from breaks b join institutions i on i.no = b.institution_no ${JOIN_PROFILE}`;
const WHERE = `${inRegion('$1')} and ($2::text is null or b.bank_code = $2) and ($3::text is null or i.id = $3)
   and ($4::text is null or b.account_id = $4) and ($5::text is null or b.kind = $5)
   and ($6::text is null or (b.cleared_at is null) = ($6 = 'open'))`;

/** The newest day comes first. */
export async function listBreaks(
  pool: pg.Pool,
  filters: BreakFilters,
  page: { readonly after: BreakPosition | null; readonly limit: number },
): Promise<BreakRow[]> {
  const { rows } = await pool.query<BreakRow>(
    `select ${COLUMNS} ${FROM} where ${WHERE} and ($7::date is null or (b.day, b.break_id) < ($7, $8))
      order by b.day desc, b.break_id desc limit $9`,
    [...valuesOf(filters), page.after?.[0] ?? null, page.after?.[1] ?? null, page.limit],
  );
  return rows;
}

export interface BreakSum {
  readonly kind: string;
  readonly count: number;
  readonly amountFen: Fen;
  /** Of these, explained by somebody: they count all the same. */
  readonly explained: number;
}

/** What the filters find, by kind. */
export async function sumBreaks(pool: pg.Pool, filters: BreakFilters): Promise<BreakSum[]> {
  const { rows } = await pool.query<BreakSum>(
    `select b.kind, count(*) as count, sum(b.amount_fen) as "amountFen", count(b.owner) as explained ${FROM} where ${WHERE} group by b.kind order by b.kind`,
    valuesOf(filters),
  );
  return rows;
}

/** Null when there are more than TOTAL_COUNTED_MAX. */
export async function countBreaks(pool: pg.Pool, filters: BreakFilters): Promise<number | null> {
  const { rows } = await pool.query<{ n: number }>(
    `select count(*) as n from (select 1 ${FROM} where ${WHERE} limit $7) counted`,
    [...valuesOf(filters), TOTAL_COUNTED_MAX + 1],
  );
  const total = rows[0]!.n;
  return total > TOTAL_COUNTED_MAX ? null : total;
}

/** The break if it lies in the region and at the bank; else `not_found`, which does not say whether it exists elsewhere. */
export async function findBreak(
  db: pg.Pool | pg.ClientBase,
  breakId: number,
  scope: Pick<BreakFilters, 'region' | 'bankCode'>,
): Promise<BreakRow> {
  const { rows } = await db.query<BreakRow>(
    `select ${COLUMNS} ${FROM} where ${inRegion('$1')} and ($2::text is null or b.bank_code = $2) and b.break_id = $3`,
    [scope.region, scope.bankCode, breakId],
  );
  if (!rows[0]) throw new FeewardenError('not_found', 'There is no such break.');
  return rows[0];
}

export interface BreakNote {
  readonly at: Us;
  readonly by: string;
  readonly note: string;
}

export async function listBreakNotes(pool: pg.Pool, breakId: number): Promise<BreakNote[]> {
  const { rows } = await pool.query<BreakNote>(
    'select at, by, note from break_notes where break_id = $1 order by seq',
    [breakId],
  );
  return rows;
}

/** A person explains a break and takes it on. It stays open, and in every total, until its reason is gone. */
export async function explainBreak(
  pool: pg.Pool,
  breakId: number,
  scope: Pick<BreakFilters, 'region' | 'bankCode'>,
  note: { readonly by: string; readonly owner: string; readonly note: string; readonly at: Us },
): Promise<void> {
  await inTransaction(pool, async (client) => {
    await findBreak(client, breakId, scope);
    await client.query('update breaks set owner = $2 where break_id = $1', [breakId, note.owner]);
    await client.query('insert into break_notes (break_id, at, by, note) values ($1, $2, $3, $4)', [
      breakId,
      toDbTime(note.at),
      note.by,
      note.note,
    ]);
  });
}

/** For `after` of the next page. */
export function positionOf(row: BreakRow): BreakPosition {
  return [toDbDay(row.day), row.breakId];
}

function valuesOf(filters: BreakFilters): unknown[] {
  const { region, bankCode, institutionId, accountId, kind, state } = filters;
  return [region, bankCode, institutionId, accountId, kind, state];
}
