import type pg from 'pg';
import { FeewardenError } from '../../core/errors.js';
import type { Us } from '../../core/time.js';
import { toDbTime } from '../../db/pool.js';
import { TOTAL_COUNTED_MAX } from './institutions.js';
import { inRegion, JOIN_PROFILE } from './region.js';

export interface AlertRow {
  readonly alertId: string;
  readonly caseId: string;
  readonly institutionNo: number;
  readonly institutionId: string;
  readonly ruleId: string;
  readonly level: string;
  readonly regionCode: string | null;
  readonly openedAt: Us;
  readonly changedAt: Us;
  readonly clearedAt: Us | null;
  readonly data: Record<string, unknown>;
}

export interface AlertRecordRow {
  readonly step: number;
  readonly kind: string;
  readonly at: Us;
  readonly data: Record<string, unknown>;
}

export interface AlertFilters {
  /** '' is everything. */
  readonly region: string;
  readonly institutionId: string | null;
  readonly state: 'open' | 'cleared' | null;
  readonly level: string | null;
  readonly rule: string | null;
  readonly from: Us | null;
  readonly to: Us | null;
  /** As they stood at this moment; null: now. */
  readonly asOf: Us | null;
}

/** The last row of the page before. */
export type AlertPosition = readonly [Us, string];

const COLUMNS = `a.alert_id as "alertId", a.case_id as "caseId", a.institution_no as "institutionNo", i.id as "institutionId", a.rule_id as "ruleId", a.level,
  a.region_code as "regionCode", a.opened_at as "openedAt", a.changed_at as "changedAt", a.cleared_at as "clearedAt", a.data`;

const JOINED = `join institutions i on i.no = a.institution_no ${JOIN_PROFILE}`;

const WHERE = `${inRegion('$1')} and ($2::text is null or i.id = $2)
   and ($3::text is null or (a.cleared_at is null) = ($3 = 'open'))
   and ($4::text is null or a.level = $4) and ($5::text is null or a.rule_id = $5)
   and ($6::timestamptz is null or a.opened_at >= $6) and ($7::timestamptz is null or a.opened_at < $7)
   and ($8::timestamptz is null or a.opened_at <= $8)`;

/** Alerts as their newest records until the moment of parameter $8 tell them. */
const PAST_ALERTS = `(select a.alert_id, a.institution_no, a.rule_id, a.opened_at, r.data ->> 'caseId' as case_id, r.data ->> 'level' as level,
     r.data ->> 'regionCode' as region_code, r.at as changed_at, case r.kind when 'cleared' then r.at end as cleared_at, r.data
   from alerts a
   cross join lateral (select kind, at, data from alert_records where alert_id = a.alert_id and at <= $8::timestamptz order by step desc limit 1) r)`;

function fromOf({ asOf }: AlertFilters): string {
  return `from ${asOf === null ? 'alerts' : PAST_ALERTS} a ${JOINED}`;
}

/** Opened last comes first. */
export async function listAlerts(
  pool: pg.Pool,
  filters: AlertFilters,
  page: { readonly before: AlertPosition | null; readonly limit: number },
): Promise<AlertRow[]> {
  const { rows } = await pool.query<AlertRow>(
    `select ${COLUMNS} ${fromOf(filters)} where ${WHERE} and ($9::timestamptz is null or (a.opened_at, a.alert_id) < ($9, $10))
      order by a.opened_at desc, a.alert_id desc limit $11`,
    [...valuesOf(filters), text(page.before?.[0] ?? null), page.before?.[1] ?? null, page.limit],
  );
  return rows;
}

/** Null when there are more than TOTAL_COUNTED_MAX. */
export async function countAlerts(pool: pg.Pool, filters: AlertFilters): Promise<number | null> {
  const { rows } = await pool.query<{ n: number }>(
    `select count(*) as n from (select 1 ${fromOf(filters)} where ${WHERE} limit $9) counted`,
    [...valuesOf(filters), TOTAL_COUNTED_MAX + 1],
  );
  const total = rows[0]!.n;
  return total > TOTAL_COUNTED_MAX ? null : total;
}

/** The alert if its institution lies in the region; else `not_found`. */
export async function findAlert(pool: pg.Pool, alertId: string, region: string): Promise<AlertRow> {
  const { rows } = await pool.query<AlertRow>({
    name: 'find_alert',
    text: `select ${COLUMNS} from alerts a ${JOINED} where a.alert_id = $1 and ${inRegion('$2::text')}`,
    values: [alertId, region],
  });
  if (!rows[0]) throw new FeewardenError('not_found', 'There is no such alert.');
  return rows[0];
}

export async function listAlertRecords(pool: pg.Pool, alertId: string): Promise<AlertRecordRow[]> {
  const { rows } = await pool.query<AlertRecordRow>({
    name: 'list_alert_records',
    text: 'select step, kind, at, data from alert_records where alert_id = $1 order by step',
    values: [alertId],
  });
  return rows;
}

function valuesOf(filters: AlertFilters): unknown[] {
  const { region, institutionId, state, level, rule, from, to, asOf } = filters;
  return [region, institutionId, state, level, rule, text(from), text(to), text(asOf)];
}

function text(us: Us | null): string | null {
  return us === null ? null : toDbTime(us);
}
