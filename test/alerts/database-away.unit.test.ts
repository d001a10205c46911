import type pg from 'pg';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startSender } from './workers.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const MINUTE_MS = 60_000;
const away = async (): Promise<never> => {
  throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
};

test('the sender waits for a database that is away as long as the other workers do, and not for ever', async () => {
  const sender = startSender({ connect: away, query: away } as unknown as pg.Pool);
  let ended = false;
  const over = sender.done
    .catch(() => {})
    .finally(() => {
      ended = true;
    });
  await vi.advanceTimersByTimeAsync(13 * MINUTE_MS);
  expect(ended).toBe(false);
  await vi.advanceTimersByTimeAsync(7 * MINUTE_MS);
  await over;
  await expect(sender.done).rejects.toMatchObject({ code: 'database_unavailable' });
});
