import type pg from 'pg';
import type { Us } from '../../core/time.js';
import { arrayParams } from '../../db/arrays.js';
import { toDbTime } from '../../db/pool.js';
import type { AnyEvent } from '../../events/event.js';

export interface InstitutionUpdate {
  readonly no: number;
  readonly eventCount: number;
  readonly chain: Buffer;
  readonly newestAt: Us;
  readonly oldestAt: Us;
  readonly knownAt: Us;
}

export async function updateInstitutions(client: pg.ClientBase, rows: readonly InstitutionUpdate[]): Promise<void> {
  await client.query({
    name: 'update_institutions',
    text: `update institutions i set event_count = t.event_count, chain = t.chain, newest_at = t.newest_at, oldest_at = t.oldest_at, known_at = t.known_at
             from unnest($1::int[], $2::bigint[], $3::bytea[], $4::timestamptz[], $5::timestamptz[], $6::timestamptz[])
                  as t(no, event_count, chain, newest_at, oldest_at, known_at) where i.no = t.no`,
    values: arrayParams(
      rows.map((row) => row.no),
      rows.map((row) => row.eventCount),
      rows.map((row) => row.chain),
      rows.map((row) => toDbTime(row.newestAt)),
      rows.map((row) => toDbTime(row.oldestAt)),
      rows.map((row) => toDbTime(row.knownAt)),
    ),
  });
}

export interface DueMark {
  readonly no: number;
  readonly dueAt: Us;
  /** Events that it stands for. */
  readonly events: number;
}

/** The institutions must be evaluated. Only ever inserted here: evaluation removes rows without making ingest wait. */
export async function markDue(client: pg.ClientBase, marks: readonly DueMark[]): Promise<void> {
  await client.query({
    name: 'mark_due',
    text: 'insert into due_institutions (institution_no, due_at, events) select * from unnest($1::int[], $2::timestamptz[], $3::int[])',
    values: arrayParams(
      marks.map((mark) => mark.no),
      marks.map((mark) => toDbTime(mark.dueAt)),
      marks.map((mark) => mark.events),
    ),
  });
}

export interface KeptOutInsert {
  readonly no: number;
  readonly event: AnyEvent;
  readonly type: number;
  readonly key: string;
  readonly receivedAt: Us;
}

/** A fact that is kept out already stays as it is, but for the telling that was known first. */
export async function insertKeptOut(client: pg.ClientBase, rows: readonly KeptOutInsert[]): Promise<void> {
  await client.query({
    name: 'insert_kept_out',
    text: `insert into kept_out_events as k (institution_no, source, id, type, key, at, received_at, content_hash, body, recorded_at)
           select * from unnest($1::int[], $2::text[], $3::text[], $4::smallint[], $5::text[], $6::timestamptz[], $7::timestamptz[], $8::bytea[], $9::text[], $10::timestamptz[])
           on conflict (source, id, content_hash) do update set body = excluded.body, recorded_at = excluded.recorded_at
           where excluded.recorded_at < k.recorded_at`,
    values: [
      rows.map((row) => row.no),
      rows.map((row) => row.event.source),
      rows.map((row) => row.event.id),
      rows.map((row) => row.type),
      rows.map((row) => row.key),
      rows.map((row) => toDbTime(row.event.at)),
      rows.map((row) => toDbTime(row.receivedAt)),
      rows.map((row) => row.event.contentHash),
      rows.map((row) => row.event.body),
      rows.map((row) => toDbTime(row.event.recordedAt)),
    ],
  });
}

export async function deleteKeptOut(client: pg.ClientBase, events: readonly AnyEvent[]): Promise<void> {
  await client.query({
    text: `delete from kept_out_events k using unnest($1::text[], $2::text[], $3::bytea[]) as t(source, id, content_hash)
            where k.source = t.source collate "C" and k.id = t.id collate "C" and k.content_hash = t.content_hash`,
    values: [
      events.map((event) => event.source),
      events.map((event) => event.id),
      events.map((event) => event.contentHash),
    ],
  });
}

/** Facts that contradicted another one and no longer do: off the list of rejected events. */
export async function resolveRejected(client: pg.ClientBase, events: readonly AnyEvent[], at: Us): Promise<void> {
  await client.query({
    text: `update rejected_events r set redriven_at = $3::timestamptz from unnest($1::text[], $2::text[]) as t(source, id)
            where r.source = t.source and r.event_id = t.id and r.code = 'conflicting_fact' and r.redriven_at is null`,
    values: [events.map((event) => event.source), events.map((event) => event.id), toDbTime(at)],
  });
}

/** An accepted event by institution and number. */
export interface EventNumber {
  readonly no: number;
  readonly seq: number;
}

/** Accepted tellings in whose place another one tells their fact now, and those that no longer are. */
export async function storeDisplaced(
  client: pg.ClientBase,
  displaced: readonly EventNumber[],
  replaced: readonly EventNumber[],
): Promise<void> {
  const columns = (rows: readonly EventNumber[]) =>
    arrayParams(
      rows.map((row) => row.no),
      rows.map((row) => row.seq),
    );
  if (replaced.length > 0)
    await client.query({
      text: `delete from displaced_events d using unnest($1::int[], $2::bigint[]) as t(institution_no, event_seq)
              where d.institution_no = t.institution_no and d.event_seq = t.event_seq`,
      values: columns(replaced),
    });
  if (displaced.length > 0)
    await client.query({
      text: 'insert into displaced_events (institution_no, event_seq) select * from unnest($1::int[], $2::bigint[])',
      values: columns(displaced),
    });
}

export interface EarlierTelling {
  readonly no: number;
  readonly event: AnyEvent;
}

/** Of each event the telling that was known first stays. */
export async function storeEarlierTellings(client: pg.ClientBase, rows: readonly EarlierTelling[]): Promise<void> {
  await client.query({
    name: 'store_earlier_tellings',
    text: `insert into earlier_tellings as t (institution_no, source, id, recorded_at, body)
           select * from unnest($1::int[], $2::text[], $3::text[], $4::timestamptz[], $5::text[])
           on conflict (institution_no, source, id) do update set recorded_at = excluded.recorded_at, body = excluded.body
           where excluded.recorded_at < t.recorded_at`,
    values: [
      rows.map((row) => row.no),
      rows.map((row) => row.event.source),
      rows.map((row) => row.event.id),
      rows.map((row) => toDbTime(row.event.recordedAt)),
      rows.map((row) => row.event.body),
    ],
  });
}
