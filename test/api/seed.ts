import type pg from 'pg';
import { toDbTime } from '../../src/db/pool.js';
import { NOW } from './harness.js';

/** Rows that an evaluation would have written; what they are computed from is tested elsewhere. */

const US_PER_HOUR = 3_600_000_000;

export async function institutionNo(pool: pg.Pool, id: string): Promise<number> {
  return (await pool.query<{ no: number }>('select no from institutions where id = $1', [id])).rows[0]!.no;
}

export interface EvaluationSeed {
  readonly score: number;
  readonly level: string;
  readonly regionCode?: string;
  readonly unearnedFen?: string;
}

export async function seedEvaluation(pool: pg.Pool, id: string, seed: EvaluationSeed): Promise<void> {
  await pool.query(
    `insert into evaluations (institution_no, state, evaluated_at, next_at, policy_version, score, level, grade, confidence, groups, terms, floor, findings,
       problems, name, region_code, category, unearned_fen)
     values ($1, '{}', $2, $3, 'p1', $4, $5, 'B', 97, '{"A":75,"B":0}', '[{"ruleId":"A01","value":75}]', '{"level":"orange","score":60}', '[{"ruleId":"A01","level":"orange","value":12}]', '["calendar_missing:2031"]',
       'x', $6, 'non_subject', $7)`,
    [
      await institutionNo(pool, id),
      toDbTime(NOW),
      toDbTime(NOW + US_PER_HOUR),
      seed.score,
      seed.level,
      seed.regionCode ?? null,
      seed.unearnedFen ?? '0',
    ],
  );
}

/** `hoursAgo` tells the rows apart. */
export async function seedScore(pool: pg.Pool, id: string, hoursAgo: number, score: number): Promise<void> {
  await pool.query(
    `insert into scores (institution_no, at, score, level, grade, confidence, groups, policy_version) values ($1, $2, $3, 'blue', 'A', 90, '{"A":25}', 'p1')`,
    [await institutionNo(pool, id), toDbTime(NOW - hoursAgo * US_PER_HOUR), score],
  );
}

export interface AlertSeed {
  readonly alertId: string;
  readonly ruleId?: string;
  readonly level?: string;
  readonly hoursAgo?: number;
  readonly cleared?: boolean;
  readonly evidence?: readonly { source: string; id: string }[];
}

export async function seedAlert(pool: pg.Pool, id: string, seed: AlertSeed): Promise<void> {
  const openedAt = toDbTime(NOW - (seed.hoursAgo ?? 1) * US_PER_HOUR);
  const data = JSON.stringify({ alertId: seed.alertId, institutionId: id, value: 12, evidence: seed.evidence ?? [] });
  await pool.query(
    `insert into alerts (alert_id, institution_no, rule_id, case_id, level, region_code, opened_at, changed_at, cleared_at, data)
     values ($1, $2, $3, $4, $5, '370702', $6, $6, $7, $8)`,
    [
      seed.alertId,
      await institutionNo(pool, id),
      seed.ruleId ?? 'A01',
      `case-${seed.alertId}`,
      seed.level ?? 'orange',
      openedAt,
      seed.cleared ? toDbTime(NOW) : null,
      data,
    ],
  );
  await pool.query(`insert into alert_records (alert_id, step, kind, at, data) values ($1, 1, 'raised', $2, $3)`, [
    seed.alertId,
    openedAt,
    data,
  ]);
  if (seed.cleared) {
    await pool.query(`insert into alert_records (alert_id, step, kind, at, data) values ($1, 2, 'cleared', $2, $3)`, [
      seed.alertId,
      toDbTime(NOW),
      data,
    ]);
  }
}

/** Messages with a delivery for the subscription, oldest first. */
export async function seedDeliveries(
  pool: pg.Pool,
  subscriptionId: string,
  count: number,
  state: 'pending' | 'dead' = 'pending',
): Promise<void> {
  await pool.query(
    `with kept as (
       insert into messages (message_id, type, institution_id, region_code, topic, level, at, body)
       select 'm' || n || '-' || $1, 'prepaid.alert.raised.v1', 'i', '370702', 'prepaid.alerts', 'red', $4, '{}' from generate_series(1, $2::int) n
       returning seq, institution_id)
     insert into deliveries (message_seq, sink, order_key, state) select seq, 'webhook:' || $1, institution_id, $3 from kept`,
    [subscriptionId, count, state, toDbTime(NOW)],
  );
}
