import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CHINA_CALENDAR } from '../../../src/core/calendar.js';
import { dayOf } from '../../../src/core/time.js';
import type { AnyEvent } from '../../../src/events/event.js';
import { Model } from '../../../src/model/model.js';
import { undo } from '../../model/tell.js';
import { type Expected, FAULTS, type Fault, faultyHistory, SCHOOL } from './faults.js';
import { reconcileModel } from './support.js';

function breaksAfter(events: readonly AnyEvent[], asOf: number): Expected[] {
  const model = new Model(CHINA_CALENDAR);
  for (const event of events) model.book(event);
  return reconcileModel(model, SCHOOL, asOf)
    .breaks.map(({ kind, accountId, amountFen }) => ({ kind, accountId: accountId!, amountFen: Number(amountFen) }))
    .sort(inOrder);
}

function inOrder(a: Expected, b: Expected): number {
  return a.kind < b.kind ? -1 : a.kind > b.kind ? 1 : a.amountFen - b.amountFen;
}

/** The events in an order of their own. */
function shuffled(events: readonly AnyEvent[], seed: number): AnyEvent[] {
  let state = seed + 7;
  const roll = (): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state / 2 ** 32;
  };
  return events
    .map((event) => ({ event, rank: roll() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ event }) => event);
}

const plans = (faults: readonly Fault[]) =>
  fc.record({
    seed: fc.nat(100_000),
    days: fc.constant(32),
    faults: fc.array(fc.constantFrom(...faults), { minLength: 0, maxLength: 3 }),
    order: fc.nat(100_000),
  });

const RUNS = { numRuns: 50 };

describe('an honest bank', () => {
  it('has no break, however its credits are bundled, split and named, in any order', () => {
    fc.assert(
      fc.property(plans(['resent_file']), ({ order, ...plan }) => {
        const history = faultyHistory(plan);
        expect(breaksAfter(shuffled(history.events, order), history.asOf)).toEqual([]);
      }),
      RUNS,
    );
  });
});

describe('an honest bank, day by day', () => {
  it('has no break on any day, though credits of the next day are still on their way', () => {
    fc.assert(
      fc.property(plans(['resent_file']), ({ order, ...plan }) => {
        const { events, asOf } = faultyHistory(plan);
        for (let day = asOf - 20; day <= asOf; day += 1) {
          const known = events.filter((event) => dayOf(event.at) <= day);
          expect(breaksAfter(shuffled(known, order), day)).toEqual([]);
        }
      }),
      { numRuns: 10 },
    );
  });
});

describe('faults of a bank', () => {
  it.each(FAULTS)('%s is named with its kind, account and amount, and nothing else is', (fault) => {
    fc.assert(
      fc.property(plans([fault]), ({ order, ...plan }) => {
        const history = faultyHistory({ ...plan, faults: [fault, ...plan.faults] });
        expect(breaksAfter(shuffled(history.events, order), history.asOf)).toEqual([...history.expected].sort(inOrder));
      }),
      RUNS,
    );
  });

  it('are all named when they come together, whatever the order of arrival', () => {
    fc.assert(
      fc.property(plans(FAULTS), ({ order, ...plan }) => {
        const history = faultyHistory(plan);
        expect(breaksAfter(shuffled(history.events, order), history.asOf)).toEqual([...history.expected].sort(inOrder));
      }),
      { numRuns: 150 },
    );
  });

  it('clear by themselves when the missing part arrives, and come back when it is reversed', () => {
    const mendable = ['late_day', 'doubled_file', 'changed_entry', 'missing_entry', 'wrongly_reversed'] as const;
    fc.assert(
      fc.property(plans(mendable), ({ order, ...plan }) => {
        const history = faultyHistory(plan);
        const mended = [...history.events, ...history.held];
        expect(breaksAfter(shuffled(mended, order), history.asOf)).toEqual([]);
        const arrived = history.held.filter((event) => event.type === 'custody.credited');
        const gone = [...mended, ...arrived.map((event) => undo(event))];
        if (arrived.length > 0) expect(breaksAfter(shuffled(gone, order), history.asOf).length).toBeGreaterThan(0);
      }),
      { numRuns: 100 },
    );
  });
});
