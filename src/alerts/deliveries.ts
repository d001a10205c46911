import type pg from 'pg';
import type { Us } from '../core/time.js';
import { toDbTime } from '../db/pool.js';
import {
  type AlertLevel,
  orderKeyOf,
  type SinkName,
  type SubscriptionFilter,
  webhookSink,
  whyNotFor,
} from './route.js';

export type DeliveryState = 'pending' | 'delivered' | 'dead';

/** One message on its way to one receiver, as administrators see it. */
export interface DeliveryView {
  /** Position in the list. */
  readonly seq: number;
  readonly messageId: string;
  readonly type: string;
  readonly institutionId: string | null;
  /** When it happened. */
  readonly at: Us;
  readonly state: DeliveryState;
  readonly attempts: number;
  /** The next attempt is not before this; of no meaning once it is delivered or dead. */
  readonly nextAt: Us;
  readonly lastStatus: number | null;
  readonly lastError: string | null;
  readonly deliveredAt: Us | null;
  readonly proof: string | null;
}

export interface DeliveryQuery {
  readonly state?: DeliveryState;
  /** 1 … DELIVERIES_PAGE_MAX. */
  readonly limit: number;
  /** From the `next` of the page before. */
  readonly before?: number;
}

export const DELIVERIES_PAGE_MAX = 500;

/** Newest message first. `next` is null on the last page. */
export async function listDeliveries(
  pool: pg.Pool,
  subscriptionId: string,
  query: DeliveryQuery,
): Promise<{ items: DeliveryView[]; next: number | null }> {
  const limit = Math.max(1, Math.min(query.limit, DELIVERIES_PAGE_MAX));
  const { rows } = await pool.query<DeliveryView>(LIST, [
    webhookSink(subscriptionId),
    query.state ?? null,
    query.before ?? null,
    limit + 1,
  ]);
  const items = rows.slice(0, limit);
  return { items, next: rows.length > limit ? items[items.length - 1]!.seq : null };
}

const LIST = `
select d.message_seq as seq, m.message_id as "messageId", m.type, m.institution_id as "institutionId", m.at, d.state,
       d.attempts, d.next_at as "nextAt", d.last_status as "lastStatus", d.last_error as "lastError",
       d.delivered_at as "deliveredAt", d.proof
  from deliveries d join messages m on m.seq = d.message_seq
 where d.sink = $1 and ($2::text is null or d.state = $2) and ($3::bigint is null or d.message_seq < $3)
 order by d.message_seq desc
 limit $4`;

/** Which messages to send again: those kept since a moment, or those with these ids. */
export type ReplayRequest = { readonly since: Us } | { readonly messageIds: readonly string[] };

export interface ReplayResult {
  /** Deliveries that are now pending. */
  readonly queued: number;
  /** Where to go on when there was more than one call may queue; else null. */
  readonly nextSince: Us | null;
}

export const REPLAY_IDS_MAX = 1_000;
export const REPLAY_MESSAGES_MAX = 100_000;
const REPLAY_PAGE = 1_000;

/**
 * Makes deliveries pending again, or for the first time, with a fresh count of attempts: the same messages with the same
 * ids. Only what the subscription's filter lets through: an id is no way round the region. What is pending already
 * is due at once. The proof of an earlier delivery stays until the next one replaces it.
 */
export async function replay(
  pool: pg.Pool,
  subscription: SubscriptionFilter & { readonly id: string },
  request: ReplayRequest,
): Promise<ReplayResult> {
  const sink = webhookSink(subscription.id);
  if ('messageIds' in request) {
    const ids = request.messageIds.slice(0, REPLAY_IDS_MAX);
    const { rows } = await pool.query<MessageRow>(`select ${MESSAGE} from messages where message_id = any($1)`, [ids]);
    return { queued: await queueAgain(pool, sink, rows, subscription), nextSince: null };
  }
  let queued = 0;
  let after = { createdAt: request.since, seq: 0 };
  for (let read = 0; read < REPLAY_MESSAGES_MAX; read += REPLAY_PAGE) {
    const { rows } = await pool.query<MessageRow>(PAGE, [toDbTime(after.createdAt), after.seq, REPLAY_PAGE]);
    queued += await queueAgain(pool, sink, rows, subscription);
    const last = rows[rows.length - 1];
    if (!last || rows.length < REPLAY_PAGE) return { queued, nextSince: null };
    after = { createdAt: last.createdAt, seq: last.seq };
  }
  return { queued, nextSince: after.createdAt };
}

interface MessageRow {
  readonly seq: number;
  readonly createdAt: Us;
  readonly type: string;
  readonly subject: string | null;
  readonly regionCode: string | null;
  readonly level: AlertLevel | null;
  readonly previousLevel: AlertLevel | null;
}

const MESSAGE = `seq, created_at as "createdAt", type, institution_id as subject, region_code as "regionCode", level,
  previous_level as "previousLevel"`;

// By when it was kept, not by when it happened: "what did I miss since ten o'clock" includes events that arrived late.
const PAGE = `select ${MESSAGE} from messages where (created_at, seq) > ($1::timestamptz, $2::bigint) order by created_at, seq limit $3`;

async function queueAgain(
  pool: pg.Pool,
  sink: SinkName,
  messages: readonly MessageRow[],
  filter: SubscriptionFilter,
): Promise<number> {
  const wanted = messages.filter((message) => whyNotFor(message, filter) === null);
  if (wanted.length === 0) return 0;
  const { rowCount } = await pool.query(QUEUE_AGAIN, [sink, wanted.map((one) => one.seq), wanted.map(orderKeyOf)]);
  await pool.query(DUE_NOW, [sink]);
  return rowCount ?? 0;
}

// A row that is being sent at this moment is due already, and stays as it is.
const QUEUE_AGAIN = `
insert into deliveries as d (message_seq, sink, order_key)
select m.seq, $1, m.order_key from unnest($2::bigint[], $3::text[]) as m(seq, order_key)
on conflict (message_seq, sink) do update
   set state = 'pending', attempts = 0, next_at = now(), claimed_by = null, claimed_until = null,
       last_status = null, last_error = null
 where d.state <> 'pending' or d.next_at > now()`;

// What waited behind a failed delivery that is now due before its time.
const DUE_NOW = `
update deliveries set next_at = now() where sink = $1 and state = 'pending' and attempts = 0 and next_at > now()`;
