import type pg from 'pg';
import { ERRORS } from '../core/errors.js';
import type { Us } from '../core/time.js';
import { inTransaction, toDbTime } from '../db/pool.js';
import type { AnyEvent } from '../events/event.js';
import { applyInTransaction, type Input, type InputOutcome, type Origin } from './apply.js';
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

/** What in an event its sender may not tell. */
export interface NotTheirs {
  readonly path: string;
  readonly message: string;
}

/** What the key that once sent an event may not tell of it (any more); null when all is well. A key that is gone tells nothing. */
export type FindNotTheirs = (keyId: string, event: AnyEvent) => Promise<NotTheirs | null>;

/** A rejected input that is no event: an entry of a bank's statement. */
export interface OtherInput {
  readonly bytes: Buffer;
  readonly origin: Origin;
}

export interface RedriveDeps extends IntakeDeps {
  readonly findNotTheirs: FindNotTheirs;
  /** Tries inputs that are no events again, in the same transaction; one outcome each, in order. */
  readonly others?: {
    isOther(input: OtherInput): boolean;
    redrive(client: pg.PoolClient, inputs: readonly OtherInput[]): Promise<InputOutcome[]>;
  };
}

/** Tries open rejected events again, as they came, with what is known and allowed now: a second try is no way round the sender's rights. */
export async function redriveRejected(
  deps: RedriveDeps,
  code: string | null,
  onProgress?: (counts: RedriveCounts) => void,
): Promise<RedriveCounts> {
  const counts: RedriveCounts = { read: 0, accepted: 0, duplicates: 0, rejected: 0 };
  // What is refused again for another reason becomes a new row: it is not tried twice in one run.
  const { rows } = await deps.pool.query<{ last: number | null }>('select max(seq) as last from rejected_events');
  const range = { after: 0, last: rows[0]!.last ?? 0 };
  for (;;) {
    const next = await inTransaction(deps.pool, (client) => redriveBatch(deps, client, code, range));
    if (next === null) return counts;
    range.after = next.after;
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

/** Of an input that was too large to be read only so much is kept, and a setting cannot be smaller: less is never a whole event. */
const SAMPLE_BYTES_MAX = 1_024;

async function inputOf(deps: RedriveDeps, row: StoredInput, receivedAt: Us): Promise<Input> {
  const origin = { key: row.origin_key, detail: row.origin };
  if (row.code === 'too_large' && row.input.length <= SAMPLE_BYTES_MAX) {
    const unknown = { path: null, subject: null, source: null, id: null, type: null };
    const rejection = { ...unknown, code: row.code, message: ERRORS.too_large.message } as const;
    return { bytes: row.input, origin, decoded: { ok: false, rejection } };
  }
  const input = decodeInput(row.input, origin, deps.limits, receivedAt);
  const keyId = row.origin['key'];
  if (!input.decoded.ok || keyId === undefined) return input;
  const { subject, source, id, type } = input.decoded.event;
  const found = await deps.findNotTheirs(String(keyId), input.decoded.event);
  if (found === null) return input;
  const rejection = { code: 'source_not_allowed', ...found, subject, source, id, type } as const;
  return { ...input, decoded: { ok: false, rejection } };
}

async function redriveBatch(
  deps: RedriveDeps,
  client: pg.PoolClient,
  code: string | null,
  range: { readonly after: number; readonly last: number },
): Promise<{ after: number; counts: RedriveCounts } | null> {
  const { rows } = await client.query<StoredInput>(
    `select seq, code, origin_key, origin, input from rejected_events
      where redriven_at is null and seq > $1 and seq <= $4 and ($2::text is null or code = $2) order by seq limit $3 for update`,
    [range.after, code, REDRIVE_BATCH_EVENTS_MAX, range.last],
  );
  if (rows.length === 0) return null;
  const receivedAt = deps.clock();
  const outcomes = await outcomesOf(deps, client, rows, receivedAt);
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

async function outcomesOf(
  deps: RedriveDeps,
  client: pg.PoolClient,
  rows: readonly StoredInput[],
  receivedAt: Us,
): Promise<readonly InputOutcome[]> {
  const stored = rows.map(
    (row): OtherInput => ({ bytes: row.input, origin: { key: row.origin_key, detail: row.origin } }),
  );
  const isOther = stored.map((input) => deps.others?.isOther(input) ?? false);
  const inputs: Input[] = [];
  for (const row of rows.filter((_, at) => !isOther[at])) inputs.push(await inputOf(deps, row, receivedAt));
  const applied = await applyInTransaction(client, inputs, {
    receivedAt,
    calendar: deps.calendar,
    ...(deps.alongside ? { alongside: deps.alongside } : {}),
  });
  const others = stored.filter((_, at) => isOther[at]);
  const driven = others.length > 0 ? await deps.others!.redrive(client, others) : [];
  let event = 0;
  let other = 0;
  return isOther.map((is) => (is ? driven[other++]! : applied.outcomes[event++]!));
}
