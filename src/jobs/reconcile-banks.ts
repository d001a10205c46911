import { reconcileNow } from '../banks/reconcile-now.js';
import { formatDay } from '../core/time.js';
import type { Job } from './run-job.js';

/** Half an hour after the banks' data is due. */
export const reconcileBanks: Job = {
  name: 'reconcile-banks',
  does: 'reconcile every institution of which something moved',
  schedule: { at: [12, 30], on: 'working_days' },
  lock: 3,
  work: async ({ pool, calendar, clock }, held) => {
    const { asOf, ...counts } = await reconcileNow({
      pool,
      calendar,
      clock,
      institutionId: null,
      waitMs: WAIT_MS_MAX,
      held,
    });
    return { asOf: formatDay(asOf), ...counts };
  },
};

/** The feeds may be refreshed at this moment. */
const WAIT_MS_MAX = 600_000;
