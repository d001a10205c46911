import pg from 'pg';
import { FeewardenError } from '../core/errors.js';
import { type Day, formatDay, US_PER_SECOND, type Us } from '../core/time.js';
import { getTypeParser } from './parsers.js';
import { databaseErrorText, isTransientDatabaseError } from './transient.js';

export interface PoolOptions {
  /** Most connections held at once. */
  readonly max?: number;
  /** Shown in pg_stat_activity. */
  readonly applicationName?: string;
}

const POOL_CONNECTIONS_MAX = 10;
const CONNECT_TIMEOUT_MS = 30_000;
/** How long a connection says nothing before it is asked whether the other side is still there (our default). */
const KEEP_ALIVE_MS = 10_000;

/**
 * A pool whose rows carry the project's own types (see parsers.ts: int8 → number, numeric → bigint, timestamptz → `Us`,
 * date → `Day`). The parsers belong to this pool; `pg` itself is unchanged.
 */
export function createPool(url: string, options: PoolOptions = {}): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.max ?? POOL_CONNECTIONS_MAX,
    application_name: options.applicationName ?? 'feewarden',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    // A database machine that loses its power says no goodbye: who waits for its answer would wait for ever, and nobody would know.
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    // A server may be configured to write dates otherwise. Prisma's adapter reads every time as UTC, whatever its offset. So
    // a cast of a time to a date gives the UTC day: days are computed in the program (`dayOf`), never in SQL.
    options: '-c datestyle=ISO -c timezone=UTC -c extra_float_digits=1',
    types: { getTypeParser },
  });
  // A connection that dies is reported here, idle or in use; without a listener that would end the process. A query under way
  // fails with the reason by itself, and the pool opens a new connection for the next.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

/** `Us` → text for a timestamptz parameter, exact to the microsecond. */
export function toDbTime(us: Us): string {
  const fraction = ((us % US_PER_SECOND) + US_PER_SECOND) % US_PER_SECOND;
  const seconds = new Date((us - fraction) / 1_000).toISOString().slice(0, 19);
  return `${seconds}.${String(fraction).padStart(6, '0')}Z`;
}

/** `Day` → text for a date parameter. */
export function toDbDay(day: Day): string {
  return formatDay(day);
}

export interface TransactionOptions {
  /** How often a transient failure is tried again before it becomes `database_busy`. */
  readonly retries?: number;
}

const RETRIES_DEFAULT = 5;
const RETRY_DELAY_MS_FIRST = 20;
const RETRY_DELAY_MS_MAX = 1_000;

/**
 * Runs `fn` inside BEGIN … COMMIT. A transient failure (table below) rolls back and runs `fn` again from the start, so `fn`
 * must have no effect outside the transaction, and must bear being run after a COMMIT whose answer was lost. Errors that the
 * table does not know pass through unchanged.
 */
export async function inTransaction<T>(
  pool: pg.Pool,
  fn: (client: pg.PoolClient) => Promise<T>,
  options: TransactionOptions = {},
): Promise<T> {
  const retries = options.retries ?? RETRIES_DEFAULT;
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await runOnce(pool, fn);
    } catch (error) {
      if (!isTransientDatabaseError(error)) throw error;
      if (attempt >= retries) throw new FeewardenError('database_busy', databaseErrorText(error), { cause: error });
    }
    await new Promise((resolve) => setTimeout(resolve, retryDelayMs(attempt)));
  }
}

async function runOnce<T>(pool: pg.Pool, fn: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('BEGIN');
    const result = await fn(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    // A connection that cannot even roll back is thrown away: the server has rolled back by itself.
    await client.query('ROLLBACK').catch((reason: Error) => {
      broken = reason;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}

function retryDelayMs(attempt: number): number {
  const ceiling = Math.min(RETRY_DELAY_MS_MAX, RETRY_DELAY_MS_FIRST * 2 ** attempt);
  // Spread, so that two writers that collided do not collide again at the same moment.
  return ceiling / 2 + (Math.random() * ceiling) / 2;
}
