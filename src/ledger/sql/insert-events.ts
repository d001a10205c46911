import type pg from 'pg';

export interface EventColumns {
  readonly seq: number[];
  readonly institutionNo: number[];
  readonly ordinal: number[];
  readonly source: string[];
  readonly id: string[];
  readonly type: number[];
  readonly key: string[];
  readonly amounts: (string | null)[];
  readonly at: string[];
  readonly recordedAt: string[];
  readonly receivedAt: string[];
  readonly contentHash: Buffer[];
  readonly body: string[];
}

/** Sequence numbers for `count` new events, ascending. */
export async function nextEventSeqs(client: pg.ClientBase, count: number): Promise<number[]> {
  const { rows } = await client.query<{ seq: number }>({
    name: 'next_event_seqs',
    text: `select nextval(pg_get_serial_sequence('events', 'seq')) as seq from generate_series(1, $1::int)`,
    values: [count],
  });
  return rows.map((row) => row.seq);
}

export async function insertEvents(client: pg.ClientBase, c: EventColumns): Promise<void> {
  await client.query({
    name: 'insert_events',
    text: `insert into events (seq, institution_no, ordinal, source, id, type, key, amounts, at, recorded_at, received_at, content_hash, body)
           select * from unnest($1::bigint[], $2::int[], $3::bigint[], $4::text[], $5::text[], $6::smallint[], $7::text[], $8::text[],
                                $9::timestamptz[], $10::timestamptz[], $11::timestamptz[], $12::bytea[], $13::text[])`,
    values: [c.seq, c.institutionNo, c.ordinal, c.source, c.id, c.type, c.key, c.amounts, c.at, c.recordedAt, c.receivedAt, c.contentHash, c.body],
  });
}
