import { z } from 'zod';
import {
  DELIVERIES_PAGE_MAX,
  type DeliveryView,
  listDeliveries,
  REPLAY_IDS_MAX,
  replay,
} from '../../alerts/deliveries.js';
import { ALERT_LEVELS, OUTGOING_TYPES, OUTGOING_TYPES_DEFAULT } from '../../alerts/route.js';
import {
  createSubscription,
  deleteSubscription,
  getSubscription,
  listSubscriptions,
  type NewSubscription,
  type Subscription,
  type SubscriptionPatch,
  updateSubscription,
} from '../../alerts/subscriptions.js';
import { FeewardenError } from '../../core/errors.js';
import { regionPrefix } from '../../core/region.js';
import { formatTime } from '../../core/time.js';
import { type Caller, regionScope, requireRegion } from '../access.js';
import { callerOf } from '../auth.js';
import { cursorsOf } from '../cursor.js';
import type { Api, ApiDeps } from '../deps.js';
import {
  answers,
  cursorParam,
  instant,
  integer,
  limitParam,
  noContent,
  PRINTABLE,
  pageOf,
  pageWithTotalOf,
  pagingOfSmall,
  readTime,
  text,
  timeText,
} from '../schemas.js';
import { type AddRoutes, pageOfSmall, type SmallList } from './context.js';

const FIELDS = {
  id: z.string(),
  name: z.string(),
  url: z.string(),
  types: z.array(z.string()),
  regionPrefix: z.string().meta({ description: 'First digits of the region code; empty is the whole country.' }),
  levelMin: z.enum(ALERT_LEVELS).nullable(),
  state: z.enum(['active', 'paused']),
  stateReason: z.string().nullable(),
  createdBy: z.string().nullable().meta({ description: 'Id of the key that made it.' }),
  createdAt: instant('When it was made.'),
  updatedAt: instant('When it was changed last.'),
};

const subscriptionItem = z.object(FIELDS).meta({ id: 'Subscription' });
const subscriptionCreated = z
  .object({
    ...FIELDS,
    secret: z.string().meta({ description: 'Signs what is sent (Standard Webhooks). Shown this once.' }),
  })
  .meta({ id: 'SubscriptionCreated' });

const INPUT = {
  name: text(200, 'For people: whose it is.'),
  url: text(2_048, 'Where messages are posted; a public http or https address.'),
  types: z.array(z.enum(OUTGOING_TYPES)).min(1).max(OUTGOING_TYPES.length),
  regionPrefix: z
    .string()
    .regex(/^\d{0,6}$/, 'must be the first 0 to 6 digits of a region code')
    .meta({ description: 'Region code or its first digits: 370700 is kept as 3707, the city.' }),
  levelMin: z.enum(ALERT_LEVELS).nullable(),
};

const newSubscription = z.strictObject({
  name: INPUT.name,
  url: INPUT.url,
  types: INPUT.types.optional().meta({ description: `Default ${OUTGOING_TYPES_DEFAULT.join(', ')}.` }),
  regionPrefix: INPUT.regionPrefix
    .optional()
    .meta({ description: 'Region code or its first digits; default the region of the key.' }),
  levelMin: INPUT.levelMin.optional().meta({ description: 'Only messages of this level or above.' }),
});

const subscriptionPatch = z.strictObject({ ...INPUT, state: z.enum(['active', 'paused']) }).partial();

const deliveryItem = z
  .object({
    seq: integer('Position in the list.'),
    messageId: z.string(),
    type: z.string(),
    institutionId: z.string().nullable(),
    at: instant('When it happened.'),
    state: z.enum(['pending', 'delivered', 'dead']),
    attempts: z.int(),
    nextAt: instant('The next attempt is not before this.').nullable(),
    lastStatus: z.int().nullable().meta({ description: 'HTTP status of the last attempt.' }),
    lastError: z.string().nullable(),
    deliveredAt: instant('When the receiver confirmed it.').nullable(),
    proof: z.string().nullable(),
  })
  .meta({ id: 'Delivery' });

const deliveriesQuery = z.strictObject({
  state: z.enum(['pending', 'delivered', 'dead']).optional(),
  limit: limitParam.refine((limit) => limit <= DELIVERIES_PAGE_MAX),
  cursor: cursorParam,
});

const replayBody = z
  .strictObject({
    since: z
      .string()
      .max(64)
      .optional()
      .meta({ description: 'All messages kept since this time.', format: 'date-time' }),
    messageIds: z.array(text(256, 'Message id.')).min(1).max(REPLAY_IDS_MAX).optional(),
  })
  .meta({ description: 'Exactly one of the two.' });

