import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { LogLevel } from '../src/config.js';
import { CHINA_CALENDAR } from '../src/core/calendar.js';
import { tellError } from '../src/core/told-error.js';
import { createPool } from '../src/db/pool.js';
import { createLog } from '../src/observe/log.js';
import { BATCHES_AT_ONCE, type EvaluateDeps, runEvaluate } from './evaluate.js';

/** What the thread needs: plain values, so that they can be sent. */
export interface EvaluateJob extends Pick<EvaluateDeps, 'kafkaEnabled' | 'waitsForDatabase'> {
  /** Carries the password: never log it. */
  readonly databaseUrl: string;
  readonly config: EvaluateDeps['config'];
  /** Of the log, and what the name of the connections begins with. */
  readonly name: string;
  readonly logLevel: LogLevel;
}

if (parentPort !== null) await run(parentPort, workerData as EvaluateJob);

/** Until any message comes; then the batch in hand is committed. Tells only why it cannot go on. */
async function run(port: MessagePort, job: EvaluateJob): Promise<void> {
  const { databaseUrl, config, name, logLevel, kafkaEnabled, waitsForDatabase } = job;
  const controller = new AbortController();
  port.once('message', () => controller.abort());
  // Told apart from the connections of the rest of the process.
  const pool = createPool(databaseUrl, { max: BATCHES_AT_ONCE, applicationName: `${name} evaluating` });
  const log = createLog(logLevel, name);
  const { signal } = controller;
  try {
    await runEvaluate({
      pool,
      config,
      calendar: CHINA_CALENDAR,
      kafkaEnabled,
      log,
      clock: () => Date.now() * 1_000,
      signal,
      waitsForDatabase,
    });
  } catch (error) {
    port.postMessage(tellError(error));
  } finally {
    await pool.end();
    port.close();
  }
}
