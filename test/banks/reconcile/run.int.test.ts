import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { loadReconcileRows } from '../../../src/banks/reconcile/load.js';
import { factsOf } from '../../../src/banks/reconcile/rows.js';
import { lastDueDay, reconcileAsOf } from '../../../src/banks/reconcile/run.js';
import { reconcileNow } from '../../../src/banks/reconcile-now.js';
import { refreshFeeds } from '../../../src/banks/refresh.js';
import { CHINA_CALENDAR } from '../../../src/core/calendar.js';
import { dayOf, parseDay, parseTime, startOfDay, US_PER_HOUR, type Us } from '../../../src/core/time.js';
import type { AnyEvent } from '../../../src/events/event.js';
import { applyBatch, type Input } from '../../../src/ledger/apply.js';
import { readConsistently } from '../../../src/ledger/books.js';
import { Model } from '../../../src/model/model.js';
import { BANK, credited, custodyAccount, PLATFORM, paid, SCHOOL, tell, undo } from '../../model/tell.js';
import { type TestDatabase, testDatabase } from '../../support/database.js';
import { historyAsOf, historyLines, inputOf } from '../../support/history.js';
import { FAULTS, faultyHistory } from './faults.js';
import { reconcileModel, rowsOf } from './support.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

const CALENDAR = CHINA_CALENDAR;

let inputs = 0;
function inputsOf(events: readonly AnyEvent[]): Input[] {
  return events.map((event) => {
    inputs += 1;
    return { bytes: Buffer.from(event.body), decoded: { ok: true, event }, origin: { key: `t:${inputs}`, detail: {} } };
  });
}

async function ingest(pool: TestDatabase['pool'], events: readonly AnyEvent[], now: Us, batch = 500): Promise<void> {
  for (let from = 0; from < events.length; from += batch)
    await applyBatch(pool, inputsOf(events.slice(from, from + batch)), { receivedAt: now, calendar: CALENDAR });
}

const now = (text: string): Us => parseTime(text)!;
const run = (pool: TestDatabase['pool'], at: Us, institutionId: string | null = null) =>
  reconcileNow({ pool, calendar: CALENDAR, clock: () => at, institutionId, waitMs: 0 });

interface BreakRow {
  readonly kind: string;
  readonly amount_fen: bigint;
  readonly cleared: boolean;
  readonly times_opened: number;
}

async function storedBreaks(pool: TestDatabase['pool'], institutionId = SCHOOL): Promise<BreakRow[]> {
  const { rows } = await pool.query<BreakRow>(
    `select b.kind, b.amount_fen, b.cleared_at is not null as cleared, b.times_opened
       from breaks b join institutions i on i.no = b.institution_no where i.id = $1 order by b.kind, b.amount_fen`,
    [institutionId],
  );
  return rows;
}

async function openBreaks(pool: TestDatabase['pool']): Promise<string[]> {
  return (await storedBreaks(pool)).filter((one) => !one.cleared).map((one) => `${one.kind} ${one.amount_fen}`);
}

it('counts a day as due from noon of the next working day on', () => {
  const due = (text: string) => lastDueDay(now(text), CALENDAR);
  expect(due('2026-03-03T11:59:59+08:00')).toBe(parseDay('2026-03-01'));
  expect(due('2026-03-03T12:00:00+08:00')).toBe(parseDay('2026-03-02'));
  // A Friday's data is due at noon of the Monday, together with the weekend's.
  expect(due('2026-03-08T20:00:00+08:00')).toBe(parseDay('2026-03-05'));
  expect(due('2026-03-09T12:00:00+08:00')).toBe(parseDay('2026-03-08'));
});

