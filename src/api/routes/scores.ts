import { z } from 'zod';
import { FeewardenError } from '../../core/errors.js';
import { formatTime, type Us } from '../../core/time.js';
import { readConsistently } from '../../ledger/books.js';
import { explainInstitution, explainRemedies } from '../../risk/explain.js';
import { readGroupPoints } from '../../risk/group-points.js';
import type { Level } from '../../risk/level.js';
import { regionScope } from '../access.js';
import { callerOf } from '../auth.js';
import { cursorsOf } from '../cursor.js';
import type { Api, ApiDeps } from '../deps.js';
import {
  answers,
  anyLevel,
  anyObject,
  fen,
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
    groupPoints: z
      .array(
        z.object({
          group: z.string(),
          ruleId: z.string().nullable().meta({ description: 'The rule that counts most in the group.' }),
          value: z.int(),
          weight: z.int().meta({ description: 'Percent.' }),
          points: z.int(),
        }),
      )
      .nullable()
      .meta({
        description:
          'How the groups add up: value in ten-thousandths of a point; points = value × weight, in millionths: their sum, rounded, is the score unless a floor lifts it. Null when the weights of then are not known.',
      }),
    floor: anyObject('The level whose floor lifted the score: level, score.').nullable(),
    findings: z.array(
      anyObject(
        'One rule’s finding: ruleId, ruleVersion, group, name, state, level, value, threshold, unit, reason (zh, en), legalBasis, evidence (source, id), alertId, caseId, openedAt.',
      ),
    ),
    problems: z.array(z.unknown()).meta({ description: 'What is wrong with the data, and rules that failed.' }),
    basis: z.enum(['stored', 'evaluations', 'recorded_time']).meta({
      description:
        'stored: as it stands. evaluations: the one that held at asOf, made again from the events. recorded_time: none was made by then; what the events come to by their recorded time.',
    }),
    exact: z
      .boolean()
      .meta({ description: 'False when rules, facts or policy of then are not this program’s any more.' }),
  })
  .meta({ id: 'Score' });

const scoreItem = z.object({ at: instant('When the score changed.'), ...FIELDS }).meta({ id: 'ScoreChange' });

const asOfQuery = z.strictObject({ asOf: timeParam('The score that held at this time, made again from the events.') });

const remedies = z
  .object({
    institutionId,
    items: z.array(
      z.object({
        ruleId: z.string(),
        alertId: z.string(),
        level: anyLevel,
        remedies: z.array(
          z.object({
            kind: z.string(),
            leaves: anyLevel.meta({ description: 'The level that is left.' }),
            to: anyLevel.meta({ description: 'The level that remains.' }),
            amount: z.int(),
            unit: z.enum(['fen', 'lessons', 'refunds', 'payments', 'once', 'days']),
            fen: fen().nullable(),
            leavesAt: instant('When it is left at the earliest.'),
            sentence: z.object({ zh: z.string(), en: z.string() }),
          }),
        ),
        words: z.array(z.object({ zh: z.string(), en: z.string() })).meta({ description: 'What no amount settles.' }),
      }),
    ),
  })
  .meta({ id: 'Remedies' });

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
      querystring: asOfQuery,
      response: answers(200, 'The score.', scoreNow, ['bad_request', 'not_found']),
    },
    handler: async (request) => {
      const { no, id } = await findInstitution(deps.pool, request.params.id, regionScope(callerOf(request)));
      const asOf = timeOf(request.query.asOf);
      if (asOf !== null) return pastScore(deps, id, asOf);
      const found = await readEvaluation(deps.pool, no);
      if (!found) throw new FeewardenError('not_found', 'The institution has not been evaluated yet.');
      const { terms, floor, findings, problems } = found;
      const points = await readConsistently(deps.pool, (client) => readGroupPoints(client, no, found));
      return {
        institutionId: id,
        ...itemOf(found),
        nextAt: timeText(found.nextAt),
        terms: [...terms],
        groupPoints: points,
        floor,
        findings: [...findings],
        problems: [...problems],
        basis: 'stored' as const,
        exact: true,
      };
    },
  });
  addRemedies(app, deps);
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

function addRemedies(app: Api, deps: ApiDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/institutions/:id/score/remedies',
    config: { access: 'institutions:read' },
    schema: {
      operationId: 'getRemedies',
      tags: ['scores'],
      summary: 'What would change the open findings',
      description:
        'The least money, lessons or days that leave each level, found by asking the rules about changed books and told only if a whole evaluation then leaves it.',
      params: institutionParams,
      querystring: asOfQuery,
      response: answers(200, 'Per open finding.', remedies, ['bad_request', 'not_found']),
    },
    handler: async (request) => {
      const { id } = await findInstitution(deps.pool, request.params.id, regionScope(callerOf(request)));
      const { calendar } = deps;
      const found = await explainRemedies(deps.pool, id, timeOf(request.query.asOf), { calendar, now: deps.clock() });
      const items = found.map((one) => ({
        ...one,
        remedies: one.remedies.map((remedy) => ({ ...remedy, leavesAt: formatTime(remedy.leavesAt) })),
        words: [...one.words],
      }));
      return { institutionId: id, items };
    },
  });
}

async function pastScore(deps: ApiDeps, id: string, asOf: Us) {
  const { calendar } = deps;
  const past = await explainInstitution(deps.pool, id, asOf, { calendar, now: deps.clock() });
  const { institutionName: _, terms, groupPoints, findings, problems, floor, ...rest } = past;
  return {
    ...rest,
    level: past.level as Level,
    nextAt: null,
    terms: terms.map((term) => ({ ...term })),
    groupPoints: groupPoints === null ? null : groupPoints.map((one) => ({ ...one })),
    floor: floor === null ? null : { ...floor },
    findings: findings.map((finding) => ({ ...finding })),
    problems: [...problems],
  };
}

function itemOf({ at, score, level, grade, confidence, groups, policyVersion }: ScoreRow) {
  return { at: formatTime(at), score, level, grade, confidence, groups, policyVersion };
}
