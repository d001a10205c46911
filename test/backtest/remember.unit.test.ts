import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Replay } from '../../src/backtest/replay.js';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { dayOf } from '../../src/core/time.js';
import type { AnyEvent } from '../../src/events/event.js';
import { DEFAULT_POLICY } from '../../src/risk/policy/default.js';
import { decodeLine, historyLines } from '../support/history.js';
import { arrange, arrivals, buildHistory, historySteps } from '../support/random-history.js';

/** All alerts of events, which come in any order, until thirty days after the last one. */
function alerts(events: readonly AnyEvent[], remembers: boolean): string[] {
  const replay = new Replay({ calendar: CHINA_CALENDAR, policy: DEFAULT_POLICY, remembers });
  const inOrder = [...events].sort((a, b) => a.recordedAt - b.recordedAt);
  if (inOrder.length === 0) return [];
  for (const event of inOrder) replay.take(event);
  replay.finish({ lastDay: dayOf(inOrder.at(-1)!.recordedAt) + 30, until: null });
  return replay.lines.map(({ json }) => json);
}

it('tells the same of a history whether it remembers answers or asks every rule every time', () => {
  const events = historyLines().flatMap((line) => {
    const decoded = decodeLine(line);
    return decoded.ok ? [decoded.event] : [];
  });
  const remembered = alerts(events, true);
  expect(remembered.length).toBeGreaterThan(200);
  expect(remembered).toEqual(alerts(events, false));
}, 180_000);

it('tells the same of random histories with reversals, repetitions and late tellings', () => {
  let told = 0;
  fc.assert(
    fc.property(historySteps({ maxLength: 40 }), arrivals(), (steps, arrival) => {
      const institutions = ['X-370702-1', 'X-370702-2'];
      const events = arrange(buildHistory(steps, { institutions, salt: 'r' }), arrival);
      const remembered = alerts(events, true);
      told += remembered.length;
      expect(remembered).toEqual(alerts(events, false));
    }),
    { numRuns: 60 },
  );
  expect(told).toBeGreaterThan(100);
}, 180_000);
