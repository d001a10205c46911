import type pg from 'pg';
import { FeewardenError } from '../core/errors.js';
import { databaseErrorText, isTransientDatabaseError } from '../db/transient.js';
import { KAFKA_RETRY, type RetryPolicy, retryDelayMs, WEBHOOK_RETRY } from './backoff.js';
import type { AttemptOutcome } from './outcome.js';
import {
  type AttemptResult,
  type ClaimedDelivery,
  claimDeliveries,
  type Lane,
  postponeFollowers,
  recordAttempts,
  renewClaims,
} from './queue.js';
import { KAFKA_SINK, type SinkName, webhookSink } from './route.js';
import type { KafkaSink } from './sinks/kafka.js';
import type { WebhookEndpoint, WebhookSink } from './sinks/webhook.js';
import { pauseSubscription, readEndpoints } from './subscriptions.js';

export interface DeliverSettings {
  /** Pause between looks at an idle outbox. It is the largest part of the way from commit to webhook. */
  readonly pollMs: number;
  /** Deliveries of one subscription that one worker sends at the same time. */
  readonly webhookConcurrency: number;
  /** Records of one batch to Kafka; one batch is under way at a time. */
  readonly kafkaBatchMax: number;
  /** After so long without a sign of life a worker's claims are free for others. Renewed three times in that span. */
  readonly leaseMs: number;
  /** How soon a new, changed or paused subscription is noticed. */
  readonly refreshMs: number;
  /** At the end: how long to wait for what is being sent. */
  readonly drainMs: number;
  readonly webhookRetry: RetryPolicy;
  readonly kafkaRetry: RetryPolicy;
}

/** Our defaults. */
export const DELIVER_DEFAULTS: DeliverSettings = {
  pollMs: 20,
  webhookConcurrency: 32,
  kafkaBatchMax: 500,
  leaseMs: 6_000,
  refreshMs: 1_000,
  drainMs: 12_000,
  webhookRetry: WEBHOOK_RETRY,
  kafkaRetry: KAFKA_RETRY,
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
        await loop.sleep(databasePauseMs(error, failures, deps.log));
      }
    }
    await loop.drain();
  } finally {
    signal.removeEventListener('abort', wake);
  }
}

const DATABASE_PAUSE_MS_FIRST = 50;
const DATABASE_PAUSE_MS_MAX = 1_000;
/** About two minutes: a database that restarts and recovers is back by then. */
const DATABASE_FAILURES_MAX = 120;

function databasePauseMs(error: unknown, failures: number, log: DeliverLog): number {
  if (!isTransientDatabaseError(error)) throw error;
  const detail = databaseErrorText(error);
  if (failures > DATABASE_FAILURES_MAX) throw new FeewardenError('database_unavailable', detail, { cause: error });
  if (failures === 1) log.warn({ detail }, 'The database does not answer; waiting for it.');
  return Math.min(DATABASE_PAUSE_MS_MAX, DATABASE_PAUSE_MS_FIRST * 2 ** Math.min(failures, 10));
}

interface Endpoint extends WebhookEndpoint {
  readonly id: string;
}

/** One worker's view: whom it may send to, what is under way, and what has come back but is not yet recorded. */
class DeliveryLoop {
  private endpoints = new Map<SinkName, Endpoint>();
  private readonly underWay = new Map<ClaimedDelivery, Promise<void>>();
  private readonly counts = new Map<SinkName, number>();
  private finished: AttemptResult[] = [];
  private gone: SinkName[] = [];
  /** An error that nobody expected, from a sink. */
  private surprise: { readonly error: unknown } | null = null;
  /** Why the last batch to Kafka failed; null when it went through. Logged when it changes, not at each of many retries. */
  private kafkaTrouble: string | null = null;
  private refreshAt = 0;
  private renewAt = 0;
  private awake: () => void = () => {};
  private woken = false;

  constructor(private readonly deps: DeliverDeps) {}

