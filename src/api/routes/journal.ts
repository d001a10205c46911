import { z } from 'zod';
import { formatDay, parseDay } from '../../core/time.js';
import { CHART } from '../../ledger/accounts.js';
import { regionScope } from '../access.js';
import { callerOf } from '../auth.js';
import { cursorsOf } from '../cursor.js';
import { eventOfRow, eventSchema } from '../event-view.js';
import { answers, day, dayParam, fen, institutionParams, pageOf, paging } from '../schemas.js';
import { findInstitution } from '../sql/institutions.js';
import { type EntryRow, listEntries, listJournalEvents } from '../sql/journals.js';
import { type AddRoutes, cutPage } from './context.js';

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
      description: 'Balanced journals, each with the event that caused it; what was accepted last comes first.',
      params: institutionParams,
      querystring: journalQuery,
      response: answers(200, 'A page.', pageOf(journal), ['bad_request', 'bad_cursor', 'not_found']),
    },
    handler: async (request) => {
      const { limit, cursor, ...query } = request.query;
      const filters = { ...query, id: request.params.id };
      const before = cursors.read(filters, cursor);
      const { no } = await findInstitution(deps.pool, request.params.id, regionScope(callerOf(request)));
      const range = { from: dayOfParam(query.from), to: dayOfParam(query.to) };
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

const CHART_BY_NUMBER: ReadonlyMap<number, (typeof CHART)[number]> = new Map(
  CHART.map((entry) => [entry.account, entry]),
);

function entryOf({ line, account, sub, bookedOn, debitFen, creditFen }: EntryRow) {
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
