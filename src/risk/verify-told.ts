import type pg from 'pg';
import { OUTGOING_SOURCE } from '../alerts/outbox.js';
import { formatTime, type Us } from '../core/time.js';
import type { Difference } from '../ledger/verify.js';
import { ALERT_TYPES, SCORE_TYPE, scoreMessageId } from './messages.js';
import { sortedJson } from './sorted-json.js';

/**
 * Alerts and the history of scores cannot be derived for every past moment in a night, but each of their rows was told when it was
 * written, in a message of the same transaction: the two must say the same. Yields every difference; nothing is repaired.
 */
export async function* verifyTold(pool: pg.Pool): AsyncGenerator<Difference> {
  for await (const row of readTold(pool)) {
    const difference = differenceOf(row);
    if (difference !== null) yield difference;
  }
  yield* await readUntold(pool);
  yield* await readAlertColumns(pool);
}

/** A message and the row that it tells; nulls where there is none. */
interface ToldRow {
  readonly seq: number;
  readonly message_id: string;
  readonly type: string;
  readonly institution_id: string | null;
  readonly region_code: string | null;
  readonly topic: string;
  readonly level: string | null;
  readonly previous_level: string | null;
  readonly at: Us;
  readonly body: string;
  readonly kind: keyof typeof ALERT_TYPES | null;
  readonly record_at: Us | null;
  readonly record: Readonly<Record<string, unknown>> | null;
  readonly score: Readonly<Record<string, unknown>> | null;
}

const ROWS_PER_FETCH = 5_000;

async function* readTold(pool: pg.Pool): AsyncGenerator<ToldRow> {
  let last = 0;
  for (;;) {
    const { rows } = await pool.query<ToldRow>(
      `select m.seq, m.message_id, m.type, m.institution_id, m.region_code, m.topic, m.level, m.previous_level, m.at, m.body,
              r.kind, r.at as record_at, r.data as record,
              case when s.score is not null then jsonb_build_object('score', s.score, 'level', s.level, 'grade', s.grade, 'confidence', s.confidence, 'groups', s.groups) end as score
         from messages m
         left join alert_records r on m.type = any($2::text[]) and r.alert_id = regexp_replace(m.message_id, '\\.[0-9]+$', '')
              and r.step::text = substring(m.message_id from '[0-9]+$')
         left join institutions i on m.type = $3 and i.id = m.institution_id
         left join scores s on s.institution_no = i.no and s.at = m.at
        where m.seq > $1 and (m.type = any($2::text[]) or m.type = $3)
        order by m.seq limit ${ROWS_PER_FETCH}`,
      [last, Object.values(ALERT_TYPES), SCORE_TYPE],
    );
    yield* rows;
    if (rows.length < ROWS_PER_FETCH) return;
    last = rows.at(-1)!.seq;
  }
}

function differenceOf(row: ToldRow): Difference | null {
  const body = parsed(row.body);
  const data = (body?.data ?? {}) as Readonly<Record<string, unknown>>;
  const isScore = row.type === SCORE_TYPE;
  const kept = isScore ? row.score : row.record;
  const { institution_id: institutionId, message_id: key } = row;
  if (kept === null) {
    const table = isScore ? 'scores' : 'alert_records';
    return { institutionId, table, key, problem: 'missing', expected: row.body, found: null };
  }
  // The name and the region of an institution stand in the message alone.
  const { institutionId: id, institutionName, regionCode } = data;
  const told = isScore ? { institutionId: id, institutionName, regionCode, ...kept } : kept;
  const levelOf = (level: unknown): unknown => (level === 'none' ? null : (level ?? null));
  const at = isScore ? row.at : row.record_at!;
  const expected = sortedJson({
    columns: [
      isScore ? scoreMessageId(String(id), at) : key,
      isScore ? SCORE_TYPE : ALERT_TYPES[row.kind!],
      told.institutionId ?? null,
      told.regionCode ?? null,
      isScore ? 'prepaid.scores' : 'prepaid.alerts',
      levelOf(told.level),
      told.previousLevel ?? null,
      at,
    ],
    body: {
      specversion: '1.0',
      id: key,
      source: OUTGOING_SOURCE,
      type: row.type,
      subject: institutionId,
      time: formatTime(at),
      datacontenttype: 'application/json',
      data: told,
    },
  });
  const { type, region_code, topic, level, previous_level } = row;
  const columns = [key, type, institutionId, region_code, topic, level, previous_level, row.at];
  const found = sortedJson({ columns, body });
  if (expected === found) return null;
  return { institutionId, table: isScore ? 'scores' : 'alert_records', key, problem: 'changed', expected, found };
}

function parsed(body: string): { readonly data?: unknown } | null {
  try {
    return JSON.parse(body) as { readonly data?: unknown };
  } catch {
    return null;
  }
}

/** Rows of which no message tells. */
async function readUntold(pool: pg.Pool): Promise<Difference[]> {
  const { rows } = await pool.query<{ id: string | null; table: string; key: string; found: string }>(
    `select null as id, 'alert_records' as table, r.alert_id || '.' || r.step as key, r.data::text as found from alert_records r
      where not exists (select 1 from messages m where m.message_id = r.alert_id || '.' || r.step and m.type = any($1::text[]))
     union all
     select i.id, 'scores', s.at::text, s.score || ' ' || s.level from scores s left join institutions i on i.no = s.institution_no
      where not exists (select 1 from messages m where m.message_id = i.id || '.score.' || (extract(epoch from s.at) * 1000000)::bigint and m.type = $2)
     order by 2, 3`,
    [Object.values(ALERT_TYPES), SCORE_TYPE],
  );
  return rows.map(({ id, table, key, found }) => ({
    institutionId: id,
    table,
    key: `${key} (told by no message)`,
    problem: 'added',
    expected: null,
    found,
  }));
}

/** The columns of an alert by which it is found repeat what its first and its last record say. */
async function readAlertColumns(pool: pg.Pool): Promise<Difference[]> {
  const { rows } = await pool.query<{ id: string | null; alert_id: string; expected: string; found: string }>(
    `select id, alert_id, expected::text, found::text
       from (select i.id, a.alert_id,
                    jsonb_build_array(l.data ->> 'institutionId', l.data ->> 'ruleId', l.data ->> 'caseId', l.data ->> 'level', l.data ->> 'regionCode',
                                      f.at, l.at, case when l.kind = 'cleared' then l.at end) as expected,
                    jsonb_build_array(i.id, a.rule_id, a.case_id, a.level, a.region_code, a.opened_at, a.changed_at, a.cleared_at) as found
               from alerts a left join institutions i on i.no = a.institution_no
               join lateral (select kind, at, data from alert_records r where r.alert_id = a.alert_id order by step desc limit 1) l on true
               join lateral (select at from alert_records r where r.alert_id = a.alert_id order by step limit 1) f on true) c
      where expected <> found order by alert_id`,
  );
  return rows.map(({ id, alert_id, expected, found }) => ({
    institutionId: id,
    table: 'alerts',
    key: alert_id,
    problem: 'changed',
    expected,
    found,
  }));
}
