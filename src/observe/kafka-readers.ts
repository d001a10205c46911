import type pg from 'pg';

/** What a process that reads from Kafka knows of itself. */
export interface ReaderState {
  readonly healthy: boolean;
  /** One sentence when not healthy. */
  readonly reason: string | undefined;
  readonly lagTotal: number;
}

/** Of a process that knows nothing of itself yet. */
export const NOT_JOINED: ReaderState = {
  healthy: false,
  reason: 'The consumer has not joined its group yet.',
  lagTotal: 0,
};

/** How often a process that reads from Kafka says how it fares (our default). */
export const REPORT_MS = 5_000;
/** Who has said nothing for so long reads no more: a few reports may be late (our default). */
export const SILENT_SECONDS = 30;
/** After so long it is not remembered either: processes come and go. */
const FORGOTTEN = "interval '1 hour'";

/** All processes that read from Kafka, by what they last said of themselves. */
export interface Readers {
  /** Heard of in the last 30 seconds, by the database's clock. */
  readonly count: number;
  readonly unhealthy: number;
  /** Of one that does not read; null while all do. */
  readonly reason: string | null;
  /** Records that are not booked yet. */
  readonly lagTotal: number;
}

/** What `worker`, which differs for each process, says of itself. */
export async function reportReader(pool: pg.Pool, worker: string, state: ReaderState): Promise<void> {
  await pool.query({
    name: 'report_kafka_reader',
    text: `with forgotten as (delete from kafka_readers where reported_at < now() - ${FORGOTTEN} and worker <> $1)
           insert into kafka_readers (worker, reported_at, healthy, reason, lag) values ($1, now(), $2, $3, $4)
           on conflict (worker) do update
             set reported_at = excluded.reported_at, healthy = excluded.healthy, reason = excluded.reason, lag = excluded.lag`,
    values: [worker, state.healthy, state.reason ?? null, state.lagTotal],
  });
}

/** Of a process that ends: nobody waits for its next word. */
export async function retireReader(pool: pg.Pool, worker: string): Promise<void> {
  await pool.query('delete from kafka_readers where worker = $1', [worker]);
}

/** A word from a time to come is one from before the clock was set back: those who live have spoken since. */
export async function readReaders(pool: pg.Pool): Promise<Readers> {
  const { rows } = await pool.query<{ count: number; unhealthy: number; reason: string | null; lag: number }>({
    name: 'read_kafka_readers',
    text: `select count(*)::int as count, count(*) filter (where not healthy)::int as unhealthy,
                  min(reason) filter (where not healthy) as reason, coalesce(sum(lag), 0)::float8 as lag
             from kafka_readers
            where reported_at between now() - ${SILENT_SECONDS} * interval '1 second' and now() + ${SILENT_SECONDS} * interval '1 second'`,
  });
  const { count, unhealthy, reason, lag } = rows[0]!;
  return { count, unhealthy, reason, lagTotal: lag };
}
