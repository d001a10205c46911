import { setTimeout as sleep } from 'node:timers/promises';
import { type Backoff, backoffMs } from '../../core/backoff.js';
import { FeewardenError } from '../../core/errors.js';
import { type ClientOptions, createClient, errorKindOf } from './client.js';
import { Gather, type GatherProgress } from './gather.js';
import { createLagWatch } from './lag.js';
import { Session } from './session.js';
import type { ConsumerState, HandleRecords, RecordConsumer } from './types.js';

export interface ConsumerOptions extends Omit<ClientOptions, 'clientRetries'> {
  readonly groupId: string;
  readonly topics: readonly string[];
  /** Records in one call of `handle`. */
  readonly batchEventsMax: number;
  /**
   * Called with one batch at a time. Resolve after the database committed: only then are offsets committed. A
   * FeewardenError of kind `transient` is retried, anything else ends the consumer. The same records may come again.
   */
  readonly handle: HandleRecords;
  /** Called when health, membership or lag may have changed. */
  readonly onState?: (state: ConsumerState) => void;
  readonly limits?: Partial<ConsumerLimits>;
}

export interface ConsumerLimits {
  /** The coordinator drops a member that is silent for this long. */
  readonly sessionTimeoutMs: number;
  /** How long a rebalance waits for a member that finishes its batch. */
  readonly rebalanceTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  /** Partitions that a topic gains are found after this time: until then nobody reads them. */
  readonly metadataAgeMs: number;
  readonly maxWaitMs: number;
  readonly maxBytesPerPartition: number;
  readonly maxBytes: number;
  /** No fetch and no heartbeat for this long: the client is thrown away. Must exceed the session timeout. */
  readonly silentMaxMs: number;
  /** A batch in hand for longer than this makes the state unhealthy. */
  readonly handleSlowMs: number;
  readonly lagIntervalMs: number;
  readonly stopTimeoutMs: number;
  /** Transient failures of `handle`, in a row. */
  readonly handleRetry: Backoff;
  /** Attempts of one client to reconnect. */
  readonly clientRetries: number;
  /** Lost clients, in a row; one that lived for `steadyMs` starts the count anew. */
  readonly recreate: Backoff;
  readonly steadyMs: number;
}

export const CONSUMER_LIMITS: ConsumerLimits = {
  sessionTimeoutMs: 10_000,
  rebalanceTimeoutMs: 60_000,
  heartbeatIntervalMs: 1_000,
  metadataAgeMs: 30_000,
  maxWaitMs: 200,
  maxBytesPerPartition: 1024 * 1024,
  maxBytes: 8 * 1024 * 1024,
  silentMaxMs: 45_000,
  handleSlowMs: 60_000,
  lagIntervalMs: 10_000,
  stopTimeoutMs: 30_000,
  // About 15 minutes: longer than a restart of a database, short enough that somebody gets to know.
  handleRetry: { baseMs: 100, maxMs: 5_000, attemptsMax: 180 },
  // About 10 s, the session timeout: a client that reconnects by then keeps its membership, while a new one has to
  // wait until the coordinator drops the old member.
  clientRetries: 12,
  // About 10 minutes without a broker.
  recreate: { baseMs: 250, maxMs: 10_000, attemptsMax: 30 },
  steadyMs: 60_000,
};

const WATCH_EVERY_MS = 1_000;
const CLOSE_TIMEOUT_MS = 3_000;
/** Less than a session timeout: without heartbeats for so long a member keeps its place. */
const CLOCK_BACK_MS = 3_000;

/**
 * Joins the group and hands records to `handle` until `stop` is called. Lost clients are replaced with growing pauses;
 * `done` rejects with the handler's error, or with `broker_unavailable` when the broker stays away.
 */
export function runConsumer(options: ConsumerOptions): RecordConsumer {
  const supervisor = new Supervisor(options);
  const done = supervisor.run();
  // The caller decides what a failure means; here it must only not count as an unhandled rejection before that.
  done.catch(() => undefined);
  return {
    done,
    state: () => supervisor.state(),
    async stop() {
      supervisor.requestStop();
      await done.catch(() => undefined);
    },
  };
}

class Supervisor {
  readonly #options: ConsumerOptions;
  readonly #limits: ConsumerLimits;
  readonly #stopping = new AbortController();
  readonly #kafka;
  readonly #lag;
  #session: Session | undefined;
  #gather: Gather | undefined;
  #progress: GatherProgress = { handlingSince: undefined, trouble: undefined };
  #lostReason: string | undefined;
  #recreations = 0;
  #recordsHandled = 0;
  /** One `handle` at a time, also while an old client is being given up. */
  #inHand: Promise<unknown> = Promise.resolve();

