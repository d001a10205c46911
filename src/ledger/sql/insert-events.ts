import type pg from 'pg';
import type { Us } from '../../core/time.js';
import { type CopyRows, copyInto } from '../../db/copy.js';
import type { AnyEvent } from '../../events/event.js';
import type { StoredEvent } from '../rows.js';

/** Numbers of one block: more than the events of any batch, and of what a batch lets in again. */
export const EVENTS_PER_BLOCK = 32_768;

/**
 * The first number of a block of EVENTS_PER_BLOCK event numbers that nobody else has. Numbers tell events apart; their
 * order means nothing (an institution's events are ordered by `ordinal`), so blocks may stay half empty.
 */
export async function nextEventBlock(client: pg.ClientBase): Promise<number> {
  const { rows } = await client.query<{ block: number }>({
    name: 'next_event_block',
    text: `select nextval('event_blocks') as block`,
  });
  return rows[0]!.block * EVENTS_PER_BLOCK;
}

const COLUMNS =
  'seq, institution_no, ordinal, source, id, type, key, amounts, at, recorded_at, received_at, content_hash, body';
const COLUMN_COUNT = 13;

/** One row, in the order of COLUMNS. */
export function addEventRow(
  rows: CopyRows,
  institutionNo: number,
  stored: StoredEvent,
  event: AnyEvent,
  receivedAt: Us,
): void {
  rows.begin(COLUMN_COUNT);
  rows.int8(stored.seq);
  rows.int4(institutionNo);
  rows.int8(stored.ordinal);
  rows.text(stored.source);
  rows.text(stored.id);
  rows.int2(stored.type);
  rows.text(stored.key);
  rows.text(stored.amounts);
  rows.timestamptz(event.at);
  rows.timestamptz(event.recordedAt);
  rows.timestamptz(receivedAt);
  rows.bytea(stored.contentHash);
  rows.text(event.body);
}

/** Rows made by `addEventRow`. */
export async function insertEvents(client: pg.ClientBase, rows: CopyRows): Promise<void> {
  await copyInto(client, 'events', COLUMNS, rows);
}