const replayAnswer = z.object({
  queued: integer('Deliveries that are pending now.'),
  nextSince: instant('Where to go on, when there was more than one call may queue.').nullable(),
});

const params = z.strictObject({
  subscriptionId: z.string().max(128).regex(PRINTABLE).meta({ description: 'Subscription id.' }),
});
const cursors = cursorsOf('deliveries', z.int());

/** By time and id: the subscription with which a page ended may be gone when the next one is asked for. */
const SUBSCRIPTIONS: SmallList<Subscription, [number, string]> = {
  cursors: cursorsOf('subscriptions', z.tuple([z.int(), z.string().max(128).regex(PRINTABLE)])),
  positionOf: ({ createdAt, id }) => [createdAt, id],
  startBehind: (rows, [time, last]) => {
    const at = rows.findIndex(({ createdAt, id }) => createdAt > time || (createdAt === time && id > last));
    return at < 0 ? rows.length : at;
  },
};

export const addSubscriptionRoutes: AddRoutes = (app, { deps }) => {
  addList(app, deps);
  addCreate(app, deps);
  addOne(app, deps);
  addChange(app, deps);
  addDelete(app, deps);
  addDeliveries(app, deps);
  addReplay(app, deps);
};

function addList(app: Api, deps: ApiDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/subscriptions',
    config: { access: 'subscriptions:read' },
    schema: {
      operationId: 'listSubscriptions',
      tags: ['subscriptions'],
      summary: 'Subscriptions',
      description: 'All in the caller’s region, in order of creation.',
      querystring: z.strictObject(pagingOfSmall),
      response: answers(200, 'A page.', pageWithTotalOf(subscriptionItem), ['bad_request', 'bad_cursor']),
    },
    handler: async (request) => {
      const found = await listSubscriptions(deps.pool, regionScope(callerOf(request)));
      const page = pageOfSmall(found, request.query, SUBSCRIPTIONS);
      return { ...page, items: page.items.map(viewOf) };
    },
  });
}

function addCreate(app: Api, deps: ApiDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/subscriptions',
    config: { access: 'subscriptions:write' },
    schema: {
      operationId: 'createSubscription',
      tags: ['subscriptions'],
      summary: 'Subscribe a system to messages',
      description:
        'Messages are posted to the address, signed as Standard Webhooks says. The secret is in this answer and nowhere else.',
      body: newSubscription,
      response: answers(201, 'Active from now on.', subscriptionCreated, [
        'bad_request',
        'address_not_allowed',
        'body_too_large',
        'unsupported_media_type',
      ]),
    },
    handler: async (request, reply) => {
      const caller = callerOf(request);
      const wanted = { ...request.body, regionPrefix: regionPrefix(request.body.regionPrefix ?? regionScope(caller)) };
      requireRegion(caller, wanted.regionPrefix);
      const { subscription, secret } = await createSubscription(
        deps.pool,
        deps.guard,
        wanted as NewSubscription,
        caller.keyId,
      );
      reply.code(201);
      return { ...viewOf(subscription), secret };
    },
  });
}

function addOne(app: Api, deps: ApiDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/subscriptions/:subscriptionId',
    config: { access: 'subscriptions:read' },
    schema: {
      operationId: 'getSubscription',
      tags: ['subscriptions'],
      summary: 'One subscription',
      description: 'Without its secret.',
      params,
      response: answers(200, 'The subscription.', subscriptionItem, ['bad_request', 'not_found']),
    },
    handler: async (request) => viewOf(await findOwn(deps, callerOf(request), request.params.subscriptionId)),
  });
}

function addChange(app: Api, deps: ApiDeps): void {
  app.route({
    method: 'PATCH',
    url: '/v1/subscriptions/:subscriptionId',
    config: { access: 'subscriptions:write' },
    schema: {
      operationId: 'changeSubscription',
      tags: ['subscriptions'],
      summary: 'Change, pause or resume a subscription',
      description: 'Only what is named changes. What was kept during a pause is sent when it ends.',
      params,
      body: subscriptionPatch,
      response: answers(200, 'As it is now.', subscriptionItem, [
        'bad_request',
        'address_not_allowed',
        'not_found',
        'body_too_large',
        'unsupported_media_type',
      ]),
    },
    handler: async (request) => {
      const caller = callerOf(request);
      const { id } = await findOwn(deps, caller, request.params.subscriptionId);
      const region = request.body.regionPrefix;
      const wanted = { ...request.body, ...(region === undefined ? {} : { regionPrefix: regionPrefix(region) }) };
      if (wanted.regionPrefix !== undefined) requireRegion(caller, wanted.regionPrefix);
      return viewOf(await updateSubscription(deps.pool, deps.guard, id, wanted as SubscriptionPatch));
    },
  });
}

