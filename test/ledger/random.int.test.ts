import fc from 'fast-check';
import type pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { parseTime } from '../../src/core/time.js';
import type { AnyEvent } from '../../src/events/event.js';
import { applyBatch, type Input, type InputOutcome } from '../../src/ledger/apply.js';
import { Model } from '../../src/model/model.js';
import { modelState, settled } from '../model/state.js';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { arrange, arrivals, buildHistory, historySteps } from '../support/random-history.js';
import { databaseQuantities, databaseState } from './state.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase({ max: 4 });
});
afterAll(() => db.drop());

const RECEIVED_AT = parseTime('2026-05-01T00:00:00+08:00')!;
const CLOCKS = ['2025-10-09T12:00:00+08:00', '2025-10-17T00:00:00+08:00', '2026-04-30T00:00:00+08:00'].map(
  (text) => parseTime(text)!,
);

/** One database for all histories: institutions and event ids of each are its own. */
let histories = 0;
function fresh(schools: number): { institutions: string[]; salt: string } {
  histories += 1;
  return {
    institutions: Array.from({ length: schools }, (_, at) => `X-370702-${histories * 10 + at}`),
    salt: `h${histories}`,
  };
}

function inputOf(event: AnyEvent, at: number): Input {
  return {
    bytes: Buffer.from(event.body),
    decoded: { ok: true, event },
    origin: { key: `random:${event.source}:${event.id}:${at}`, detail: { at } },
  };
}

/** Applies the events in batches of the given sizes, taken in turn. */
async function applied(
  pool: pg.Pool,
  events: readonly AnyEvent[],
  batchSizes: readonly number[],
): Promise<InputOutcome[]> {
  const outcomes: InputOutcome[] = [];
  for (let from = 0, turn = 0; from < events.length; turn += 1) {
    const size = batchSizes[turn % batchSizes.length]!;
    const batch = events.slice(from, from + size).map((event, at) => inputOf(event, from + at));
    const result = await applyBatch(pool, batch, { receivedAt: RECEIVED_AT, calendar: CHINA_CALENDAR });
    outcomes.push(...result.outcomes);
    from += size;
  }
  return outcomes;
}

function booked(events: readonly AnyEvent[]): Model {
  const model = new Model(CHINA_CALENDAR);
  for (const event of events) model.book(event);
  return model;
}

async function expectSame(model: Model, institutions: readonly string[], exact: boolean): Promise<void> {
  for (const school of institutions) {
    const stored = await databaseState(db.pool, school);
    if (stored === null) {
      expect(model.set.institution(school).eventCount).toBe(0);
      continue;
    }
    const wanted = modelState(model, school);
    if (exact) expect(stored).toEqual(wanted);
    else expect(settled(stored)).toEqual(settled(wanted));
    expect(await databaseQuantities(db.pool, school, CLOCKS)).toEqual(
      CLOCKS.map((clock) => model.quantities(school, clock)),
    );
  }
}

const batchSizes = fc.oneof(
  fc.constant([1]),
  fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 }),
  fc.constant([1_000]),
);

it('holds in PostgreSQL, whatever the order, the repetitions and the batches, exactly the books of the model', async () => {
  await fc.assert(
    fc.asyncProperty(
      historySteps({ minLength: 10 }),
      arrivals(),
      batchSizes,
      fc.integer({ min: 1, max: 4 }),
      async (steps, arrival, sizes, schools) => {
        const names = fresh(schools);
        const events = arrange(buildHistory(steps, names), arrival);
        await applied(db.pool, events, sizes);
        await expectSame(booked(events), names.institutions, true);
      },
    ),
    { numRuns: 50 },
  );
});

it('answers like the model and holds its books even when events contradict each other', async () => {
  await fc.assert(
    fc.asyncProperty(
      historySteps({ minLength: 10, contradictions: true }),
      arrivals(),
      batchSizes,
      async (steps, arrival, sizes) => {
        const names = fresh(2);
        const events = arrange(buildHistory(steps, names), arrival);
        const outcomes = await applied(db.pool, events, sizes);
        const model = new Model(CHINA_CALENDAR);
        const wanted = events.map((event) => model.book(event));
        if (Math.max(...sizes) === 1) expect(outcomes.map(textOf)).toEqual(wanted.map(textOf));
        await expectSame(model, names.institutions, true);
      },
    ),
    { numRuns: 45 },
  );
});

