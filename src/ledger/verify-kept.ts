import type pg from 'pg';
import { decodeText } from '../events/decode.js';
import type { AnyEvent } from '../events/event.js';
import { businessKey } from '../events/keys.js';
import { eventTypeNumber } from '../events/list.js';
import { type KeptOutRow, readAlteredRejected, readEarlierTellings, readKeptOut } from './sql/read-kept.js';
import { text } from './verify-derive.js';

/** A row that no longer says what was received. */
export interface AlteredRow {
  readonly institutionId: string | null;
  readonly table: 'kept_out_events' | 'earlier_tellings' | 'rejected_events';
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
        row.recorded_at ?? '',
      );
      if (expected === found) continue;
      const { institution_id: institutionId, source, id } = row;
      yield { institutionId, table: 'kept_out_events', key: `${source} ${id}`, expected, found };
    }
  }
  for await (const rows of readEarlierTellings(pool)) {
    for (const { institution_id: institutionId, source, id, recorded_at, body, accepted_at, content_hash } of rows) {
      const event = eventIn(body);
      const found = text(recorded_at, content_hash?.toString('hex') ?? 'no accepted event');
      const expected = event === null ? 'a valid event' : text(event.recordedAt, event.contentHash.toString('hex'));
      const isEarlier = accepted_at !== null && recorded_at < accepted_at;
      if (expected === found && isEarlier) continue;
      yield { institutionId, table: 'earlier_tellings', key: `${source} ${id}`, expected, found };
    }
  }
  for (const seq of await readAlteredRejected(pool)) {
    const key = `seq ${seq}`;
    yield { institutionId: null, table: 'rejected_events', key, expected: 'the input as received', found: 'another' };
  }
}

function asItsBodySays(row: KeptOutRow): string {
  const event = eventIn(row.body);
  if (event === null) return 'a valid event';
  const type = eventTypeNumber(event.type);
  return text(
    event.subject,
    event.source,
    event.id,
    type,
    businessKey(event),
    event.at,
    event.contentHash.toString('hex'),
    row.recorded_at === null ? '' : event.recordedAt,
  );
}

/** Null: it is no valid event, and reported as such. */
export function eventIn(body: string): AnyEvent | null {
  const decoded = decodeText(body, { bytesMax: Number.MAX_SAFE_INTEGER, depthMax: 1_000, receivedAt: null });
  return decoded.ok ? decoded.event : null;
}
