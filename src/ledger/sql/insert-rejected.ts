import type pg from 'pg';
import type { Us } from '../../core/time.js';
import { toDbTime } from '../../db/pool.js';
import type { Rejection } from '../../events/decode.js';

export interface RejectedRow extends Rejection {
  readonly origin: { readonly key: string; readonly detail: Record<string, string | number> };
  readonly input: Buffer;
  readonly inputHash: Buffer;
  readonly receivedAt: Us;
}

/**
 * Stores rejected inputs and returns those that were not stored before. The same bytes, refused for the same reason, from
 * the same place are one row: a second run of a file changes nothing.
 */
export async function insertRejected(client: pg.ClientBase, rows: readonly RejectedRow[]): Promise<StoredRejection[]> {
  const { rows: inserted } = await client.query<{ seq: number; input_hash: Buffer; code: string; origin_key: string }>({
    name: 'insert_rejected',
    text: `insert into rejected_events (code, path, message, subject, source, event_id, origin, origin_key, input, input_hash, received_at)
           select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::jsonb[], $8::text[], $9::bytea[], $10::bytea[], $11::timestamptz[])
           on conflict (input_hash, code, origin_key) do nothing
           returning seq, input_hash, code, origin_key`,
    values: [
      rows.map((row) => row.code),
      rows.map((row) => row.path),
      rows.map((row) => row.message),
      rows.map((row) => storable(row.subject)),
      rows.map((row) => storable(row.source)),
      rows.map((row) => storable(row.id)),
      rows.map((row) => JSON.stringify(row.origin.detail)),
      rows.map((row) => row.origin.key),
      rows.map((row) => row.input),
      rows.map((row) => row.inputHash),
      rows.map((row) => toDbTime(row.receivedAt)),
    ],
  });
  const fresh = new Map(
    inserted.map((row) => [`${row.input_hash.toString('hex')}|${row.code}|${row.origin_key}`, row.seq]),
  );
  return rows.flatMap((row) => {
    const key = `${row.inputHash.toString('hex')}|${row.code}|${row.origin.key}`;
    const seq = fresh.get(key);
    fresh.delete(key);
    return seq === undefined ? [] : [{ ...row, seq }];
  });
}

/** A rejection with its number in the list. */
export interface StoredRejection extends RejectedRow {
  readonly seq: number;
}

/** PostgreSQL text holds no NUL; the bytes of the input keep it. */
function storable(text: string | null): string | null {
  return text === null ? null : text.replaceAll('\0', '\uFFFD');
}
