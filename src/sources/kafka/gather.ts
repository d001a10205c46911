import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { EachBatchPayload } from 'kafkajs';
import { type Backoff, backoffMs } from '../../core/backoff.js';
import { FeewardenError } from '../../core/errors.js';
import { byTopic, type CommitOffset, cut, type Part, partitionKey, type Slice, toRecords } from './slices.js';
import type { HandleRecords, KafkaLog, KafkaRecord } from './types.js';

export interface GatherOptions {
  readonly handle: HandleRecords;
  /** Records in one call of `handle`. */
  readonly batchEventsMax: number;
  readonly heartbeatIntervalMs: number;
  /** Pauses between calls of `handle` that fail with a transient error; after `attemptsMax` in a row it is fatal. */
  readonly retry: Backoff;
  readonly log: KafkaLog;
  /** `handle` failed for good. The records stay uncommitted. */
  onFatal(error: unknown): void;
  onProgress(progress: GatherProgress): void;
}

export interface GatherProgress {
  /** Epoch milliseconds since when one call of `handle` (with its retries) runs; undefined between calls. */
  readonly handlingSince: number | undefined;
  /** The transient failure that is being waited out. */
  readonly trouble: string | undefined;
}

export interface PartitionPosition {
  readonly topic: string;
  readonly partition: number;
  readonly nextOffset: number;
  readonly endOffset: number;
}

/** A closed gather is asked again and again until its client has stopped; this keeps that from spinning. */
const CLOSED_PAUSE_MS = 200;

/**
 * The client hands out one batch per partition; the books want one batch per poll, because one transaction of 1,000
 * events costs little more than one of 10. So the client runs all partitions of a poll at once, and here they are
 * joined, cut to `batchEventsMax`, handled one after the other, resolved and committed.
 *
 * Only what `handle` has finished is ever resolved or committed, and always a whole prefix of a partition. A commit
 * that is lost or too old therefore only repeats records, whose effects count once downstream.
 */
export class Gather {
  readonly #options: GatherOptions;
  readonly #waiting: Part[] = [];
  readonly #owed = new Map<string, CommitOffset>();
  readonly #handled = new Map<string, PartitionPosition>();
  readonly #closing = new AbortController();
  #generation = 0;
  #failuresInRow = 0;
  #running = false;

  constructor(options: GatherOptions) {
    this.#options = options;
  }

  /** Called by the client for each partition of a poll; resolves or throws when that part is dealt with. */
  async onBatch(payload: EachBatchPayload): Promise<void> {
    if (this.#closing.signal.aborted) {
      await sleep(CLOSED_PAUSE_MS);
      return;
    }
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push({ payload, generation: this.#generation, resolve, reject });
      if (!this.#running) {
        void this.#drain();
      }
    });
  }

  /** The group was joined (again): what was read before may be another member's now, so it is not committed. */
  onGeneration(): void {
    this.#generation++;
    this.#owed.clear();
    this.#handled.clear();
  }

  /** No further call of `handle` after the one in hand. */
  close(): void {
    this.#closing.abort();
  }

  /** Offsets whose commit failed. They go with the next commit; when nothing is in hand the caller may commit them. */
  owed(): CommitOffset[] {
    return this.#running ? [] : [...this.#owed.values()];
  }

  settled(offsets: readonly CommitOffset[]): void {
    for (const offset of offsets) {
      if (this.#owed.get(partitionKey(offset))?.offset === offset.offset) {
        this.#owed.delete(partitionKey(offset));
      }
    }
  }

  get handled(): ReadonlyMap<string, PartitionPosition> {
    return this.#handled;
  }

