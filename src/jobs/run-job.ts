import type pg from 'pg';
import type { Us } from '../core/time.js';
import { inTransaction } from '../db/pool.js';
import type { KafkaLog } from '../sources/kafka/types.js';

export interface Job {
  readonly name: string;
  /** Cron expression, read in Asia/Shanghai. */
  readonly schedule: string;
  /** Number of the job's lock: stored nowhere, but the same in every process. */
  readonly lock: number;
  /** Runs inside one transaction; must bear being run twice. Answers what it did, for the log. */
  run(client: pg.PoolClient, now: Us): Promise<object>;
}

export interface JobDeps {
  readonly pool: pg.Pool;
  readonly clock: () => Us;
  readonly log: KafkaLog;
}

/** First half of the advisory locks of jobs. */
const JOB_LOCKS = 72_707_370;

/** Runs the job unless another process is at it. Transient database errors are retried, others are thrown. */
export async function runJob(deps: JobDeps, job: Job): Promise<void> {
  await inTransaction(deps.pool, async (client) => {
    const { rows } = await client.query<{ locked: boolean }>(
      'select pg_try_advisory_xact_lock($1::int, $2::int) as locked',
      [JOB_LOCKS, job.lock],
    );
    if (!rows[0]!.locked) return deps.log.info({ job: job.name }, 'another process runs this job');
    deps.log.info({ job: job.name, ...(await job.run(client, deps.clock())) }, 'job done');
  });
}
