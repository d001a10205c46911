import type { EachBatchPayload } from 'kafkajs';
import type { KafkaRecord } from './types.js';

export interface CommitOffset {
  readonly topic: string;
  readonly partition: number;
  /** Next offset to read. */
  readonly offset: number;
}

/** The part of a poll that belongs to one partition. */
export interface Part {
  readonly payload: EachBatchPayload;
  /** Which membership of the group it was read under. */
  readonly generation: number;
  resolve(): void;
  reject(error: unknown): void;
}

/** Messages `from` (inclusive) to `to` (exclusive) of a part. */
export interface Slice {
  readonly part: Part;
  readonly from: number;
  readonly to: number;
}

export function partitionKey(at: { topic: string; partition: number }): string {
  return `${at.topic}|${at.partition}`;
}

/**
 * Bytes of one run (our default, that of HTTP). Packed records may be hundreds of megabytes of one poll, more than one statement of
 * the database can carry: without this bound their sender would stop everybody.
 */
const RUN_BYTES_MAX = 16_777_216;

/** Cuts a poll into runs of at most `max` messages, partition after partition, in order; a run that is large enough ends earlier. */
export function cut(parts: readonly Part[], max: number): Slice[][] {
  const runs: Slice[][] = [];
  let room = 0;
  let bytes = 0;
  for (const part of parts) {
    const { messages } = part.payload.batch;
    for (let from = 0; from < messages.length; ) {
      if (room === 0 || bytes >= RUN_BYTES_MAX) {
        runs.push([]);
        room = max;
        bytes = 0;
      }
      const end = Math.min(messages.length, from + room);
      let to = from;
      while (to < end && bytes < RUN_BYTES_MAX) {
        bytes += messages[to]!.value?.length ?? 0;
        to += 1;
      }
      runs[runs.length - 1]!.push({ part, from, to });
      room -= to - from;
      from = to;
    }
  }
  return runs;
}

export function toRecords({ part, from, to }: Slice): KafkaRecord[] {
  const { topic, partition, messages } = part.payload.batch;
  return messages.slice(from, to).map(({ offset, key, value, timestamp }) => ({
    topic,
    partition,
    offset: Number(offset),
    key,
    value,
    timestampMs: Number(timestamp),
  }));
}

/** The client's shape of a commit. */
export function byTopic(offsets: readonly CommitOffset[]): {
  topics: { topic: string; partitions: { partition: number; offset: string }[] }[];
} {
  const topics = new Map<string, { partition: number; offset: string }[]>();
  for (const { topic, partition, offset } of offsets) {
    const partitions = topics.get(topic) ?? [];
    partitions.push({ partition, offset: String(offset) });
    topics.set(topic, partitions);
  }
  return { topics: [...topics].map(([topic, partitions]) => ({ topic, partitions })) };
}
