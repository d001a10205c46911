import type pg from 'pg';
import { formatTime, type Us } from '../core/time.js';
import { jsonArray, jsonList } from '../db/arrays.js';
import { toDbTime } from '../db/pool.js';
import {
  type AlertLevel,
  KAFKA_SINKS,
  type OutgoingTopic,
  type OutgoingType,
  orderKeyOf,
  type RoutedSubscription,
  route,
} from './route.js';

/** One thing to tell. `id` is made by the caller from what happened, so that the same thing always has the same id. */
export interface OutgoingMessage {
  readonly id: string;
  readonly type: OutgoingType;
  /** Institution id; null only for a rejected input that names none. */
  readonly subject: string | null;
  /** When it happened. */
  readonly time: Us;
  /** The fields of the contract; must be JSON. */
  readonly data: object;
  readonly regionCode: string | null;
  readonly bankCode?: string | null;
  readonly topic: OutgoingTopic;
  readonly level?: AlertLevel | null;
  readonly previousLevel?: AlertLevel | null;
}

export interface EnqueueOptions {
  /** Whether Kafka is configured here: then every message also goes to its topic, and else while another process sends there. */
  readonly kafkaEnabled: boolean;
}

/** The `source` of every CloudEvent that Feewarden sends. */
export const OUTGOING_SOURCE = '/feewarden';

/**
 * Writes messages, and one delivery for each receiver, inside the caller's transaction: what is told and what happened
 * commit together or not at all. A message whose id is there already changes nothing. Returns how many are new.
 *
 * Nothing can be skipped, whatever the order of commits: a transaction with lower numbers that commits after one with
 * higher numbers brings its own `pending` deliveries, and senders ask for pending deliveries, not for numbers above the
 * last one seen. A subscription that is created while this transaction runs may miss it; `replay` sends it then.
 * Sequence numbers follow the order of `messages`, which is the order of sending within an institution.
 */
export async function enqueue(
  client: pg.ClientBase,
  messages: readonly OutgoingMessage[],
  options: EnqueueOptions,
): Promise<number> {
  if (messages.length === 0) return 0;
  const unique = [...new Map(messages.map((message) => [message.id, message])).values()];
  const subscriptions = await readRoutes(client);
  const kafkaEnabled = options.kafkaEnabled || (await isKafkaServed(client));
  const routed = unique.flatMap((message) =>
    route(message, subscriptions, kafkaEnabled).map((sink) => ({
      id: message.id,
      sink,
      orderKey: orderKeyOf(message),
    })),
  );
  const { rows } = await client.query<{ added: number }>({
    name: 'enqueue_messages',
    text: ENQUEUE,
    values: [
      unique.map((message) => message.id),
      unique.map((message) => message.type),
      unique.map((message) => message.subject),
      unique.map((message) => message.regionCode),
      unique.map((message) => message.bankCode ?? null),
      unique.map((message) => message.topic),
      unique.map((message) => message.level ?? null),
      unique.map((message) => message.previousLevel ?? null),
      unique.map((message) => toDbTime(message.time)),
      jsonList(unique.map(cloudEventOf)),
      routed.map((delivery) => delivery.id),
      routed.map((delivery) => delivery.sink),
      routed.map((delivery) => delivery.orderKey),
    ],
  });
  return rows[0]!.added;
}

const ENQUEUE = `
with added as (
  insert into messages (message_id, type, institution_id, region_code, bank_code, topic, level, previous_level, at, body)
  select m.message_id, m.type, m.institution_id, m.region_code, m.bank_code, m.topic, m.level, m.previous_level, m.at, m.body
    from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                $9::timestamptz[], ${jsonArray(10, 'text')}) with ordinality
      as m(message_id, type, institution_id, region_code, bank_code, topic, level, previous_level, at, body, position)
   order by m.position
  on conflict (message_id) do nothing
  returning seq, message_id
), routed as (
  insert into deliveries (message_seq, sink, order_key)
  select a.seq, r.sink, r.order_key
    from added a join unnest($11::text[], $12::text[], $13::text[]) as r(message_id, sink, order_key) using (message_id)
)
select count(*) as added from added`;

/** The CloudEvent in structured mode, as it is sent and signed: made once, so that every receiver gets the same bytes. */
export function cloudEventOf(message: OutgoingMessage): string {
  return JSON.stringify({
    specversion: '1.0',
    id: message.id,
    source: OUTGOING_SOURCE,
    type: message.type,
    ...(message.subject === null ? {} : { subject: message.subject }),
    time: formatTime(message.time),
    datacontenttype: 'application/json',
    data: message.data,
  });
}

/** Paused subscriptions are routed to as well: what happens during a pause is sent when it ends. */
async function readRoutes(client: pg.ClientBase): Promise<RoutedSubscription[]> {
  const { rows } = await client.query<{
    id: string;
    types: string[];
    region_prefix: string;
    level_min: AlertLevel | null;
  }>({
    name: 'read_subscription_routes',
    text: 'select id, types, region_prefix, level_min from subscriptions',
  });
  return rows.map((row) => ({
    id: row.id,
    types: row.types,
    regionPrefix: row.region_prefix,
    levelMin: row.level_min,
  }));
}

/**
 * Whether a process sends to Kafka now. A command that runs beside it (`ingest` in another shell) has settings of its own, and
 * an alert that it opens must not be missing from the topics because KAFKA_BROKERS is not set there.
 */
async function isKafkaServed(client: pg.ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ served: boolean }>({
    name: 'is_kafka_served',
    text: 'select exists (select from sink_leases where sink = any($1) and held_until > now()) as served',
    values: [KAFKA_SINKS],
  });
  return rows[0]!.served;
}
