import { Worker } from 'node:worker_threads';
import { type ToldError, toldError } from '../src/core/told-error.js';
import type { EvaluateJob } from './evaluate-thread.js';

/** Most of what an evaluation reads and makes is gone with its batch: a larger young generation spares copying it (as for the back-test). */
const YOUNG_GENERATION_MB = 96;

/**
 * Evaluates in a thread of its own, until the signal ends and the batch in hand is committed: requests, records and messages of
 * the same process do not wait behind thousands of rules. Rejects with what the thread could not go on for.
 */
export function evaluateInThread(job: EvaluateJob, signal: AbortSignal): Promise<void> {
  const thread = new Worker(new URL('./evaluate-thread.js', import.meta.url), {
    workerData: job,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
  });
  const end = (): void => thread.postMessage('end');
  if (signal.aborted) end();
  else signal.addEventListener('abort', end, { once: true });
  return new Promise((resolve, reject) => {
    thread.on('message', (why: ToldError) => reject(toldError(why)));
    thread.on('error', reject);
    thread.on('exit', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`the thread that evaluates ended early (${code})`));
    });
  });
}
