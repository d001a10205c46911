import { z } from 'zod';
import { FeewardenError } from '../../core/errors.js';
import { formatTime } from '../../core/time.js';
import { regionScope } from '../access.js';
import { callerOf } from '../auth.js';
import { cursorsOf } from '../cursor.js';
import {
  answers,
  anyLevel,
  anyObject,
  instant,
  institutionId,
  institutionParams,
  pageOf,
  paging,
  timeOf,
  timeParam,
  timeText,
} from '../schemas.js';
import { findInstitution } from '../sql/institutions.js';
import { listScores, readEvaluation, type ScoreRow } from '../sql/scores.js';
import { type AddRoutes, cutPage } from './context.js';

const FIELDS = {
  score: z.int().meta({ description: '0 to 100, high is risky.' }),
  level: anyLevel,
  grade: z.string(),
  confidence: z.int().meta({ description: 'Percent of what should be known that is known.' }),
  groups: anyObject('Value of each group of rules, A to F.'),
  policyVersion: z.string().meta({ description: 'The policy that held.' }),
};

const scoreNow = z
  .object({
    institutionId,
    at: instant('When it was evaluated.'),
    ...FIELDS,
    nextAt: instant('The earliest moment at which time alone could change it.').nullable(),
    terms: z
      .array(anyObject('One rule that counts: ruleId, group, level, value, because (open, cleared, failed), days.'))
      .meta({ description: 'What the score is made of, largest first.' }),
    floor: anyObject('The level whose floor lifted the score: level, score.').nullable(),
    findings: z.array(
      anyObject(
        'One rule’s finding: ruleId, ruleVersion, group, name, state, level, value, threshold, unit, reason (zh, en), legalBasis, evidence (source, id), alertId, caseId, openedAt.',
      ),
    ),
    problems: z.array(z.unknown()).meta({ description: 'What is wrong with the data, and rules that failed.' }),
  })
  .meta({ id: 'Score' });

const scoreItem = z.object({ at: instant('When the score changed.'), ...FIELDS }).meta({ id: 'ScoreChange' });

const historyQuery = z.strictObject({
  from: timeParam('Changes at or after this time.'),
  to: timeParam('Changes before this time.'),
  asOf: timeParam('Changes that were known at this time; the first row is the score that held then.'),
  ...paging,
});

const cursors = cursorsOf('scores', z.int());

export const addScoreRoutes: AddRoutes = (app, { deps }) => {
  app.route({
    method: 'GET',
    url: '/v1/institutions/:id/score',
    config: { access: 'institutions:read' },
    schema: {
      operationId: 'getScore',
      tags: ['scores'],
      summary: 'The newest score with its reasons',
      description: 'Every term of the score. Not found before the first evaluation.',
      params: institutionParams,
      response: answers(200, 'The score.', scoreNow, ['bad_request', 'not_found']),
    },
    handler: async (request) => {
      const { no, id } = await findInstitution(deps.pool, request.params.id, regionScope(callerOf(request)));
      const found = await readEvaluation(deps.pool, no);
      if (!found) throw new FeewardenError('not_found', 'The institution has not been evaluated yet.');
      const { terms, floor, findings, problems } = found;
      return {
        institutionId: id,
        ...itemOf(found),
        nextAt: timeText(found.nextAt),
        terms: [...terms],
        floor,
        findings: [...findings],
        problems: [...problems],
      };
    },
  });
  app.route({
    method: 'GET',
    url: '/v1/institutions/:id/scores',
    config: { access: 'institutions:read' },
    schema: {
      operationId: 'listScores',
      tags: ['scores'],
      summary: 'History of the score',
      description: 'One row per change, newest first.',
      params: institutionParams,
      querystring: historyQuery,
      response: answers(200, 'A page.', pageOf(scoreItem), ['bad_request', 'bad_cursor', 'not_found']),
    },
    handler: async (request) => {
      const { limit, cursor, ...query } = request.query;
      const filters = { ...query, id: request.params.id };
      const before = cursors.read(filters, cursor);
      const { no } = await findInstitution(deps.pool, request.params.id, regionScope(callerOf(request)));
      const range = { from: timeOf(query.from), to: timeOf(query.to), asOf: timeOf(query.asOf) };
      const { rows, last } = cutPage(await listScores(deps.pool, no, range, { before, limit: limit + 1 }), limit);
      return { items: rows.map(itemOf), nextCursor: last && cursors.write(filters, last.at) };
    },
  });
};

function itemOf({ at, score, level, grade, confidence, groups, policyVersion }: ScoreRow) {
  return { at: formatTime(at), score, level, grade, confidence, groups, policyVersion };
}
