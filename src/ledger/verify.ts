import type pg from 'pg';
import type { Calendar } from '../core/calendar.js';
import { decodeText } from '../events/decode.js';
import type { AnyEvent } from '../events/event.js';
import { businessKey, factAmounts } from '../events/keys.js';
import { eventTypeNumber } from '../events/list.js';
import { book } from './book.js';
import { readConsistently } from './books.js';
import { chainLink } from './chain.js';
import { typeKey } from './keys.js';
import { rematchAll } from './match.js';
import { isReversed } from './registers.js';
import { EVENTS_PER_BLOCK } from './sql/insert-events.js';
import { type EventRow, readEvents, readKeptOutSince } from './sql/read-events.js';
import { readEntries, readMisnumbered, readOrphans, readTable, VERIFIED_TABLES } from './sql/read-tables.js';
import { derivedTables, entryKey, entryValue } from './verify-derive.js';
import { eventIn, verifyKept } from './verify-kept.js';
import { type InstitutionBooks, WorkingSet } from './working-set.js';

/** One place where the database and what its events say differ. */
export interface Difference {
  readonly institutionId: string | null;
  readonly table: string;
  readonly key: string;
  readonly problem: 'changed' | 'missing' | 'added';
  /** As re-derived from the events, and as found; JSON, null where there is none. */
  readonly expected: string | null;
  readonly found: string | null;
}

export interface VerifyOptions {
  readonly calendar: Calendar;
  readonly onInstitution?: (done: number, total: number) => void;
}

/**
 * Re-derives every row of the books from the stored events and checks the events against their hashes and their chain, and what
 * was kept beside the books against what it says of itself.
 * Yields every difference; nothing is repaired.
 */
export async function* verifyBooks(pool: pg.Pool, options: VerifyOptions): AsyncGenerator<Difference> {
  for (const orphan of await readOrphans(pool)) {
    yield {
      institutionId: null,
      table: orphan.table,
      key: orphan.key,
      problem: 'added',
      expected: null,
      found: 'a row of no known institution or event',
    };
  }
  for (const { first, events, least, greatest } of await readMisnumbered(pool, EVENTS_PER_BLOCK)) {
    yield {
      institutionId: null,
      table: 'events',
      key: `numbers from ${first}`,
      problem: 'changed',
      expected: `${events} in turn`,
      found: `${events} from ${least} to ${greatest}`,
    };
  }
  const { rows } = await pool.query<{ no: number; id: string }>('select no, id from institutions order by id');
  let done = 0;
  for (const { no, id } of rows) {
    const differences = await readConsistently(pool, (client) => verifyInstitution(client, no, id, options.calendar));
    yield* differences;
    done += 1;
    options.onInstitution?.(done, rows.length);
  }
  for await (const altered of verifyKept(pool)) yield { ...altered, problem: 'changed' };
}

async function verifyInstitution(
  client: pg.ClientBase,
  no: number,
  id: string,
  calendar: Calendar,
): Promise<Difference[]> {
  const differences: Difference[] = [];
  const report = (table: string, key: string, expected: string | null, found: string | null): void => {
    if (expected === found) return;
    differences.push({
      institutionId: id,
      table,
      key,
      problem: found === null ? 'missing' : expected === null ? 'added' : 'changed',
      expected,
      found,
    });
  };
  const { rows: heads } = await client.query<{
    event_count: number;
    chain: Buffer;
    newest_at: number | null;
    oldest_at: number | null;
    known_at: number | null;
  }>('select event_count, chain, newest_at, oldest_at, known_at from institutions where no = $1', [no]);
  const head = heads[0]!;
  const set = new WorkingSet(true);
  const books = set.institution(id);
  books.no = no;
  const replay = new Replay(set, books, report);
  for await (const rows of readEvents(client, no, null)) {
    for (const row of rows) replay.event(row);
    await compareEntries(client, no, books, rows, report);
  }
  report('institutions', 'event_count', String(replay.lastOrdinal), String(head.event_count));
  report('institutions', 'chain', books.chain, head.chain.toString('hex'));
  const newestAt = await expectedNewest(client, no, books, head.newest_at);
  report('institutions', 'newest_at', String(newestAt), String(head.newest_at));
  report('institutions', 'oldest_at', String(books.oldestAt), String(head.oldest_at));
  report('institutions', 'known_at', String(books.knownAt), String(head.known_at));
  rematchAll(books, calendar);
  const derived = derivedTables(books);
  for (const table of VERIFIED_TABLES)
    compare(table.name, derived[table.name], await readTable(client, table, no), report);
  return differences;
}

