import { withBanksLockOn } from '../banks/lock.js';
import { refreshFeeds as refresh } from '../banks/refresh.js';
import type { Job } from './run-job.js';

/** Keeps the register of feeds and the list of what is to be reconciled near the events, so that the daily run has little to follow. */
export const refreshFeeds: Job = {
  name: 'refresh-feeds',
  does: 'follow the events: feeds, and what is to be reconciled',
  schedule: { everyMinutes: 10 },
  lock: 2,
  work: async ({ pool }, held) => ({ steps: await withBanksLockOn(held, WAIT_MS_MAX, () => refresh(pool)) }),
};

/** A reconciliation follows the events as well: it is waited for shortly, then the next turn does it. */
const WAIT_MS_MAX = 60_000;
