import type pg from 'pg';
import { inTransaction } from '../db/pool.js';
import { countEvents } from './feeds/count-events.js';
import { followEvents, newestBlock } from './follow.js';
import { markReconcileDue } from './reconcile/mark-due.js';

/** Name of the reader; feeds and reconciliation follow the events together, in one pass. */
const READER = 'feeds';

/**
 * Brings the register of feeds and the list of what is to be reconciled up to date with the events: each step is one transaction
 * over the blocks that came since. What arrives while this runs is for the next time: where events never rest it would not come to an end, and
 * nobody else could reconcile. Runs under the lock of the jobs that need it; answers the number of steps.
 */
export async function refreshFeeds(pool: pg.Pool): Promise<number> {
  const last = await newestBlock(pool);
  for (let steps = 0; ; steps += 1) {
    const more = await inTransaction(pool, async (client) => {
      // Compiling these statements takes PostgreSQL seconds at every execution, and running them milliseconds.
      await client.query('set local jit = off');
      return followEvents(client, READER, last, async (blocks) => {
        for (let from = 0; from < blocks.length; from += BLOCKS_AT_ONCE) {
          const part = blocks.slice(from, from + BLOCKS_AT_ONCE);
          await markReconcileDue(client, part);
          await countEvents(client, part);
        }
      });
    });
    if (!more) return steps;
  }
}

/** Blocks of one statement: full ones hold 32,768 events, usual ones 2,000. */
const BLOCKS_AT_ONCE = 32;
