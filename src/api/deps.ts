import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type pg from 'pg';
import type { Registry } from 'prom-client';
import type { AddressGuard } from '../alerts/addresses.js';
import type { Config } from '../config.js';
import type { Calendar } from '../core/calendar.js';
import type { Us } from '../core/time.js';
import type { ApplyOptions } from '../ledger/apply.js';
import type { ReaderState } from '../observe/kafka-readers.js';

/** What the interface needs from outside; nothing of it is opened or closed here. */
export interface ApiDeps {
  readonly pool: pg.Pool;
  readonly config: Pick<
    Config,
    | 'adminKey'
    | 'httpBodyBytesMax'
    | 'eventBytesMax'
    | 'eventDepthMax'
    | 'ingestBatchEventsMax'
    | 'databaseConnectionsMax'
    | 'bankRules'
    | 'kafkaBrokers'
  >;
  readonly calendar: Calendar;
  readonly clock: () => Us;
  /** Milliseconds that only grow, whoever sets the clock: for what is kept for a while. Set back, a clock would keep a revoked key alive. */
  readonly steadyMs: () => number;
  readonly log: FastifyBaseLogger;
  /** Says whether a subscription's address may be called. */
  readonly guard: AddressGuard;
  /** State of the Kafka consumer; absent when no broker is configured, or other processes read it and report to the database. */
  readonly broker?: () => ReaderState;
  /** Runs in the transaction of every batch of events (see `ApplyOptions`). */
  readonly alongside?: ApplyOptions['alongside'];
  /** Hears of an error that nobody knows the meaning of: the process has to stop. */
  readonly onFatal?: (error: unknown) => void;
  /** Where metrics are kept; default a registry of this server's own. */
  readonly registry?: Registry;
  readonly limits?: Partial<ApiLimits>;
}

export type Api = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>;

export interface ApiLimits {
  /** Requests of one key in a minute. */
  readonly requestsPerMinute: number;
  /** Requests of one address without a key in a minute: health, metrics, docs. */
  readonly openRequestsPerMinute: number;
  /** Wrong keys from one address in a minute; a right one is never refused for them. */
  readonly wrongKeysPerMinute: number;
  /** Requests with events that are worked on at once. */
  readonly eventRequestsAtOnce: number;
  /** Bytes of bodies held at once, as a multiple of `httpBodyBytesMax`. */
  readonly bodiesAtOnce: number;
  /** Transactions with events that run at once: more of them would wait for each other's institutions. */
  readonly writersAtOnce: number;
  /** A stream is read as it arrives, so it may be this many times as large as a body that has to fit in memory. */
  readonly streamBodyFactor: number;
  /** Rejections named in one answer; all are stored. */
  readonly rejectedListed: number;
  /** Milliseconds for the whole of a request to arrive. */
  readonly requestMs: number;
  /** Milliseconds for the answer to a read. */
  readonly readMs: number;
  /** How long a key that was found is trusted, in milliseconds: a revocation takes effect after this time at the latest. */
  readonly keyCacheMs: number;
}

/** Our defaults. */
export const API_LIMITS: ApiLimits = {
  requestsPerMinute: 120_000,
  openRequestsPerMinute: 6_000,
  wrongKeysPerMinute: 120,
  eventRequestsAtOnce: 64,
  bodiesAtOnce: 4,
  writersAtOnce: 2,
  streamBodyFactor: 16,
  rejectedListed: 10_000,
  requestMs: 900_000,
  readMs: 60_000,
  keyCacheMs: 2_000,
};
