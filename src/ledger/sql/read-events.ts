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
 * recorded later, by the telling that was known first; `recorded_at` is then of that one. Needs a transaction of its own on `client`: the cursor lives in it.
 */
export async function* readEvents(client: pg.ClientBase, no: number, knownBy: Us | null): AsyncGenerator<EventRow[]> {
  const recorded = knownBy === null ? 'e.recorded_at' : 'least(e.recorded_at, t.recorded_at)';
  const first = knownBy === null ? '' : 'left join earlier_tellings t using (institution_no, source, id)';
  const known = knownBy === null ? '' : `and ${recorded} <= '${toDbTime(knownBy)}'::timestamptz`;
  await client.query(
    `declare institution_events no scroll cursor for
     select e.seq, e.ordinal, e.source, e.id, e.type, e.key, e.amounts, e.at, ${recorded} as recorded_at, e.received_at, e.content_hash, e.body
       from events e ${first} where e.institution_no = ${Number(no)} ${known} order by e.ordinal, e.seq`,
  );
  for (;;) {
    const { rows } = await client.query<EventRow>(`fetch ${EVENTS_PER_FETCH} from institution_events`);
    if (rows.length > 0) yield rows;
    if (rows.length < EVENTS_PER_FETCH) break;
  }
  await client.query('close institution_events');
}

/** Bodies of the facts that are kept out and are newer than a moment; null: all. */
export async function readKeptOutSince(client: pg.ClientBase, no: number, since: Us | null): Promise<string[]> {
  const { rows } = await client.query<{ body: string }>({
    name: 'read_kept_out_since',
    text: 'select body from kept_out_events where institution_no = $1 and ($2::timestamptz is null or at > $2::timestamptz)',
    values: [no, since === null ? null : toDbTime(since)],
  });
  return rows.map((row) => row.body);
}

/** Facts that other events of the institution had told already, and that may have been known before those: their bodies. */
export async function readToldAgain(client: pg.ClientBase, no: number): Promise<{ body: string; amounts: string[] }[]> {
  const { rows } = await client.query<{ body: string; amounts: string[] }>({
    name: 'read_told_again',
    text: `select k.body, array_agg(e.amounts) as amounts from kept_out_events k
             join events e on e.institution_no = k.institution_no and e.type = k.type and e.key = k.key and e.amounts is not null
            where k.institution_no = $1 group by k.source, k.id, k.content_hash, k.body order by k.source, k.id, k.content_hash`,
    values: [no],
  });
  return rows;
}
