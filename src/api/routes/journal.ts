import { z } from 'zod';
import { formatDay, parseDay, type Us } from '../../core/time.js';
import { eventTypeNumber } from '../../events/list.js';
import { CHART } from '../../ledger/accounts.js';
import { readJournalsAsOf } from '../../ledger/books.js';
import type { Entry } from '../../ledger/working-set.js';
import { regionScope } from '../access.js';
import { callerOf } from '../auth.js';
import { cursorsOf } from '../cursor.js';
import type { ApiDeps } from '../deps.js';
import { eventOfRow, eventSchema } from '../event-view.js';
import { answers, day, dayParam, fen, institutionParams, pageOf, paging, timeOf, timeParam } from '../schemas.js';
import { findInstitution, type InstitutionRow } from '../sql/institutions.js';
import { type EntryRow, type JournalQuery, listEntries, listJournalEvents, readReceived } from '../sql/journals.js';
import { type AddRoutes, cutPage, nothingKnown } from './context.js';

const entrySchema = z.object({
  line: z.int(),
  account: z.int().meta({ description: 'Number in the chart of accounts.' }),
  accountName: z.object({ code: z.string(), zh: z.string(), en: z.string() }),
  sub: z.string().meta({ description: 'Bank account or payee, where the account is divided; else empty.' }),
  bookedOn: day('Day of the booking in Shanghai.'),
  debitFen: fen().meta({ description: 'Integer fen; negative in a journal that undoes another.' }),
  creditFen: fen().meta({ description: 'As debitFen; one of the two is 0.' }),
});

const journal = z.object({ event: eventSchema, entries: z.array(entrySchema) }).meta({ id: 'Journal' });

const journalQuery = z.strictObject({
  from: dayParam('First day of booking.'),
  to: dayParam('Last day of booking.'),
  asOf: timeParam('The journals of what was known at this moment; default now.'),
  ...paging,
});

const cursors = cursorsOf('journal', z.int());

export const addJournalRoutes: AddRoutes = (app, { deps }) => {
  app.route({
    method: 'GET',
    url: '/v1/institutions/:id/journal',
    config: { access: 'institutions:read' },
    schema: {
      operationId: 'listJournals',
      tags: ['books'],
      summary: 'The journals behind the books',
      description:
        'Balanced journals, each with the event that caused it; what was accepted last comes first. Not found when nothing was known of the institution at `asOf`.',
      params: institutionParams,
      querystring: journalQuery,
      response: answers(200, 'A page.', pageOf(journal), ['bad_request', 'bad_cursor', 'not_found']),
    },
    handler: async (request) => {
      const { limit, cursor, ...query } = request.query;
      const filters = { ...query, id: request.params.id };
      const before = cursors.read(filters, cursor);
      const institution = await findInstitution(deps.pool, request.params.id, regionScope(callerOf(request)));
      const { no } = institution;
      const range = { from: dayOfParam(query.from), to: dayOfParam(query.to) };
      const asOf = timeOf(query.asOf);
      if (asOf !== null) {
        const page = await pageAsOf(deps, institution, asOf, { ...range, before, limit });
        return { items: page.items, nextCursor: page.next === null ? null : cursors.write(filters, page.next) };
      }
      const { rows, last } = cutPage(
        await listJournalEvents(deps.pool, no, { ...range, before, limit: limit + 1 }),
        limit,
      );
      const entries = await listEntries(
        deps.pool,
        rows.map((row) => row.seq),
      );
      const of = groupBySeq(entries);
      return {
        items: rows.map((row) => ({ event: eventOfRow(row), entries: (of.get(row.seq) ?? []).map(entryOf) })),
        nextCursor: last && cursors.write(filters, last.seq),
      };
    },
  });
};

/** The cursor is the place of the journal in the order in which the events were accepted, from 1. */
async function pageAsOf(
  { pool, calendar }: ApiDeps,
  { no, id }: InstitutionRow,
  asOf: Us,
  { from, to, before, limit }: JournalQuery,
) {
  const journals = await readJournalsAsOf(pool, { no, id }, asOf, calendar);
  if (journals === null) throw nothingKnown();
  const isWanted = ({ day: on }: Entry): boolean => (from === null || on >= from) && (to === null || on <= to);
  const places = journals.flatMap(({ entries }, at) => (entries.some(isWanted) ? at + 1 : [])).reverse();
  const wanted = before === null ? places : places.filter((place) => place < before);
  const { rows, last } = cutPage(wanted.slice(0, limit + 1), limit);
  const shown = rows.map((place) => journals[place - 1]!);
  const received = await readReceived(
    pool,
    no,
    shown.map(({ event }) => event),
  );
  return {
    items: shown.map(({ event, entries }, at) => ({
      event: eventOfRow({ ...event, type: eventTypeNumber(event.type), receivedAt: received[at]! }),
      entries: entries.map((entry) =>
        entryOf({
          ...entry,
          bookedOn: entry.day,
          debitFen: BigInt(entry.debitFen),
          creditFen: BigInt(entry.creditFen),
        }),
      ),
    })),
    next: last,
  };
}

const CHART_BY_NUMBER: ReadonlyMap<number, (typeof CHART)[number]> = new Map(
  CHART.map((entry) => [entry.account, entry]),
);

function entryOf({ line, account, sub, bookedOn, debitFen, creditFen }: Omit<EntryRow, 'eventSeq'>) {
  const { name, zh, en } = CHART_BY_NUMBER.get(account)!;
  return {
    line,
    account,
    accountName: { code: name, zh, en },
    sub,
    bookedOn: formatDay(bookedOn),
    debitFen,
    creditFen,
  };
}

function groupBySeq(entries: readonly EntryRow[]): Map<number, EntryRow[]> {
  const groups = new Map<number, EntryRow[]>();
  for (const entry of entries) {
    const group = groups.get(entry.eventSeq);
    if (group) group.push(entry);
    else groups.set(entry.eventSeq, [entry]);
  }
  return groups;
}

function dayOfParam(value: string | undefined) {
  return value === undefined ? null : parseDay(value);
}