  async #drain(): Promise<void> {
    this.#running = true;
    try {
      while (this.#waiting.length > 0) {
        // The client starts all partitions of a poll in one turn; after it, the poll is complete.
        await nextTurn();
        await this.#processPoll(this.#waiting.splice(0));
      }
    } finally {
      this.#running = false;
    }
  }

  async #processPoll(parts: Part[]): Promise<void> {
    const beat = startHeartbeat(parts[0], this.#options.heartbeatIntervalMs);
    try {
      for (const slices of cut(parts, this.#options.batchEventsMax)) {
        const wanted = slices.some(({ part }) => part.payload.isRunning()) && !this.#closing.signal.aborted;
        if (!wanted || !(await this.#handleSlices(slices, beat))) {
          break;
        }
        beat.throwIfInterrupted();
      }
      // What was not handled is simply fetched again: its offsets were not resolved.
      for (const part of parts) {
        part.resolve();
      }
    } catch (error) {
      for (const part of parts) {
        part.reject(error);
      }
    } finally {
      beat.stop();
      this.#options.onProgress({ handlingSince: undefined, trouble: undefined });
    }
  }

  /** False when the poll ends here. Throws the client's own errors, which make it rejoin or fetch again. */
  async #handleSlices(slices: Slice[], beat: Heartbeat): Promise<boolean> {
    const current = slices.filter((slice) => this.#isCurrent(slice));
    if (current.length === 0) {
      return true;
    }
    if (!(await this.#handlePatiently(current.flatMap(toRecords), beat))) {
      return false;
    }
    for (const slice of current) {
      if (this.#isCurrent(slice)) {
        this.#resolveSlice(slice);
      }
    }
    await this.#commit(current[0]!.part.payload);
    return true;
  }

  #isCurrent({ part }: Slice): boolean {
    return part.generation === this.#generation && !part.payload.isStale();
  }

  async #handlePatiently(records: KafkaRecord[], beat: Heartbeat): Promise<boolean> {
    const { handle, retry, log, onFatal, onProgress } = this.#options;
    const handlingSince = Date.now();
    onProgress({ handlingSince, trouble: undefined });
    while (!this.#closing.signal.aborted) {
      try {
        await handle(records);
        this.#failuresInRow = 0;
        return true;
      } catch (error) {
        this.#failuresInRow++;
        const transient = error instanceof FeewardenError && error.kind === 'transient';
        if (!transient || this.#failuresInRow > retry.attemptsMax) {
          this.close();
          onFatal(error);
          return false;
        }
        const pauseMs = backoffMs(retry, this.#failuresInRow);
        log.warn({ code: error.code, attempt: this.#failuresInRow, pauseMs }, 'kafka batch will be tried again');
        onProgress({ handlingSince, trouble: error.message });
        const wake = AbortSignal.any([this.#closing.signal, beat.interrupted]);
        await sleep(pauseMs, undefined, { signal: wake }).catch(() => undefined);
        // A rebalance waits for this member: give the batch back, it comes again to whoever holds the partition then.
        beat.throwIfInterrupted();
      }
    }
    return false;
  }

  #resolveSlice({ part, to }: Slice): void {
    const { batch, resolveOffset } = part.payload;
    const last = batch.messages[to - 1]!;
    resolveOffset(last.offset);
    // Behind the last message may lie control records of transactions, which the client filters out.
    const nextOffset = Number(to === batch.messages.length ? batch.lastOffset() : last.offset) + 1;
    const at = { topic: batch.topic, partition: batch.partition };
    this.#owed.set(partitionKey(at), { ...at, offset: nextOffset });
    this.#handled.set(partitionKey(at), { ...at, nextOffset, endOffset: Number(batch.highWatermark) });
  }

  async #commit(payload: EachBatchPayload): Promise<void> {
    const offsets = [...this.#owed.values()];
    if (offsets.length > 0) {
      await payload.commitOffsetsIfNecessary(byTopic(offsets));
      this.settled(offsets);
    }
  }
}

interface Heartbeat {
  /** Aborted when the coordinator wants this member to rejoin. */
  readonly interrupted: AbortSignal;
  throwIfInterrupted(): void;
  stop(): void;
}

/** The client sends no heartbeat while a batch is in hand; without this a slow batch would cost the membership. */
function startHeartbeat(part: Part | undefined, intervalMs: number): Heartbeat {
  const interruption = new AbortController();
  const timer = setInterval(() => {
    part?.payload.heartbeat().catch((error: unknown) => interruption.abort(error));
  }, intervalMs);
  return {
    interrupted: interruption.signal,
    throwIfInterrupted() {
      if (interruption.signal.aborted) {
        throw interruption.signal.reason;
      }
    },
    stop: () => clearInterval(timer),
  };
}
