import type pg from 'pg';
import type { Us } from '../core/time.js';
import { CopyRows } from '../db/copy.js';
import { toDbDay } from '../db/pool.js';
import { businessKey } from '../events/keys.js';
import { eventTypeNumber } from '../events/list.js';
import { chainLink } from './chain.js';
import { dueAfter } from './due.js';
import { type KeptOut, SEPARATOR, type StoredEvent } from './rows.js';
import {
  addBalances,
  addEntryRow,
  addLines,
  addTallies,
  addTurnovers,
  insertEntries,
  type LineColumns,
  type SumColumns,
  type TallyColumns,
} from './sql/add-sums.js';
import {
  deleteKeptOut,
  insertKeptOut,
  markDue,
  resolveRejected,
  storeDisplaced,
  storeEarlierTellings,
  updateInstitutions,
} from './sql/close-batch.js';
import { addEventRow, EVENTS_PER_BLOCK, insertEvents, nextEventBlock } from './sql/insert-events.js';
import {
  type Changed,
  storeContracts,
  storeCredits,
  storePayments,
  storeRefunds,
  storeReleases,
} from './sql/store-registers.js';
import type { InstitutionBooks, Register, WorkingSet } from './working-set.js';

/** Writes everything that booking changed in the working set. Part of the batch's one transaction. */
export async function flush(client: pg.ClientBase, set: WorkingSet, receivedAt: Us): Promise<void> {
  const touched = [...set.institutions.values()].filter((books) => books.no > 0).sort((a, b) => a.no - b.no);
  await writeEvents(client, touched, receivedAt);
  await writeSums(client, touched);
  await storeContracts(
    client,
    changedOf(touched, (books) => books.contracts),
  );
  await storePayments(
    client,
    changedOf(touched, (books) => books.payments),
  );
  await storeCredits(
    client,
    changedOf(touched, (books) => books.credits),
  );
  await storeRefunds(
    client,
    changedOf(touched, (books) => books.refunds),
  );
  await storeReleases(
    client,
    changedOf(touched, (books) => books.releases),
  );
  await writeKeptOut(client, touched);
  await writeDisplaced(client, touched);
  const earlier = [...set.earlierTellings.values()].flatMap((event) => {
    const no = set.institutions.get(event.subject)?.no ?? 0;
    return no > 0 ? [{ no, event }] : [];
  });
  if (earlier.length > 0) await storeEarlierTellings(client, earlier);
  const resolved = [...set.redriven.values()].filter((redriven) => redriven.kind !== 'rejected');
  if (resolved.length > 0)
    await resolveRejected(
      client,
      resolved.map((redriven) => redriven.event),
      receivedAt,
    );
  const grown = touched.filter((books) => books.accepted.length > 0 || books.hasNewerTime);
  if (grown.length === 0) return;
  await updateInstitutions(
    client,
    grown.map((books) => ({
      no: books.no,
      eventCount: books.eventCount,
      chain: Buffer.from(books.chain, 'hex'),
      newestAt: books.newestAt!,
      oldestAt: books.oldestAt!,
      knownAt: books.knownAt!,
    })),
  );
  await markDue(
    client,
    grown.map((books) => ({
      no: books.no,
      dueAt: dueAfter(
        books.accepted.map((stored) => stored.type),
        receivedAt,
      ),
      // A newer telling of a known fact is one of them, too.
      events: Math.max(1, books.accepted.length),
    })),
  );
}

async function writeEvents(client: pg.ClientBase, touched: readonly InstitutionBooks[], receivedAt: Us): Promise<void> {
  if (touched.every((books) => books.accepted.length === 0)) return;
  const count = touched.reduce((sum, books) => sum + books.accepted.length, 0);
  if (count > EVENTS_PER_BLOCK) throw new RangeError(`a batch may hold ${EVENTS_PER_BLOCK} events`);
  let seq = await nextEventBlock(client);
  const rows = new CopyRows(count * EVENT_ROW_BYTES_USUAL);
  for (const books of touched) {
    for (const stored of books.accepted) {
      const event = stored.event!;
      stored.seq = seq;
      seq += 1;
      books.chain = chainLink(books.chain, stored.ordinal, receivedAt, event.body);
      addEventRow(rows, books.no, stored, event, receivedAt);
    }
  }
  await insertEvents(client, rows);
}

/** Room that is asked for at once; a batch of longer events grows. */
const EVENT_ROW_BYTES_USUAL = 800;
const ENTRY_ROW_BYTES_USUAL = 90;

