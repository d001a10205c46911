import type pg from 'pg';
import { copyInto } from '../../db/copy.js';

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

/** Rows made by `copyRow`, in the order of COLUMNS. */
export async function insertEvents(client: pg.ClientBase, rows: readonly string[]): Promise<void> {
  await copyInto(client, 'events', COLUMNS, rows);
}
