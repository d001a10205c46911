import type pg from 'pg';
import type { Calendar } from '../core/calendar.js';
import type { Fen } from '../core/money.js';
import type { Us } from '../core/time.js';
import type { AnyEvent, EventData } from '../events/event.js';
import { factAmounts } from '../events/keys.js';
import { newest, tellings } from '../model/books-rows.js';
import { Model } from '../model/model.js';
import { eventOf } from './prefetch.js';
import { mergeProfile, type Profile } from './profile.js';
import { type Quantities, quantities } from './quantities.js';
import { INSTITUTIONS_PER_READ, type InstitutionNo, listInstitutionNos, readBooksRows } from './read.js';
import type { RefundDefaults } from './refunds.js';
import { readEvents, readToldAgain } from './sql/read-events.js';
import type { Entry, InstitutionBooks } from './working-set.js';

/** The days to pay a refund that the regions of institutions set. What the books do not know themselves: thresholds are policy. */
export interface RefundTerms {
  /** Of institutions as they are stored. */
  ofStored(client: pg.ClientBase, nos: readonly number[], now: Us): Promise<ReadonlyMap<number, RefundDefaults>>;
  /** Of one as it was known at a moment. */
  ofKnown(books: InstitutionBooks, now: Us): RefundDefaults;
}

export interface BooksQuery {
  /** Null: every institution. Ids without events are left out. */
  readonly ids: readonly string[] | null;
  /** What was known by then (recorded time), with that moment as the clock. Null: `now`. */
  readonly asOf: Us | null;
  readonly now: Us;
  readonly calendar: Calendar;
  /** Null, or absent: no region sets its own. */
  readonly refundTerms?: RefundTerms | null;
}

/** The contract's quantities, one per institution, by id. */
export async function* readBooks(pool: pg.Pool, query: BooksQuery): AsyncGenerator<Quantities> {
  const institutions = await listInstitutionNos(pool, query.ids);
  for (let from = 0; from < institutions.length; from += INSTITUTIONS_PER_READ) {
    const part = institutions.slice(from, from + INSTITUTIONS_PER_READ);
    const isStored = ({ knownAt }: InstitutionNo) => query.asOf === null && knownAt <= query.now;
    const stored = part.filter(isStored).map(({ no }) => no);
    const { rows, terms } = await readConsistently(pool, async (client) => ({
      rows: await readBooksRows(client, stored),
      terms: await query.refundTerms?.ofStored(client, stored, query.now),
    }));
    for (const one of part) {
      if (isStored(one)) yield quantities(rows.get(one.no)!, query.now, query.calendar, terms?.get(one.no));
      else {
        const known = await quantitiesAsOf(pool, one.no, one.id, query.asOf ?? query.now, query);
        if (known.events > 0) yield known;
      }
    }
  }
}

async function quantitiesAsOf(
  pool: pg.Pool,
  no: number,
  id: string,
  asOf: Us,
  { calendar, refundTerms }: BooksQuery,
): Promise<Quantities> {
  const model = await readModelAsOf(pool, no, asOf, calendar);
  return model.quantities(id, asOf, refundTerms?.ofKnown(model.set.institution(id), asOf));
}

/** What was known of an institution at a moment: by the events that were recorded by then. */
export interface KnownInstitution {
  readonly profile: Profile | null;
  readonly accounts: readonly EventData['account.registered'][];
  readonly guarantees: readonly EventData['guarantee.registered'][];
  readonly unearnedFen: Fen;
  readonly events: number;
  readonly newestAt: Us | null;
}

/** Null when nothing was known of it. */
export async function readInstitutionAsOf(
  pool: pg.Pool,
  { no, id }: { readonly no: number; readonly id: string },
  asOf: Us,
  calendar: Calendar,
): Promise<KnownInstitution | null> {
  const model = await readModelAsOf(pool, no, asOf, calendar);
  const { events, unearnedFen } = model.quantities(id, asOf);
  if (events === 0) return null;
  const books = model.set.institution(id);
  return {
    profile: mergeProfile(tellings(books, 'institution.upserted')),
    accounts: newest(books, 'account.registered').map(({ data }) => data),
    guarantees: newest(books, 'guarantee.registered').map(({ data }) => data),
    unearnedFen,
    events,
    newestAt: books.newestAt,
  };
}

/** A balanced journal and the event that caused it. */
export interface KnownJournal {
  readonly event: AnyEvent;
  readonly entries: readonly Entry[];
}

/** The journals behind the books as they were known at a moment, in the order in which their events were accepted; null as above. */
export async function readJournalsAsOf(
  pool: pg.Pool,
  { no, id }: { readonly no: number; readonly id: string },
  asOf: Us,
  calendar: Calendar,
): Promise<KnownJournal[] | null> {
  const books = (await readModelAsOf(pool, no, asOf, calendar, true)).set.institution(id);
  if (books.eventCount === 0) return null;
  const journals: { readonly event: AnyEvent; readonly entries: Entry[] }[] = [];
  for (const entry of books.entries) {
    const last = journals.at(-1);
    if (last?.event === entry.by.event) last.entries.push(entry);
    else journals.push({ event: entry.by.event!, entries: [entry] });
  }
  return journals;
}

/** Replays what was known of an institution then: the same plans in memory, from the events that were recorded by that moment. */
export async function readModelAsOf(
  pool: pg.Pool,
  no: number,
  asOf: Us,
  calendar: Calendar,
  keepJournal = false,
): Promise<Model> {
  const model = new Model(calendar, keepJournal);
  await readConsistently(pool, async (client) => {
    for await (const rows of readEvents(client, no, asOf)) for (const row of rows) model.book(eventOf(row.body));
    // Another source may have told a fact, with the same amounts, before the telling that was accepted was known.
    for (const { body, amounts } of await readToldAgain(client, no)) {
      const event = eventOf(body);
      if (event.recordedAt <= asOf && amounts.includes(factAmounts(event)!)) model.book(event);
    }
  });
  return model;
}

/** Several statements that see one state of the database. */
export async function readConsistently<T>(pool: pg.Pool, read: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('begin isolation level repeatable read read only');
    return await read(client);
  } finally {
    await client.query('rollback').catch((error: Error) => {
      broken = error;
    });
    client.release(broken);
  }
}
