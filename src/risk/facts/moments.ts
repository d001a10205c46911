import type { Us } from '../../core/time.js';

/** The moment, if it is still to come. */
export function ifLater(at: Us, now: Us): Us | null {
  return at > now ? at : null;
}

/** The earliest of some moments, null meaning never. */
export function earliest(...moments: readonly (Us | null)[]): Us | null {
  let first: Us | null = null;
  for (const at of moments) if (at !== null && (first === null || at < first)) first = at;
  return first;
}
