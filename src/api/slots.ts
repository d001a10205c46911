import { FeewardenError } from '../core/errors.js';

/** A bound on what is done at once. */
export interface Slots {
  /** Runs `work` when one of the places is free; waits in order of arrival. Refuses with `database_busy` when too many wait. */
  run<T>(work: () => Promise<T>): Promise<T>;
}

export function createSlots(atOnceMax: number, waitingMax: number): Slots {
  const waiting: (() => void)[] = [];
  let busy = 0;
  return {
    async run(work) {
      if (busy >= atOnceMax) {
        if (waiting.length >= waitingMax)
          throw new FeewardenError('database_busy', 'Too many requests are being worked on.');
        await new Promise<void>((resolve) => waiting.push(resolve));
      } else {
        busy += 1;
      }
      try {
        return await work();
      } finally {
        // The place is handed on, not given back, so that nobody comes in between.
        const next = waiting.shift();
        if (next) next();
        else busy -= 1;
      }
    },
  };
}
