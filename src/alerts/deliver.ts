import type pg from 'pg';
import { backoffMs } from '../core/backoff.js';
import { FeewardenError } from '../core/errors.js';
import { DATABASE_AWAY } from '../db/patience.js';
import { databaseErrorText, isTransientDatabaseError } from '../db/transient.js';
import { type RetryPolicy, WEBHOOK_RETRY } from './backoff.js';
import { closeSender, connectSender } from './connection.js';
import type { AttemptOutcome } from './outcome.js';
import {
  type AttemptResult,
  type ClaimedDelivery,
  claimDeliveries,
  holdTopics,
  type Lane,
  postponeFollowers,
  readTopicDeliveries,
  recordAttempts,
  releaseTopics,
  renewClaims,
} from './queue.js';
import { afterFailure, KAFKA_REST, RESTED, type Rest, type RestPolicy, slotsAllowed, WEBHOOK_REST } from './rest.js';
import { resultOf } from './result.js';
import { isKafka, KAFKA_SINKS, type SinkName, webhookSink } from './route.js';
import { setRight } from './set-right.js';
import type { KafkaSink } from './sinks/kafka.js';
import type { WebhookEndpoint, WebhookSink } from './sinks/webhook.js';
import { pauseSubscription, readEndpoints } from './subscriptions.js';

export interface DeliverSettings {
  /** Pause between looks at an idle outbox. It is the largest part of the way from commit to webhook. */
  readonly pollMs: number;
  /** Deliveries of one subscription that one worker sends at the same time. */
  readonly webhookConcurrency: number;
  /** Records of one batch to Kafka; one batch of each topic is under way at a time. */
  readonly kafkaBatchMax: number;
  /** After so long without a sign of life a worker's claims are free for others. Renewed three times in that span. */
  readonly leaseMs: number;
  /** How soon a new, changed or paused subscription is noticed. */
  readonly refreshMs: number;
  /** How soon it is noticed that the database's clock was ahead. */
  readonly setRightMs: number;
  /** At the end: how long to wait for what is being sent. */
  readonly drainMs: number;
  readonly webhookRetry: RetryPolicy;
  readonly webhookRest: RestPolicy;
  readonly kafkaRest: RestPolicy;
}

/** Our defaults. */
export const DELIVER_DEFAULTS: DeliverSettings = {
  pollMs: 20,
  webhookConcurrency: 32,
  kafkaBatchMax: 500,
  leaseMs: 6_000,
  refreshMs: 1_000,
  setRightMs: 30_000,
  drainMs: 12_000,
  webhookRetry: WEBHOOK_RETRY,
  webhookRest: WEBHOOK_REST,
  kafkaRest: KAFKA_REST,
};

/** What happened to one delivery, for metrics. */
export interface DeliveryNotice {
  readonly sink: 'kafka' | 'webhook';
  readonly outcome: AttemptOutcome['kind'] | 'dead';
  readonly seconds: number;
}

export interface DeliverDeps {
  readonly pool: pg.Pool;
  readonly webhook: WebhookSink;
  /** Null when no broker is configured. */
  readonly kafka: KafkaSink | null;
  /** Differs for each process. */
  readonly worker: string;
  readonly settings: DeliverSettings;
  /** In [0, 1). */
  readonly random: () => number;
  /** Milliseconds that only grow: with a clock that is set back leases would lapse and new subscriptions stay unnoticed for so long. */
  readonly nowMs: () => number;
  readonly log: DeliverLog;
  readonly observe?: (notice: DeliveryNotice) => void;
}

export interface DeliverLog {
  warn(fields: object, text: string): void;
}

/**
 * Sends what is due until `signal` ends, then waits for what is being sent and records it. Each sink has places of its
 * own, so a receiver that hangs holds up nobody else. "Sent" is recorded after the receiver's yes: a crash in between sends
 * again, with the same id. The database being away is waited out; any other surprise ends the promise with an error.
 */
