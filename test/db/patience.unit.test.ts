import { beforeEach, expect, test } from 'vitest';
import { FeewardenError } from '../../src/core/errors.js';
import { type PatienceDeps, patiently } from '../../src/db/patience.js';

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const AWAY = new FeewardenError('database_busy');
const ATTEMPTS_MAX = 180;

let nowMs = 0;
beforeEach(() => {
  nowMs = 0;
});

/** On a clock that only pauses and work move. */
function deps(more: Partial<PatienceDeps> = {}): PatienceDeps {
  const pause = async (ms: number) => {
    nowMs += ms;
  };
  const signal = new AbortController().signal;
  return { log: quiet, clock: () => nowMs * 1_000, signal, waitsForDatabase: true, pause, ...more };
}

/** Fails so often with the error, each time after so long, then answers how often it was tried. */
function work(failures: number, error: unknown = AWAY, takesMs = 0): () => Promise<number> {
  let tries = 0;
  return async () => {
    nowMs += takesMs;
    tries += 1;
    if (tries <= failures) throw error;
    return tries;
  };
}

test('a database that restarts is waited for, for about a quarter of an hour and not longer', async () => {
  expect(await patiently(deps(), work(ATTEMPTS_MAX))).toBe(ATTEMPTS_MAX + 1);
  expect(nowMs / 60_000).toBeGreaterThan(10);
  expect(nowMs / 60_000).toBeLessThan(20);
  await expect(patiently(deps(), work(ATTEMPTS_MAX + 1))).rejects.toBe(AWAY);
});

test('work that went on for a minute had its database, so the count starts anew', async () => {
  expect(await patiently(deps(), work(ATTEMPTS_MAX * 2, AWAY, 60_000))).toBe(ATTEMPTS_MAX * 2 + 1);
});

test('what does not pass by itself, and an embedded database that is gone, is thrown at once', async () => {
  const unknown = new Error('unknown');
  await expect(patiently(deps(), work(1, unknown))).rejects.toBe(unknown);
  await expect(patiently(deps({ waitsForDatabase: false }), work(1))).rejects.toBe(AWAY);
  expect(nowMs).toBe(0);
});

test('who is told to end while it waits ends', async () => {
  const ending = new AbortController();
  const pause = async () => ending.abort();
  expect(await patiently(deps({ signal: ending.signal, pause }), work(9))).toBeNull();
});
