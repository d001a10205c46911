import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { Config } from '../src/config.js';
import type { Calendar } from '../src/core/calendar.js';
import { type PatienceDeps, patiently } from '../src/db/patience.js';
import { FIRST_BATCH, nextBatchSize } from '../src/risk/batch-size.js';
import { evaluateDue, markOutdated } from '../src/risk/evaluate-due.js';
import type { KafkaLog } from '../src/sources/kafka/types.js';

export interface EvaluateDeps extends PatienceDeps {
  readonly pool: pg.Pool;
  readonly config: Pick<Config, 'pollMs' | 'evaluateSettleMs' | 'evaluateBatchMax'>;
  readonly calendar: Calendar;
  readonly kafkaEnabled: boolean;
  readonly log: KafkaLog;
}

/** Evaluates institutions as they become due, by an event or by time, until the signal ends and the batch in hand is committed. Several of these share the work. */
export async function runEvaluate(deps: EvaluateDeps): Promise<void> {
  await mark(deps);
  const batches = Array.from({ length: BATCHES_AT_ONCE }, () => evaluateOneByOne(deps));
  await Promise.all([...batches, markAgain(deps)]);
}

async function mark(deps: EvaluateDeps): Promise<void> {
  const outdated = await patiently(deps, () => markOutdated(deps.pool, deps.calendar, deps.clock()));
  if (outdated !== null && outdated > 0)
    deps.log.info({ outdated }, 'judged with other rules or by a clock ahead before: evaluated anew');
}

/** A clock may be set right while we run (our default). */
const MARK_AGAIN_MS = 600_000;

async function markAgain(deps: EvaluateDeps): Promise<void> {
  for (;;) {
    await sleep(MARK_AGAIN_MS, undefined, { signal: deps.signal }).catch(() => {});
    if (deps.signal.aborted) return;
    await mark(deps);
  }
}

/** While the database works for one batch, this thread works on the other (our default). */
export const BATCHES_AT_ONCE = 2;

/** Up to five events a second each is served at once (our default): more of them would keep those waiting of whom little is told. */
const GATHER_US_PER_EVENT = 200_000;

async function evaluateOneByOne(deps: EvaluateDeps): Promise<void> {
  const { config } = deps;
  let size = Math.min(FIRST_BATCH, config.evaluateBatchMax);
  while (!deps.signal.aborted) {
    const now = deps.clock();
    const done = await patiently(deps, () =>
      evaluateDue(deps.pool, {
        now: deps.clock(),
        calendar: deps.calendar,
        settleUs: config.evaluateSettleMs * 1_000,
        gatherUsPerEvent: GATHER_US_PER_EVENT,
        institutionsMax: size,
        kafkaEnabled: deps.kafkaEnabled,
      }),
    );
    if (done === null) return;
    const { evaluated, changes } = done;
    const us = deps.clock() - now;
    if (evaluated > 0) deps.log.debug({ evaluated, changes, seconds: us / 1_000_000 }, 'evaluated');
    const wasFull = evaluated === size;
    size = nextBatchSize(size, evaluated, us, config.evaluateBatchMax);
    if (!wasFull) await sleep(config.pollMs, undefined, { signal: deps.signal }).catch(() => {});
  }
}
