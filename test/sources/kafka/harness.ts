import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import { type ConsumerLimits, type ConsumerOptions, runConsumer } from '../../../src/sources/kafka/consumer.js';
import { createProducer } from '../../../src/sources/kafka/producer.js';
import { ensureTopics } from '../../../src/sources/kafka/topics.js';
import type { KafkaLog, KafkaRecord, RecordConsumer } from '../../../src/sources/kafka/types.js';

export const PARTITIONS = 4;

/** Short times, so that a test sees a rebalance or a lost member within a second or two. */
export const QUICK: Partial<ConsumerLimits> = {
  sessionTimeoutMs: 6_000,
  rebalanceTimeoutMs: 10_000,
  heartbeatIntervalMs: 200,
  lagIntervalMs: 300,
  handleRetry: { baseMs: 20, maxMs: 100, attemptsMax: 50 },
  recreate: { baseMs: 50, maxMs: 500, attemptsMax: 60 },
};

export interface LogLine {
  readonly level: string;
  readonly fields: object;
  readonly message: string;
}

export function memoryLog(): KafkaLog & { readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const write = (level: string) => (fields: object, message: string) => void lines.push({ level, fields, message });
  return { lines, debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}

/** A topic and a group of its own, so that tests share a broker and nothing else. */
export async function freshTopic(
  brokers: string[],
  partitions = PARTITIONS,
): Promise<{ topic: string; groupId: string }> {
  const topic = `t-${randomUUID()}`;
  await ensureTopics({
    brokers,
    clientId: 'test',
    log: memoryLog(),
    topics: [topic],
    partitions,
    replicationFactor: 1,
  });
  return { topic, groupId: `g-${topic}` };
}

export function startConsumer(
  options: Pick<ConsumerOptions, 'brokers' | 'groupId' | 'topics' | 'handle'> & Partial<ConsumerOptions>,
): RecordConsumer {
  return runConsumer({
    clientId: 'test',
    log: memoryLog(),
    batchEventsMax: 100,
    ...options,
    limits: { ...QUICK, ...options.limits },
  });
}

/** Sends `count` records with values "<from>" … over 20 keys. */
export async function sendNumbers(brokers: string[], topic: string, from: number, count: number): Promise<void> {
  const producer = createProducer({ brokers, clientId: 'test', log: memoryLog() });
  const numbers = Array.from({ length: count }, (_, index) => from + index);
  await producer.send(
    topic,
    numbers.map((n) => ({ key: `key-${n % 20}`, value: String(n) })),
  );
  await producer.close();
}

/** What the group has committed, summed over the partitions of the topic. */
export async function committed(brokers: string[], groupId: string, topic: string): Promise<number> {
  const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    const [answer] = await admin.fetchOffsets({ groupId, topics: [topic] });
    return (answer?.partitions ?? []).reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0);
  } finally {
    await admin.disconnect();
  }
}

/** Remembers what was handled, and checks order as it comes. */
export class Collector {
  readonly values: number[] = [];
  readonly batches: number[] = [];
  /** Times at which a partition went back: legal after a redelivery only. */
  stepsBack = 0;
  gaps = 0;
  readonly #next = new Map<number, number>();

  readonly take = (records: readonly KafkaRecord[]): void => {
    this.batches.push(records.length);
    for (const { partition, offset, value } of records) {
      const expected = this.#next.get(partition) ?? 0;
      if (offset < expected) {
        this.stepsBack++;
      } else if (offset > expected) {
        this.gaps++;
      }
      this.#next.set(partition, offset + 1);
      this.values.push(Number(value));
    }
  };

  get distinct(): number {
    return new Set(this.values).size;
  }
}

/** Waits until `condition` holds; says what it waited for when it never does. */
export async function until(what: string, condition: () => boolean, timeoutMs = 20_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!condition()) {
    if (Date.now() > deadline) {
      throw new Error(`waited ${timeoutMs} ms in vain until ${what}`);
    }
    await sleep(10);
  }
}
