import type pg from 'pg';
import { decodeText } from '../events/decode.js';
import { businessKey } from '../events/keys.js';
import { eventTypeNumber } from '../events/list.js';
import { type KeptOutRow, readAlteredRejected, readKeptOut } from './sql/read-kept.js';
import { text } from './verify-derive.js';

/** A row that no longer says what was received. */
export interface AlteredRow {
  readonly institutionId: string | null;
  readonly table: 'kept_out_events' | 'rejected_events';
  readonly key: string;
  readonly expected: string;
  readonly found: string;
}

/** What is no part of the books and may become one: facts that are kept out, and refused inputs, must be as they were received. */
export async function* verifyKept(pool: pg.Pool): AsyncGenerator<AlteredRow> {
  for await (const rows of readKeptOut(pool)) {
    for (const row of rows) {
      const expected = asItsBodySays(row);
      const found = text(
        row.institution_id,
        row.source,
        row.id,
        row.type,
        row.key,
        row.at,
        row.content_hash.toString('hex'),
      );
      if (expected === found) continue;
      const { institution_id: institutionId, source, id } = row;
      yield { institutionId, table: 'kept_out_events', key: `${source} ${id}`, expected, found };
    }
  }
  for (const seq of await readAlteredRejected(pool)) {
    const key = `seq ${seq}`;
    yield { institutionId: null, table: 'rejected_events', key, expected: 'the input as received', found: 'another' };
  }
}

function asItsBodySays(row: KeptOutRow): string {
  const decoded = decodeText(row.body, { bytesMax: Number.MAX_SAFE_INTEGER, depthMax: 1_000, receivedAt: null });
  if (!decoded.ok) return 'a valid event';
  const { event } = decoded;
  const type = eventTypeNumber(event.type);
  return text(
    event.subject,
    event.source,
    event.id,
    type,
    businessKey(event),
    event.at,
    event.contentHash.toString('hex'),
  );
}
