import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { parseTime } from '../../src/core/time.js';
import type { AnyEvent } from '../../src/events/event.js';
import { Model } from '../../src/model/model.js';
import { plain } from '../support/history.js';
import { arrange, arrivals, buildHistory, historySteps } from '../support/random-history.js';
import { modelState, settled, standingTellings } from './state.js';

const SCHOOLS = ['X-370702-1', 'X-370702-2', 'X-370702-3', 'X-370702-4'];
const CLOCKS = [
  '2025-09-25T00:00:00+08:00',
  '2025-10-09T12:00:00+08:00',
  '2025-10-17T00:00:00+08:00',
  '2025-11-05T09:00:00+08:00',
  '2026-04-30T00:00:00+08:00',
].map((text) => parseTime(text)!);

function booked(events: readonly AnyEvent[]): Model {
  const model = new Model(CHINA_CALENDAR);
  for (const event of events) model.book(event);
  return model;
}

function everything(model: Model, schools: readonly string[]): object {
  return schools.map((school) => ({
    state: settled(modelState(model, school)),
    quantities: CLOCKS.map((clock) => model.quantities(school, clock)),
    standing: standingTellings(model.set.institution(school)),
  }));
}

it('gives the same books, registers and quantities at every clock whatever the order and the repetitions of arrival', () => {
  fc.assert(
    fc.property(historySteps(), arrivals(), fc.integer({ min: 1, max: 4 }), (steps, arrival, schools) => {
      const institutions = SCHOOLS.slice(0, schools);
      const events = buildHistory(steps, { institutions, salt: 'h' });
      expect(everything(booked(arrange(events, arrival)), institutions)).toEqual(
        everything(booked(events), institutions),
      );
    }),
    { numRuns: 700 },
  );
});

it('gives the same books when the matching is brought up to date after every event and when only at the end', () => {
  fc.assert(
    fc.property(historySteps(), arrivals(), (steps, arrival) => {
      const events = arrange(buildHistory(steps, { institutions: SCHOOLS.slice(0, 1), salt: 'h' }), arrival);
      const often = new Model(CHINA_CALENDAR);
      for (const event of events) {
        often.book(event);
        often.quantities(SCHOOLS[0]!, CLOCKS[0]!);
      }
      const once = booked(events);
      expect(modelState(often, SCHOOLS[0]!)).toEqual(modelState(once, SCHOOLS[0]!));
      expect(CLOCKS.map((clock) => often.quantities(SCHOOLS[0]!, clock))).toEqual(
        CLOCKS.map((clock) => once.quantities(SCHOOLS[0]!, clock)),
      );
    }),
    { numRuns: 300 },
  );
});

it('is the books of nothing but the reversals when everything that was told is reversed', () => {
  fc.assert(
    fc.property(historySteps(), arrivals(), (steps, arrival) => {
      const school = SCHOOLS[0]!;
      const events = buildHistory(steps, { institutions: [school], salt: 'h' });
      const reversals = events
        .filter((event) => event.type !== 'event.reversed')
        .map((event, at) => reversalOf(event, at));
      const state = modelState(booked(arrange([...events, ...reversals], arrival)), school);
      const { events: count, newestAt: _newestAt, ...books } = state;
      expect(books).toEqual({
        balances: {},
        turnovers: {},
        tallies: {},
        lines: {},
        contracts: {},
        payments: {},
        credits: {},
        refunds: {},
        releases: {},
        keptOut: [],
        displaced: [],
      });
      expect(count).toBe(events.length + reversals.length);
    }),
    { numRuns: 300 },
  );
});

it('keeps sums, line sums and open lines in step with each other, even for events that contradict each other', () => {
  fc.assert(
    fc.property(historySteps({ contradictions: true }), arrivals(), (steps, arrival) => {
      const events = arrange(buildHistory(steps, { institutions: SCHOOLS.slice(0, 2), salt: 'h' }), arrival);
      const model = booked(events);
      for (const school of SCHOOLS.slice(0, 2)) expectInvariants(model, school);
    }),
    { numRuns: 500 },
  );
});

