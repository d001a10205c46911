import { randomBytes, randomUUID } from 'node:crypto';
import type pg from 'pg';
import { z } from 'zod';
import { FeewardenError } from '../core/errors.js';
import type { Us } from '../core/time.js';
import { type AddressGuard, URL_CHARACTERS_MAX } from './addresses.js';
import { ALERT_LEVELS, type AlertLevel, OUTGOING_TYPES, OUTGOING_TYPES_DEFAULT } from './route.js';
import { secretFrom } from './sinks/webhook.js';

/** A system that asked to be told. Its secret is no part of it: that is shown once, when it is made. */
export interface Subscription {
  readonly id: string;
  readonly name: string;
  readonly url: string;
  readonly types: readonly string[];
  /** '' is the whole country. */
  readonly regionPrefix: string;
  readonly levelMin: AlertLevel | null;
  readonly state: 'active' | 'paused';
  readonly stateReason: string | null;
  readonly createdBy: string | null;
  readonly createdAt: Us;
  readonly updatedAt: Us;
}

const FIELDS = {
  name: z.string().trim().min(1).max(200),
  url: z.string().max(URL_CHARACTERS_MAX),
  types: z.array(z.enum(OUTGOING_TYPES)).min(1).max(OUTGOING_TYPES.length),
  regionPrefix: z.string().regex(/^\d{0,6}$/, 'must be the first 0 to 6 digits of a region code'),
  levelMin: z.enum(ALERT_LEVELS).nullable(),
};

/** What a caller gives to create one. */
export const newSubscriptionSchema = z.strictObject({
  name: FIELDS.name,
  url: FIELDS.url,
  types: FIELDS.types.default([...OUTGOING_TYPES_DEFAULT]),
  regionPrefix: FIELDS.regionPrefix.default(''),
  levelMin: FIELDS.levelMin.default(null),
});

/** What a caller may change. `state: 'active'` ends a pause; what was kept meanwhile is then sent. */
export const subscriptionPatchSchema = z
  .strictObject({ ...FIELDS, state: z.enum(['active', 'paused']) })
  .partial()
  .refine((patch) => Object.keys(patch).length > 0, 'names nothing to change');

export type NewSubscription = z.input<typeof newSubscriptionSchema>;
export type SubscriptionPatch = z.input<typeof subscriptionPatchSchema>;

/** Every enqueue reads all of them: a bound keeps that cheap. Our default. */
export const SUBSCRIPTIONS_MAX = 1_000;

const SECRET_BYTES = 32;

const COLUMNS = `id, name, url, types, region_prefix as "regionPrefix", level_min as "levelMin", state,
  state_reason as "stateReason", created_by as "createdBy", created_at as "createdAt", updated_at as "updatedAt"`;

/**
 * Creates an active subscription and returns it with its secret, which is never shown again. Errors: `bad_request` with
 * the field in `path`, `address_not_allowed`.
 */
export async function createSubscription(
  pool: pg.Pool,
  guard: AddressGuard,
  input: NewSubscription,
  createdBy: string | null,
): Promise<{ subscription: Subscription; secret: string }> {
  const wanted = parseWith(newSubscriptionSchema, input);
  await refuseInternal(guard, wanted.url);
  const secret = secretFrom(randomBytes(SECRET_BYTES));
  const { rows } = await pool.query<Subscription>(
    `insert into subscriptions (id, name, url, secret, types, region_prefix, level_min, created_by)
     select $1, $2, $3, $4, $5, $6, $7, $8 where (select count(*) from subscriptions) < $9
     returning ${COLUMNS}`,
    [
      `sub_${randomUUID()}`,
      wanted.name,
      wanted.url,
      secret,
      wanted.types,
      wanted.regionPrefix,
      wanted.levelMin,
      createdBy,
      SUBSCRIPTIONS_MAX,
    ],
  );
  const subscription = rows[0];
  if (!subscription) {
    throw new FeewardenError('bad_request', `There are ${SUBSCRIPTIONS_MAX} subscriptions already; delete one first.`);
  }
  return { subscription, secret };
}

