/**
 * When a sink as a whole is left alone. A receiver that fails again and again would otherwise cost an attempt, and a look in
 * the database, for each of its messages; so it rests, then gets one message as a question, and everything again after the
 * first success. Pure: the clock comes in as milliseconds.
 */
export interface RestPolicy {
  /** Failures in a row before the first rest. */
  readonly failuresMax: number;
  readonly restMsFirst: number;
  /** Each rest is twice as long as the one before, up to this. */
  readonly restMsMax: number;
}

/** Our default: after five failures in a row 1 s, 2 s, 4 s … 60 s. */
export const WEBHOOK_REST: RestPolicy = { failuresMax: 5, restMsFirst: 1_000, restMsMax: 60_000 };

/**
 * Our default: 0.25 s, 0.5 s … 30 s. This is all the waiting that Kafka output knows: a broker that is away is no fault
 * of the messages, which stay in the outbox until it is back, however long that takes.
 */
export const KAFKA_REST: RestPolicy = { failuresMax: 1, restMsFirst: 250, restMsMax: 30_000 };

export interface Rest {
  /** Failures since the last success or rest. */
  readonly failures: number;
  /** Rests since the last success. */
  readonly rests: number;
  readonly untilMs: number;
}

export const RESTED: Rest = { failures: 0, rests: 0, untilMs: Number.NEGATIVE_INFINITY };

export function afterFailure(rest: Rest, nowMs: number, policy: RestPolicy): Rest {
  // Sent before the rest began: it tells nothing new.
  if (nowMs < rest.untilMs) return rest;
  const failures = rest.failures + 1;
  // After a rest one failure is enough: it was the question.
  if (failures < policy.failuresMax && rest.rests === 0) return { ...rest, failures };
  const pause = Math.min(policy.restMsMax, policy.restMsFirst * 2 ** Math.min(rest.rests, DOUBLINGS_MAX));
  return { failures: 0, rests: rest.rests + 1, untilMs: nowMs + pause };
}
const DOUBLINGS_MAX = 32;

/** How many deliveries may be under way now, of at most `slots`. */
export function slotsAllowed(rest: Rest, nowMs: number, slots: number): number {
  if (nowMs < rest.untilMs) return 0;
  return rest.rests > 0 ? Math.min(1, slots) : slots;
}
