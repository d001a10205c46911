import { createHash } from 'node:crypto';
import type pg from 'pg';
import type { Calendar } from '../core/calendar.js';
import type { ErrorCode } from '../core/errors.js';
import type { Us } from '../core/time.js';
import { inTransaction } from '../db/pool.js';
import type { Decoded, Rejection } from '../events/decode.js';
import type { AnyEvent } from '../events/event.js';
import { book, type Outcome } from './book.js';
import { flush } from './flush.js';
import { rematchAll } from './match.js';
import { prefetch, prefetchMatching } from './prefetch.js';
import { tellingKey } from './rows.js';
import { insertRejected, type RejectedRow, type StoredRejection } from './sql/insert-rejected.js';
import { WorkingSet } from './working-set.js';

/** Where an input came from; `key` is the same when the same input is told again from the same place. */
export interface Origin {
  readonly key: string;
  readonly detail: Record<string, string | number>;
}

/** One input: the bytes as received, what decoding made of them, and where they came from. */
export interface Input {
  readonly bytes: Buffer;
  readonly decoded: Decoded;
  readonly origin: Origin;
}

export type InputOutcome =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'duplicate' }
  | { readonly kind: 'rejected'; readonly rejection: Rejection };

export interface ApplyOptions {
  readonly receivedAt: Us;
  readonly calendar: Calendar;
  /** Runs in the same transaction, after the books: progress of a file, messages about new rejections. */
  readonly alongside?: (client: pg.PoolClient, result: BatchResult) => Promise<void>;
}

export interface BatchResult {
  /** One per input, in order. */
  readonly outcomes: readonly InputOutcome[];
  /** Rejections stored for the first time. */
  readonly newlyRejected: readonly StoredRejection[];
}

/**
 * THE transaction: everything that a batch of inputs changes (events, journals, sums, registers, rejections, what is due for
 * evaluation) commits together or not at all. When it returns, the inputs are durable. Transient database errors are
 * retried with a cap; everything else is thrown.
 */
export async function applyBatch(pool: pg.Pool, inputs: readonly Input[], options: ApplyOptions): Promise<BatchResult> {
  return inTransaction(pool, (client) => applyInTransaction(client, inputs, options));
}

export async function applyInTransaction(
  client: pg.PoolClient,
  inputs: readonly Input[],
  options: ApplyOptions,
): Promise<BatchResult> {
  const set = new WorkingSet(true);
  const events = inputs.flatMap((input) => (input.decoded.ok ? [input.decoded.event] : []));
  if (events.length > 0) await prefetch(client, set, events);
  const answers = inputs.map((input) => outcomeOf(set, input.decoded, options.receivedAt));
  if (events.length > 0) {
    await prefetchMatching(client, set);
    for (const books of set.institutions.values()) rematchAll(books, options.calendar);
    await flush(client, set, options.receivedAt);
  }
  const outcomes = inputs.map((input, at) => lastAnswer(set, input.decoded, answers[at]!));
  const rejected = inputs.flatMap((input, at) => {
    const outcome = outcomes[at]!;
    return outcome.kind === 'rejected' ? [rejectedRow(input, outcome.rejection, options.receivedAt)] : [];
  });
  const newlyRejected = rejected.length > 0 ? await insertRejected(client, rejected) : [];
  const result = { outcomes, newlyRejected };
  await options.alongside?.(client, result);
  return result;
}

function outcomeOf(set: WorkingSet, decoded: Decoded, receivedAt: Us): InputOutcome {
  if (!decoded.ok) return { kind: 'rejected', rejection: decoded.rejection };
  const outcome = book(set, decoded.event, receivedAt);
  if (outcome.kind !== 'rejected') return { kind: outcome.kind };
  return { kind: 'rejected', rejection: rejectionOf(decoded.event, outcome) };
}

/** A fact that contradicted another one when its turn came, which a later input of the same batch reversed. */
function lastAnswer(set: WorkingSet, decoded: Decoded, answer: InputOutcome): InputOutcome {
  if (answer.kind !== 'rejected' || answer.rejection.code !== 'conflicting_fact' || !decoded.ok) return answer;
  const key = tellingKey(decoded.event);
  const redriven = set.redriven.get(key);
  if (!redriven || redriven.kind === 'rejected') return answer;
  // Told twice in one batch, it was accepted once.
  set.redriven.set(key, { event: redriven.event, kind: 'duplicate' });
  return { kind: redriven.kind };
}

function rejectionOf(event: AnyEvent, outcome: Extract<Outcome, { kind: 'rejected' }>): Rejection {
  const code: ErrorCode = outcome.code;
  return {
    code,
    path: outcome.path,
    message: outcome.message,
    subject: event.subject,
    source: event.source,
    id: event.id,
    type: event.type,
  };
}

function rejectedRow(input: Input, rejection: Rejection, receivedAt: Us): RejectedRow {
  return {
    ...rejection,
    origin: input.origin,
    input: input.bytes,
    inputHash: createHash('sha256').update(input.bytes).digest(),
    receivedAt,
  };
}
