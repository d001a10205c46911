import { FeewardenError } from '../../core/errors.js';
import type { AttemptOutcome } from '../outcome.js';

/** What this sink needs of a Kafka producer; `send` resolves when all in-sync replicas have the records. */
export interface RecordProducer {
  send(topic: string, records: readonly OutgoingRecord[]): Promise<readonly RecordPlace[] | undefined>;
}

export interface OutgoingRecord {
  readonly key: string | null;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Where the broker put a batch: per partition, the offset of its first record. */
export interface RecordPlace {
  readonly partition: number;
  readonly baseOffset?: string | undefined;
}

export interface KafkaMessage {
  readonly topic: string;
  readonly institutionId: string | null;
  readonly body: string;
}

export interface KafkaSink {
  /** One attempt for each message; the answer has the same order. */
  send(messages: readonly KafkaMessage[]): Promise<AttemptOutcome[]>;
}

/** CloudEvents in structured mode, keyed by the institution, so that each institution's messages stay in order. */
export function createKafkaSink(producer: RecordProducer): KafkaSink {
  return {
    async send(messages) {
      const outcomes = new Map<KafkaMessage, AttemptOutcome>();
      // Topics one after the other, in the order of their first message: one that fails does not fail the others.
      for (const [topic, batch] of groupByTopic(messages)) {
        const answers = await sendBatch(producer, topic, batch);
        for (const [i, message] of batch.entries()) outcomes.set(message, answers[i]!);
      }
      return messages.map((message) => outcomes.get(message)!);
    },
  };
}

function groupByTopic(messages: readonly KafkaMessage[]): Map<string, KafkaMessage[]> {
  const topics = new Map<string, KafkaMessage[]>();
  for (const message of messages) {
    const batch = topics.get(message.topic);
    if (batch) batch.push(message);
    else topics.set(message.topic, [message]);
  }
  return topics;
}

async function sendBatch(
  producer: RecordProducer,
  topic: string,
  batch: readonly KafkaMessage[],
): Promise<AttemptOutcome[]> {
  const outcome = await attempt(producer, topic, batch);
  if (outcome.kind !== 'refused' || batch.length === 1) return batch.map(() => outcome);
  // One record that the broker will never take fails its whole batch: alone, only that one is refused.
  const single: AttemptOutcome[] = [];
  for (const message of batch) single.push(await attempt(producer, topic, [message]));
  return single;
}

const HEADERS = { 'content-type': 'application/cloudevents+json; charset=UTF-8' };

async function attempt(
  producer: RecordProducer,
  topic: string,
  batch: readonly KafkaMessage[],
): Promise<AttemptOutcome> {
  try {
    const records = batch.map((message) => ({ key: message.institutionId, value: message.body, headers: HEADERS }));
    return { kind: 'delivered', status: null, proof: proofOf(topic, await producer.send(topic, records)) };
  } catch (error) {
    const protocolType = protocolTypeOf(error);
    if (protocolType && REFUSALS.has(protocolType)) return { kind: 'refused', status: null, error: protocolType };
    if (isBrokerTrouble(error)) return { kind: 'retry', status: null, error: protocolType ?? 'broker_unavailable' };
    throw error;
  }
}

/** Answers of a broker that mean this record, not this moment. */
const REFUSALS: ReadonlySet<string> = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD']);

/** Trouble with the broker, as our own transient error or as the client library's. Anything else is a defect of ours. */
function isBrokerTrouble(error: unknown): boolean {
  if (error instanceof FeewardenError) return error.kind === 'transient';
  return error instanceof Error && error.name.startsWith('KafkaJS');
}

const CAUSES_MAX = 5;

/** The broker's own name for the error ("MESSAGE_TOO_LARGE"), wherever in the chain of causes it is. */
function protocolTypeOf(error: unknown): string | null {
  let current: unknown = error;
  for (let depth = 0; depth < CAUSES_MAX && current instanceof Error; depth += 1) {
    const { type } = current as { type?: unknown };
    if (typeof type === 'string') return type;
    current = current.cause;
  }
  return null;
}

function proofOf(topic: string, places: readonly RecordPlace[] | undefined): string {
  const told = (places ?? []).map((place) => `${place.partition}@${place.baseOffset ?? '?'}`);
  return told.length === 0 ? `${topic}, acknowledged` : `${topic}, batch from ${told.join(' ')}`;
}
