import { RETRY_AFTER_MS_MAX, type RetryPolicy, retryDelayMs } from './backoff.js';
import type { Queryable } from './connection.js';
import type { SinkName } from './route.js';

/**
 * Takes back what a database clock has left behind that was ahead and was then set right, or set back: what such a clock wrote
 * would otherwise wait until it is that late again, and nothing would say so.
 *
 * What was never tried and waits behind no failed delivery is due. A failed one is never put off for longer than the policy
 * does. A lease on a topic is cut to what a lease is, not taken away: whoever holds it may be alive and renews it.
 */
export async function setRight(
  db: Queryable,
  sinks: readonly SinkName[],
  leaseMs: number,
  policy: RetryPolicy,
): Promise<void> {
  await db.query(LEASES, [leaseMs]);
  if (sinks.length > 0) await db.query(DELIVERIES, [sinks, longestDelayMs(policy)]);
}

function longestDelayMs(policy: RetryPolicy): number {
  const planned = retryDelayMs(policy.attemptsMax - 1, policy, 1);
  return Math.max(planned ?? 0, RETRY_AFTER_MS_MAX);
}

// Twice a lease: one that was just written by a transaction that began a little later than this one looks longer than it is.
const LEASES = `
update sink_leases set held_until = now() + $1::float8 * interval '1 millisecond'
 where held_until > now() + 2 * $1::float8 * interval '1 millisecond'`;

const DELIVERIES = `
update deliveries d
   set next_at = now()
 where d.sink = any($1::text[]) and d.state = 'pending' and d.next_at > now()
   and (d.next_at > now() + $2::float8 * interval '1 millisecond'
        or (d.attempts = 0 and not exists (
          select 1 from deliveries e
           where e.sink = d.sink and e.order_key = d.order_key and e.message_seq < d.message_seq
             and e.state = 'pending' and e.attempts > 0)))`;
