import { z } from 'zod';
import type { Us } from '../../core/time.js';
import { readInstitutionAsOf } from '../../ledger/books.js';
import { mergeProfile } from '../../ledger/profile.js';
import { readRegisters, readTellings } from '../../ledger/sql/read-registers.js';
import { explainInstitution } from '../../risk/explain.js';
import type { Level } from '../../risk/level.js';
import { narrowRegion, regionScope } from '../access.js';
import { callerOf } from '../auth.js';
import { cursorsOf } from '../cursor.js';
import type { ApiDeps } from '../deps.js';
import {
  answers,
  anyLevel,
  anyObject,
  fen,
  instant,
  institutionId,
  institutionParams,
  integer,
  PRINTABLE,
  pageWithTotalOf,
  paging,
  regionParam,
  text,
  timeOf,
  timeParam,
  timeText,
} from '../schemas.js';
import {
  countInstitutions,
  findInstitution,
  type InstitutionFilters,
  type InstitutionRow,
  listInstitutions,
} from '../sql/institutions.js';
import { type AddRoutes, cutPage, nothingKnown } from './context.js';

const scoreParam = (description: string) => z.coerce.number().int().min(0).max(100).optional().meta({ description });

const listQuery = z.strictObject({
  q: text(100, 'Part of the name, or the beginning of the id.').optional(),
  region: regionParam,
  level: anyLevel.optional().meta({ description: 'Level of the score.' }),
  category: z.enum(['subject', 'non_subject', 'mixed']).optional(),
  minScore: scoreParam('Lowest score.'),
  maxScore: scoreParam('Highest score.'),
  sort: z.enum(['id', 'score']).default('id').meta({
    description:
      'By id, or with the highest score first. Scores change while pages are read: by score an institution may then be passed over or come twice, by id never.',
  }),
  asOf: timeParam('What was known at this moment, and the score that held then; default now.'),
  ...paging,
});

const oneQuery = z.strictObject({
  asOf: timeParam(
    'What was known at this moment, with the score that held then, made again from the events; default now.',
  ),
});

const FIELDS = {
  institutionId,
  name: z.string().nullable().meta({ description: 'Null while no institution.upserted was told.' }),
  regionCode: z.string().nullable(),
  category: z.string().nullable(),
  score: z
    .int()
    .nullable()
    .meta({ description: '0 to 100, high is risky; null before the first evaluation, as are the next five.' }),
  level: anyLevel.nullable(),
  grade: z.string().nullable(),
  confidence: z.int().nullable().meta({ description: 'Percent.' }),
  unearnedFen: fen()
    .nullable()
    .meta({ description: 'Null in a list as of a moment, as are events and newestAt: see one institution.' }),
  evaluatedAt: instant('When it was evaluated last; as of a moment, when the score came up that held then.').nullable(),
  events: integer('Accepted events.').nullable(),
  newestAt: instant('Time of its newest event.').nullable(),
};

const institutionItem = z.object(FIELDS).meta({ id: 'InstitutionItem' });

const institutionOne = z
  .object({
    ...FIELDS,
    profile: anyObject('The fields of institution.upserted, merged by time.').nullable(),
    accounts: z.array(anyObject('The fields of account.registered.')),
    guarantees: z.array(anyObject('The fields of guarantee.registered.')),
  })
  .meta({ id: 'Institution' });

const cursors = cursorsOf('institutions', z.tuple([z.int().min(-1).max(100), z.string().max(128).regex(PRINTABLE)]));

export const addInstitutionRoutes: AddRoutes = (app, { deps }) => {
  app.route({
    method: 'GET',
    url: '/v1/institutions',
    config: { access: 'institutions:read' },
    schema: {
      operationId: 'listInstitutions',
      tags: ['institutions'],
      summary: 'Search institutions',
      description: 'Institutions in the caller’s region.',
      querystring: listQuery,
      response: answers(200, 'A page.', pageWithTotalOf(institutionItem), ['bad_request', 'bad_cursor']),
    },
    handler: async (request) => {
      const { limit, cursor, ...query } = request.query;
      const after = cursors.read(query, cursor);
      const region = narrowRegion(callerOf(request), query.region);
      if (region === null) return { items: [], nextCursor: null, total: 0 };
      const filters = filtersOf(query, region);
      const { rows, last } = cutPage(
        await listInstitutions(deps.pool, filters, { sort: query.sort, after, limit: limit + 1 }),
        limit,
      );
      return {
        items: rows.map(itemOf),
        nextCursor: last && cursors.write(query, [last.score ?? -1, last.id]),
        total: after === null ? await countInstitutions(deps.pool, filters) : null,
      };
    },
  });
  app.route({
    method: 'GET',
    url: '/v1/institutions/:id',
    config: { access: 'institutions:read' },
    schema: {
      operationId: 'getInstitution',
      tags: ['institutions'],
      summary: 'One institution',
      description:
        'What was told of it, with its accounts and guarantees. Not found when nothing was known of it at `asOf`.',
      params: institutionParams,
      querystring: oneQuery,
      response: answers(200, 'The institution.', institutionOne, ['bad_request', 'not_found']),
    },
    handler: async (request) => {
      const row = await findInstitution(deps.pool, request.params.id, regionScope(callerOf(request)));
      const asOf = timeOf(request.query.asOf);
      if (asOf !== null) return institutionAsOf(deps, row, asOf);
      const tellings = await readTellings(deps.pool, [row.no], 'institution.upserted');
      const registers = await readRegisters(deps.pool, [row.no], ['account.registered', 'guarantee.registered']);
      const of = (type: string) => registers.filter((entry) => entry.type === type).map((entry) => ({ ...entry.data }));
      const profile = mergeProfile(tellings);
      return {
        ...itemOf(row),
        profile: profile && { ...profile },
        accounts: of('account.registered'),
        guarantees: of('guarantee.registered'),
      };
    },
  });
};

async function institutionAsOf({ pool, calendar, clock }: ApiDeps, { no, id }: InstitutionRow, asOf: Us) {
  const known = await readInstitutionAsOf(pool, { no, id }, asOf, calendar);
  if (known === null) throw nothingKnown();
  const { profile, accounts, guarantees, events, newestAt, unearnedFen } = known;
  const past = await explainInstitution(pool, id, asOf, { calendar, now: clock() });
  return {
    institutionId: id,
    name: profile?.name ?? null,
    regionCode: profile?.regionCode ?? null,
    category: profile?.category ?? null,
    score: past.score,
    level: past.level as Level,
    grade: past.grade,
    confidence: past.confidence,
    unearnedFen,
    evaluatedAt: past.at,
    events,
    newestAt: timeText(newestAt),
    profile: profile && { ...profile },
    accounts: accounts.map((data) => ({ ...data })),
    guarantees: guarantees.map((data) => ({ ...data })),
  };
}

function filtersOf(query: Omit<z.output<typeof listQuery>, 'limit'>, region: string): InstitutionFilters {
  return {
    region,
    q: query.q ?? null,
    level: query.level ?? null,
    category: query.category ?? null,
    scoreMin: query.minScore ?? null,
    scoreMax: query.maxScore ?? null,
    asOf: timeOf(query.asOf),
  };
}

function itemOf(row: InstitutionRow) {
  const { id, name, regionCode, category, score, level, grade, confidence, unearnedFen, events } = row;
  const times = { evaluatedAt: timeText(row.evaluatedAt), newestAt: timeText(row.newestAt) };
  return {
    institutionId: id,
    name,
    regionCode,
    category,
    score,
    level,
    grade,
    confidence,
    unearnedFen,
    events,
    ...times,
  };
}
