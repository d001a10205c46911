import { createRequire } from 'node:module';

/** The parts of the library's request queue (one per connection) that the correction needs. */
export interface RequestQueue {
  pending: unknown[];
  /** Epoch milliseconds until which the broker asked us to wait; -1 when it never did. */
  throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  checkPendingRequests(): void;
  scheduleCheckPendingRequests(): void;
}

const QUEUE_MODULE = 'kafkajs/src/network/requestQueue/index.js';
const CHECK_AGAIN_MS = 10;

/**
 * Corrects a mistake of kafkajs 2.2.4, which is no longer maintained: after the first answer each connection sets a
 * timer to "throttled until minus now", a negative time that Node turns into 1 ms, and sets it again when it fires,
 * for ever. That costs several percent of a core while nothing happens, and a TimeoutNegativeWarning on Node 24. A
 * timer is needed only while requests wait, and every request that starts to wait sets one.
 */
export function correctIdleTimer(): void {
  const queue = createRequire(import.meta.url)(QUEUE_MODULE) as { prototype: RequestQueue };
  queue.prototype.scheduleCheckPendingRequests = function (this: RequestQueue): void {
    if (this.pending.length === 0 || this.throttleCheckTimeoutId) {
      return;
    }
    const throttledMs = this.throttledUntil - Date.now();
    this.throttleCheckTimeoutId = setTimeout(
      () => {
        this.throttleCheckTimeoutId = null;
        this.checkPendingRequests();
      },
      throttledMs > 0 ? throttledMs : CHECK_AGAIN_MS,
    );
  };
}
