import type { Admin, Kafka } from 'kafkajs';
import type { PartitionPosition } from './gather.js';
import { partitionKey } from './slices.js';
import type { KafkaLog, PartitionLag } from './types.js';

export interface LagOptions {
  readonly kafka: Kafka;
  readonly groupId: string;
  readonly topics: readonly string[];
  readonly log: KafkaLog;
}

export interface LagWatch {
  /** Asks the broker where the topics end and where the group stands. Never throws: an old answer is kept. */
  refresh(): Promise<void>;
  /** The lag of the partitions held, from the newer of the broker's answer and what the batches told. */
  of(assigned: ReadonlyMap<string, readonly number[]>, handled: ReadonlyMap<string, PartitionPosition>): PartitionLag[];
  close(): Promise<void>;
}

/** A batch tells where its partition ends, but a consumer that stands still gets none: so the broker is asked too. */
export function createLagWatch({ kafka, groupId, topics, log }: LagOptions): LagWatch {
  let told = new Map<string, PartitionPosition>();
  let admin: Admin | undefined;
  let busy = false;

  async function ask(): Promise<void> {
    if (!admin) {
      const fresh = kafka.admin();
      await fresh.connect();
      admin = fresh;
    }
    const committed = await admin.fetchOffsets({ groupId, topics: [...topics] });
    const next = new Map<string, PartitionPosition>();
    for (const topic of topics) {
      const stood = new Map(
        committed.find((one) => one.topic === topic)?.partitions.map((p) => [p.partition, p.offset]),
      );
      for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) {
        // Without a commit (-1), or when the log was cut behind it, reading starts at the oldest record.
        const nextOffset = Math.max(Number(stood.get(partition) ?? -1), Number(low));
        next.set(partitionKey({ topic, partition }), { topic, partition, nextOffset, endOffset: Number(high) });
      }
    }
    told = next;
  }

  async function drop(): Promise<void> {
    const old = admin;
    admin = undefined;
    await old?.disconnect().catch(() => undefined);
  }

  return {
    async refresh() {
      if (busy) {
        return;
      }
      busy = true;
      try {
        await ask();
      } catch (error) {
        log.debug({ error: String(error) }, 'kafka lag is not known now');
        await drop();
      } finally {
        busy = false;
      }
    },
    of(assigned, handled) {
      const held = [...assigned].flatMap(([topic, partitions]) =>
        partitions.map((partition) => ({ topic, partition })),
      );
      return held.map((at) => lagOf(at, told.get(partitionKey(at)), handled.get(partitionKey(at))));
    },
    close: drop,
  };
}

function lagOf(
  at: { topic: string; partition: number },
  told: PartitionPosition | undefined,
  handled: PartitionPosition | undefined,
): PartitionLag {
  // Both only grow while a partition is held, so the larger one is the newer one.
  const nextOffset = Math.max(told?.nextOffset ?? 0, handled?.nextOffset ?? 0);
  const endOffset = Math.max(told?.endOffset ?? 0, handled?.endOffset ?? 0);
  return { ...at, nextOffset, endOffset, lag: Math.max(0, endOffset - nextOffset) };
}
