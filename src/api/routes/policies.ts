import { z } from 'zod';
import { FeewardenError } from '../../core/errors.js';
import { dayOf, formatDay, parseDay } from '../../core/time.js';
import { INSTITUTION_CATEGORIES } from '../../events/institution.js';
import { diffPolicies } from '../../risk/policy/diff.js';
import { POLICY_MODES, parsePolicy, policyError, repeatedKeyFaults } from '../../risk/policy/policy.js';
import { thresholdsOf } from '../../risk/policy/thresholds.js';
import { shadowReport, startShadow, stopShadow } from '../../risk/policy-shadow.js';
import {
  draftPolicy,
  findDraft,
  findPolicy,
  listDrafts,
  listPolicies,
  type PublishedPolicy,
  publishPolicy,
  readPolicyAt,
} from '../../risk/policy-store.js';
import { type Caller, narrowRegion } from '../access.js';
import { callerOf } from '../auth.js';
import { cursorsOf } from '../cursor.js';
import type { Api, ApiDeps } from '../deps.js';
import {
  answers,
  anyLevel,
  anyObject,
  dayParam,
  instant,
  integer,
  PRINTABLE,
  pageWithTotalOf,
  pagingOfSmall,
  regionParam,
  text,
  timeText,
} from '../schemas.js';
import { type AddRoutes, behindName, pageOfSmall } from './context.js';

const RECORD = {
  version: z.string(),
  state: z.enum(['in_force', 'replaced', 'draft']),
  note: z.string(),
  publishedAt: instant('Since when it was in force; null for a draft and for the default of the program.').nullable(),
  author: z.string().nullable().meta({ description: 'Who wrote it: a name, or `key:` and the id of an API key.' }),
  approver: z.string().nullable().meta({ description: 'The other person, who approved it.' }),
};
const policyItem = z.object(RECORD).meta({ id: 'Policy' });

const whole = z
  .object({
    ...RECORD,
    policy: anyObject('The policy as it was written: version, note, entries.'),
    place: anyObject('Whom the thresholds are for: regionCode, category, mode, day.'),
    thresholds: z.array(
      anyObject(
        'One rule: rule, enabled, params (name, value, unit, source, note, from: the entry it is inherited from).',
      ),
    ),
  })
  .meta({ id: 'PolicyWhole' });

const placeQuery = z.strictObject({
  region: regionParam,
  category: z.enum(INSTITUTION_CATEGORIES).optional(),
  mode: z.enum(POLICY_MODES).optional(),
  day: dayParam('Thresholds that hold on this day; default today.'),
});

const difference = anyObject('One threshold: rule, param, region, category, mode, from, to, before, after.');
const diffAnswer = z.object({ before: z.string(), after: z.string(), differences: z.array(difference) });

const report = z
  .object({
    version: z.string(),
    liveVersion: z.string(),
    startedAt: instant('When the run began.'),
    startedBy: z.string(),
    stoppedAt: instant('When it ended; null while it runs.').nullable(),
    institutions: integer('Judged by both.'),
    waiting: integer('Not yet judged by the shadow.'),
    levels: z.array(z.object({ live: anyLevel, shadow: anyLevel, institutions: z.int() })),
    differences: z
      .array(
        z.object({
          regionCode: z.string().nullable(),
          ruleId: z.string(),
          live: anyLevel,
          shadow: anyLevel,
          institutions: z.int(),
          examples: z.array(z.string()),
        }),
      )
      .meta({ description: 'Where a rule stands at another level, by region and rule.' }),
    alerts: z.array(z.object({ ruleId: z.string(), live: z.int(), shadow: z.int() })),
    failures: integer('Evaluations of the shadow that failed.'),
    lastFailure: z.string().nullable(),
  })
  .meta({ id: 'ShadowReport' });

const params = z.strictObject({ version: text(64, 'Version of a policy; `current` is the one in force.') });

const versionOf = ({ version }: { readonly version: string }) => version;
const POLICIES = {
  cursors: cursorsOf('policies', z.string().max(64).regex(PRINTABLE)),
  positionOf: versionOf,
  startBehind: behindName(versionOf),
};

export const addPolicyRoutes: AddRoutes = (app, { deps }) => {
  addList(app, deps);
  addOne(app, deps);
  addDiff(app, deps);
  // A scope of its own, because no other body is looked at as a text before it is a value.
  void app.register(async (scope) => {
    refuseRepeatedKeys(scope);
    addDraft(scope, deps);
  });
  addApproval(app, deps);
  addShadowReport(app, deps);
  addShadowStart(app, deps);
  addShadowStop(app, deps);
};