export async function deliver(signal: AbortSignal, deps: DeliverDeps): Promise<void> {
  const loop = new DeliveryLoop(deps);
  const wake = (): void => loop.wake();
  signal.addEventListener('abort', wake);
  try {
    let failures = 0;
    while (!signal.aborted) {
      try {
        const idle = await loop.turn();
        failures = 0;
        if (idle) await loop.sleep(deps.settings.pollMs);
      } catch (error) {
        failures += 1;
        loop.disconnect();
        await loop.sleep(databasePauseMs(error, failures, deps.log));
      }
    }
    await loop.drain();
  } catch (error) {
    // At the end there is nobody left to wait for the database: what is not recorded is sent again.
    if (!signal.aborted || !isTransientDatabaseError(error)) throw error;
  } finally {
    loop.disconnect();
    signal.removeEventListener('abort', wake);
  }
}

function databasePauseMs(error: unknown, failures: number, log: DeliverLog): number {
  if (!isTransientDatabaseError(error)) throw error;
  const detail = databaseErrorText(error);
  // As long as the other workers: in one process the first that gives up ends them all.
  if (failures > DATABASE_AWAY.attemptsMax) throw new FeewardenError('database_unavailable', detail, { cause: error });
  if (failures === 1) log.warn({ detail }, 'The database does not answer; waiting for it.');
  return backoffMs(DATABASE_AWAY, failures);
}

interface Endpoint extends WebhookEndpoint {
  readonly id: string;
}

/** What this worker knows of one sink. */
interface SinkState {
  underWay: number;
  rest: Rest;
  /** Why the last attempt failed; null after a success. */
  trouble: string | null;
}

/** One worker's view: whom it may send to, what is under way, and what has come back but is not yet recorded. */
class DeliveryLoop {
  private endpoints = new Map<SinkName, Endpoint>();
  private topics: readonly SinkName[] = [];
  private topicsHeldUntilMs = 0;
  private readonly sinks = new Map<SinkName, SinkState>();
  private readonly underWay = new Map<ClaimedDelivery, Promise<void>>();
  private finished: AttemptResult[] = [];
  private gone: SinkName[] = [];
  /** An error that nobody expected: from a sink, or from the work beside the loop. */
  private surprise: { readonly error: unknown } | null = null;
  private postponing: Promise<void> | null = null;
  private refreshAtMs = 0;
  private setRightAtMs = 0;
  private renewAtMs = 0;
  private awake: () => void = () => {};
  private woken = false;
  private client: pg.PoolClient | null = null;

  constructor(private readonly deps: DeliverDeps) {}

  /** One round: record, look after claims and subscriptions, take more, send. True when there was nothing to do. */
  async turn(): Promise<boolean> {
    const db = await this.connect();
    await this.record(db);
    await this.refresh(db);
    const { worker, settings } = this.deps;
    const { webhookConcurrency, kafkaBatchMax } = settings;
    const claimed = await claimDeliveries(
      db,
      worker,
      settings.leaseMs,
      this.lanes(this.endpoints.keys(), webhookConcurrency),
    );
    this.startWebhooks(claimed.filter((one) => !this.isUnderWay(one)));
    const free = this.topics.filter((sink) => this.isFree(sink));
    const records = await readTopicDeliveries(db, this.lanes(free, kafkaBatchMax));
    this.startTopics(records);
    return claimed.length + records.length + this.finished.length === 0 && this.surprise === null;
  }