/** All within a region ('' is all), in order of creation; at most `SUBSCRIPTIONS_MAX`, so the list has no pages. */
export async function listSubscriptions(pool: pg.Pool, regionPrefix: string): Promise<Subscription[]> {
  const { rows } = await pool.query<Subscription>(
    `select ${COLUMNS} from subscriptions where starts_with(region_prefix, $1) order by created_at, id limit $2`,
    [regionPrefix, SUBSCRIPTIONS_MAX],
  );
  return rows;
}

/** Error: `not_found`. */
export async function getSubscription(pool: pg.Pool, id: string): Promise<Subscription> {
  const { rows } = await pool.query<Subscription>(`select ${COLUMNS} from subscriptions where id = $1`, [id]);
  return found(rows[0]);
}

/** Errors: `not_found`, `bad_request`, `address_not_allowed`. What has been routed already keeps its receiver. */
export async function updateSubscription(
  pool: pg.Pool,
  guard: AddressGuard,
  id: string,
  patch: SubscriptionPatch,
): Promise<Subscription> {
  const wanted = parseWith(subscriptionPatchSchema, patch);
  if (wanted.url !== undefined) await refuseInternal(guard, wanted.url);
  const { rows } = await pool.query<Subscription>(
    `update subscriptions
        set name = coalesce($2, name), url = coalesce($3, url), types = coalesce($4, types),
            region_prefix = coalesce($5, region_prefix), level_min = case when $6 then $7 else level_min end,
            state = coalesce($8, state), state_reason = case when $8 is null then state_reason end, updated_at = now()
      where id = $1
      returning ${COLUMNS}`,
    [
      id,
      wanted.name ?? null,
      wanted.url ?? null,
      wanted.types ?? null,
      wanted.regionPrefix ?? null,
      wanted.levelMin !== undefined,
      wanted.levelMin ?? null,
      wanted.state ?? null,
    ],
  );
  return found(rows[0]);
}

/** Removes it with its secret. Its deliveries stay as proof; what was not sent is dead. Error: `not_found`. */
export async function deleteSubscription(pool: pg.Pool, id: string): Promise<void> {
  const { rows } = await pool.query<{ id: string }>(
    `with gone as (delete from subscriptions where id = $1 returning id), given_up as (
       update deliveries d set state = 'dead', last_error = 'The subscription was deleted.'
         from gone where d.sink = 'webhook:' || gone.id and d.state = 'pending')
     select id from gone`,
    [id],
  );
  found(rows[0]);
}

/** Stops sending because of what the receiver said. A subscription that is paused already keeps its reason. */
export async function pauseSubscription(pool: pg.Pool, id: string, reason: string): Promise<void> {
  await pool.query(
    `update subscriptions set state = 'paused', state_reason = $2, updated_at = now() where id = $1 and state = 'active'`,
    [id, reason],
  );
}

/** Where the active ones are to be called, with the secret to sign with: for the sender alone. */
export async function readEndpoints(pool: pg.Pool): Promise<{ id: string; url: string; secret: string }[]> {
  const { rows } = await pool.query<{ id: string; url: string; secret: string }>({
    name: 'read_subscription_endpoints',
    text: `select id, url, secret from subscriptions where state = 'active' order by id`,
  });
  return rows;
}

async function refuseInternal(guard: AddressGuard, url: string): Promise<void> {
  const verdict = await guard.check(url);
  if (verdict.ok) return;
  const code = verdict.code === 'address_not_allowed' ? verdict.code : 'bad_request';
  throw new FeewardenError(code, verdict.detail, { path: '$.url' });
}

function parseWith<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const path = ['$', ...issue.path.map(String)].join('.');
  throw new FeewardenError('bad_request', `${path}: ${issue.message}.`, { path });
}

function found<T>(row: T | undefined): T {
  if (row === undefined) throw new FeewardenError('not_found');
  return row;
}
