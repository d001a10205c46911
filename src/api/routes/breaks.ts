import { z } from 'zod';
import { BREAK_KINDS, type BreakKind, COMPARISONS, type Comparison } from '../../banks/reconcile/kinds.js';
import { lastDueDay } from '../../banks/reconcile/run.js';
import { formatDay, formatTime, parseDay } from '../../core/time.js';
import { bankScope, narrowRegion, regionScope } from '../access.js';
import { callerOf } from '../auth.js';
import { cursorsOf } from '../cursor.js';
import type { Api, ApiDeps } from '../deps.js';
import {
  answers,
  day,
  fen,
  instant,
  institutionId,
  integer,
  pageWithTotalOf,
  paging,
  regionParam,
  text,
  timeText,
} from '../schemas.js';
import {
  type BreakRow,
  countBreaks,
  explainBreak,
  findBreak,
  listBreakNotes,
  listBreaks,
  positionOf,
} from '../sql/breaks.js';
import { type AddRoutes, cutPage } from './context.js';

const FIELDS = {
  breakId: integer('Number of the break.'),
  institutionId,
  institutionName: z.string().nullable(),
  regionCode: z.string().nullable(),
  kind: z.enum(BREAK_KINDS).meta({ description: 'What is wrong; docs/reconciliation.md has each.' }),
  comparison: z.enum(COMPARISONS).meta({ description: 'Which comparison found it.' }),
  accountId: z.string().nullable(),
  bankCode: z.string().nullable(),
  day: day('The day of what is wrong.'),
  amountFen: fen(),
  waitsFor: z.enum(['bank', 'platform']).nullable().meta({ description: 'Whose part would mend it.' }),
  ageWorkingDays: integer('Working days from its day to the last day whose bank data is due, or to its clearing.'),
  reason: z.object({ zh: z.string(), en: z.string() }),
  events: z
    .array(z.object({ source: z.string(), id: z.string() }))
    .meta({ description: 'The events behind it, at most 50.' }),
  state: z.enum(['open', 'cleared']),
  openedAt: instant('When it was found, or found again.'),
  changedAt: instant('When it changed last.'),
  clearedAt: instant('When its reason was gone.').nullable(),
  timesOpened: integer('How often it was found.'),
  owner: z.string().nullable().meta({ description: 'Who explained it last and has taken it on.' }),
};
const breakItem = z.object(FIELDS).meta({ id: 'Break' });
const breakOne = z
  .object({
    ...FIELDS,
    notes: z
      .array(z.object({ at: instant('When it was written.'), by: z.string(), note: z.string() }))
      .meta({ description: 'What people said of it, in order.' }),
  })
  .meta({ id: 'BreakWithNotes' });

const breaksQuery = z.strictObject({
  institution: text(128, 'Institution id.').optional(),
  account: text(128, 'Account id.').optional(),
  kind: z.enum(BREAK_KINDS).optional(),
  state: z.enum(['open', 'cleared', 'all']).default('open'),
  region: regionParam,
  ...paging,
});
const breakParams = z.strictObject({
  breakId: z
    .string()
    .regex(/^\d{1,15}$/, 'must be a number')
    .meta({ description: 'Number of the break.' }),
});
const NOTE_CHARACTERS_MAX = 4_000;
const noteBody = z.strictObject({
  note: text(NOTE_CHARACTERS_MAX, 'Why the break is there.'),
  owner: text(128, 'Who takes it on; default the key.').optional(),
});

const cursors = cursorsOf('breaks', z.tuple([z.string().refine((value) => parseDay(value) !== null), z.int()]));

export const addBreakRoutes: AddRoutes = (app, { deps }) => {
  addList(app, deps);
  addOne(app, deps);
  addNote(app, deps);
};