async function writeSums(client: pg.ClientBase, touched: readonly InstitutionBooks[]): Promise<void> {
  await insertEntries(client, entryRows(touched));
  const balances: SumColumns = { institutionNo: [], account: [], sub: [], debitFen: [], creditFen: [] };
  const turnovers: SumColumns & { day: string[] } = {
    institutionNo: [],
    day: [],
    account: [],
    sub: [],
    debitFen: [],
    creditFen: [],
  };
  const tallies: TallyColumns = { institutionNo: [], day: [], metric: [], count: [] };
  const lines: LineColumns = {
    institutionNo: [],
    line: [],
    paidFen: [],
    confirmedFen: [],
    refundedFen: [],
    releasedFen: [],
    hoursHundredths: [],
  };
  for (const books of touched) {
    for (const [key, sum] of sorted(books.balances)) {
      const [account, sub] = split2(key);
      pushSum(balances, books.no, account, sub, sum);
    }
    for (const [key, sum] of sorted(books.turnovers)) {
      const [day, rest] = split2(key);
      const [account, sub] = split2(rest);
      turnovers.day.push(toDbDay(Number(day)));
      pushSum(turnovers, books.no, account, sub, sum);
    }
    for (const [key, count] of sorted(books.tallies)) {
      const [day, metric] = split2(key);
      tallies.institutionNo.push(books.no);
      tallies.day.push(toDbDay(Number(day)));
      tallies.metric.push(Number(metric));
      tallies.count.push(count);
    }
    for (const [key, line] of sorted(books.lines)) {
      lines.institutionNo.push(books.no);
      lines.line.push(key);
      lines.paidFen.push(line.paidFen.toString());
      lines.confirmedFen.push(line.confirmedFen.toString());
      lines.refundedFen.push(line.refundedFen.toString());
      lines.releasedFen.push(line.releasedFen.toString());
      lines.hoursHundredths.push(line.confirmedHoursHundredths);
    }
  }
  await addBalances(client, balances);
  await addTurnovers(client, turnovers);
  await addTallies(client, tallies);
  await addLines(client, lines);
}

function entryRows(touched: readonly InstitutionBooks[]): CopyRows {
  const rows = new CopyRows(touched.reduce((sum, books) => sum + books.entries.length, 0) * ENTRY_ROW_BYTES_USUAL);
  for (const books of touched) for (const entry of books.entries) addEntryRow(rows, books.no, entry);
  return rows;
}

function pushSum(
  c: SumColumns,
  no: number,
  account: string,
  sub: string,
  sum: { debitFen: bigint; creditFen: bigint },
): void {
  c.institutionNo.push(no);
  c.account.push(Number(account));
  c.sub.push(sub);
  c.debitFen.push(sum.debitFen.toString());
  c.creditFen.push(sum.creditFen.toString());
}

async function writeKeptOut(client: pg.ClientBase, touched: readonly InstitutionBooks[]): Promise<void> {
  const removed = touched.flatMap((books) => [...books.keptOutRemoved]);
  if (removed.length > 0)
    await deleteKeptOut(
      client,
      removed.map((kept) => kept.event),
    );
  const added = touched.flatMap((books) => [...books.keptOutAdded].map((kept) => keptOutRow(books.no, kept)));
  if (added.length > 0) await insertKeptOut(client, added);
}

async function writeDisplaced(client: pg.ClientBase, touched: readonly InstitutionBooks[]): Promise<void> {
  const numbers = (of: (books: InstitutionBooks) => ReadonlySet<StoredEvent>) =>
    touched.flatMap((books) => [...of(books)].map(({ seq }) => ({ no: books.no, seq })));
  await storeDisplaced(
    client,
    numbers((books) => books.displaced),
    numbers((books) => books.replaced),
  );
}

function keptOutRow(no: number, kept: KeptOut) {
  const { event } = kept;
  return { no, event, type: eventTypeNumber(event.type), key: businessKey(event), receivedAt: kept.receivedAt };
}

function changedOf<R>(
  touched: readonly InstitutionBooks[],
  of: (books: InstitutionBooks) => Register<R>,
): Changed<R>[] {
  return touched.flatMap((books) =>
    [...of(books).changed].sort().map((key) => ({ institutionNo: books.no, key, row: of(books).get(key) ?? null })),
  );
}

function sorted<V>(map: ReadonlyMap<string, V>): [string, V][] {
  return [...map].sort((a, b) => (a[0] < b[0] ? -1 : 1));
}

/** Cuts at the first separator. */
export function split2(key: string): [string, string] {
  const at = key.indexOf(SEPARATOR);
  return [key.slice(0, at), key.slice(at + SEPARATOR.length)];
}
