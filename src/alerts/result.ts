import { type RetryPolicy, retryDelayMs } from './backoff.js';
import type { AttemptOutcome } from './outcome.js';
import type { AttemptResult, ClaimedDelivery } from './queue.js';
import { isKafka } from './route.js';

/** What is to be recorded for an outcome: the only place that decides between "again later" and "dead". */
export function resultOf(
  delivery: ClaimedDelivery,
  outcome: AttemptOutcome,
  policy: RetryPolicy,
  random: () => number,
): AttemptResult {
  const { messageSeq, sink } = delivery;
  const common = { messageSeq, sink, status: outcome.status, delayMs: 0 };
  if (outcome.kind === 'delivered') return { ...common, state: 'delivered', error: null, proof: outcome.proof };
  const failed = { ...common, error: outcome.error, proof: null };
  if (outcome.kind === 'refused') return { ...failed, state: 'dead' };
  // It waits, due, for the day on which its subscription is resumed.
  if (outcome.kind === 'gone') return { ...failed, state: 'pending' };
  // Kafka has no pause for each message, only the rest of its topic: later messages must not overtake.
  if (isKafka(sink)) return { ...failed, state: 'pending' };
  const delayMs = retryDelayMs(delivery.attempts + 1, policy, random(), outcome.askedMs ?? null);
  return delayMs === null ? { ...failed, state: 'dead' } : { ...failed, state: 'pending', delayMs };
}
