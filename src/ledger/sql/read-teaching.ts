import type pg from 'pg';
import { type Day, formatDay, startOfDay, type Us } from '../../core/time.js';
import { toDbTime } from '../../db/pool.js';
import type { EventData } from '../../events/event.js';
import { eventTypeNumber } from '../../events/list.js';
import { type Confirmation, endedAtOf, learnersOf, type ScheduledLesson, scheduledLesson } from '../details.js';
import { IS_NOT_DISPLACED } from '../displaced.js';
import { isNewerSql, isStanding, newestFirst } from '../telling-sql.js';
import { toldField } from '../told-field.js';

type Db = pg.ClientBase | pg.Pool;

export interface StoredLesson extends ScheduledLesson {
  readonly institutionNo: number;
  /** Called off, and not given nevertheless. */
  readonly cancelled: boolean;
  /** When it ended, as told; null: not given, not told, or not asked for. */
  readonly endedAt: Us | null;
  /** Null: not given, or not asked for. */
  readonly learners: readonly string[] | null;
}

export interface StoredConfirmation extends Confirmation {
  readonly institutionNo: number;
  /** Null: nobody asked within the days that were named. */
  readonly requestedAt: Us | null;
}

const [SCHEDULED, CANCELLED, DELIVERED, REQUESTED, CONFIRMED] = (
  ['lesson.scheduled', 'lesson.cancelled', 'lesson.delivered', 'lesson.confirm_requested', 'lesson.confirmed'] as const
).map(eventTypeNumber) as [number, number, number, number, number];

/** The day on which a lesson starts, as it is told, in whatever zone: the expression of an index. */
const START_DAY = `left(${toldField('e', 'startsAt')}, 10) collate "C"`;
/** When a lesson that was given ended, as it is told. */
const ENDED_AT = toldField('d', 'endedAt');
const about = (e: string, type: number): string =>
  `${e}.institution_no = e.institution_no and ${e}.type = ${type} and ${e}.key = e.key and ${isStanding(e)}`;
const IS_NEWEST = `not exists (select 1 from events n where ${about('n', SCHEDULED)} and ${isNewerSql('n', 'e')})`;
/** Looked up lesson by lesson, for the reason that `isStanding` has. */
const IS_GIVEN = `(select true from events d where ${about('d', DELIVERED)} limit 1) is not null`;
const IS_CALLED_OFF = `(select true from events c where ${about('c', CANCELLED)} limit 1) is not null`;

/**
 * Lessons as last scheduled that start on `from` or later, in no order. When it ended is read of all that were given, who
 * attended of those that started on `deliveredFrom` or later.
 */
export async function readLessons(
  client: Db,
  nos: readonly number[],
  from: Day,
  deliveredFrom: Day,
): Promise<StoredLesson[]> {
  const { rows } = await client.query<LessonColumns>({
    name: 'read_lessons',
    text: `select e.institution_no, e.at, e.source, e.id, e.body, d.given is null and ${IS_CALLED_OFF} as cancelled, d.body as delivered, d.ended_at
             from events e
             left join lateral (select true as given, case when ${START_DAY} >= $3 then d.body end as body, ${ENDED_AT} as ended_at from events d where ${about('d', DELIVERED)} order by ${newestFirst('d')} limit 1) d on true
            where e.institution_no = any($1::int[]) and e.type = ${SCHEDULED} and ${START_DAY} >= $2 and ${isStanding('e')} and ${IS_NEWEST}`,
    // A day told in another zone may be the one before.
    values: [nos, formatDay(from - 1), formatDay(deliveredFrom - 1)],
  });
  const earliest = startOfDay(from);
  return rows.map(lessonOf).filter((lesson) => lesson.startsAt >= earliest);
}

/** The same of lessons by id, whenever they start; without who attended. */
export async function readLessonsByIds(
  client: Db,
  wanted: readonly { readonly institutionNo: number; readonly lessonId: string }[],
): Promise<StoredLesson[]> {
  if (wanted.length === 0) return [];
  const { rows } = await client.query<LessonColumns>({
    name: 'read_lessons_by_ids',
    text: `select e.institution_no, e.at, e.source, e.id, e.body, not ${IS_GIVEN} and ${IS_CALLED_OFF} as cancelled, null as delivered, null as ended_at
             from unnest($1::int[], $2::text[]) as t(institution_no, key)
             join events e on e.institution_no = t.institution_no and e.type = ${SCHEDULED} and e.key = t.key collate "C"
            where ${isStanding('e')} and ${IS_NEWEST}`,
    values: [wanted.map((one) => one.institutionNo), wanted.map((one) => one.lessonId)],
  });
  return rows.map(lessonOf);
}

/** Confirmations from the day on, with the newest request at most `requestDays` before each; in no order. */
export async function readConfirmations(
  client: Db,
  nos: readonly number[],
  from: Day,
  requestDays: number,
): Promise<StoredConfirmation[]> {
  const { rows } = await client.query<ConfirmationColumns>({
    name: 'read_confirmations',
    text: `select e.institution_no, e.key, e.at, e.source, e.id, e.body, q.at as requested_at
             from events e
             left join lateral (select max(q.at) as at from events q where ${about('q', REQUESTED)}) q on q.at >= e.at - make_interval(days => $3)
            where e.institution_no = any($1::int[]) and e.type = ${CONFIRMED} and e.at >= $2::timestamptz and ${isStanding('e')} and ${IS_NOT_DISPLACED}`,
    values: [nos, toDbTime(startOfDay(from)), requestDays],
  });
  return rows.map((row) => {
    const { contractId, lessonId = null, amountFen, by } = dataOf<'lesson.confirmed'>(row.body);
    return {
      institutionNo: row.institution_no,
      at: row.at,
      source: row.source,
      id: row.id,
      confirmId: row.key,
      contractId,
      lessonId,
      amountFen,
      by,
      requestedAt: row.requested_at,
    };
  });
}

interface LessonColumns {
  institution_no: number;
  at: Us;
  source: string;
  id: string;
  body: string;
  cancelled: boolean;
  delivered: string | null;
  ended_at: string | null;
}

interface ConfirmationColumns {
  institution_no: number;
  key: string;
  at: Us;
  source: string;
  id: string;
  body: string;
  requested_at: Us | null;
}

function lessonOf(row: LessonColumns): StoredLesson {
  return {
    institutionNo: row.institution_no,
    ...scheduledLesson(row, dataOf<'lesson.scheduled'>(row.body)),
    cancelled: row.cancelled,
    endedAt: row.ended_at === null ? null : endedAtOf({ endedAt: row.ended_at }),
    learners: row.delivered === null ? null : learnersOf(dataOf<'lesson.delivered'>(row.delivered)),
  };
}

function dataOf<T extends keyof EventData>(body: string): EventData[T] {
  return (JSON.parse(body) as { data: EventData[T] }).data;
}
