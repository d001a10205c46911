import { createRequire } from 'node:module';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { correctIdleTimer, type RequestQueue } from '../../../src/sources/kafka/idle-timer.js';

type QueueClass = new (options: object) => RequestQueue;

function idleQueue(): RequestQueue {
  const Queue = createRequire(import.meta.url)('kafkajs/src/network/requestQueue/index.js') as QueueClass;
  const logger = { namespace: () => logger, debug: () => undefined };
  return new Queue({ logger, maxInFlightRequests: 1, requestTimeout: 1_000, clientId: 'test', broker: 'none' });
}

afterEach(() => {
  vi.useRealTimers();
});

describe('the corrected request queue of the Kafka client', () => {
  it('sets no timer while no request waits', () => {
    vi.useFakeTimers();
    correctIdleTimer();
    const queue = idleQueue();
    queue.checkPendingRequests();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('checks again when the broker stops throttling, as long as a request waits', () => {
    vi.useFakeTimers();
    correctIdleTimer();
    const queue = idleQueue();
    const sent = vi.fn();
    queue.pending.push({ send: sent, expectResponse: true });
    queue.throttledUntil = Date.now() + 500;
    queue.checkPendingRequests();
    vi.advanceTimersByTime(499);
    expect(sent).not.toHaveBeenCalled();
    vi.advanceTimersByTime(2);
    expect(sent).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});