  /** Waits for what is under way, at most `drainMs`, and records it. The rest is sent again when its lease ends. */
  async drain(): Promise<void> {
    const everything = Promise.all(this.underWay.values());
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.deps.settings.drainMs);
    });
    await Promise.race([everything, limit]);
    clearTimeout(timer);
    await this.postponing;
    const db = await this.connect();
    await this.record(db);
    if (this.underWay.size === 0) await releaseTopics(db, this.deps.worker);
  }

  /** After an error the connection is not to be trusted. */
  disconnect(): void {
    if (this.client) closeSender(this.client);
    this.client = null;
  }

  wake(): void {
    this.woken = true;
    this.awake();
  }

  /** Until `ms` have passed or something came back. */
  async sleep(ms: number): Promise<void> {
    if (!this.woken) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.awake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.woken = false;
  }

  private async connect(): Promise<pg.PoolClient> {
    this.client ??= await connectSender(this.deps.pool);
    return this.client;
  }

  private async record(db: pg.PoolClient): Promise<void> {
    while (this.gone.length > 0) {
      const sink = this.gone[0]!;
      const endpoint = this.endpoints.get(sink);
      if (endpoint) await pauseSubscription(this.deps.pool, endpoint.id, 'The receiver answered 410 Gone.');
      this.endpoints.delete(sink);
      this.gone.shift();
    }
    // Kept until the statement has committed: if the database goes away now, they are recorded when it is back.
    const results = [...this.finished];
    await recordAttempts(db, this.deps.worker, results);
    this.finished = this.finished.slice(results.length);
    if (this.surprise) throw this.surprise.error;
  }

  private async refresh(db: pg.PoolClient): Promise<void> {
    const { pool, worker, settings, kafka, nowMs } = this.deps;
    if (nowMs() >= this.refreshAtMs) {
      this.endpoints = new Map((await readEndpoints(pool)).map((one) => [webhookSink(one.id), one]));
      for (const sink of this.sinks.keys()) if (!isKafka(sink) && !this.endpoints.has(sink)) this.forget(sink);
      this.postpone();
      this.refreshAtMs = nowMs() + settings.refreshMs;
    }
    if (nowMs() >= this.renewAtMs) {
      const startedMs = nowMs();
      this.topics = await holdTopics(db, worker, settings.leaseMs, kafka ? KAFKA_SINKS : []);
      this.topicsHeldUntilMs = startedMs + settings.leaseMs;
      await renewClaims(
        db,
        worker,
        settings.leaseMs,
        [...this.underWay.keys()].filter(({ sink }) => !isKafka(sink)),
      );
      this.renewAtMs = startedMs + settings.leaseMs / 3;
    }
  }

  /** Beside the loop: it may take a moment when a receiver has failed for long, and nobody else shall wait for that. */
  private postpone(): void {
    const failing = [...this.endpoints.keys()].filter((sink) => this.stateOf(sink).trouble !== null);
    this.postponing ??= this.look(failing)
      .catch((error: unknown) => {
        // A database that is away is noticed, and waited for, in the loop.
        if (!isTransientDatabaseError(error)) this.surprise = { error };
      })
      .finally(() => {
        this.postponing = null;
      });
  }

  private async look(failing: readonly SinkName[]): Promise<void> {
    const { pool, settings, nowMs } = this.deps;
    await postponeFollowers(pool, failing);
    if (nowMs() < this.setRightAtMs) return;
    await setRight(pool, [...this.endpoints.keys()], settings.leaseMs, settings.webhookRetry);
    this.setRightAtMs = nowMs() + settings.setRightMs;
  }

  private stateOf(sink: SinkName): SinkState {
    let state = this.sinks.get(sink);
    if (!state) {
      state = { underWay: 0, rest: RESTED, trouble: null };
      this.sinks.set(sink, state);
    }
    return state;
  }

  private forget(sink: SinkName): void {
    if (this.stateOf(sink).underWay === 0) this.sinks.delete(sink);
  }

  private lanes(sinks: Iterable<SinkName>, slotsMax: number): Lane[] {
    return [...sinks].flatMap((sink) => {
      const { rest, underWay } = this.stateOf(sink);
      const slots = slotsAllowed(rest, this.deps.nowMs(), slotsMax) - underWay;
      return slots > 0 ? [{ sink, slots }] : [];
    });
  }

  /** What has been sent but not yet recorded would be read from the database as pending, and sent twice. */
  private isFree(topic: SinkName): boolean {
    if (this.deps.nowMs() >= this.topicsHeldUntilMs || this.stateOf(topic).underWay > 0) return false;
    return !this.finished.some((result) => result.sink === topic);
  }

  /** Our own claims are given to us again when the database's clock was set back. */
  private isUnderWay({ messageSeq, sink }: ClaimedDelivery): boolean {
    return [...this.underWay.keys()].some((one) => one.messageSeq === messageSeq && one.sink === sink);
  }

  private startWebhooks(claimed: readonly ClaimedDelivery[]): void {
    for (const delivery of claimed) {
      const endpoint = this.endpoints.get(delivery.sink);
      if (endpoint) this.follow([delivery], async () => [await this.deps.webhook.send(delivery, endpoint)]);
    }
  }

  private startTopics(records: readonly ClaimedDelivery[]): void {
    for (const sink of new Set(records.map((record) => record.sink))) {
      const batch = records.filter((record) => record.sink === sink);
      this.follow(batch, async () => (await this.deps.kafka?.send(batch[0]!.topic, batch)) ?? []);
    }
  }

  private follow(batch: readonly ClaimedDelivery[], send: () => Promise<AttemptOutcome[]>): void {
    const startedMs = this.deps.nowMs();
    const done = send()
      .then((outcomes) => {
        const seconds = (this.deps.nowMs() - startedMs) / 1_000;
        for (const [i, outcome] of outcomes.entries()) this.take(batch[i]!, outcome, seconds);
      })
      .catch((error: unknown) => {
        this.surprise = { error };
      })
      .finally(() => {
        for (const delivery of batch) {
          this.underWay.delete(delivery);
          this.stateOf(delivery.sink).underWay -= 1;
        }
        this.wake();
      });
    for (const delivery of batch) {
      this.underWay.set(delivery, done);
      this.stateOf(delivery.sink).underWay += 1;
    }
  }

  private take(delivery: ClaimedDelivery, outcome: AttemptOutcome, seconds: number): void {
    const result = resultOf(delivery, outcome, this.deps.settings.webhookRetry, this.deps.random);
    this.finished.push(result);
    if (outcome.kind === 'gone') this.gone.push(delivery.sink);
    this.noteHealth(delivery.sink, outcome);
    const dead = result.state === 'dead';
    const kind = isKafka(delivery.sink) ? 'kafka' : 'webhook';
    this.deps.observe?.({ sink: kind, outcome: dead ? 'dead' : outcome.kind, seconds });
    if (dead || outcome.kind === 'gone') {
      const { sink, messageId } = delivery;
      const text = dead ? 'A delivery is given up; replay sends it again.' : 'A subscription is paused.';
      this.deps.log.warn({ sink, messageId, status: result.status, error: result.error }, text);
    }
  }

  private noteHealth(sink: SinkName, outcome: AttemptOutcome): void {
    const state = this.stateOf(sink);
    if (outcome.kind === 'delivered') {
      state.rest = RESTED;
      state.trouble = null;
    }
    if (outcome.kind !== 'retry') return;
    const { kafkaRest, webhookRest } = this.deps.settings;
    const restsBefore = state.rest.rests;
    if (outcome.status === null || !ABOUT_THE_MESSAGE.has(outcome.status)) {
      state.rest = afterFailure(state.rest, this.deps.nowMs(), isKafka(sink) ? kafkaRest : webhookRest);
    }
    // Once for each time of trouble, not for each of its many attempts.
    if (restsBefore === 0 && state.rest.rests > 0) {
      this.deps.log.warn({ sink, error: outcome.error }, 'A receiver takes nothing; its messages wait in the outbox.');
    }
    state.trouble = outcome.error;
  }
}

/** Answers that blame this message: they say nothing about how the receiver is. */
const ABOUT_THE_MESSAGE: ReadonlySet<number> = new Set([400, 413, 415, 422]);