describe('the sample history', () => {
  let city: TestDatabase;
  beforeAll(async () => {
    city = await testDatabase();
    const all = historyLines().map((line, at) => inputOf(line, at + 1));
    for (let from = 0; from < all.length; from += 2_000)
      await applyBatch(city.pool, all.slice(from, from + 2_000), { receivedAt: historyAsOf(), calendar: CALENDAR });
  }, 120_000);
  afterAll(() => city.drop());

  it('reconciles without a break, closes its old days, and is not read again', async () => {
    const first = await run(city.pool, historyAsOf());
    expect(first).toMatchObject({ asOf: parseDay('2026-07-02'), institutions: 24, opened: 0, cleared: 0 });
    expect(first.entries).toBeGreaterThan(1_300);
    const { rows } = await city.pool.query<{ n: number }>(
      `select count(*) as n from reconciled where closed_days[1] > '2026-05-01'`,
    );
    expect(rows[0]!.n).toBeGreaterThan(20);
    // What was received within the hour before a run is looked at once more.
    const later = historyAsOf() + 2 * US_PER_HOUR;
    expect(await run(city.pool, later)).toMatchObject({ institutions: 1, opened: 0 });
    expect(await run(city.pool, later)).toMatchObject({ institutions: 0, entries: 0 });
    expect((await storedBreaks(city.pool)).length).toBe(0);
  });

  it('says the same of closed days as when everything is read again', async () => {
    const later = historyAsOf() + 4 * 24 * US_PER_HOUR;
    await run(city.pool, later);
    const short = await city.pool.query(
      'select institution_no, key, kind, amount_fen from breaks where cleared_at is null order by 1, 2',
    );
    await city.pool.query(`update reconciled set closed_days = '{}', changes_on = as_of`);
    await run(city.pool, later);
    const whole = await city.pool.query(
      'select institution_no, key, kind, amount_fen from breaks where cleared_at is null order by 1, 2',
    );
    expect(whole.rows).toEqual(short.rows);
    // Nothing came after the last day of the history: every account that reported is silent.
    expect(new Set(whole.rows.map((row) => row.kind))).toEqual(new Set(['feed_missing']));
  });
});

it('reads from PostgreSQL exactly what the model has, and finds the same breaks', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(10_000),
      fc.array(fc.constantFrom(...FAULTS), { minLength: 1, maxLength: 3 }),
      async (seed, faults) => {
        const own = await testDatabase();
        try {
          const { events, asOf } = faultyHistory({ seed, days: 32, faults });
          await ingest(own.pool, events, startOfDay(asOf + 1), 97);
          await refreshFeeds(own.pool);
          const model = new Model(CALENDAR);
          for (const event of events) model.book(event);
          const wanted = reconcileModel(model, SCHOOL, asOf);
          const { rows } = await own.pool.query<{ no: number }>('select no from institutions where id = $1', [SCHOOL]);
          expect(await reconcileAsOf(own.pool, { no: rows[0]!.no, id: SCHOOL }, asOf, asOf, CALENDAR)).toEqual(wanted);
          const loaded = await readConsistently(own.pool, (client) =>
            loadReconcileRows(client, [{ no: rows[0]!.no, id: SCHOOL, closedThrough: null }]),
          );
          expect(factsOf(loaded.rows.get(rows[0]!.no)!, asOf).accounts).toEqual(
            factsOf(rowsOf(model.set.institution(SCHOOL)), asOf).accounts,
          );
        } finally {
          await own.drop();
        }
      },
    ),
    { numRuns: 8 },
  );
}, 120_000);

it.each([
  [7, 0, ['late_day', 'missing_entry', 'doubled_file']],
  [8, 3, ['late_day', 'missing_entry', 'doubled_file']],
  [9, 3, ['changed_entry', 'unknown_payer', 'over_release']],
  [10, 6, ['wrong_balance', 'missing_entry', 'never_credited']],
  [14, 5, []],
] as const)(
  'seed %i: day by day, with events up to %i days late, it ends as a single run at the end: %s',
  async (seed, lateDays, faults) => {
    const { events, held, expected, asOf } = faultyHistory({ seed, days: 32, faults });
    const daily = await testDatabase();
    try {
      // The account is known from the start; every fifth of the other events comes late.
      const arrival = (event: AnyEvent, at: number): number =>
        dayOf(event.at) + (at > 0 && at % 5 === 0 ? (at * 7) % (lateDays + 1) : 0);
      const last = CALENDAR.addWorkingDays(asOf, 1);
      for (let day = dayOf(events[0]!.at) - 2; day < last; day += 1) {
        const noon = startOfDay(day + 1) + 13 * US_PER_HOUR;
        await ingest(
          daily.pool,
          events.filter((event, at) => arrival(event, at) === day),
          noon,
        );
        await run(daily.pool, noon);
      }
      const end = startOfDay(last) + 13 * US_PER_HOUR;
      await ingest(
        daily.pool,
        events.filter((event, at) => arrival(event, at) >= last),
        end,
      );
      await run(daily.pool, end);
      const wanted = expected.map((one) => `${one.kind} ${one.amountFen}`).sort();
      expect((await openBreaks(daily.pool)).sort()).toEqual(wanted);
      if (held.length === 0) return;
      await ingest(daily.pool, held, end);
      await run(daily.pool, end);
      expect((await openBreaks(daily.pool)).length).toBeLessThan(wanted.length);
    } finally {
      await daily.drop();
    }
  },
  120_000,
);

