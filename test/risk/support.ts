import type pg from 'pg';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import type { Us } from '../../src/core/time.js';
import { applyBatch } from '../../src/ledger/apply.js';
import { CALM_DELAY_US } from '../../src/ledger/due.js';
import { evaluateDue } from '../../src/risk/evaluate-due.js';
import { inputOf } from '../support/history.js';

/** The line of an inspection that found something. */
export function inspected(subject: string, id: string, finding: string, time: string): string {
  return JSON.stringify({
    specversion: '1.0',
    id,
    source: '/registry/1',
    type: 'prepaid.inspection.recorded.v1',
    subject,
    time,
    data: { inspectionId: id, role: 'grid', findings: [finding] },
  });
}

/** Lines of events, received and booked at a moment. Fails when one of them is refused, unless that may be. */
export async function ingestAt(
  pool: pg.Pool,
  lines: readonly string[],
  receivedAt: Us,
  mayBeRefused = false,
): Promise<void> {
  const inputs = lines.map((line, at) => inputOf(line, at + 1));
  const { outcomes } = await applyBatch(pool, inputs, { receivedAt, calendar: CHINA_CALENDAR });
  const refused = outcomes.find((one) => one.kind === 'rejected');
  if (refused && !mayBeRefused) throw new Error(JSON.stringify(refused));
}

/** Evaluates everything that is due at a moment, calm events included. Answers how many institutions were. */
export async function evaluateAt(pool: pg.Pool, now: Us): Promise<number> {
  let total = 0;
  for (;;) {
    const { evaluated } = await evaluateDue(pool, {
      now,
      calendar: CHINA_CALENDAR,
      settleUs: -CALM_DELAY_US,
      institutionsMax: 100,
      kafkaEnabled: false,
    });
    if (evaluated === 0) return total;
    total += evaluated;
  }
}
