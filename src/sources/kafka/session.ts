import { setTimeout as sleep } from 'node:timers/promises';
import type { Consumer, Kafka } from 'kafkajs';
import { errorKindOf, rootCause } from './client.js';
import type { Gather } from './gather.js';
import type { KafkaLog } from './types.js';

export interface SessionOptions {
  readonly kafka: Kafka;
  readonly groupId: string;
  readonly topics: readonly string[];
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  readonly metadataAgeMs: number;
  /** The broker answers a fetch as soon as there is a record, or empty after this time. */
  readonly maxWaitMs: number;
  readonly maxBytesPerPartition: number;
  readonly maxBytes: number;
  readonly gather: Gather;
  readonly log: KafkaLog;
  onJoin(): void;
}

/** How the life of one client ended. `lost` may be tried again with a new one. */
export interface SessionEnd {
  readonly kind: 'lost' | 'fatal';
  readonly error: unknown;
}

/** Partitions of one poll that are joined into one batch; more than these come with the next round. */
const PARTITIONS_AT_ONCE = 64;

/** No new client helps against these: the record itself cannot be read. */
const UNREADABLE = new Map([
  ['UnpackError', 'a batch of records cannot be unpacked'],
  ['KafkaJSUnsupportedMagicByteInMessageSet', 'a record has a format that is not supported'],
]);

/** One client of the library from connect to crash. It is never restarted: the supervisor opens a new one. */
export class Session {
  readonly startedAt = Date.now();
  readonly ended: Promise<SessionEnd>;
  readonly #options: SessionOptions;
  readonly #consumer: Consumer;
  readonly #started: Promise<void>;
  #end: (end: SessionEnd) => void = () => undefined;
  #assigned: ReadonlyMap<string, readonly number[]> = new Map();
  #joined = false;
  #paying = false;
  #lastHeartbeatAt: number | undefined;
  #lastFetchAt: number | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#consumer = createConsumer(options);
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.#listen();
    this.#started = this.#start().catch((error: unknown) => this.#finish(endOf(error)));
  }

  get joined(): boolean {
    return this.#joined;
  }

  /** Epoch milliseconds, like `lastFetchAt`. */
  get lastHeartbeatAt(): number | undefined {
    return this.#lastHeartbeatAt;
  }

  get lastFetchAt(): number | undefined {
    return this.#lastFetchAt;
  }

  get lastSignAt(): number {
    return Math.max(this.startedAt, this.#lastHeartbeatAt ?? 0, this.#lastFetchAt ?? 0);
  }

  /** Partitions held, by topic. */
  get assigned(): ReadonlyMap<string, readonly number[]> {
    return this.#assigned;
  }

  /** Declares the client lost, for instance because it is silent. */
  lose(error: unknown): void {
    this.#finish({ kind: 'lost', error });
  }

  /** Commits what a failed commit left behind, when nothing is in hand. Never throws: it stays owed. */
  async payOwed(): Promise<void> {
    const { gather, log } = this.#options;
    const offsets = this.#paying || !this.#joined ? [] : gather.owed();
    if (offsets.length === 0) {
      return;
    }
    this.#paying = true;
    try {
      await this.#consumer.commitOffsets(offsets.map((one) => ({ ...one, offset: String(one.offset) })));
      gather.settled(offsets);
    } catch (error) {
      log.debug({ error: errorKindOf(error) }, 'kafka commit is still owed');
    } finally {
      this.#paying = false;
    }
  }

  /** Finishes the batch in hand, leaves the group, disconnects. False when that took longer than `timeoutMs`. */
  async close(timeoutMs: number): Promise<boolean> {
    this.#options.gather.close();
    // A client that is told to stop while it still joins would go on reading afterwards: so its start comes first.
    const closing = this.#started
      .then(() => this.#consumer.disconnect())
      .catch((error: unknown) => this.#options.log.debug({ error: errorKindOf(error) }, 'kafka client closed badly'));
    const closed = await Promise.race([closing.then(() => true), sleep(timeoutMs, false, { ref: false })]);
    this.#joined = false;
    return closed;
  }

  async #start(): Promise<void> {
    await this.#consumer.connect();
    await this.#consumer.subscribe({ topics: [...this.#options.topics], fromBeginning: true });
    await this.#consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: PARTITIONS_AT_ONCE,
      eachBatch: (payload) => this.#options.gather.onBatch(payload),
    });
  }

  #listen(): void {
    const { gather, groupId, log } = this.#options;
    this.#consumer.on('consumer.heartbeat', () => {
      this.#lastHeartbeatAt = Date.now();
    });
    this.#consumer.on('consumer.fetch', () => {
      this.#lastFetchAt = Date.now();
    });
    this.#consumer.on('consumer.rebalancing', () => log.info({ groupId }, 'kafka group rebalances'));
    this.#consumer.on('consumer.group_join', ({ payload }) => {
      gather.onGeneration();
      this.#assigned = new Map(Object.entries(payload.memberAssignment));
      this.#joined = true;
      this.#lastHeartbeatAt = Date.now();
      log.info({ groupId, assigned: payload.memberAssignment }, 'kafka group joined');
      this.#options.onJoin();
    });
    this.#consumer.on('consumer.crash', ({ payload }) => this.#finish(endOf(payload.error)));
  }

  #finish(end: SessionEnd): void {
    this.#joined = false;
    this.#end(end);
  }
}

function createConsumer(options: SessionOptions): Consumer {
  return options.kafka.consumer({
    groupId: options.groupId,
    sessionTimeout: options.sessionTimeoutMs,
    rebalanceTimeout: options.rebalanceTimeoutMs,
    heartbeatInterval: options.heartbeatIntervalMs,
    metadataMaxAge: options.metadataAgeMs,
    maxWaitTimeInMs: options.maxWaitMs,
    maxBytesPerPartition: options.maxBytesPerPartition,
    maxBytes: options.maxBytes,
    allowAutoTopicCreation: false,
    // The library restarts some crashes and not others; the supervisor treats all alike, with a cap.
    retry: { restartOnFailure: async () => false },
  });
}

function endOf(error: unknown): SessionEnd {
  const unreadable = UNREADABLE.get(errorKindOf(error));
  if (unreadable === undefined) {
    return { kind: 'lost', error };
  }
  return { kind: 'fatal', error: new Error(`Kafka: ${unreadable} (${messageOf(error)}).`, { cause: error }) };
}

function messageOf(error: unknown): string {
  const cause = rootCause(error);
  return cause instanceof Error ? cause.message : String(cause);
}