function addList(app: Api, deps: ApiDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/breaks',
    config: { access: 'breaks:read' },
    schema: {
      operationId: 'listBreaks',
      tags: ['reconciliation'],
      summary: 'Breaks between platform, books and banks',
      description:
        'The newest day first. A regulator sees its region, a bank its own accounts. A break that somebody explained is listed all the same.',
      querystring: breaksQuery,
      response: answers(200, 'A page.', pageWithTotalOf(breakItem), ['bad_request', 'bad_cursor']),
    },
    handler: async (request) => {
      const caller = callerOf(request);
      const { limit, cursor, ...query } = request.query;
      const after = cursors.read(query, cursor);
      const region = narrowRegion(caller, query.region);
      if (region === null) return { items: [], nextCursor: null, total: 0 };
      const filters = {
        region,
        bankCode: bankScope(caller),
        institutionId: query.institution ?? null,
        accountId: query.account ?? null,
        kind: query.kind ?? null,
        state: query.state === 'all' ? null : query.state,
      };
      const { rows, last } = cutPage(await listBreaks(deps.pool, filters, { after, limit: limit + 1 }), limit);
      return {
        items: rows.map((row) => itemOf(row, deps)),
        nextCursor: last && cursors.write(query, [...positionOf(last)]),
        total: after === null ? await countBreaks(deps.pool, filters) : null,
      };
    },
  });
}

function addOne(app: Api, deps: ApiDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/breaks/:breakId',
    config: { access: 'breaks:read' },
    schema: {
      operationId: 'getBreak',
      tags: ['reconciliation'],
      summary: 'One break',
      description: 'With what people said of it.',
      params: breakParams,
      response: answers(200, 'The break.', breakOne, ['bad_request', 'not_found']),
    },
    handler: async (request) => readOne(deps, Number(request.params.breakId), scopeOf(callerOf(request))),
  });
}

function addNote(app: Api, deps: ApiDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/breaks/:breakId/notes',
    config: { access: 'breaks:write' },
    schema: {
      operationId: 'explainBreak',
      tags: ['reconciliation'],
      summary: 'Explain a break',
      description:
        'Records why it is there and who takes it on. It stays open, and in every total, until its reason is gone; books are never edited.',
      params: breakParams,
      body: noteBody,
      response: answers(201, 'The break with the note.', breakOne, [
        'bad_request',
        'not_found',
        'body_too_large',
        'unsupported_media_type',
      ]),
    },
    handler: async (request, reply) => {
      const caller = callerOf(request);
      const breakId = Number(request.params.breakId);
      const { note, owner } = request.body;
      const by = `key:${caller.keyId}`;
      await explainBreak(deps.pool, breakId, scopeOf(caller), { by, owner: owner ?? by, note, at: deps.clock() });
      return reply.code(201).send(await readOne(deps, breakId, scopeOf(caller)));
    },
  });
}

type Scope = ReturnType<typeof scopeOf>;

function scopeOf(caller: Parameters<typeof regionScope>[0]) {
  return { region: regionScope(caller), bankCode: bankScope(caller) };
}

async function readOne(deps: ApiDeps, breakId: number, scope: Scope) {
  const row = await findBreak(deps.pool, breakId, scope);
  const notes = await listBreakNotes(deps.pool, breakId);
  return { ...itemOf(row, deps), notes: notes.map((note) => ({ ...note, at: formatTime(note.at) })) };
}

function itemOf(row: BreakRow, { calendar, clock }: ApiDeps) {
  const until = lastDueDay(row.clearedAt ?? clock(), calendar);
  return {
    ...row,
    kind: row.kind as BreakKind,
    comparison: row.comparison as Comparison,
    waitsFor: row.waitsFor as 'bank' | 'platform' | null,
    events: [...row.events],
    day: formatDay(row.day),
    ageWorkingDays: Math.max(0, calendar.workingDaysBetween(row.day, until)),
    state: row.clearedAt === null ? ('open' as const) : ('cleared' as const),
    openedAt: formatTime(row.openedAt),
    changedAt: formatTime(row.changedAt),
    clearedAt: timeText(row.clearedAt),
  };
}
