import { Kafka, type LogEntry, logLevel, type RetryOptions } from 'kafkajs';
import { FeewardenError } from '../../core/errors.js';
import { addCodecs } from './codecs.js';
import { correctIdleTimer } from './idle-timer.js';
import type { KafkaSecurity } from './security.js';
import type { KafkaLog } from './types.js';

export interface ClientOptions {
  /** host:port of one or more brokers. */
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly log: KafkaLog;
  /** Attempts of the library before it gives up, with pauses of 0.1, 0.2, 0.4, 0.8, 1, 1 … s; default 5, about 3 s. */
  readonly clientRetries?: number;
  /** Default: neither encryption nor login. */
  readonly security?: KafkaSecurity;
}

/**
 * Retries inside the library are few on purpose: it retries in silence, while our own loops above it show their state,
 * have named caps and can be stopped. All fields are set, because the library has other defaults under NODE_ENV=test.
 */
const CLIENT_RETRY: RetryOptions = {
  initialRetryTime: 100,
  maxRetryTime: 1_000,
  factor: 0.2,
  multiplier: 2,
  retries: 5,
};

const CONNECT_TIMEOUT_MS = 3_000;
const REQUEST_TIMEOUT_MS = 30_000;

/** The library's entry point, with our log and our limits. */
export function createClient({ brokers, clientId, log, clientRetries, security }: ClientOptions): Kafka {
  correctIdleTimer();
  addCodecs();
  return new Kafka({
    brokers: [...brokers],
    clientId,
    connectionTimeout: CONNECT_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    ...security,
    retry: clientRetries === undefined ? CLIENT_RETRY : { ...CLIENT_RETRY, retries: clientRetries },
    logLevel: logLevel.INFO,
    logCreator: () => (entry) => writeLog(log, entry),
  });
}

/** Walks `cause` down to the first error: the library wraps the real reason once or twice. */
export function rootCause(error: unknown): unknown {
  let current = error;
  for (let depth = 0; depth < 10 && current instanceof Error && current.cause instanceof Error; depth++) {
    current = current.cause;
  }
  return current;
}

/** `type` of a broker's answer, such as OUT_OF_ORDER_SEQUENCE_NUMBER, or the error's class name. */
export function errorKindOf(error: unknown): string {
  const cause = rootCause(error);
  if (!(cause instanceof Error)) {
    return 'unknown';
  }
  const type: unknown = 'type' in cause ? cause.type : undefined;
  return typeof type === 'string' ? type : cause.name;
}

/** True for errors that pass by themselves: connections, leaders that move, coordinators that load. */
export function isRetriable(error: unknown): boolean {
  const cause = rootCause(error);
  if (!(cause instanceof Error)) {
    return false;
  }
  if (RETRIABLE_NAMES.has(cause.name) || (error instanceof Error && RETRIABLE_NAMES.has(error.name))) {
    return true;
  }
  return RETRIABLE_TYPES.has(errorKindOf(cause)) || ('retriable' in cause && cause.retriable === true);
}

/** Maps what passes by itself to `broker_unavailable`; anything else stays as it is and stops the process. */
export function toBrokerError(error: unknown): unknown {
  const cause = rootCause(error);
  if (cause instanceof Error && cause.name === 'KafkaJSSASLAuthenticationError') {
    return new FeewardenError('broker_refused', cause.message, { cause: error });
  }
  if (error instanceof FeewardenError || !isRetriable(error)) {
    return error;
  }
  return new FeewardenError(
    'broker_unavailable',
    `(${errorKindOf(error)}${cause instanceof Error ? `: ${cause.message}` : ''})`,
    { cause: error },
  );
}

// The library marks some of these as not retriable because it gave up on them; a new client may still succeed.
const RETRIABLE_NAMES = new Set([
  'KafkaJSNumberOfRetriesExceeded',
  'KafkaJSConnectionError',
  'KafkaJSConnectionClosedError',
  'KafkaJSRequestTimeoutError',
  'KafkaJSNoBrokerAvailableError',
  'KafkaJSBrokerNotFound',
  'KafkaJSTimeout',
  'KafkaJSLockTimeout',
]);

// Answers of the broker that the library does not repeat, but that a later attempt with a new client outlives.
const RETRIABLE_TYPES = new Set([
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'DUPLICATE_SEQUENCE_NUMBER',
  'UNKNOWN_PRODUCER_ID',
  'INVALID_PRODUCER_EPOCH',
  'INVALID_PRODUCER_ID_MAPPING',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'GROUP_LOAD_IN_PROGRESS',
  'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
]);

/** The library's words for "the group stood before the oldest record, or behind the newest"; reading goes on with the oldest. */
const OUT_OF_RANGE = 'Offset out of range, resetting to default offset';

/**
 * Quieter than the library means it: it calls every answer "coordinator is loading" an error and every join an
 * information, while what matters to an operator is logged by our own loops.
 */
function writeLog(log: KafkaLog, entry: LogEntry): void {
  const { message, timestamp: _timestamp, stack: _stack, logger: _logger, ...fields } = entry.log;
  if (message === OUT_OF_RANGE) {
    log.warn(fields, 'kafka records are gone that were not read yet: their topic keeps them for too short a time');
    return;
  }
  const line = `kafka client: ${message}`;
  if (entry.level === logLevel.ERROR) {
    log.info(fields, line);
  } else {
    log.debug(fields, line);
  }
}
