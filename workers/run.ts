import type { Logger } from 'pino';
import { FeewardenError } from '../src/core/errors.js';

/** A worker: runs until its signal ends, then finishes what it has in hand. Rejects when it cannot go on. */
export interface Worker {
  readonly name: string;
  run(signal: AbortSignal): Promise<void>;
}

/** Longest wait for workers to finish what they have in hand. */
const DRAIN_MS_MAX = 60_000;

/**
 * Starts workers and drains them on SIGTERM or SIGINT. If one fails, the others are drained too and the error is thrown:
 * a half-working process is worse than one that a supervisor starts again.
 */
export async function runWorkers(workers: readonly Worker[], log: Logger, outer?: AbortSignal): Promise<void> {
  const controller = new AbortController();
  const stop = (why: string): void => {
    if (controller.signal.aborted) return;
    log.info({ why }, 'draining');
    controller.abort();
  };
  const onTerm = (): void => stop('SIGTERM');
  const onInt = (): void => stop('SIGINT');
  process.on('SIGTERM', onTerm);
  process.on('SIGINT', onInt);
  outer?.addEventListener('abort', () => stop('asked'), { once: true });
  let failure: unknown;
  const running = workers.map(async (worker) => {
    try {
      log.info({ worker: worker.name }, 'worker starts');
      await worker.run(controller.signal);
      if (!controller.signal.aborted) throw new Error(`worker ${worker.name} ended by itself`);
      log.info({ worker: worker.name }, 'worker drained');
    } catch (error) {
      failure ??= error;
      // What a person set wrongly needs no stack: its sentence says what to do.
      if (error instanceof FeewardenError && error.kind === 'usage')
        log.error({ worker: worker.name, why: error.message }, 'worker failed');
      else log.error({ worker: worker.name, err: error }, 'worker failed');
      stop(`worker ${worker.name} failed`);
    }
  });
  try {
    await aborted(controller.signal);
    await Promise.race([Promise.all(running), overdue()]);
  } finally {
    process.off('SIGTERM', onTerm);
    process.off('SIGINT', onInt);
  }
  if (failure !== undefined) throw failure;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) =>
    signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve(), { once: true }),
  );
}

/** Rejects after the longest wait; does not keep the process alive. */
function overdue(): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(
      () => reject(new Error(`workers did not finish within ${DRAIN_MS_MAX / 1_000} s`)),
      DRAIN_MS_MAX,
    ).unref();
  });
}
