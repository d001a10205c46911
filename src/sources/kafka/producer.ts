import { type Kafka, type Message, Partitioners, type Producer } from 'kafkajs';
import { FeewardenError } from '../../core/errors.js';
import { type ClientOptions, createClient, errorKindOf, toBrokerError } from './client.js';
import type { KafkaLog, OutgoingRecord, RecordProducer } from './types.js';

/** Callers waiting behind the send in hand; more than this means the broker is far too slow. */
const WAITING_SENDS_MAX = 1_000;
/** One request stays under both; the broker's own limit is 1 MB a request, and one record may be larger than ours. */
const RECORDS_PER_REQUEST_MAX = 1_000;
const BYTES_PER_REQUEST_MAX = 512 * 1024;
const ALL_IN_SYNC_REPLICAS = -1;

/** The broker lost or never had our sequence; a new producer starts a new one. */
const SEQUENCE_ERRORS = new Set([
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'DUPLICATE_SEQUENCE_NUMBER',
  'UNKNOWN_PRODUCER_ID',
  'INVALID_PRODUCER_EPOCH',
  'INVALID_PRODUCER_ID_MAPPING',
]);

/** An idempotent producer that waits for all in-sync replicas and sends one request at a time, in the order of calls. */
export function createProducer(options: ClientOptions): RecordProducer {
  return new SerialProducer(createClient(options), options.log);
}

/**
 * After ANY failed send the library's producer is thrown away: the failed records may be in the log although we were
 * not told, and the library would give their sequence numbers to other records next, which the broker would then take
 * for a repetition and silently drop.
 */
class SerialProducer implements RecordProducer {
  readonly #kafka: Kafka;
  readonly #log: KafkaLog;
  #current: Producer | undefined;
  #tail: Promise<void> = Promise.resolve();
  #waiting = 0;
  #closed = false;

  constructor(kafka: Kafka, log: KafkaLog) {
    this.#kafka = kafka;
    this.#log = log;
  }

  async send(topic: string, records: readonly OutgoingRecord[]): Promise<void> {
    if (this.#closed) {
      throw new Error('The Kafka producer is closed.');
    }
    if (this.#waiting >= WAITING_SENDS_MAX) {
      throw new FeewardenError('broker_unavailable', `More than ${WAITING_SENDS_MAX} sends are waiting.`);
    }
    this.#waiting++;
    const mine = this.#tail.then(async () => {
      for (const part of requests(records)) {
        await this.#sendPart(topic, part);
      }
    });
    this.#tail = mine.catch(() => undefined);
    try {
      await mine;
    } finally {
      this.#waiting--;
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#tail;
    await this.#discard();
  }

  async #sendPart(topic: string, messages: Message[]): Promise<void> {
    try {
      await this.#sendOnce(topic, messages);
    } catch (error) {
      if (!SEQUENCE_ERRORS.has(errorKindOf(error))) {
        throw toBrokerError(error);
      }
      this.#log.warn({ topic, error: errorKindOf(error) }, 'kafka producer lost its sequence; sending with a new one');
      await this.#sendOnce(topic, messages).catch((again: unknown) => {
        throw toBrokerError(again);
      });
    }
  }

  async #sendOnce(topic: string, messages: Message[]): Promise<void> {
    try {
      this.#current ??= await connect(this.#kafka);
      await this.#current.send({ topic, acks: ALL_IN_SYNC_REPLICAS, messages });
    } catch (error) {
      await this.#discard();
      throw error;
    }
  }

  async #discard(): Promise<void> {
    const old = this.#current;
    this.#current = undefined;
    await old?.disconnect().catch(() => undefined);
  }
}

async function connect(kafka: Kafka): Promise<Producer> {
  const producer = kafka.producer({
    idempotent: true,
    // More than one in flight may arrive swapped after a reconnect, which breaks the sequence.
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    createPartitioner: Partitioners.DefaultPartitioner,
  });
  try {
    await producer.connect();
  } catch (error) {
    await producer.disconnect().catch(() => undefined);
    throw error;
  }
  return producer;
}

/** Cuts records, in order, into requests that the broker takes. A record larger than the limit goes alone. */
function requests(records: readonly OutgoingRecord[]): Message[][] {
  const all: Message[][] = [];
  let room = 0;
  for (const { key, value, headers } of records) {
    const bytes = Buffer.byteLength(key) + Buffer.byteLength(value);
    const last = all.at(-1);
    const message = headers ? { key, value, headers: { ...headers } } : { key, value };
    if (last && last.length < RECORDS_PER_REQUEST_MAX && bytes <= room) {
      last.push(message);
      room -= bytes;
    } else {
      all.push([message]);
      room = BYTES_PER_REQUEST_MAX - bytes;
    }
  }
  return all;
}