function expectInvariants(model: Model, school: string): void {
  const books = model.set.institution(school);
  const quantities = model.quantities(school, CLOCKS[3]!);
  let trial = 0n;
  for (const sum of books.balances.values()) trial += sum.debitFen - sum.creditFen;
  expect(trial).toBe(0n);
  let unearned = 0n;
  for (const line of books.lines.values()) {
    const net = line.paidFen - line.confirmedFen - line.refundedFen;
    if (net > 0n) unearned += net;
  }
  expect(quantities.unearnedFen).toBe(unearned);
  for (const [name, value] of Object.entries(plain(quantities))) {
    if (name === 'paidFen' || name === 'custodyBookedFen' || name === 'depositFen' || typeof value !== 'number')
      continue;
    expect(value, name).toBeGreaterThanOrEqual(0);
  }
  const matched = [...books.payments.rows.values()].flatMap((row) =>
    row.matchedBy ? [[row.matchedBy.credit, row.paymentId]] : [],
  );
  const matching = [...books.credits.rows].flatMap(([key, row]) =>
    row.matchedPayment === null ? [] : [[key, row.matchedPayment]],
  );
  expect(matched.sort()).toEqual(matching.sort());
  for (const [key, paymentId] of matching)
    expect(books.credits.get(key!)!.amountFen).toBe(books.payments.get(paymentId!)!.told!.amountFen);
}

it('tests with histories that have what is nasty: tellings kept out, early reversals, matches, sums past 2^53', () => {
  const seen = {
    keptOut: 0,
    early: 0,
    matched: 0,
    named: 0,
    beyond: 0,
    owed: 0,
    overdue: 0,
    released: 0,
    offAccount: 0,
    notCredited: 0,
  };
  const school = SCHOOLS[0]!;
  fc.assert(
    fc.property(historySteps({ minLength: 20 }), arrivals(), (steps, arrival) => {
      const events = arrange(buildHistory(steps, { institutions: [school], salt: 'h' }), arrival);
      const model = booked(events);
      const { books, quantities } = {
        books: model.set.institution(school),
        quantities: model.quantities(school, CLOCKS[4]!),
      };
      const payments = [...books.payments.rows.values()];
      const count = (name: keyof typeof seen, happened: boolean) => {
        if (happened) seen[name] += 1;
      };
      count('keptOut', modelState(model, school).keptOut.length > 0);
      count(
        'early',
        events.some(
          (event, at) =>
            event.type === 'event.reversed' && events.findIndex((other) => other.id === event.data.reverses.id) > at,
        ),
      );
      count('matched', payments.filter((row) => row.matchedBy).length > 1);
      count(
        'named',
        payments.some((row) => row.namedBy.length > 1),
      );
      count('beyond', quantities.paidFen > BigInt(Number.MAX_SAFE_INTEGER));
      count('owed', model.quantities(school, CLOCKS[2]!).refundOwedFen > 0n);
      count('overdue', quantities.refundOverdueFen > 0n);
      count(
        'released',
        [...books.lines.values()].some((line) => line.releasedFen > 0n),
      );
      count('offAccount', quantities.offAccountFen > 0n);
      count('notCredited', quantities.paidNotCreditedFen > 0n);
    }),
    { numRuns: 200, seed: 1 },
  );
  for (const [name, count] of Object.entries(seen)) expect(count, name).toBeGreaterThan(5);
});

function reversalOf(event: AnyEvent, at: number): AnyEvent {
  const data = { reverses: { source: event.source, id: event.id }, reason: 'all of it' };
  return {
    ...event,
    type: 'event.reversed',
    id: `undo-${at}`,
    data,
    contentHash: Buffer.from(`undo-${at}`),
  } as AnyEvent;
}
