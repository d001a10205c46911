import type pg from 'pg';
import type { Us } from '../../core/time.js';
import { toDbTime } from '../../db/pool.js';

/** A row of `events`, whole. */
export interface EventRow {
  readonly seq: number;
  readonly ordinal: number;
  readonly source: string;
  readonly id: string;
  readonly type: number;
  readonly key: string;
  readonly amounts: string | null;
  readonly at: Us;
  readonly recorded_at: Us;
  readonly received_at: Us;
  readonly content_hash: Buffer;
  readonly body: string;
}

/** Events fetched at a time: bounds memory for an institution of any size. */
const EVENTS_PER_FETCH = 5_000;

/**
 * The events of one institution in the order in which they were accepted, in portions. `knownBy` leaves out what was
 * recorded later. Needs a transaction of its own on `client`: the cursor lives in it.
 */
export async function* readEvents(client: pg.ClientBase, no: number, knownBy: Us | null): AsyncGenerator<EventRow[]> {
  await client.query(
    `declare institution_events no scroll cursor for
     select seq, ordinal, source, id, type, key, amounts, at, recorded_at, received_at, content_hash, body from events
      where institution_no = ${Number(no)} ${knownBy === null ? '' : `and recorded_at <= '${toDbTime(knownBy)}'::timestamptz`} order by ordinal, seq`,
  );
  for (;;) {
    const { rows } = await client.query<EventRow>(`fetch ${EVENTS_PER_FETCH} from institution_events`);
    if (rows.length > 0) yield rows;
    if (rows.length < EVENTS_PER_FETCH) break;
  }
  await client.query('close institution_events');
}