/**
 * The newest time of all that was told and not refused. A telling that was kept out as equal may contradict what took the place of
 * the other one since: its time may stand, and may not.
 */
async function expectedNewest(
  client: pg.ClientBase,
  no: number,
  books: InstitutionBooks,
  found: number | null,
): Promise<number | null> {
  let newest = books.newestAt;
  for (const body of await readKeptOutSince(client, no, newest)) {
    const event = eventIn(body);
    if (event === null) continue;
    const told = books.byKey.get(typeKey(event.type, businessKey(event))) ?? [];
    const amounts = factAmounts(event);
    const stands = told.some((stored) => stored.amounts === amounts && !isReversed(books, stored));
    if (stands || (event.at === found && told.some((stored) => stored.amounts === amounts)))
      newest = Math.max(newest ?? event.at, event.at);
  }
  return newest;
}

type Report = (table: string, key: string, expected: string | null, found: string | null) => void;

class Replay {
  lastOrdinal = 0;
  constructor(
    private readonly set: WorkingSet,
    private readonly books: InstitutionBooks,
    private readonly report: Report,
  ) {}

  event(row: EventRow): void {
    const key = `ordinal ${row.ordinal}`;
    for (let missing = this.lastOrdinal + 1; missing < row.ordinal; missing += 1)
      this.report('events', `ordinal ${missing}`, 'an event', null);
    if (row.ordinal <= this.lastOrdinal) this.report('events', key, null, `${row.source} ${row.id}`);
    this.lastOrdinal = Math.max(this.lastOrdinal, row.ordinal);
    this.books.chain = chainLink(this.books.chain, row.ordinal, row.received_at, row.body);
    const decoded = decodeText(row.body, { bytesMax: Number.MAX_SAFE_INTEGER, depthMax: 1_000, receivedAt: null });
    if (!decoded.ok) {
      this.report('events', key, 'a valid event', decoded.rejection.message);
      return;
    }
    this.report('events', key, columnsOf(decoded.event, this.books.id), foundColumns(row, decoded.event.subject));
    const before = this.books.accepted.length;
    const outcome = book(this.set, decoded.event, row.received_at);
    // Also one that takes the place of another telling.
    const stored = this.books.accepted[before];
    if (stored) stored.seq = row.seq;
    else this.report('events', key, 'an event that can be accepted here', outcome.kind);
  }
}

/** The columns that repeat what the body says. */
function columnsOf(event: AnyEvent, institutionId: string): string {
  return JSON.stringify([
    institutionId,
    event.source,
    event.id,
    eventTypeNumber(event.type),
    businessKey(event),
    factAmounts(event),
    event.at,
    event.recordedAt,
    event.contentHash.toString('hex'),
    event.body,
  ]);
}

function foundColumns(row: EventRow, subject: string): string {
  return JSON.stringify([
    subject,
    row.source,
    row.id,
    row.type,
    row.key,
    row.amounts,
    row.at,
    row.recorded_at,
    row.content_hash.toString('hex'),
    row.body,
  ]);
}

/** Compares the journals of one portion of events and lets the portion go. */
async function compareEntries(
  client: pg.ClientBase,
  no: number,
  books: InstitutionBooks,
  rows: readonly EventRow[],
  report: Report,
): Promise<void> {
  const expected = new Map(books.entries.map((entry) => [entryKey(entry.by.seq, entry.line), entryValue(no, entry)]));
  compare(
    'entries',
    expected,
    await readEntries(
      client,
      rows.map((row) => row.seq),
    ),
    report,
  );
  books.entries.length = 0;
  books.accepted.length = 0;
}

function compare(
  table: string,
  expected: ReadonlyMap<string, string>,
  found: ReadonlyMap<string, string>,
  report: Report,
): void {
  for (const [key, value] of expected) report(table, key, value, found.get(key) ?? null);
  for (const [key, value] of found) if (!expected.has(key)) report(table, key, null, value);
}
