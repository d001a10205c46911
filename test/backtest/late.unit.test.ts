import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Replay } from '../../src/backtest/replay.js';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { dayOf, type Us } from '../../src/core/time.js';
import { DEFAULT_POLICY } from '../../src/risk/policy/default.js';
import { arrange, arrivals, buildHistory, historySteps, type Step } from '../support/random-history.js';

const ID = 'X-370702-80000010';

/** A paid contract without lessons (D01), whose signing is told later and says that the course has not begun. Seldom met by chance. */
const BEGINS_LATER: readonly Step[] = [
  { kind: 'payment.succeeded', institution: 0, a: 0, b: 0, fen: 0, on: 4, at: 0, how: 0 },
  { kind: 'contract.signed', institution: 0, a: 0, b: 0, fen: 0, on: 9, at: 0, how: 0 },
];

describe('late information', () => {
  it('is what was told after the raise: time that passes takes nothing back', () => {
    let takenBack = 0;
    fc.assert(
      fc.property(historySteps({ maxLength: 60 }), arrivals(), (steps, arrival) => {
        const events = arrange(buildHistory(steps, { institutions: [ID], salt: 'late' }), arrival).sort(
          (a, b) => a.recordedAt - b.recordedAt,
        );
        const replay = new Replay({ calendar: CHINA_CALENDAR, policy: DEFAULT_POLICY });
        for (const event of events) replay.take(event);
        const last = events.at(-1);
        replay.finish({ lastDay: last === undefined ? null : dayOf(last.recordedAt) + 120, until: null });
        const raisedAt = new Map<string, Us>();
        for (const { at, kind, level, json } of replay.lines) {
          const { alertId, reasonZh } = alertOf(json);
          if (!reasonZh.startsWith('迟到的数据')) {
            if (kind !== 'cleared') raisedAt.set(alertId, at);
            continue;
          }
          takenBack += 1;
          const from = raisedAt.get(alertId)!;
          const learned = events.some(({ recordedAt }) => recordedAt >= from && recordedAt <= at);
          expect(learned, `${alertId} ${kind} ${level} at ${at}, raised at ${from}`).toBe(true);
        }
      }),
      { numRuns: 300, examples: [[[...BEGINS_LATER], { ranks: [0], repeats: [] }]] },
    );
    expect(takenBack).toBeGreaterThan(0);
  }, 120_000);
});

function alertOf(json: string): { readonly alertId: string; readonly reasonZh: string } {
  const { data } = JSON.parse(json) as { data: { alertId: string; reason: { zh: string } } };
  return { alertId: data.alertId, reasonZh: data.reason.zh };
}
