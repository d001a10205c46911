import type pg from 'pg';
import { expect } from 'vitest';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { type Day, dayOf, parseTime, type Us } from '../../src/core/time.js';
import type { AnyEvent } from '../../src/events/event.js';
import { applyBatch, type Input } from '../../src/ledger/apply.js';
import { InstitutionRowsReader, type ModelRows } from '../../src/model/institution-rows.js';
import type { Model } from '../../src/model/model.js';
import { COMMON_PARAMS } from '../../src/risk/common.js';
import { FactSheet } from '../../src/risk/facts/fact-sheet.js';
import { type Expiring, type InstitutionRows, LATE_DAYS } from '../../src/risk/facts/rows.js';
import { isNamedOtherwise } from '../../src/risk/facts/sides.js';
import { defaultsOf } from '../../src/risk/params.js';
import { readExpiring } from '../../src/risk/read-books.js';
import { EarlierRows, readInstitutionRows } from '../../src/risk/read-rows.js';
import { decodeLine, inputOf } from '../support/history.js';

const RECEIVED_AT = parseTime('2026-09-01T00:00:00+08:00')!;

export async function ingest(pool: pg.Pool, inputs: readonly Input[]): Promise<void> {
  for (let from = 0; from < inputs.length; from += 2_000) {
    await applyBatch(pool, inputs.slice(from, from + 2_000), { receivedAt: RECEIVED_AT, calendar: CHINA_CALENDAR });
  }
}

/** The same lines into both. `from`: the number of the first line, where more of them come later. */
export async function tellBoth(pool: pg.Pool, model: Model, lines: readonly string[], from = 0): Promise<void> {
  await ingest(
    pool,
    lines.map((line, at) => inputOf(line, from + at)),
  );
  for (const line of lines) {
    const decoded = decodeLine(line);
    if (!decoded.ok) throw new Error(decoded.rejection.message);
    model.book(decoded.event);
  }
}

export function asInput(event: AnyEvent, at: number): Input {
  return {
    bytes: Buffer.from(event.body),
    decoded: { ok: true, event },
    origin: { key: `${event.id}/${at}`, detail: {} },
  };
}

/** The rows of PostgreSQL and of the model, of the day and of a few days before it, and what the model derives besides. */
export async function expectSameRows(
  pool: pg.Pool,
  model: Model,
  readers: Map<string, InstitutionRowsReader>,
  now: Us,
): Promise<void> {
  const books = [...model.set.institutions.values()].filter(({ eventCount }) => eventCount > 0);
  const { stored, earlier, expiring } = await readStored(
    pool,
    books.map(({ id }) => id),
    now,
  );
  for (const one of books) {
    let reader = readers.get(one.id);
    if (!reader) {
      reader = new InstitutionRowsReader(one, CHINA_CALENDAR);
      readers.set(one.id, reader);
    }
    const { paymentFacts, paymentsNamedOtherwise, collections, repeatedCollections, ...rows } = reader.read(
      dayOf(now),
      false,
    );
    expect(comparable(rows)).toEqual(comparable(stored.get(one.id)!));
    expect(byDay(reader.expiring(dayOf(now)))).toEqual(byDay(expiring.get(one.id)!));
    for (const [day, before] of earlier)
      expect(comparable(withoutFacts(rows.earlier(day)!))).toEqual(comparable(before.get(one.id)!));
    const sheet = new FactSheet(stored.get(one.id)!, LONG_AFTER, CHINA_CALENDAR, defaultsOf(COMMON_PARAMS));
    expect(paymentFacts).toEqual(sheet.payments);
    expect(paymentsNamedOtherwise).toEqual(sheet.namedOtherwise.filter(isNamedOtherwise));
    expect(collections).toEqual(sheet.collections);
    expect(repeatedCollections).toEqual(sheet.repeatedCollections);
  }
}

function byDay(rows: readonly Expiring[]): Expiring[] {
  return [...rows].sort((a, b) => a.periodTo - b.periodTo);
}

/** Nothing is told of the future then. */
const LONG_AFTER = parseTime('2099-01-01T00:00:00+08:00')!;

type RowsById = ReadonlyMap<string, InstitutionRows>;

/** The rows of the day, and of a few days before it. */
export async function readStored(
  pool: pg.Pool,
  ids: readonly string[],
  now: Us,
): Promise<{
  stored: RowsById;
  earlier: ReadonlyMap<Day, RowsById>;
  expiring: ReadonlyMap<string, readonly Expiring[]>;
}> {
  const client = await pool.connect();
  try {
    await client.query('begin isolation level repeatable read read only');
    const { rows: nos } = await client.query<{ no: number }>('select no from institutions where id = any($1)', [ids]);
    const before = new EarlierRows(now);
    const rows = await readInstitutionRows(
      client,
      nos.map(({ no }) => no),
      now,
      before,
    );
    const byId = (all: Iterable<InstitutionRows>): RowsById => new Map([...all].map((row) => [row.institutionId, row]));
    const days = [1, 5, LATE_DAYS].map((back) => dayOf(now) - back);
    const earlier = await before.settle(client, [...rows.keys()], (no) =>
      days.map((day) => rows.get(no)!.earlier(day)),
    );
    const expiring = new Map<string, readonly Expiring[]>();
    for (const [no, { institutionId }] of rows) expiring.set(institutionId, await readExpiring(client, no, dayOf(now)));
    await client.query('rollback');
    const on = (place: number): RowsById => byId(earlier.flatMap((ofDays) => ofDays[place] ?? []));
    return { stored: byId(rows.values()), earlier: new Map(days.map((day, place) => [day, on(place)])), expiring };
  } finally {
    client.release();
  }
}

/** What the model gives besides the rows, for today alone. */
function withoutFacts(rows: InstitutionRows): InstitutionRows {
  const { paymentFacts, paymentsNamedOtherwise, collections, repeatedCollections, ...rest } = rows as ModelRows;
  return rest;
}

/** Where the rows promise no order, one is made; sums of nothing are left out, because they say nothing. */
function comparable(rows: InstitutionRows): object {
  const { registers, earlier, ...rest } = rows;
  return {
    ...rest,
    registers: Object.fromEntries(Object.entries(registers).filter(([, list]) => list.length > 0)),
    reported: [...rows.reported].sort((a, b) =>
      a.accountId < b.accountId ? -1 : a.accountId > b.accountId ? 1 : a.asOf - b.asOf,
    ),
    balances: byLedger(
      rows.balances
        .filter(isMoved)
        .map(({ account, sub, debitFen, creditFen }) => ({ account, sub, debitFen, creditFen })),
    ),
    turnovers: byLedger(
      rows.turnovers
        .map(({ account, sub, days }) => ({ account, sub, days: days.filter(isMoved) }))
        .filter(({ days }) => days.length > 0),
    ),
    tallies: [...rows.tallies]
      .map(({ metric, days }) => ({ metric, days: days.filter(({ count }) => count !== 0) }))
      .filter(({ days }) => days.length > 0)
      .sort((a, b) => a.metric - b.metric),
  };
}

function isMoved(sum: { readonly debitFen: bigint; readonly creditFen: bigint }): boolean {
  return sum.debitFen !== 0n || sum.creditFen !== 0n;
}

function byLedger<R extends { readonly account: number; readonly sub: string }>(rows: readonly R[]): R[] {
  return [...rows].sort((a, b) => a.account - b.account || (a.sub < b.sub ? -1 : 1));
}
