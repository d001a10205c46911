import type pg from 'pg';
import { FeewardenError } from '../core/errors.js';
import type { Us } from '../core/time.js';
import { inTransaction, toDbTime } from '../db/pool.js';
import { type Level, rankOf } from './level.js';
import { findDraft, lockPolicies, logPolicy, readPolicyAt } from './policy-store.js';

export interface ShadowRun {
  readonly version: string;
  readonly startedAt: Us;
  readonly startedBy: string;
  readonly stoppedAt: Us | null;
}

/**
 * Starts a draft in the shadow of the live policy; all institutions are due, so that both are compared over all of them.
 * Throws `not_found` (no such draft), `shadow_running`.
 */
export async function startShadow(pool: pg.Pool, version: string, by: string, now: Us): Promise<void> {
  await inTransaction(pool, async (client) => {
    await lockPolicies(client);
    if ((await findDraft(client, version)) === null)
      throw new FeewardenError('not_found', `There is no draft ${version}.`);
    const running = await client.query<{ version: string }>(
      'select version from policy_shadows where stopped_at is null',
    );
    if (running.rows[0]) throw new FeewardenError('shadow_running', `${running.rows[0].version} does; stop it first.`);
    await client.query('insert into policy_shadows (version, started_at, started_by) values ($1, $2, $3)', [
      version,
      toDbTime(now),
      by,
    ]);
    await client.query(
      'insert into due_institutions (institution_no, due_at) select no, $1::timestamptz from institutions where event_count > 0',
      [toDbTime(now)],
    );
    await logPolicy(client, now, version, 'shadow_started', by, {});
  });
}

/** Ends the run; what it found is kept. Throws `not_found` when none runs. */
export async function stopShadow(pool: pg.Pool, by: string, now: Us): Promise<string> {
  return inTransaction(pool, async (client) => {
    await lockPolicies(client);
    const { rows } = await client.query<{ version: string }>(
      'update policy_shadows set stopped_at = $1 where stopped_at is null returning version',
      [toDbTime(now)],
    );
    const version = rows[0]?.version;
    if (version === undefined) throw new FeewardenError('not_found', 'No policy runs in the shadow.');
    await logPolicy(client, now, version, 'shadow_stopped', by, {});
    return version;
  });
}

/** Institutions of a region at which a rule stands at another level in the shadow. */
export interface ShadowDifference {
  readonly regionCode: string | null;
  readonly ruleId: string;
  readonly live: Level;
  readonly shadow: Level;
  readonly institutions: number;
  /** A few of them. */
  readonly examples: readonly string[];
}

export interface ShadowReport extends ShadowRun {
  readonly liveVersion: string;
  /** Institutions that both have judged, and those that the shadow has not judged yet. */
  readonly institutions: number;
  readonly waiting: number;
  /** Of the institutions: how many at which level, live and in the shadow. */
  readonly levels: readonly { readonly live: Level; readonly shadow: Level; readonly institutions: number }[];
  /** By region, then rule. */
  readonly differences: readonly ShadowDifference[];
  /** Alerts since the start that each raised, by rule. */
  readonly alerts: readonly { readonly ruleId: string; readonly live: number; readonly shadow: number }[];
  /** Evaluations of the shadow that failed, and the newest failure. */
  readonly failures: number;
  readonly lastFailure: string | null;
}

/**
 * What the newest run of a shadow says differently. `region`: only codes that begin with it. Both sides are of the same evaluation
 * of each institution. Throws `not_found` when none was ever started.
 */
export async function shadowReport(pool: pg.Pool, region: string): Promise<ShadowReport> {
  const { rows: runs } = await pool.query<ShadowRun & { no: number }>(
    'select no, version, started_at as "startedAt", started_by as "startedBy", stopped_at as "stoppedAt" from policy_shadows order by no desc limit 1',
  );
  const run = runs[0];
  if (run === undefined) throw new FeewardenError('not_found', 'No policy has run in the shadow yet.');
  const { no, ...shown } = run;
  const levels = await readLevels(pool, no, region);
  const { record } = await readPolicyAt(pool, run.stoppedAt);
  return {
    ...shown,
    liveVersion: record.version,
    institutions: levels.reduce((sum, one) => sum + one.institutions, 0),
    waiting: await countWaiting(pool, no, region),
    levels,
    differences: await readDifferences(pool, no, region),
    alerts: await readAlerts(pool, run, region),
    ...(await readFailures(pool, no, region)),
  };
}

