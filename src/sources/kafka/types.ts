/**
 * What the rest of the house knows of Kafka: these shapes, and nothing of the client library behind them,
 * so that the client can be replaced without touching a caller.
 */

/** One record as it lies in the log. `offset` is a safe integer: a partition would need 2^53 records to leave it. */
export interface KafkaRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** The record's own timestamp, epoch milliseconds. */
  readonly timestampMs: number;
}

/** Called with one batch at a time, in order within each partition. Resolves only after the effects are durable. */
export type HandleRecords = (records: readonly KafkaRecord[]) => Promise<void>;

export interface PartitionLag {
  readonly topic: string;
  readonly partition: number;
  /** The next offset to read: everything below is durable downstream. */
  readonly nextOffset: number;
  /** The offset the next record written would get. */
  readonly endOffset: number;
  /** Records not yet durable downstream. */
  readonly lag: number;
}

export interface ConsumerState {
  /** In the group and reading. False before the first join, between two clients, and after the end. */
  readonly running: boolean;
  /** Running, alive and not stuck on a batch. A readiness check reads this. */
  readonly healthy: boolean;
  /** One sentence when not healthy. */
  readonly reason: string | undefined;
  /** Epoch milliseconds of the last heartbeat that the group's coordinator accepted. */
  readonly lastHeartbeatAt: number | undefined;
  /** Epoch milliseconds of the last answered fetch. */
  readonly lastFetchAt: number | undefined;
  /** Partitions that this member holds now. */
  readonly partitions: readonly PartitionLag[];
  readonly lagTotal: number;
  /** How often the client was thrown away and made anew. */
  readonly recreations: number;
  readonly recordsHandled: number;
}

export interface RecordConsumer {
  /** Finishes the batch in hand, commits it and leaves the group. Safe to call more than once. */
  stop(): Promise<void>;
  state(): ConsumerState;
  /** Resolves after a clean stop; rejects when the consumer gave up: then the process must stop. */
  readonly done: Promise<void>;
}

export interface OutgoingRecord {
  /** Records of one key keep their order: they share a partition. */
  readonly key: string;
  readonly value: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface RecordProducer {
  /**
   * Resolves when every in-sync replica has the records. Throws `broker_unavailable` (transient) when the outcome is
   * bad or unknown: sending again may then write a record twice, never lose one.
   */
  send(topic: string, records: readonly OutgoingRecord[]): Promise<void>;
  close(): Promise<void>;
}

/** The part of a pino logger that is used here. */
export interface KafkaLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