  /** One round: record, look after claims and subscriptions, take more, send. True when there was nothing to do. */
  async turn(): Promise<boolean> {
    await this.record();
    await this.refresh();
    const { pool, worker, settings } = this.deps;
    const claimed = await claimDeliveries(pool, worker, settings.leaseMs, this.freeLanes());
    this.start(claimed);
    return claimed.length === 0 && this.finished.length === 0 && this.surprise === null;
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
    await this.record();
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

  private async record(): Promise<void> {
    while (this.gone.length > 0) {
      const sink = this.gone[0]!;
      const endpoint = this.endpoints.get(sink);
      if (endpoint) await pauseSubscription(this.deps.pool, endpoint.id, 'The receiver answered 410 Gone.');
      this.endpoints.delete(sink);
      this.gone.shift();
    }
    // Kept until the statement has committed: if the database goes away now, they are recorded when it is back.
    const results = [...this.finished];
    await recordAttempts(this.deps.pool, this.deps.worker, results);
    this.finished = this.finished.slice(results.length);
    if (this.surprise) throw this.surprise.error;
  }

  private async refresh(): Promise<void> {
    const { pool, worker, settings, nowMs } = this.deps;
    if (nowMs() >= this.refreshAt) {
      this.endpoints = new Map((await readEndpoints(pool)).map((one) => [webhookSink(one.id), one]));
      await postponeFollowers(pool, this.sinks());
      this.refreshAt = nowMs() + settings.refreshMs;
    }
    if (nowMs() >= this.renewAt) {
      await renewClaims(pool, worker, settings.leaseMs, [...this.underWay.keys()]);
      this.renewAt = nowMs() + settings.leaseMs / 3;
    }
  }

  private sinks(): SinkName[] {
    return this.deps.kafka ? [KAFKA_SINK, ...this.endpoints.keys()] : [...this.endpoints.keys()];
  }

  private freeLanes(): Lane[] {
    const { settings } = this.deps;
    return this.sinks().flatMap((sink) => {
      const busy = this.counts.get(sink) ?? 0;
      const slots = sink === KAFKA_SINK ? (busy > 0 ? 0 : settings.kafkaBatchMax) : settings.webhookConcurrency - busy;
      return slots > 0 ? [{ sink, slots }] : [];
    });
  }

  private start(claimed: readonly ClaimedDelivery[]): void {
    const batch = claimed.filter((delivery) => delivery.sink === KAFKA_SINK);
    const { kafka, webhook } = this.deps;
    if (kafka && batch.length > 0) this.follow(batch, () => kafka.send(batch));
    for (const delivery of claimed) {
      const endpoint = this.endpoints.get(delivery.sink);
      if (endpoint) this.follow([delivery], async () => [await webhook.send(delivery, endpoint)]);
    }
  }

  private follow(batch: readonly ClaimedDelivery[], send: () => Promise<AttemptOutcome[]>): void {
    const startedMs = this.deps.nowMs();
    const done = send()
      .then((outcomes) => {
        const seconds = (this.deps.nowMs() - startedMs) / 1_000;
        for (const [i, delivery] of batch.entries()) this.take(delivery, outcomes[i]!, seconds);
        if (batch[0]?.sink === KAFKA_SINK) this.noteKafka(outcomes);
      })
      .catch((error: unknown) => {
        this.surprise = { error };
      })
      .finally(() => {
        for (const delivery of batch) {
          this.underWay.delete(delivery);
          this.counts.set(delivery.sink, (this.counts.get(delivery.sink) ?? 0) - 1);
        }
        this.wake();
      });
    for (const delivery of batch) {
      this.underWay.set(delivery, done);
      this.counts.set(delivery.sink, (this.counts.get(delivery.sink) ?? 0) + 1);
    }
  }

  private take(delivery: ClaimedDelivery, outcome: AttemptOutcome, seconds: number): void {
    const result = resultOf(delivery, outcome, this.deps);
    this.finished.push(result);
    if (outcome.kind === 'gone') this.gone.push(delivery.sink);
    const dead = result.state === 'dead';
    const kind = delivery.sink === KAFKA_SINK ? 'kafka' : 'webhook';
    this.deps.observe?.({ sink: kind, outcome: dead ? 'dead' : outcome.kind, seconds });
    if (dead || outcome.kind === 'gone') {
      const { sink, messageId } = delivery;
      const text = dead ? 'A delivery is given up; replay sends it again.' : 'A subscription is paused.';
      this.deps.log.warn({ sink, messageId, status: result.status, error: result.error }, text);
    }
  }

  private noteKafka(outcomes: readonly AttemptOutcome[]): void {
    const failed = outcomes.find((outcome) => outcome.kind === 'retry');
    const trouble = failed?.kind === 'retry' ? failed.error : null;
    if (trouble !== null && trouble !== this.kafkaTrouble) {
      this.deps.log.warn({ sink: KAFKA_SINK, error: trouble }, 'Kafka takes no messages; they wait in the outbox.');
    }
    this.kafkaTrouble = trouble;
  }
}

/** What is to be recorded for an outcome: the only place that decides between "again later" and "dead". */
function resultOf(delivery: ClaimedDelivery, outcome: AttemptOutcome, deps: DeliverDeps): AttemptResult {
  const { messageSeq, sink } = delivery;
  const common = { messageSeq, sink, status: outcome.status, delayMs: 0 };
  if (outcome.kind === 'delivered') return { ...common, state: 'delivered', error: null, proof: outcome.proof };
  const failed = { ...common, error: outcome.error, proof: null };
  if (outcome.kind === 'refused') return { ...failed, state: 'dead' };
  // It waits, due, for the day on which its subscription is resumed.
  if (outcome.kind === 'gone') return { ...failed, state: 'pending' };
  const policy = sink === KAFKA_SINK ? deps.settings.kafkaRetry : deps.settings.webhookRetry;
  const delayMs = retryDelayMs(delivery.attempts + 1, policy, deps.random(), outcome.askedMs ?? null);
  return delayMs === null ? { ...failed, state: 'dead' } : { ...failed, state: 'pending', delayMs };
}