async function readLevels(pool: pg.Pool, no: number, region: string): Promise<ShadowReport['levels']> {
  const { rows } = await pool.query<ShadowReport['levels'][number]>(
    `select live_level as live, level as shadow, count(*) as institutions from shadow_evaluations
      where shadow_no = $1 and ($2 = '' or region_code like $2 || '%') group by 1, 2`,
    [no, region],
  );
  return rows.sort((a, b) => rankOf(a.live) - rankOf(b.live) || rankOf(a.shadow) - rankOf(b.shadow));
}

async function countWaiting(pool: pg.Pool, no: number, region: string): Promise<number> {
  const { rows } = await pool.query<{ n: number }>(
    `select count(*) as n from evaluations v where ($2 = '' or v.region_code like $2 || '%')
        and not exists (select 1 from shadow_evaluations s where s.shadow_no = $1 and s.institution_no = v.institution_no)`,
    [no, region],
  );
  return rows[0]!.n;
}

async function readDifferences(pool: pg.Pool, no: number, region: string): Promise<ShadowDifference[]> {
  const { rows } = await pool.query<ShadowDifference>(
    `with judged as (select s.*, i.id from shadow_evaluations s join institutions i on i.no = s.institution_no
                      where s.shadow_no = $1 and ($2 = '' or s.region_code like $2 || '%')),
          live as (select id, region_code, f->>'ruleId' as rule_id, f->>'level' as level from judged, jsonb_array_elements(live_findings) f),
          shadow as (select id, region_code, f->>'ruleId' as rule_id, f->>'level' as level from judged, jsonb_array_elements(findings) f),
          both_ as (select id, rule_id, coalesce(l.region_code, s.region_code) as region_code, coalesce(l.level, 'none') as live, coalesce(s.level, 'none') as shadow
                      from live l full join shadow s using (id, rule_id))
     select region_code as "regionCode", rule_id as "ruleId", live, shadow, count(*) as institutions, (array_agg(id order by id))[1:${EXAMPLES_MAX}] as examples
       from both_ where live <> shadow group by 1, 2, 3, 4 order by 1 nulls first, 2, 3, 4`,
    [no, region],
  );
  return rows;
}
const EXAMPLES_MAX = 5;

async function readAlerts(
  pool: pg.Pool,
  { no, startedAt, stoppedAt }: ShadowRun & { readonly no: number },
  region: string,
): Promise<ShadowReport['alerts']> {
  const { rows } = await pool.query<ShadowReport['alerts'][number]>(
    `select rule_id as "ruleId", count(*) filter (where live) as live, count(*) filter (where not live) as shadow
       from (select a.rule_id, true as live from alerts a
              where a.opened_at >= $2::timestamptz and a.opened_at <= coalesce($3::timestamptz, 'infinity') and ($4 = '' or a.region_code like $4 || '%')
             union all
             select rule_id, false from shadow_records where shadow_no = $1 and kind = 'raised' and ($4 = '' or region_code like $4 || '%')) t
      group by 1 order by 1`,
    [no, toDbTime(startedAt), stoppedAt === null ? null : toDbTime(stoppedAt), region],
  );
  return rows;
}

async function readFailures(
  pool: pg.Pool,
  no: number,
  region: string,
): Promise<Pick<ShadowReport, 'failures' | 'lastFailure'>> {
  const { rows } = await pool.query<{ failures: number; last: string | null }>(
    `select count(*) as failures, (array_agg(data->>'message' order by seq desc))[1] as last
       from shadow_records where shadow_no = $1 and kind = 'failed' and ($2 = '' or region_code like $2 || '%')`,
    [no, region],
  );
  return { failures: rows[0]!.failures, lastFailure: rows[0]!.last };
}
