import type { Queryable } from './connection.js';
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
  db: Queryable,
  worker: string,
  leaseMs: number,
  lanes: readonly Lane[],
): Promise<ClaimedDelivery[]> {
  if (lanes.length === 0) return [];
  const { rows } = await db.query<ClaimedDelivery>({
    name: 'claim_deliveries',
    text: CLAIM,
    values: [lanes.map((lane) => lane.sink), lanes.map((lane) => lane.slots), worker, leaseMs],
  });
  return rows.sort((a, b) => a.messageSeq - b.messageSeq);
}

// now(), not clock_timestamp(): only a stable function can bound an index range. The oldest of an institution is asked for by
// a subquery with a limit, which the planner cannot turn into a join: one short look in an index for each candidate, however
// long the backlog. Written as "not exists" it became a join over all that is pending. A claim that reaches further than two leases is
// that of a clock that was ahead; one made while this statement began may look a little longer than it is.
const CLAIM = `
with due as (
  select d.message_seq, d.sink
    from unnest($1::text[], $2::integer[]) as lane(sink, slots)
   cross join lateral (
     select c.message_seq, c.sink
       from deliveries c
      where c.sink = lane.sink and c.state = 'pending' and c.next_at <= now()
        and (c.claimed_until is null or c.claimed_until <= now()
          or c.claimed_until > now() + 2 * $4::float8 * interval '1 millisecond')
        and (c.order_key is null or c.message_seq = (
          select e.message_seq from deliveries e
           where e.sink = c.sink and e.order_key = c.order_key and e.state = 'pending'
           order by e.message_seq limit 1))
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

/**
 * Reads the oldest pending deliveries of topics that this worker holds by `holdTopics`. The lease on the topic takes the
 * place of a claim on each row; what a former holder had under way is sent again.
 */
export async function readTopicDeliveries(db: Queryable, lanes: readonly Lane[]): Promise<ClaimedDelivery[]> {
  if (lanes.length === 0) return [];
  const { rows } = await db.query<ClaimedDelivery>({
    name: 'read_topic_deliveries',
    text: READ_TOPICS,
    values: [lanes.map((lane) => lane.sink), lanes.map((lane) => lane.slots)],
  });
  return rows.sort((a, b) => a.messageSeq - b.messageSeq);
}

const READ_TOPICS = `
select d.message_seq as "messageSeq", d.sink, d.attempts, m.message_id as "messageId",
       m.institution_id as "institutionId", m.topic, m.body
  from unnest($1::text[], $2::integer[]) as lane(sink, slots)
 cross join lateral (
   select c.message_seq, c.sink, c.attempts
     from deliveries c
    where c.sink = lane.sink and c.state = 'pending'
    order by c.message_seq
    limit lane.slots) d
  join messages m on m.seq = d.message_seq`;

/** Takes or keeps the right to send to each of these topics; returns those that this worker holds until `leaseMs` from now. */
export async function holdTopics(
  db: Queryable,
  worker: string,
  leaseMs: number,
  sinks: readonly SinkName[],
): Promise<SinkName[]> {
  if (sinks.length === 0) return [];
  const { rows } = await db.query<{ sink: SinkName }>({
    name: 'hold_topics',
    text: HOLD,
    values: [sinks, worker, leaseMs],
  });
  return rows.map((row) => row.sink);
}

// Rows are locked in the order of their names, in every worker: no two can wait for each other.
const HOLD = `
insert into sink_leases as l (sink, held_by, held_until)
select s, $2, now() + $3 * interval '1 millisecond' from unnest($1::text[]) as s order by s
on conflict (sink) do update
   set held_by = excluded.held_by, held_until = excluded.held_until
 where l.held_by = excluded.held_by or l.held_until <= now()
returning sink`;

/** At the end of a worker, so that the next one need not wait for the leases to run out. */
export async function releaseTopics(db: Queryable, worker: string): Promise<void> {
  await db.query('delete from sink_leases where held_by = $1', [worker]);
}

/** Keeps the claims on what is still being sent. A claim that another worker has taken over stays with it. */
export async function renewClaims(
  db: Queryable,
  worker: string,
  leaseMs: number,
  held: readonly Pick<ClaimedDelivery, 'messageSeq' | 'sink'>[],
): Promise<void> {
  if (held.length === 0) return;
  await db.query({
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
 * then belongs to whoever holds the claim now.
 */
export async function recordAttempts(db: Queryable, worker: string, results: readonly AttemptResult[]): Promise<void> {
  if (results.length === 0) return;
  await db.query({
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
update deliveries d
   set state = r.state, attempts = d.attempts + 1, next_at = now() + r.delay_ms * interval '1 millisecond',
       claimed_by = null, claimed_until = null, last_status = r.status, last_error = r.error,
       delivered_at = case when r.state = 'delivered' then now() else d.delivered_at end,
       proof = coalesce(r.proof, d.proof)
  from unnest($1::bigint[], $2::text[], $3::text[], $4::float8[], $5::integer[], $6::text[], $7::text[])
    as r(message_seq, sink, state, delay_ms, status, error, proof)
 where d.message_seq = r.message_seq and d.sink = r.sink
   and (r.state = 'delivered' or (d.state = 'pending' and coalesce(d.claimed_by, $8) = $8))`;

/**
 * Puts off what waits behind a failed delivery until that one is due again. `claimDeliveries` would not take it anyway, but
 * would look at it at every poll. When that one is tried again, they are due as well. At most `FOLLOWERS_MAX` in one call: the rest is for the next.
 */
export async function postponeFollowers(db: Queryable, sinks: readonly SinkName[]): Promise<void> {
  if (sinks.length === 0) return;
  await db.query(POSTPONE, [sinks, FOLLOWERS_MAX]);
}

const FOLLOWERS_MAX = 1_000;

const POSTPONE = `
with waiting as (
  select w.message_seq, w.sink, e.next_at
    from deliveries e
   cross join lateral (
     select f.message_seq, f.sink
       from deliveries f
      where f.sink = e.sink and f.order_key = e.order_key and f.message_seq > e.message_seq
        and f.state = 'pending' and f.attempts = 0 and f.next_at <= now()
      limit $2) w
   where e.sink = any($1::text[]) and e.state = 'pending' and e.attempts > 0 and e.next_at > now()
   limit $2
)
update deliveries d
   set next_at = waiting.next_at
  from waiting
 where d.message_seq = waiting.message_seq and d.sink = waiting.sink and d.state = 'pending'`;