function addDelete(app: Api, deps: ApiDeps): void {
  app.route({
    method: 'DELETE',
    url: '/v1/subscriptions/:subscriptionId',
    config: { access: 'subscriptions:write' },
    schema: {
      operationId: 'deleteSubscription',
      tags: ['subscriptions'],
      summary: 'End a subscription',
      description: 'Its deliveries stay as proof; what was not sent is given up.',
      params,
      response: noContent('It is gone.', ['bad_request', 'not_found']),
    },
    handler: async (request, reply) => {
      const { id } = await findOwn(deps, callerOf(request), request.params.subscriptionId);
      await deleteSubscription(deps.pool, id);
      return reply.code(204).send();
    },
  });
}

function addDeliveries(app: Api, deps: ApiDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/subscriptions/:subscriptionId/deliveries',
    config: { access: 'subscriptions:read' },
    schema: {
      operationId: 'listDeliveries',
      tags: ['subscriptions'],
      summary: 'What was sent, and its proof',
      description: 'Newest message first.',
      params,
      querystring: deliveriesQuery,
      response: answers(200, 'A page.', pageOf(deliveryItem), ['bad_request', 'bad_cursor', 'not_found']),
    },
    handler: async (request) => {
      const { limit, cursor, state } = request.query;
      const filters = { state, id: request.params.subscriptionId };
      const before = cursors.read(filters, cursor);
      const { id } = await findOwn(deps, callerOf(request), request.params.subscriptionId);
      const page = await listDeliveries(deps.pool, id, {
        limit,
        ...(state ? { state } : {}),
        ...(before === null ? {} : { before }),
      });
      return {
        items: page.items.map(deliveryView),
        nextCursor: page.next === null ? null : cursors.write(filters, page.next),
      };
    },
  });
}

function addReplay(app: Api, deps: ApiDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/subscriptions/:subscriptionId/replay',
    config: { access: 'subscriptions:write' },
    schema: {
      operationId: 'replay',
      tags: ['subscriptions'],
      summary: 'Send messages again',
      description: 'The same messages with the same ids, as far as the subscription’s filter lets them through.',
      params,
      body: replayBody,
      response: answers(200, 'Queued.', replayAnswer, [
        'bad_request',
        'not_found',
        'body_too_large',
        'unsupported_media_type',
      ]),
    },
    handler: async (request) => {
      const wanted = replayOf(request.body);
      const subscription = await findOwn(deps, callerOf(request), request.params.subscriptionId);
      const { queued, nextSince } = await replay(deps.pool, subscription, wanted);
      return { queued, nextSince: timeText(nextSince) };
    },
  });
}

/** The subscription if its region lies within the caller's; else `not_found`. */
async function findOwn(deps: ApiDeps, caller: Caller, id: string): Promise<Subscription> {
  const subscription = await getSubscription(deps.pool, id);
  if (!subscription.regionPrefix.startsWith(regionScope(caller))) throw new FeewardenError('not_found');
  return subscription;
}

function replayOf({ since, messageIds }: z.output<typeof replayBody>) {
  if ((since === undefined) === (messageIds === undefined))
    throw new FeewardenError('bad_request', 'Name either since or messageIds.');
  if (messageIds !== undefined) return { messageIds };
  const us = readTime(since!);
  if (us === null)
    throw new FeewardenError('bad_request', 'since must be an RFC 3339 time with an offset.', { path: 'body.since' });
  return { since: us };
}

function viewOf(subscription: Subscription) {
  const { createdAt, updatedAt, types, ...rest } = subscription;
  return { ...rest, types: [...types], createdAt: formatTime(createdAt), updatedAt: formatTime(updatedAt) };
}

function deliveryView(delivery: DeliveryView) {
  const { at, nextAt, deliveredAt, ...rest } = delivery;
  return {
    ...rest,
    at: formatTime(at),
    nextAt: delivery.state === 'pending' ? formatTime(nextAt) : null,
    deliveredAt: timeText(deliveredAt),
  };
}
