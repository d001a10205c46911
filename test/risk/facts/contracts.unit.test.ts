import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dayOf } from '../../../src/core/time.js';
import type { EventData } from '../../../src/events/event.js';
import { mergeProfile } from '../../../src/ledger/profile.js';
import {
  type Collection,
  collectionOf,
  collectionsOf,
  covered,
  coveredOver,
  coveredUp,
  termsOf,
} from '../../../src/risk/facts/collections.js';
import { type EarlierContract, hoursLeft } from '../../../src/risk/facts/hours-left.js';
import { paymentFacts } from '../../../src/risk/facts/payments.js';
import { type ProfileEvent, profileEventsSince } from '../../../src/risk/facts/profile.js';
import { payersOf } from '../../../src/risk/facts/refund-path.js';
import { contractData, noon, PROFILE, school, sheetOf, TODAY, yuan } from '../builders.js';

describe('hours of earlier contracts that are still to be taught', () => {
  const earlier = (over: Partial<EarlierContract> = {}): EarlierContract => ({
    hours: 2_000,
    periodTo: TODAY,
    confirmed: 500,
    paidFen: 1n,
    refundedFen: 0n,
    ...over,
  });

  it('are those of every contract that was paid for and runs on the day, refunded in no part', () => {
    expect(hoursLeft([earlier()], TODAY)).toBe(1_500);
    expect(hoursLeft([earlier(), earlier({ hours: 300, confirmed: 0 })], TODAY)).toBe(1_800);
    expect(hoursLeft([earlier(), earlier({ paidFen: 0n })], TODAY)).toBe(1_500);
    expect(hoursLeft([earlier(), earlier({ refundedFen: 1n })], TODAY)).toBe(1_500);
    expect(hoursLeft([earlier(), earlier({ periodTo: TODAY - 1 })], TODAY)).toBe(1_500);
  });

  it('are none of one of which more was confirmed than it has, and that takes nothing from another', () => {
    expect(hoursLeft([earlier({ confirmed: 2_001 })], TODAY)).toBe(0);
    expect(hoursLeft([earlier({ confirmed: 9_000 }), earlier()], TODAY)).toBe(1_500);
  });

  it('are not known without an earlier contract, and none where each of them is over', () => {
    expect(hoursLeft([], TODAY)).toBeNull();
    expect(hoursLeft([earlier({ periodTo: TODAY - 1 })], TODAY)).toBe(0);
  });
});

describe('who paid for a contract', () => {
  it('is each payer once, in order, and nobody as soon as one payment does not say', () => {
    expect(payersOf(['b', 'a', 'b'])).toEqual(['a', 'b']);
    expect(payersOf(['b', null, 'a'])).toBeNull();
    expect(payersOf([])).toBeNull();
  });
});

describe('a collection', () => {
  const contract = school()
    .contract({ priceFen: yuan(1_000) })
    .rows().contracts[0]!;
  const paying = (amountFen: number, reversedFen = 0): Collection => {
    const row = school().payment({ amountFen, reversedFen }).rows().payments[0]!;
    return collectionOf(contract, paymentFacts(row, row.told!));
  };

  it('is the largest payment of a contract that stands, and none where all were taken back', () => {
    const collected = (...payments: readonly (readonly [number, number])[]) => {
      const from = school().contract();
      for (const [amountFen, reversedFen] of payments)
        from.payment({ contractId: 'c1', amountFen, reversedFen }).payment({ amountFen: 9_000 });
      return collectionsOf(sheetOf(from)).map(({ payment }) => payment.netFen);
    };
    expect(collected()).toEqual([]);
    expect(collected([500, 500])).toEqual([]);
    expect(collected([500, 499])).toEqual([1n]);
    expect(collected([500, 200], [400, 0], [100, 0])).toEqual([400n]);
  });

  it('pays for the part of an amount that it is of the price, and never for more than the whole', () => {
    expect(covered(paying(yuan(2_000)), 7)).toBe(7);
    expect(coveredUp(paying(yuan(2_000)), 7)).toBe(7);
    expect(coveredOver(paying(yuan(2_000)), 7, 7)).toBe(false);
    expect([covered(paying(yuan(500)), 7), coveredUp(paying(yuan(500)), 7)]).toEqual([3, 4]);
    expect([covered(paying(yuan(500)), 8), coveredUp(paying(yuan(500)), 8)]).toEqual([4, 4]);
    expect(paying(yuan(1_000), 1).whole).toBe(false);
  });

  it('is above a limit exactly when its part, rounded up, is', () => {
    const fen = fc.integer({ min: 1, max: yuan(1_500) });
    fc.assert(
      fc.property(fen, fc.integer({ min: 0, max: 400 }), fc.integer({ min: -1, max: 1 }), (paid, amount, near) => {
        const collection = paying(paid);
        const limit = Math.max(0, coveredUp(collection, amount) + near);
        expect(coveredOver(collection, amount, limit)).toBe(coveredUp(collection, amount) > limit);
        expect(coveredUp(collection, amount) - covered(collection, amount)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('has the hours that are told, to the hundredth', () => {
    const { hours, gifted } = termsOf(contractData({ hoursPaid: 1.15, hoursGifted: 0.29 }));
    expect([hours, gifted]).toEqual([115, 29]);
  });
});

describe('the events behind a profile', () => {
  type Told = Partial<EventData['institution.upserted']>;
  const optional = fc.record<Told>(
    { brand: fc.constantFrom('a', 'b'), gridId: fc.constantFrom('g', 'h'), legalRepHash: fc.constantFrom('c', 'd') },
    { requiredKeys: [] },
  );
  const history = fc
    .array(fc.tuple(fc.integer({ min: TODAY - 9, max: TODAY }), optional), { maxLength: 8 })
    .map((told) =>
      told
        .sort(([a], [b]) => a - b)
        .map(
          ([on, data], i): ProfileEvent => ({ at: noon(on), source: 's', id: `e${i}`, data: { ...PROFILE, ...data } }),
        ),
    );

  it('since a day tell the same on every day from it on as all of them do', () => {
    fc.assert(
      fc.property(history, fc.integer({ min: TODAY - 10, max: TODAY + 1 }), (events, from) => {
        const kept = profileEventsSince(events, from);
        for (let day = from - 1; day <= TODAY + 1; day += 1) {
          const until = (all: readonly ProfileEvent[]) => mergeProfile(all.filter(({ at }) => dayOf(at) <= day));
          expect(until(kept)).toEqual(until(events));
        }
      }),
    );
  });

  it('keep of those before the day only what still told something on it', () => {
    const at = (ago: number, id: string, data: Told): ProfileEvent => ({
      at: noon(TODAY - ago),
      source: 's',
      id,
      data: { ...PROFILE, ...data },
    });
    const events = [
      at(9, 'brand', { brand: 'a' }),
      at(8, 'nothing', {}),
      at(7, 'grid', { gridId: 'g' }),
      at(6, 'newest', {}),
      at(5, 'on the day', {}),
      at(4, 'since', {}),
    ];
    const ids = (from: number) => profileEventsSince(events, from).map(({ id }) => id);
    expect(ids(TODAY - 5)).toEqual(['brand', 'grid', 'newest', 'on the day', 'since']);
    expect(ids(TODAY - 7)).toEqual(['brand', 'nothing', 'grid', 'newest', 'on the day', 'since']);
    expect(ids(TODAY)).toEqual(['brand', 'grid', 'since']);
    expect(ids(TODAY - 20)).toHaveLength(6);
  });
});
