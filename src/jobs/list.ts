import { rankCounties } from './rank-counties.js';
import { reconcileBanks } from './reconcile-banks.js';
import { refreshFeeds } from './refresh-feeds.js';
import type { Job } from './run-job.js';

/** Every scheduled job. */
export const JOBS: readonly Job[] = [rankCounties, refreshFeeds, reconcileBanks];
