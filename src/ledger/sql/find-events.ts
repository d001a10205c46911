import type pg from 'pg';
import type { Us } from '../../core/time.js';
import { arrayParams } from '../../db/arrays.js';

export interface FoundEvent {
  readonly seq: number;
  readonly institution_no: number;
  readonly ordinal: number;
  readonly source: string;
  readonly id: string;
  readonly type: number;
  readonly key: string;
  readonly amounts: string | null;
  readonly at: Us;
  readonly recorded_at: Us;
  readonly content_hash: Buffer;
  /** Null unless asked for. */
  readonly body: string | null;
}

const COLUMNS =
  'e.seq, e.institution_no, e.ordinal, e.source, e.id, e.type, e.key, e.amounts, e.at, e.recorded_at, e.content_hash';

/** Accepted events by source and id. */
export async function findEvents(
  client: pg.ClientBase,
  sources: readonly string[],
  ids: readonly string[],
  withBody: boolean,
): Promise<FoundEvent[]> {
  if (ids.length === 0) return [];
  const { rows } = await client.query<FoundEvent>({
    name: withBody ? 'find_events_whole' : 'find_events',
    text: `select ${COLUMNS}, ${withBody ? 'e.body' : 'null as body'}
             from unnest($1::text[], $2::text[]) as t(source, id)
             join events e on e.source = t.source collate "C" and e.id = t.id collate "C"`,
    values: arrayParams(sources, ids),
  });
  return rows;
}

export interface EventKey {
  readonly institutionNo: number;
  readonly type: number;
  readonly key: string;
}

/** Accepted events by institution, type and business key. */
export async function findEventsByKey(
  client: pg.ClientBase,
  keys: readonly EventKey[],
  withBody: boolean,
): Promise<FoundEvent[]> {
  if (keys.length === 0) return [];
  const { rows } = await client.query<FoundEvent>({
    name: withBody ? 'find_events_by_key_whole' : 'find_events_by_key',
    text: `select ${COLUMNS}, ${withBody ? 'e.body' : 'null as body'}
             from unnest($1::int[], $2::smallint[], $3::text[]) as t(institution_no, type, key)
             join events e on e.institution_no = t.institution_no and e.type = t.type and e.key = t.key collate "C"`,
    values: arrayParams(
      keys.map((key) => key.institutionNo),
      keys.map((key) => key.type),
      keys.map((key) => key.key),
    ),
  });
  return rows;
}

export interface FoundKeptOut {
  readonly institution_no: number;
  readonly received_at: number;
  readonly body: string;
}

/** Facts kept out, by institution, type and business key. */
export async function findKeptOutByKey(client: pg.ClientBase, keys: readonly EventKey[]): Promise<FoundKeptOut[]> {
  if (keys.length === 0) return [];
  const { rows } = await client.query<FoundKeptOut>({
    name: 'find_kept_out_by_key',
    text: `select k.institution_no, k.received_at, k.body
             from unnest($1::int[], $2::smallint[], $3::text[]) as t(institution_no, type, key)
             join kept_out_events k on k.institution_no = t.institution_no and k.type = t.type and k.key = t.key collate "C"`,
    values: arrayParams(
      keys.map((key) => key.institutionNo),
      keys.map((key) => key.type),
      keys.map((key) => key.key),
    ),
  });
  return rows;
}

/** Facts kept out, by source and id. */
export async function findKeptOut(
  client: pg.ClientBase,
  sources: readonly string[],
  ids: readonly string[],
): Promise<FoundKeptOut[]> {
  if (ids.length === 0) return [];
  const { rows } = await client.query<FoundKeptOut>({
    name: 'find_kept_out',
    text: `select k.institution_no, k.received_at, k.body
             from unnest($1::text[], $2::text[]) as t(source, id)
             join kept_out_events k on k.source = t.source collate "C" and k.id = t.id collate "C"`,
    values: arrayParams(sources, ids),
  });
  return rows;
}
