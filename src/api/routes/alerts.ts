import { z } from 'zod';
import { formatTime } from '../../core/time.js';
import type { Caller } from '../access.js';
import { narrowRegion, regionScope } from '../access.js';
import { callerOf } from '../auth.js';
import { cursorsOf } from '../cursor.js';
import type { ApiDeps } from '../deps.js';
import { eventOfRow, eventSchema } from '../event-view.js';
import {
  alertLevel,
  answers,
  anyObject,
  instant,
  institutionId,
  institutionParams,
  PRINTABLE,
  pageWithTotalOf,
  paging,
  regionParam,
  text,
  timeOf,
  timeParam,
  timeText,
} from '../schemas.js';
import { type AlertRow, countAlerts, findAlert, listAlertRecords, listAlerts } from '../sql/alerts.js';
import { findInstitution } from '../sql/institutions.js';
import { readEvidence } from '../sql/journals.js';
import { type AddRoutes, cutPage } from './context.js';

const FIELDS = {
  alertId: z.string(),
  caseId: z.string(),
  institutionId,
  ruleId: z.string(),
  level: alertLevel,
  state: z.enum(['open', 'cleared']),
  regionCode: z.string().nullable().meta({ description: 'Region of the institution when the alert changed last.' }),
  openedAt: instant('When the finding opened.'),
  changedAt: instant('When the alert changed last.'),
  clearedAt: instant('When it was back inside for the hold time.').nullable(),
  data: anyObject(
    'Its newest record, as prepaid.alert.*.v1 carries it: value, threshold, reason, legal basis, evidence.',
  ),
};

const alertItem = z.object(FIELDS).meta({ id: 'AlertItem' });

const alertRecord = z.object({
  step: z.int().meta({ description: 'Number within the alert.' }),
  kind: z.enum(['raised', 'level_changed', 'cleared']),
  at: instant('When it happened.'),
  data: anyObject('As it was told.'),
});

const evidenceEvent = eventSchema
  .extend({ reversed: z.boolean().meta({ description: 'Whether a reversal of it is known by now.' }) })
  .meta({ id: 'EvidenceEvent' });

const alertOne = z
  .object({
    ...FIELDS,
    records: z.array(alertRecord),
    evidence: z.array(evidenceEvent).meta({ description: 'The events behind the newest record.' }),
  })
  .meta({ id: 'Alert' });

const FILTERS = {
  state: z.enum(['open', 'cleared']).optional(),
  level: alertLevel.optional().meta({ description: 'Its level now, or the last it had.' }),
  rule: z
    .string()
    .regex(/^[A-G]\d{2}$/, 'must be a rule id such as A01')
    .optional(),
  from: timeParam('Opened at or after this time.'),
  to: timeParam('Opened before this time.'),
  asOf: timeParam('As they stood at this moment; default now.'),
};

const ofInstitution = z.strictObject({ ...FILTERS, ...paging });
const ofAll = z.strictObject({
  ...FILTERS,
  region: regionParam,
  institution: text(128, 'Institution id.').optional(),
  ...paging,
});

const cursors = cursorsOf('alerts', z.tuple([z.int(), z.string().max(256).regex(PRINTABLE)]));

type ListQuery = z.output<typeof ofAll>;

export const addAlertRoutes: AddRoutes = (app, { deps }) => {
  app.route({
    method: 'GET',
    url: '/v1/alerts',
    config: { access: 'alerts:read' },
    schema: {
      operationId: 'listAlerts',
      tags: ['alerts'],
      summary: 'Alerts',
      description: 'Alerts in the caller’s region; opened last comes first.',
      querystring: ofAll,
      response: answers(200, 'A page.', pageWithTotalOf(alertItem), ['bad_request', 'bad_cursor', 'not_found']),
    },
    handler: async (request) => {
      const caller = callerOf(request);
      const { institution } = request.query;
      if (institution !== undefined) await findInstitution(deps.pool, institution, regionScope(caller));
      return readPage(deps, caller, request.query);
    },
  });
  app.route({
    method: 'GET',
    url: '/v1/institutions/:id/alerts',
    config: { access: 'institutions:read' },
    schema: {
      operationId: 'listInstitutionAlerts',
      tags: ['alerts'],
      summary: 'Alerts of an institution',
      description: 'Opened last comes first.',
      params: institutionParams,
      querystring: ofInstitution,
      response: answers(200, 'A page.', pageWithTotalOf(alertItem), ['bad_request', 'bad_cursor', 'not_found']),
    },
    handler: async (request) => {
      const caller = callerOf(request);
      await findInstitution(deps.pool, request.params.id, regionScope(caller));
      return readPage(deps, caller, { ...request.query, institution: request.params.id });
    },
  });
  addAlertRoute(app, deps);
};

const addAlertRoute = (app: Parameters<AddRoutes>[0], deps: ApiDeps): void => {
  app.route({
    method: 'GET',
    url: '/v1/alerts/:alertId',
    config: { access: 'alerts:read' },
    schema: {
      operationId: 'getAlert',
      tags: ['alerts'],
      summary: 'One alert',
      description: 'With every step of its life and the events behind it.',
      params: z.strictObject({ alertId: text(256, 'Alert id.') }),
      response: answers(200, 'The alert.', alertOne, ['bad_request', 'not_found']),
    },
    handler: async (request) => {
      const alert = await findAlert(deps.pool, request.params.alertId, regionScope(callerOf(request)));
      const records = await listAlertRecords(deps.pool, alert.alertId);
      const evidence = await readEvidence(deps.pool, alert.institutionNo, referencesOf(alert.data));
      return {
        ...itemOf(alert),
        records: records.map((record) => ({ ...record, kind: record.kind as 'raised', at: formatTime(record.at) })),
        evidence: evidence.map((row) => ({ ...eventOfRow(row), reversed: row.reversed })),
      };
    },
  });
};

async function readPage(deps: ApiDeps, caller: Caller, { limit, cursor, ...query }: ListQuery) {
  const before = cursors.read(query, cursor);
  const region = narrowRegion(caller, query.region);
  if (region === null) return { items: [], nextCursor: null, total: 0 };
  const filters = {
    region,
    institutionId: query.institution ?? null,
    state: query.state ?? null,
    level: query.level ?? null,
    rule: query.rule ?? null,
    from: timeOf(query.from),
    to: timeOf(query.to),
    asOf: timeOf(query.asOf),
  };
  const { rows, last } = cutPage(await listAlerts(deps.pool, filters, { before, limit: limit + 1 }), limit);
  return {
    items: rows.map(itemOf),
    nextCursor: last && cursors.write(query, [last.openedAt, last.alertId]),
    total: before === null ? await countAlerts(deps.pool, filters) : null,
  };
}

function itemOf(row: AlertRow) {
  const { alertId, caseId, institutionId: id, ruleId, regionCode, data } = row;
  return {
    alertId,
    caseId,
    institutionId: id,
    ruleId,
    level: row.level as z.output<typeof alertLevel>,
    state: row.clearedAt === null ? ('open' as const) : ('cleared' as const),
    regionCode,
    openedAt: formatTime(row.openedAt),
    changedAt: formatTime(row.changedAt),
    clearedAt: timeText(row.clearedAt),
    data,
  };
}

const evidenceSchema = z.array(z.object({ source: z.string(), id: z.string() }));

function referencesOf(data: Record<string, unknown>): z.output<typeof evidenceSchema> {
  return evidenceSchema.parse(data.evidence ?? []);
}