  constructor(options: ConsumerOptions) {
    this.#options = options;
    this.#limits = { ...CONSUMER_LIMITS, ...options.limits };
    this.#kafka = createClient({ ...options, clientRetries: this.#limits.clientRetries });
    this.#lag = createLagWatch({
      kafka: this.#kafka,
      groupId: options.groupId,
      topics: options.topics,
      log: options.log,
    });
  }

  requestStop(): void {
    this.#stopping.abort();
    this.#gather?.close();
  }

  async run(): Promise<void> {
    const watch = setInterval(() => this.#watch(), WATCH_EVERY_MS);
    const lag = setInterval(() => void this.#refreshLag(), this.#limits.lagIntervalMs);
    try {
      await this.#keepSession();
    } catch (error) {
      this.#lostReason = `The consumer gave up: ${String(error)}`;
      this.#options.log.error({ groupId: this.#options.groupId, error }, 'kafka consumer gave up');
      throw error;
    } finally {
      clearInterval(watch);
      clearInterval(lag);
      this.#session = undefined;
      await this.#lag.close();
      this.#changed();
    }
  }

  async #keepSession(): Promise<void> {
    let failuresInRow = 0;
    while (!this.#stopping.signal.aborted) {
      const { error, steady } = await this.#oneSession();
      if (this.#stopping.signal.aborted) {
        return;
      }
      failuresInRow = steady ? 1 : failuresInRow + 1;
      this.#lostReason = `The broker was lost (${errorKindOf(error)}).`;
      this.#changed();
      if (failuresInRow > this.#limits.recreate.attemptsMax) {
        throw new FeewardenError('broker_unavailable', `Gave up after ${failuresInRow} attempts.`, { cause: error });
      }
      const pauseMs = backoffMs(this.#limits.recreate, failuresInRow);
      this.#options.log.warn(
        { error: errorKindOf(error), attempt: failuresInRow, pauseMs },
        'kafka consumer is made anew',
      );
      this.#recreations++;
      await sleep(pauseMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
    }
  }

  /** One client's life. Returns why it was lost; throws what is fatal; returns early when asked to stop. */
  async #oneSession(): Promise<{ error: unknown; steady: boolean }> {
    let failed: { error: unknown } | undefined;
    const gather = this.#createGather((error) => {
      failed = { error };
      session.lose(error);
    });
    const session = new Session({
      ...this.#limits,
      kafka: this.#kafka,
      groupId: this.#options.groupId,
      topics: this.#options.topics,
      gather,
      log: this.#options.log,
      onJoin: () => {
        this.#changed();
        void this.#refreshLag();
      },
    });
    this.#gather = gather;
    this.#session = session;
    const stopped = aborted(this.#stopping.signal);
    const end = await Promise.race([session.ended, stopped]);
    // Only a batch in hand is worth a long wait; a client that cannot reach its broker is not.
    const timeoutMs = this.#progress.handlingSince === undefined ? CLOSE_TIMEOUT_MS : this.#limits.stopTimeoutMs;
    if (!(await session.close(timeoutMs))) {
      this.#options.log.warn({ timeoutMs }, 'kafka client did not close in time and is left behind');
    }
    this.#session = undefined;
    if (failed) {
      throw failed.error;
    }
    if (end?.kind === 'fatal') {
      throw end.error;
    }
    return { error: end?.error, steady: Date.now() - session.startedAt >= this.#limits.steadyMs };
  }

  #createGather(onFatal: (error: unknown) => void): Gather {
    return new Gather({
      batchEventsMax: this.#options.batchEventsMax,
      heartbeatIntervalMs: this.#limits.heartbeatIntervalMs,
      retry: this.#limits.handleRetry,
      log: this.#options.log,
      handle: (records) => {
        const mine = this.#inHand.then(() => this.#options.handle(records));
        this.#inHand = mine.then(
          () => {
            this.#recordsHandled += records.length;
          },
          () => undefined,
        );
        return mine;
      },
      onFatal,
      onProgress: (progress) => {
        const changed = progress.trouble !== this.#progress.trouble;
        this.#progress = progress;
        if (changed) {
          this.#changed();
        }
      },
    });
  }

  #watch(): void {
    const session = this.#session;
    if (!session || this.#stopping.signal.aborted) {
      return;
    }
    const silentMs = Date.now() - session.lastSignAt;
    if (silentMs > this.#limits.silentMaxMs) {
      session.lose(new Error(`The client was silent for ${silentMs} ms.`));
      return;
    }
    // The library counts the time since its last heartbeat by the machine's clock: set back, it would send none for so long.
    if (silentMs < -CLOCK_BACK_MS) {
      session.lose(new Error(`The clock was set back by ${-silentMs} ms.`));
      return;
    }
    void session.payOwed();
  }

  async #refreshLag(): Promise<void> {
    await this.#lag.refresh();
    this.#changed();
  }

  #changed(): void {
    this.#options.onState?.(this.state());
  }

  state(): ConsumerState {
    const session = this.#session;
    const running = session?.joined ?? false;
    const reason = this.#reason(running);
    const partitions = running && session && this.#gather ? this.#lag.of(session.assigned, this.#gather.handled) : [];
    return {
      running,
      healthy: reason === undefined,
      reason,
      lastHeartbeatAt: session?.lastHeartbeatAt,
      lastFetchAt: session?.lastFetchAt,
      partitions,
      lagTotal: partitions.reduce((sum, { lag }) => sum + lag, 0),
      recreations: this.#recreations,
      recordsHandled: this.#recordsHandled,
    };
  }

  #reason(running: boolean): string | undefined {
    if (this.#stopping.signal.aborted) {
      return 'The consumer is stopped.';
    }
    if (!running || !this.#session) {
      return this.#lostReason ?? 'The consumer has not joined its group yet.';
    }
    const { handlingSince, trouble } = this.#progress;
    if (trouble !== undefined) {
      return trouble;
    }
    if (handlingSince !== undefined && Date.now() - handlingSince > this.#limits.handleSlowMs) {
      return `A batch has been in hand since ${new Date(handlingSince).toISOString()}.`;
    }
    if (Date.now() - this.#session.lastSignAt > this.#limits.sessionTimeoutMs) {
      return 'The broker has been silent for longer than the session timeout.';
    }
    return undefined;
  }
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve(undefined);
    } else {
      signal.addEventListener('abort', () => resolve(undefined), { once: true });
    }
  });
}
