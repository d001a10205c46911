import { rankCounties } from './rank-counties.js';
import type { Job } from './run-job.js';

/** Every scheduled job. */
export const JOBS: readonly Job[] = [rankCounties];
