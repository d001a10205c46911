import { FeewardenError } from '../../core/errors.js';
import type { AttemptOutcome } from '../outcome.js';

/** What this sink needs of a Kafka producer: `send` resolves when every in-sync replica has the records, all of them. */
export interface OutgoingProducer {
  send(topic: string, records: readonly KeyedRecord[]): Promise<unknown>;
}

export interface KeyedRecord {
  readonly key: string;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface KafkaMessage {
  readonly institutionId: string | null;
  readonly body: string;
}

export interface KafkaSink {
  /** One attempt for messages of one topic, in their order; the answer has the same order. */
  send(topic: string, messages: readonly KafkaMessage[]): Promise<AttemptOutcome[]>;
}

/** CloudEvents in structured mode, keyed by the institution, so that each institution's messages stay in order. */
export function createKafkaSink(producer: OutgoingProducer): KafkaSink {
  return { send: (topic, messages) => sendBatch(producer, topic, messages) };
}

async function sendBatch(
  producer: OutgoingProducer,
  topic: string,
  batch: readonly KafkaMessage[],
): Promise<AttemptOutcome[]> {
  const outcome = await attempt(producer, topic, batch);
  if (outcome.kind !== 'refused' || batch.length === 1) return batch.map(() => outcome);
  // One record that the broker will never take fails its whole batch: alone, only that one is refused. When the broker goes
  // away meanwhile, what comes after is not tried: it must not overtake.
  const single: AttemptOutcome[] = [];
  for (const message of batch) {
    const last = single[single.length - 1];
    single.push(last?.kind === 'retry' ? last : await attempt(producer, topic, [message]));
  }
  return single;
}

const HEADERS = { 'content-type': 'application/cloudevents+json; charset=UTF-8' };

async function attempt(
  producer: OutgoingProducer,
  topic: string,
  batch: readonly KafkaMessage[],
): Promise<AttemptOutcome> {
  try {
    await producer.send(topic, batch.map(recordOf));
    return { kind: 'delivered', status: null, proof: `${topic}, acknowledged by all in-sync replicas` };
  } catch (error) {
    const protocolType = protocolTypeOf(error);
    if (protocolType && REFUSALS.has(protocolType)) return { kind: 'refused', status: null, error: protocolType };
    if (isBrokerTrouble(error)) return { kind: 'retry', status: null, error: protocolType ?? 'broker_unavailable' };
    throw error;
  }
}

/** Only a rejected input may name no institution; those share one key, and so their order. */
function recordOf(message: KafkaMessage): KeyedRecord {
  return { key: message.institutionId ?? '', value: message.body, headers: HEADERS };
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
    const { type, originalError, cause } = current as Error & { type?: unknown; originalError?: unknown };
    if (typeof type === 'string') return type;
    current = originalError ?? cause;
  }
  return null;
}
