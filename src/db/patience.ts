import { setTimeout as sleep } from 'node:timers/promises';
import { type Backoff, backoffMs } from '../core/backoff.js';
import { US_PER_SECOND, type Us } from '../core/time.js';
import { databaseErrorText, isTransientDatabaseError } from './transient.js';

/** As long as a batch from Kafka waits: about 15 minutes, longer than a restart of a database, short enough that somebody gets to know. */
export const DATABASE_AWAY: Backoff = { baseMs: 100, maxMs: 5_000, attemptsMax: 180 };
/** Work that went on for this long had its database: the count starts anew. */
const STEADY_US = 60 * US_PER_SECOND;

export interface PatienceDeps {
  readonly log: { warn(fields: object, message: string): void };
  readonly clock: () => Us;
  readonly signal: AbortSignal;
  /** False for the embedded database: it comes back with the next start of this process and not before. */
  readonly waitsForDatabase: boolean;
  /** Default: the clock of the machine. Comes back early when the signal ends. */
  readonly pause?: (ms: number) => Promise<unknown>;
}

/** Does the work again while the database is away. Null when told to end meanwhile; throws what does not pass by itself. */
export async function patiently<T>(deps: PatienceDeps, work: () => Promise<T>): Promise<T | null> {
  const { log, clock, signal, waitsForDatabase } = deps;
  const pause = deps.pause ?? ((ms: number) => sleep(ms, undefined, { signal }).catch(() => undefined));
  for (let attempt = 1; ; attempt += 1) {
    const startedAt = clock();
    try {
      return await work();
    } catch (error) {
      if (clock() - startedAt >= STEADY_US) attempt = 1;
      if (!waitsForDatabase || !isTransientDatabaseError(error) || attempt > DATABASE_AWAY.attemptsMax) throw error;
      const pauseMs = backoffMs(DATABASE_AWAY, attempt);
      log.warn({ why: databaseErrorText(error), attempt, pauseMs }, 'the database is away; it is waited for');
      await pause(pauseMs);
      if (signal.aborted) return null;
    }
  }
}
