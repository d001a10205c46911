import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { tellRejected } from '../src/alerts/rejected-messages.js';
import type { Config } from '../src/config.js';
import type { Calendar } from '../src/core/calendar.js';
import { FeewardenError } from '../src/core/errors.js';
import type { Us } from '../src/core/time.js';
import { isTransientDatabaseError } from '../src/db/transient.js';
import type { BatchResult, Input } from '../src/ledger/apply.js';
import { addCounts, decodeInput, type IntakeDeps, noCounts } from '../src/ledger/intake.js';
import { takeInLanes } from '../src/ledger/lanes.js';
import { NOT_JOINED, REPORT_MS, type ReaderState, reportReader, retireReader } from '../src/observe/kafka-readers.js';
import { runConsumer } from '../src/sources/kafka/consumer.js';
import { kafkaSecurity } from '../src/sources/kafka/security.js';
import { ensureTopics, PARTITIONS_DEFAULT } from '../src/sources/kafka/topics.js';
import type { ConsumerState, KafkaLog, KafkaRecord } from '../src/sources/kafka/types.js';

export interface IngestDeps {
  readonly pool: pg.Pool;
  readonly config: Config;
  readonly calendar: Calendar;
  readonly clock: () => Us;
  readonly log: KafkaLog;
  /** Ends the worker: the batch in hand is committed first. */
  readonly signal: AbortSignal;
  readonly onState?: (state: ConsumerState) => void;
  readonly onBatch?: (result: BatchResult, seconds: number) => void;
}

/** Between two tries while no broker answers. */
const AWAY_PAUSE_MS = 5_000;

/**
 * Takes events from Kafka into the books. One poll is one batch, and the events of an institution in it one transaction; offsets are
 * committed only after the database has committed all of it. Several of these processes share the partitions of the group.
 *
 * A broker that is away, at the start or later, is waited for as long as it takes: `feewarden start` has everything else in the same
 * process, and what comes by HTTP, is evaluated and told by webhooks needs no broker. Readiness says what is missing meanwhile.
 */
export async function runIngest(deps: IngestDeps): Promise<void> {
  const worker = randomUUID();
  let known: ReaderState = NOT_JOINED;
  const onState = (state: ConsumerState): void => {
    known = state;
    deps.onState?.(state);
  };
  try {
    await Promise.all([read({ ...deps, onState }), report(deps, worker, () => known)]);
  } finally {
    // Else it is found silent in half a minute.
    await retireReader(deps.pool, worker).catch(() => undefined);
  }
}

/** Tells the API of another process how reading goes. While the database is away nobody could hear of it. */
async function report({ pool, signal }: IngestDeps, worker: string, state: () => ReaderState): Promise<void> {
  while (!signal.aborted) {
    try {
      await reportReader(pool, worker, state());
    } catch (error) {
      if (!isTransientDatabaseError(error)) throw error;
    }
    await sleep(REPORT_MS, undefined, { signal }).catch(() => undefined);
  }
}

async function read(deps: IngestDeps): Promise<void> {
  while (!deps.signal.aborted) {
    try {
      await consume(deps);
      return;
    } catch (error) {
      if (!(error instanceof FeewardenError) || error.code !== 'broker_unavailable') throw error;
      deps.onState?.({ ...AWAY, reason: error.message });
      deps.log.warn({ why: error.message, pauseMs: AWAY_PAUSE_MS }, 'no broker answers; it is waited for');
      await sleep(AWAY_PAUSE_MS, undefined, { signal: deps.signal }).catch(() => undefined);
    }
  }
}

const AWAY: ConsumerState = {
  running: false,
  healthy: false,
  reason: undefined,
  lastHeartbeatAt: undefined,
  lastFetchAt: undefined,
  partitions: [],
  lagTotal: 0,
  recreations: 0,
  recordsHandled: 0,
};

/** Until the signal ends, or the consumer gives up. */
async function consume(deps: IngestDeps): Promise<void> {
  const { config, log } = deps;
  const { kafkaBrokers: brokers, kafkaClientId: clientId } = config;
  const client = { brokers, clientId, log, security: kafkaSecurity(config) };
  await ensureTopics({ ...client, partitions: PARTITIONS_DEFAULT });
  const intake: IntakeDeps = {
    pool: deps.pool,
    calendar: deps.calendar,
    clock: deps.clock,
    limits: { bytesMax: config.eventBytesMax, depthMax: config.eventDepthMax },
    alongside: tellRejected({ kafkaEnabled: true }),
  };
  const consumer = runConsumer({
    ...client,
    groupId: config.kafkaGroup,
    topics: config.kafkaTopics,
    batchEventsMax: config.ingestBatchEventsMax,
    handle: (records) => handle(deps, intake, records),
    ...(deps.onState ? { onState: deps.onState } : {}),
  });
  const stop = (): void => void consumer.stop();
  deps.signal.addEventListener('abort', stop, { once: true });
  if (deps.signal.aborted) stop();
  try {
    await consumer.done;
  } finally {
    deps.signal.removeEventListener('abort', stop);
  }
}

async function handle(deps: IngestDeps, intake: IntakeDeps, records: readonly KafkaRecord[]): Promise<void> {
  const started = deps.clock();
  const inputs = records.map((record) => inputOf(record, intake.limits, started));
  const result = await takeInLanes(intake, inputs);
  const counts = noCounts();
  addCounts(counts, result);
  const seconds = (deps.clock() - started) / 1_000_000;
  deps.onBatch?.(result, seconds);
  deps.log.debug({ ...counts, seconds }, 'batch booked');
}

export function inputOf(record: KafkaRecord, limits: IntakeDeps['limits'], receivedAt: Us): Input {
  const { topic, partition, offset } = record;
  const origin = { key: `kafka:${topic}:${partition}:${offset}`, detail: { topic, partition, offset } };
  // A tombstone or an empty record is no event; the decoder says so.
  const input = decodeInput(record.value ?? EMPTY, origin, limits, receivedAt);
  return input.bytes.length > KEPT_BYTES_MAX ? { ...input, bytes: input.bytes.subarray(0, SAMPLE_BYTES) } : input;
}

const EMPTY = Buffer.alloc(0);

/** The largest FEEWARDEN_EVENT_BYTES_MAX: what is larger is refused for good. Packed, a record may be larger than a row can be. */
const KEPT_BYTES_MAX = 16_777_216;
/** What is kept of such a one: enough to recognise it, as for files. */
const SAMPLE_BYTES = 1_024;