it('keeps a break through its kinds, clears it when the credit comes, and opens it again when that is reversed', async () => {
  const at = (day: string) => now(`${day}T13:00:00+08:00`);
  await ingest(db.pool, [custodyAccount(), paid('P-1', 1_000, {}, { source: PLATFORM })], at('2026-03-03'));
  await run(db.pool, at('2026-03-05'));
  expect(await storedBreaks(db.pool)).toEqual([]);
  await run(db.pool, at('2026-03-06'));
  expect(await storedBreaks(db.pool)).toMatchObject([{ kind: 'late', cleared: false, times_opened: 1 }]);
  await run(db.pool, at('2026-03-11'));
  expect(await storedBreaks(db.pool)).toMatchObject([{ kind: 'missing', cleared: false, times_opened: 1 }]);
  const credit = credited('T-1', 1_000, '2026-03-03', { paymentIds: ['P-1'] }, { source: BANK });
  await ingest(db.pool, [credit], at('2026-03-11'));
  expect(await run(db.pool, at('2026-03-11'))).toMatchObject({ institutions: 1, entries: 1, cleared: 1 });
  await ingest(db.pool, [undo(credit)], at('2026-03-12'));
  expect(await run(db.pool, at('2026-03-12'))).toMatchObject({ opened: 0, reopened: 1 });
  expect(await storedBreaks(db.pool)).toMatchObject([{ kind: 'missing', cleared: false, times_opened: 2 }]);
});

it('tells of an entry that the bank contradicts long after its day was closed, though nothing else has happened since', async () => {
  const own = await testDatabase();
  try {
    const at = (day: string) => now(`${day}T13:00:00+08:00`);
    const credit = (amountFen: number, named: readonly string[] = []) =>
      credited('T-1', amountFen, '2026-03-03', { paymentIds: [...named] }, { source: BANK });
    const payment = paid('P-1', 1_000, {}, { source: PLATFORM });
    await ingest(own.pool, [custodyAccount(), payment, credit(1_000, ['P-1'])], at('2026-03-03'));
    await run(own.pool, at('2026-03-20'));
    const { rows } = await own.pool.query<{ closed: number }>(
      'select cardinality(closed_days) as closed from reconciled',
    );
    expect(rows).toEqual([{ closed: 1 }]);
    await ingest(own.pool, [credit(1_000)], at('2026-03-24'));
    expect(await run(own.pool, at('2026-03-24'))).toMatchObject({ institutions: 0 });
    await ingest(own.pool, [credit(1_300)], at('2026-03-25'));
    await run(own.pool, at('2026-03-25'));
    expect(await openBreaks(own.pool)).toEqual(['amount_differs 300']);
    await run(own.pool, at('2026-03-26'));
    expect(await run(own.pool, at('2026-03-27'))).toMatchObject({ institutions: 0 });
    expect(await openBreaks(own.pool)).toEqual(['amount_differs 300']);
  } finally {
    await own.drop();
  }
});

it('hands over events that commit after later ones', async () => {
  const own = await testDatabase();
  try {
    const slow = await own.pool.connect();
    await slow.query('begin');
    await slow.query('select pg_current_xact_id()');
    const { rows } = await slow.query<{ block: number }>(`select nextval('event_blocks') as block`);
    await ingest(own.pool, [custodyAccount(), paid('P-1', 1_000)], now('2026-03-03T00:00:00+08:00'));
    await refreshFeeds(own.pool);
    await refreshFeeds(own.pool);
    const late = tell('payment.succeeded', { paymentId: 'P-2', amountFen: 5, channel: 'card' });
    await slow.query(
      `insert into events (seq, institution_no, ordinal, source, id, type, key, at, recorded_at, received_at, content_hash, body)
       select $1, no, 3, $2, 'late', 30, 'P-2', now(), now(), now(), '\\x00', $3 from institutions`,
      [rows[0]!.block * 32_768, PLATFORM, late.body],
    );
    await slow.query('commit');
    slow.release();
    // Transactions of other databases of the same server hold the cursor back as well, for as long as they last.
    await vi.waitFor(async () => {
      await refreshFeeds(own.pool);
      const cursor = await own.pool.query<{ done_block: number; seen_blocks: number[] }>('select * from event_cursors');
      expect(cursor.rows[0]).toMatchObject({ done_block: rows[0]!.block + 1, seen_blocks: [] });
    }, 10_000);
    const counted = await own.pool.query<{ events: number }>('select sum(events)::bigint as events from feeds');
    expect(counted.rows[0]!.events).toBe(3);
  } finally {
    await own.drop();
  }
});