function addList(app: Api, deps: ApiDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/policies',
    config: { access: 'policies:read' },
    schema: {
      operationId: 'listPolicies',
      tags: ['policies'],
      summary: 'Policies',
      description: 'The one in force first, then those it replaced, then drafts.',
      querystring: z.strictObject(pagingOfSmall),
      response: answers(200, 'A page.', pageWithTotalOf(policyItem), ['bad_request', 'bad_cursor']),
    },
    handler: async (request) => {
      const published = (await listPolicies(deps.pool)).map((one, at) => ({
        ...one,
        publishedAt: timeText(one.publishedAt),
        state: at === 0 ? ('in_force' as const) : ('replaced' as const),
      }));
      const drafts = (await listDrafts(deps.pool)).map(({ version, author }) => {
        return { version, author, approver: null, note: '', publishedAt: null, state: 'draft' as const };
      });
      return pageOfSmall([...published, ...drafts], request.query, POLICIES);
    },
  });
}

function addOne(app: Api, deps: ApiDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/policies/:version',
    config: { access: 'policies:read' },
    schema: {
      operationId: 'getPolicy',
      tags: ['policies'],
      summary: 'One policy, and the thresholds that hold by it',
      description:
        'Each threshold with its source and the entry that sets it: of the nation, province, city or county.',
      params,
      querystring: placeQuery,
      response: answers(200, 'The policy.', whole, ['bad_request', 'not_found']),
    },
    handler: async (request) => {
      const { region = '', category = null, mode = null, day } = request.query;
      const found = await named(deps, request.params.version);
      const inForce = await readPolicyAt(deps.pool, null);
      const today = day === undefined ? dayOf(deps.clock()) : parseDay(day)!;
      const place = { regionCode: region.padEnd(6, '0'), category, mode };
      const { record, policy } = found;
      const isDraft = record.publishedAt === null && record.author !== null;
      const isInForce = record.version === inForce.record.version;
      return {
        ...record,
        publishedAt: timeText(record.publishedAt),
        state: isInForce ? ('in_force' as const) : isDraft ? ('draft' as const) : ('replaced' as const),
        policy,
        place: { ...place, day: formatDay(today) },
        thresholds: thresholdsOf(policy, { ...place, day: today }).map((one) => ({ ...one })),
      };
    },
  });
}

function addDiff(app: Api, deps: ApiDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/policies/:version/diff',
    config: { access: 'policies:read' },
    schema: {
      operationId: 'diffPolicy',
      tags: ['policies'],
      summary: 'What holds differently by a policy',
      description:
        'Every threshold, before and after, at the widest place where it differs; places inside that keep out of it are named with the same value twice.',
      params,
      querystring: z.strictObject({
        against: text(64, 'The version to compare with; default the one in force.').optional(),
      }),
      response: answers(200, 'The differences.', diffAnswer, ['bad_request', 'not_found']),
    },
    handler: async (request) => {
      const before = await named(deps, request.query.against ?? CURRENT);
      const after = await named(deps, request.params.version);
      const differences = diffPolicies(before.policy, after.policy).map((one) => ({ ...one }));
      return { before: before.record.version, after: after.record.version, differences };
    },
  });
}

/** As in a policy file: of a key that stands twice one threshold would be lost without a word. */
function refuseRepeatedKeys(scope: Api): void {
  const parse = scope.getDefaultJsonParser('error', 'error');
  scope.removeContentTypeParser('application/json');
  scope.addContentTypeParser('application/json', { parseAs: 'string' }, (request, text: string, done) => {
    parse(request, text, (error, value) => {
      if (error) return done(error);
      const [fault] = repeatedKeyFaults(text);
      done(fault === undefined ? null : policyError(fault), value);
    });
  });
}

function addDraft(app: Api, deps: ApiDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/policies',
    config: { access: 'policies:write' },
    schema: {
      operationId: 'draftPolicy',
      tags: ['policies'],
      summary: 'Write a policy as a draft',
      description: 'The key is its author. It is in force once another key approves it; a version never changes.',
      body: anyObject('The policy: version, note, entries.'),
      response: answers(201, 'Kept as a draft.', policyItem, [
        'bad_request',
        'bad_policy',
        'policy_version_taken',
        'body_too_large',
        'unsupported_media_type',
      ]),
    },
    handler: async (request, reply) => {
      const policy = parsePolicy(request.body);
      const author = personOf(callerOf(request));
      await draftPolicy(deps.pool, policy, author, deps.clock());
      reply.code(201);
      const { version, note = '' } = policy;
      return { version, note, author, approver: null, publishedAt: null, state: 'draft' as const };
    },
  });
}