function textOf(outcome: { kind: string; code?: string; rejection?: { code: string } }): string {
  return `${outcome.kind} ${outcome.code ?? outcome.rejection?.code ?? ''}`;
}

it('keeps on the list of rejected events exactly the contradicting facts that are not booked', async () => {
  await fc.assert(
    fc.asyncProperty(historySteps({ minLength: 15 }), arrivals(), batchSizes, async (steps, arrival, sizes) => {
      const names = fresh(1);
      const events = arrange(buildHistory(steps, names), arrival);
      await applied(db.pool, events, sizes);
      const { rows } = await db.pool.query<{ event_id: string; code: string }>(
        'select event_id, code from rejected_events where subject = $1 and redriven_at is null',
        [names.institutions[0]],
      );
      expect(rows).toEqual([]);
    }),
    { numRuns: 30 },
  );
});

it('ends with the same books when two writers tell overlapping parts at the same time', async () => {
  await fc.assert(
    fc.asyncProperty(
      historySteps({ minLength: 25 }),
      arrivals(),
      fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 11 }),
      async (steps, arrival, writers) => {
        const names = fresh(3);
        const events = arrange(buildHistory(steps, names), arrival);
        // 1: the first writer, 2: the second, 3: both.
        const parts = [1, 2].map((bit) => events.filter((_, at) => (writers[at % writers.length]! & bit) !== 0));
        await Promise.all([applied(db.pool, parts[0]!, [3, 1, 7]), applied(db.pool, parts[1]!.toReversed(), [2, 5])]);
        await expectSame(booked(events), names.institutions, false);
      },
    ),
    { numRuns: 40 },
  );
});

it('holds what money demands: entries add up to balances, every journal and every institution is balanced', async () => {
  const wrong = async (sql: string) => (await db.pool.query(sql)).rows;
  expect(
    await wrong(
      `select institution_no, account, sub from
         (select institution_no, account, sub, sum(debit_fen) as d, sum(credit_fen) as c from entries group by 1, 2, 3) e
         full join balances b using (institution_no, account, sub)
        where coalesce(d, 0) <> coalesce(debit_fen, 0) or coalesce(c, 0) <> coalesce(credit_fen, 0)`,
    ),
  ).toEqual([]);
  expect(
    await wrong(
      `select institution_no, booked_on, account, sub from
         (select institution_no, booked_on, account, sub, sum(debit_fen) as d, sum(credit_fen) as c from entries
           where account not in (1001, 2001) group by 1, 2, 3, 4) e
         full join (select *, day as booked_on from turnovers) t using (institution_no, booked_on, account, sub)
        where coalesce(d, 0) <> coalesce(debit_fen, 0) or coalesce(c, 0) <> coalesce(credit_fen, 0)`,
    ),
  ).toEqual([]);
  expect(
    await wrong(
      'select event_seq from entries group by event_seq having sum(debit_fen) <> sum(credit_fen) or count(distinct institution_no) > 1',
    ),
  ).toEqual([]);
  expect(
    await wrong('select institution_no from balances group by 1 having sum(debit_fen) <> sum(credit_fen)'),
  ).toEqual([]);
  expect(
    await wrong(
      `select i.no from institutions i left join events e on e.institution_no = i.no group by i.no
       having i.event_count <> count(e.seq) or i.event_count <> coalesce(max(e.ordinal), 0) or count(distinct e.ordinal) <> count(e.seq)`,
    ),
  ).toEqual([]);
  // Reversals of payments that nobody has told move the account, and no line.
  expect(
    await wrong(
      `select no from institutions i where
         coalesce((select sum(paid_fen - confirmed_fen - refunded_fen) from lines where institution_no = i.no), 0) <>
         coalesce((select sum(credit_fen - debit_fen) from balances where institution_no = i.no and account = 2001), 0) +
         coalesce((select sum(reversed_fen) from payments where institution_no = i.no and amount_fen is null), 0)`,
    ),
  ).toEqual([]);
  expect((await db.pool.query<{ n: number }>('select count(*) as n from entries')).rows[0]!.n).toBeGreaterThan(500);
});
