import type pg from 'pg';
import type { SinkName } from './route.js';

/** A delivery that this worker holds, with all that is needed to send it. */
export interface ClaimedDelivery {
  readonly messageSeq: number;
  readonly sink: SinkName;
  /** Failed attempts so far. */
  readonly attempts: number;
  readonly messageId: string;
  readonly institutionId: string | null;
  readonly topic: string;
  readonly body: string;
}

/** How many more deliveries of one sink may be taken. */
export interface Lane {
  readonly sink: SinkName;
  readonly slots: number;
}

/**
 * Takes due deliveries for `leaseMs`, in the order of their messages: of each institution only the oldest one that is
 * pending for the sink, so that nothing is sent before what came earlier. No transaction stays open while it is being
 * sent; a worker that dies loses its claims when the lease ends. The clock is the database's, one for all workers.
 */
export async function claimDeliveries(
  pool: pg.Pool,
  worker: string,
  leaseMs: number,
  lanes: readonly Lane[],
): Promise<ClaimedDelivery[]> {
  if (lanes.length === 0) return [];
  const { rows } = await pool.query<ClaimedDelivery>({
    name: 'claim_deliveries',
    text: CLAIM,
    values: [lanes.map((lane) => lane.sink), lanes.map((lane) => lane.slots), worker, leaseMs],
  });
  return rows.sort((a, b) => a.messageSeq - b.messageSeq);
}

// now(), not clock_timestamp(): only a stable function can bound an index range.
const CLAIM = `
with due as (
  select d.message_seq, d.sink
    from unnest($1::text[], $2::integer[]) as lane(sink, slots)
   cross join lateral (
     select c.message_seq, c.sink
       from deliveries c
      where c.sink = lane.sink and c.state = 'pending' and c.next_at <= now()
        and (c.claimed_until is null or c.claimed_until <= now())
        and not exists (
          select 1 from deliveries e
           where e.sink = c.sink and e.institution_id = c.institution_id
             and e.state = 'pending' and e.message_seq < c.message_seq)
      order by c.next_at, c.message_seq
      limit lane.slots
        for update skip locked) d
)
update deliveries t
   set claimed_by = $3, claimed_until = now() + $4 * interval '1 millisecond'
  from due join messages m on m.seq = due.message_seq
 where t.message_seq = due.message_seq and t.sink = due.sink
returning t.message_seq as "messageSeq", t.sink, t.attempts,
          m.message_id as "messageId", m.institution_id as "institutionId", m.topic, m.body`;

/** Keeps the claims on what is still being sent. A claim that another worker has taken over stays with it. */
export async function renewClaims(
  pool: pg.Pool,
  worker: string,
  leaseMs: number,
  held: readonly Pick<ClaimedDelivery, 'messageSeq' | 'sink'>[],
): Promise<void> {
  if (held.length === 0) return;
  await pool.query({
    name: 'renew_claims',
    text: RENEW,
    values: [held.map((one) => one.messageSeq), held.map((one) => one.sink), worker, leaseMs],
  });
}

const RENEW = `
update deliveries d
   set claimed_until = now() + $4 * interval '1 millisecond'
  from unnest($1::bigint[], $2::text[]) as held(message_seq, sink)
 where d.message_seq = held.message_seq and d.sink = held.sink and d.claimed_by = $3 and d.state = 'pending'`;

/** The result of one attempt. `delayMs`: the pause before the next one, for `pending`. */
export interface AttemptResult {
  readonly messageSeq: number;
  readonly sink: SinkName;
  readonly state: 'pending' | 'delivered' | 'dead';
  readonly delayMs: number;
  /** HTTP status, if there was an answer. */
  readonly status: number | null;
  readonly error: string | null;
  /** What proves a delivery; null for a failure. */
  readonly proof: string | null;
}

/**
 * Records attempts after they were made. A success counts even if the lease had run out meanwhile: it is a fact; a failure
 * then belongs to whoever holds the claim now. When a delivery that had failed before is done with, the ones of its
 * institution that were put off because of it become due.
 */
export async function recordAttempts(pool: pg.Pool, worker: string, results: readonly AttemptResult[]): Promise<void> {
  if (results.length === 0) return;
  await pool.query({
    name: 'record_attempts',
    text: RECORD,
    values: [
      results.map((one) => one.messageSeq),
      results.map((one) => one.sink),
      results.map((one) => one.state),
      results.map((one) => one.delayMs),
      results.map((one) => one.status),
      results.map((one) => one.error),
      results.map((one) => one.proof),
      worker,
    ],
  });
}

const RECORD = `
with done as (
  update deliveries d
     set state = r.state, attempts = d.attempts + 1, next_at = now() + r.delay_ms * interval '1 millisecond',
         claimed_by = null, claimed_until = null, last_status = r.status, last_error = r.error,
         delivered_at = case when r.state = 'delivered' then now() else d.delivered_at end,
         proof = coalesce(r.proof, d.proof)
    from unnest($1::bigint[], $2::text[], $3::text[], $4::float8[], $5::integer[], $6::text[], $7::text[])
      as r(message_seq, sink, state, delay_ms, status, error, proof)
   where d.message_seq = r.message_seq and d.sink = r.sink
     and (r.state = 'delivered' or (d.state = 'pending' and d.claimed_by = $8))
  returning d.sink, d.institution_id, d.state, d.attempts
)
update deliveries f
   set next_at = now()
  from done
 where done.state <> 'pending' and done.attempts > 1
   and f.sink = done.sink and f.institution_id = done.institution_id
   and f.state = 'pending' and f.attempts = 0 and f.next_at > now()`;

/**
 * Puts off what waits behind a failed delivery until that one is due again. `claimDeliveries` would not take it anyway, but
 * would look at it at every poll: with a dead receiver and a day's backlog that alone would keep the database busy.
 */
export async function postponeFollowers(pool: pg.Pool, sinks: readonly SinkName[]): Promise<void> {
  if (sinks.length === 0) return;
  await pool.query({ name: 'postpone_followers', text: POSTPONE, values: [sinks] });
}

// From the due rows, which are few, to the failed ones, which have an index of their own: the cost does not grow with what
// has been put off already.
const POSTPONE = `
update deliveries f
   set next_at = failed.next_at
  from deliveries due
 cross join lateral (
   select e.next_at
     from deliveries e
    where e.sink = due.sink and e.institution_id = due.institution_id and e.message_seq < due.message_seq
      and e.state = 'pending' and e.attempts > 0 and e.next_at > now()
    order by e.message_seq
    limit 1) failed
 where due.sink = any($1::text[]) and due.state = 'pending' and due.next_at <= now() and due.attempts = 0
   and f.message_seq = due.message_seq and f.sink = due.sink and f.state = 'pending'`;