function addApproval(app: Api, deps: ApiDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/policies/:version/approval',
    config: { access: 'policies:write' },
    schema: {
      operationId: 'approvePolicy',
      tags: ['policies'],
      summary: 'Approve a draft: it is in force at once',
      description: 'By another key than the one that wrote it. Institutions with other thresholds are evaluated anew.',
      params,
      response: answers(
        200,
        'In force.',
        policyItem.extend({ affected: integer('Institutions that are evaluated anew.') }),
        ['bad_request', 'not_found', 'second_person_needed', 'policy_version_taken'],
      ),
    },
    handler: async (request) => {
      const draft = await findDraft(deps.pool, request.params.version);
      if (draft === null) throw new FeewardenError('not_found', `There is no draft ${request.params.version}.`);
      const persons = { author: draft.author, approver: personOf(callerOf(request)) };
      const { record, affected } = await publishPolicy(deps.pool, draft.policy, persons, deps.clock());
      const inForce = await readPolicyAt(deps.pool, null);
      const state = inForce.record.version === record.version ? ('in_force' as const) : ('replaced' as const);
      return { ...record, publishedAt: timeText(record.publishedAt), state, affected };
    },
  });
}

function addShadowReport(app: Api, deps: ApiDeps): void {
  app.route({
    method: 'GET',
    url: `/v1/policies/${SHADOW}`,
    config: { access: 'policies:read' },
    schema: {
      operationId: 'getShadowReport',
      tags: ['policies'],
      summary: 'What the policy in the shadow says differently',
      description: 'Both sides judged the same facts in the same evaluation; nothing of the shadow was sent.',
      querystring: z.strictObject({ region: regionParam }),
      response: answers(200, 'The newest run.', report, ['bad_request', 'not_found']),
    },
    handler: async (request) => {
      const region = narrowRegion(callerOf(request), request.query.region);
      if (region === null) throw new FeewardenError('not_found', 'Its region is another.');
      const { startedAt, stoppedAt, ...found } = await shadowReport(deps.pool, region);
      return {
        ...found,
        startedAt: timeText(startedAt)!,
        stoppedAt: timeText(stoppedAt),
        levels: [...found.levels],
        alerts: [...found.alerts],
        differences: found.differences.map((one) => ({ ...one, examples: [...one.examples] })),
      };
    },
  });
}

const run = z.object({ version: z.string(), running: z.boolean() });

function addShadowStart(app: Api, deps: ApiDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/policies/:version/shadow',
    config: { access: 'policies:write' },
    schema: {
      operationId: 'startShadow',
      tags: ['policies'],
      summary: 'Run a draft in the shadow of the policy in force',
      description: 'Every institution is judged by both; one draft at a time.',
      params,
      response: answers(201, 'It runs.', run, ['bad_request', 'not_found', 'shadow_running']),
    },
    handler: async (request, reply) => {
      const { version } = request.params;
      await startShadow(deps.pool, version, personOf(callerOf(request)), deps.clock());
      reply.code(201);
      return { version, running: true };
    },
  });
}

function addShadowStop(app: Api, deps: ApiDeps): void {
  app.route({
    method: 'DELETE',
    url: `/v1/policies/${SHADOW}`,
    config: { access: 'policies:write' },
    schema: {
      operationId: 'stopShadow',
      tags: ['policies'],
      summary: 'End the run in the shadow',
      description: 'Its report stays.',
      response: answers(200, 'It runs no more.', run, ['bad_request', 'not_found']),
    },
    handler: async (request) => {
      const version = await stopShadow(deps.pool, personOf(callerOf(request)), deps.clock());
      return { version, running: false };
    },
  });
}

const CURRENT = 'current';
const SHADOW = 'shadow';

async function named(deps: ApiDeps, version: string): Promise<PublishedPolicy> {
  const found = version === CURRENT ? await readPolicyAt(deps.pool, null) : await findPolicy(deps.pool, version);
  if (found === null) throw new FeewardenError('not_found', `There is no policy ${version}.`);
  return found;
}

/** A key stands for the person who holds it. */
function personOf({ keyId }: Caller): string {
  return `key:${keyId}`;
}
