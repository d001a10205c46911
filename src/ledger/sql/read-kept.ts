import type pg from 'pg';
import type { Us } from '../../core/time.js';

/** A row of `kept_out_events`, whole. */
export interface KeptOutRow {
  readonly institution_id: string | null;
  readonly source: string;
  readonly id: string;
  readonly type: number;
  readonly key: string;
  readonly at: Us;
  readonly content_hash: Buffer;
  readonly body: string;
  /** Null: kept out before this was noted. */
  readonly recorded_at: Us | null;
}

const ROWS_PER_FETCH = 5_000;

/** All facts that are kept out, in portions by their primary key. */
export async function* readKeptOut(pool: pg.Pool): AsyncGenerator<KeptOutRow[]> {
  let last: readonly [string, string, Buffer] = ['', '', Buffer.alloc(0)];
  for (;;) {
    const { rows } = await pool.query<KeptOutRow>(
      `select i.id as institution_id, k.source, k.id, k.type, k.key, k.at, k.content_hash, k.body, k.recorded_at
         from kept_out_events k left join institutions i on i.no = k.institution_no
        where (k.source, k.id, k.content_hash) > ($1 collate "C", $2 collate "C", $3::bytea)
        order by k.source, k.id, k.content_hash limit ${ROWS_PER_FETCH}`,
      [...last],
    );
    if (rows.length > 0) yield rows;
    if (rows.length < ROWS_PER_FETCH) return;
    const { source, id, content_hash } = rows.at(-1)!;
    last = [source, id, content_hash];
  }
}

/** A row of `earlier_tellings` beside the event that it tells; nulls where there is no such event. */
export interface EarlierTellingRow {
  readonly institution_no: number;
  readonly institution_id: string | null;
  readonly source: string;
  readonly id: string;
  readonly recorded_at: Us;
  readonly body: string;
  readonly accepted_at: Us | null;
  readonly content_hash: Buffer | null;
}

/** All of them, in portions by their primary key. */
export async function* readEarlierTellings(pool: pg.Pool): AsyncGenerator<EarlierTellingRow[]> {
  let last: readonly [number, string, string] = [-1, '', ''];
  for (;;) {
    const { rows } = await pool.query<EarlierTellingRow>(
      `select t.institution_no, i.id as institution_id, t.source, t.id, t.recorded_at, t.body, e.recorded_at as accepted_at, e.content_hash
         from earlier_tellings t left join institutions i on i.no = t.institution_no
         left join events e on e.source = t.source and e.id = t.id and e.institution_no = t.institution_no
        where (t.institution_no, t.source, t.id) > ($1, $2 collate "C", $3 collate "C")
        order by t.institution_no, t.source, t.id limit ${ROWS_PER_FETCH}`,
      [...last],
    );
    if (rows.length > 0) yield rows;
    if (rows.length < ROWS_PER_FETCH) return;
    const { institution_no, source, id } = rows.at(-1)!;
    last = [institution_no, source, id];
  }
}

/** Numbers of refused inputs that are no longer what was received. */
export async function readAlteredRejected(pool: pg.Pool): Promise<number[]> {
  const { rows } = await pool.query<{ seq: number }>(
    'select seq from rejected_events where sha256(input) <> input_hash order by seq',
  );
  return rows.map((row) => row.seq);
}
