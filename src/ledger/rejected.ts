import type pg from 'pg';
import type { Us } from '../core/time.js';
import { inTransaction, toDbTime } from '../db/pool.js';
import { applyInTransaction, type Input } from './apply.js';
import { decodeInput, type IntakeDeps } from './intake.js';

/** A rejected event as people see it. The input itself is given only on request: it may hold what should not be shown. */
export interface RejectedEvent {
  readonly seq: number;
  readonly code: string;
  readonly path: string | null;
  readonly message: string;
  readonly subject: string | null;
  readonly source: string | null;
  readonly id: string | null;
  readonly origin: Record<string, string | number>;
  readonly receivedAt: Us;
}

export interface RejectedQuery {
  readonly code: string | null;
  /** Only those with a greater number; 0 = from the start. */
  readonly after: number;
  readonly limit: number;
  /** Only of this source; null = all. */
  readonly source?: string | null;
}

/** Open rejected events, oldest first. */
export async function listRejected(pool: pg.Pool, query: RejectedQuery): Promise<RejectedEvent[]> {
  const { rows } = await pool.query<
    Omit<RejectedEvent, 'id' | 'receivedAt'> & { event_id: string | null; received_at: Us }
  >(
    `select seq, code, path, message, subject, source, event_id, origin, received_at from rejected_events
      where redriven_at is null and seq > $1 and ($2::text is null or code = $2) and ($3::text is null or source = $3)
      order by seq limit $4`,
    [query.after, query.code, query.source ?? null, query.limit],
  );
  return rows.map(({ event_id, received_at, ...row }) => ({ ...row, id: event_id, receivedAt: received_at }));
}

export interface RedriveCounts {
  read: number;
  accepted: number;
  duplicates: number;
  /** Refused again; it stays on the list, under its new reason if that changed. */
  rejected: number;
}

const REDRIVE_BATCH_EVENTS_MAX = 500;

/** Tries open rejected events again, as they came, with what is known and allowed now. */
export async function redriveRejected(
  deps: IntakeDeps,
  code: string | null,
  onProgress?: (counts: RedriveCounts) => void,
): Promise<RedriveCounts> {
  const counts: RedriveCounts = { read: 0, accepted: 0, duplicates: 0, rejected: 0 };
  let after = 0;
  for (;;) {
    const next = await inTransaction(deps.pool, (client) => redriveBatch(deps, client, code, after));
    if (next === null) return counts;
    after = next.after;
    counts.read += next.counts.read;
    counts.accepted += next.counts.accepted;
    counts.duplicates += next.counts.duplicates;
    counts.rejected += next.counts.rejected;
    onProgress?.(counts);
  }
}

interface StoredInput {
  seq: number;
  code: string;
  origin_key: string;
  origin: Record<string, string | number>;
  input: Buffer;
}

async function redriveBatch(
  deps: IntakeDeps,
  client: pg.PoolClient,
  code: string | null,
  after: number,
): Promise<{ after: number; counts: RedriveCounts } | null> {
  const { rows } = await client.query<StoredInput>(
    `select seq, code, origin_key, origin, input from rejected_events
      where redriven_at is null and seq > $1 and ($2::text is null or code = $2) order by seq limit $3 for update`,
    [after, code, REDRIVE_BATCH_EVENTS_MAX],
  );
  if (rows.length === 0) return null;
  const receivedAt = deps.clock();
  const inputs: Input[] = rows.map((row) =>
    decodeInput(row.input, { key: row.origin_key, detail: row.origin }, deps.limits, receivedAt),
  );
  const { outcomes } = await applyInTransaction(client, inputs, {
    receivedAt,
    calendar: deps.calendar,
    ...(deps.alongside ? { alongside: deps.alongside } : {}),
  });
  const counts: RedriveCounts = { read: rows.length, accepted: 0, duplicates: 0, rejected: 0 };
  const settled: number[] = [];
  rows.forEach((row, at) => {
    const outcome = outcomes[at]!;
    if (outcome.kind === 'rejected') counts.rejected += 1;
    else counts[outcome.kind === 'accepted' ? 'accepted' : 'duplicates'] += 1;
    if (outcome.kind !== 'rejected' || outcome.rejection.code !== row.code) settled.push(row.seq);
  });
  await client.query('update rejected_events set redriven_at = $2 where seq = any($1::bigint[])', [
    settled,
    toDbTime(receivedAt),
  ]);
  return { after: rows.at(-1)!.seq, counts };
}
