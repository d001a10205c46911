import type pg from 'pg';
import { FeewardenError } from '../core/errors.js';
import { dayOf, type Us } from '../core/time.js';
import { inTransaction, toDbTime } from '../db/pool.js';
import { isAffected, type PolicyPlace } from './policy/affected.js';
import { DEFAULT_POLICY } from './policy/default.js';
import { twoPersons } from './policy/persons.js';
import { DEFAULT_PREFIX, type Policy, parseStoredPolicy, versionFault } from './policy/policy.js';

type Db = pg.Pool | pg.ClientBase;

/** A published policy, or the default that ships with the program: that one was never published, so it has no time and persons. */
export interface PolicyRecord {
  readonly version: string;
  readonly note: string;
  readonly publishedAt: Us | null;
  readonly author: string | null;
  readonly approver: string | null;
}

export interface PublishedPolicy {
  readonly policy: Policy;
  readonly record: PolicyRecord;
}

/** The policy in force: the newest published one, else the default that ships with the program. */
export async function readPolicy(db: Db): Promise<Policy> {
  return (await readPolicyAt(db, null)).policy;
}

/** The policy that was in force at a moment; null is now. */
export async function readPolicyAt(db: Db, at: Us | null): Promise<PublishedPolicy> {
  const { rows } = await db.query<PolicyRecord>(
    `select ${COLUMNS} from policies where $1::timestamptz is null or published_at <= $1::timestamptz order by published_at desc, version desc limit 1`,
    [at === null ? null : toDbTime(at)],
  );
  const record = rows[0];
  return record === undefined ? DEFAULT : { record, policy: await readBody(db, record) };
}

/** A policy by its version: published, a draft, or the default. Null when there is none. */
export async function findPolicy(db: Db, version: string): Promise<PublishedPolicy | null> {
  if (version === DEFAULT_POLICY.version) return DEFAULT;
  const { rows } = await db.query<PolicyRecord>(`select ${COLUMNS} from policies where version = $1`, [version]);
  if (rows[0] !== undefined) return { record: rows[0], policy: await readBody(db, rows[0]) };
  const draft = await findDraft(db, version);
  if (draft === null) return null;
  const { policy, author } = draft;
  return { policy, record: { version, note: policy.note ?? '', publishedAt: null, author, approver: null } };
}

/** Every published policy, the newest first, and the default last. */
export async function listPolicies(db: Db): Promise<PolicyRecord[]> {
  const { rows } = await db.query<PolicyRecord>(
    `select ${COLUMNS} from policies order by published_at desc, version desc`,
  );
  return [...rows, DEFAULT.record];
}

export interface PolicyDraft {
  readonly policy: Policy;
  readonly author: string;
  readonly createdAt: Us;
}

export async function findDraft(db: Db, version: string): Promise<PolicyDraft | null> {
  const { rows } = await db.query<{ body: string; author: string; createdAt: Us }>(
    'select body, author, created_at as "createdAt" from policy_drafts where version = $1',
    [version],
  );
  const draft = rows[0];
  return draft === undefined ? null : { ...draft, policy: parseStoredPolicy(draft.body) };
}

/** Drafts that are not published, the newest first. */
export async function listDrafts(db: Db): Promise<{ version: string; author: string; createdAt: Us }[]> {
  const { rows } = await db.query<{ version: string; author: string; createdAt: Us }>(
    `select version, author, created_at as "createdAt" from policy_drafts d
      where not exists (select 1 from policies p where p.version = d.version) order by created_at desc, version`,
  );
  return rows;
}

/**
 * Keeps a policy under its version, for a second person to approve or for a run in the shadow. The same content again changes
 * nothing. Throws `policy_version_taken`, `second_person_needed` (no author).
 */
export async function draftPolicy(pool: pg.Pool, policy: Policy, author: string, now: Us): Promise<void> {
  await inTransaction(pool, (client) => keepDraft(client, policy, author, now));
}

export async function keepDraft(client: pg.ClientBase, policy: Policy, author: string, now: Us): Promise<void> {
  if (author.trim() === '') throw new FeewardenError('second_person_needed', 'The author is not named.');
  await lockPolicies(client);
  if (await isKnown(client, policy)) return;
  await client.query('insert into policy_drafts (version, body, author, created_at) values ($1, $2, $3, $4)', [
    policy.version,
    contentOf(policy),
    author,
    toDbTime(now),
  ]);
  await logPolicy(client, now, policy.version, 'drafted', author, {});
}

export interface Publication {
  readonly record: PolicyRecord;
  /** False: it was published before, with the same content; nothing changed. */
  readonly isNew: boolean;
  /** Institutions that became due, because other thresholds hold for them now or on a later day. */
  readonly affected: number;
}

/**
 * Publishes a policy: from its moment on it is in force, and whoever it means other thresholds for is due for evaluation, in
 * the same transaction. If it runs in the shadow, that ends. Throws `second_person_needed`, `policy_version_taken`.
 */
export async function publishPolicy(
  pool: pg.Pool,
  policy: Policy,
  persons: { readonly author: string | undefined; readonly approver: string | undefined },
  now: Us,
): Promise<Publication> {
  const { author, approver } = twoPersons(persons.author, persons.approver);
  return inTransaction(pool, async (client) => {
    await lockPolicies(client);
    const before = await readPolicyAt(client, null);
    const published = await client.query<PolicyRecord>(`select ${COLUMNS} from policies where version = $1`, [
      policy.version,
    ]);
    await isKnown(client, policy);
    if (published.rows[0] !== undefined) return { record: published.rows[0], isNew: false, affected: 0 };
    // Clocks of several machines differ; the newest publication is in force, so it must be the last one in time.
    const publishedAt = Math.max(now, (before.record.publishedAt ?? now - 1) + 1);
    const note = policy.note ?? '';
    await client.query(
      'insert into policies (version, body, note, published_at, author, approver) values ($1, $2, $3, $4, $5, $6)',
      [policy.version, contentOf(policy), note, toDbTime(publishedAt), author, approver],
    );
    await endShadowOf(client, policy.version, approver, publishedAt - 1);
    const affected = await markAffected(client, before.policy, policy, publishedAt);
    const detail = { author, approver, replaces: before.policy.version, affected };
    await logPolicy(client, publishedAt, policy.version, 'published', approver, detail);
    return { record: { version: policy.version, note, publishedAt, author, approver }, isNew: true, affected };
  });
}

/** What is in force is no shadow: its run ends just before, still beside the policy that it was compared with, and what it found is kept. */
async function endShadowOf(client: pg.ClientBase, version: string, by: string, at: Us): Promise<void> {
  const { rowCount } = await client.query(
    'update policy_shadows set stopped_at = greatest(started_at, $1) where version = $2 and stopped_at is null',
    [toDbTime(at), version],
  );
  if (rowCount !== 0) await logPolicy(client, at, version, 'shadow_stopped', by, {});
}

export type PolicyAction = 'drafted' | 'published' | 'shadow_started' | 'shadow_stopped';

export async function logPolicy(
  client: pg.ClientBase,
  at: Us,
  version: string,
  action: PolicyAction,
  by: string,
  detail: object,
): Promise<void> {
  await client.query('insert into policy_log (at, version, action, by, detail) values ($1, $2, $3, $4, $5)', [
    toDbTime(at),
    version,
    action,
    by,
    JSON.stringify(detail),
  ]);
}

/**
 * Held by whoever changes policies or the shadow: one at a time, and not while an evaluation is under way, which could otherwise end
 * with the old policy after the new one has looked for whom it concerns.
 */
export async function lockPolicies(client: pg.ClientBase): Promise<void> {
  await client.query('lock table policies in exclusive mode');
}

/** Begins a transaction that sees one state of the database, with no policy being changed. */
export const SEE_ONE_POLICY = 'set transaction isolation level repeatable read; lock table policies in row share mode';

const COLUMNS = 'version, note, published_at as "publishedAt", author, approver';
const DEFAULT: PublishedPolicy = {
  policy: DEFAULT_POLICY,
  record: {
    version: DEFAULT_POLICY.version,
    note: DEFAULT_POLICY.note ?? '',
    publishedAt: null,
    author: null,
    approver: null,
  },
};

/** What is never to change under a version: everything but who wrote and approved it, which stands beside it. */
function contentOf({ author: _, approver: __, ...content }: Policy): string {
  return JSON.stringify(content);
}

/** Whether the version exists, with this content. Throws `policy_version_taken` when with another, `bad_policy` when the name is not free. */
async function isKnown(client: pg.ClientBase, policy: Policy): Promise<boolean> {
  if (policy.version.startsWith(DEFAULT_PREFIX))
    throw new FeewardenError('policy_version_taken', `Versions that begin with ${DEFAULT_PREFIX} are the program's.`);
  const fault = versionFault(policy.version);
  if (fault !== null) throw new FeewardenError('bad_policy', `${fault.path}: ${fault.message}.`, { path: fault.path });
  const { rows } = await client.query<{ body: string }>(
    'select body from policies where version = $1 union all select body from policy_drafts where version = $1',
    [policy.version],
  );
  for (const { body } of rows) {
    if (contentOf(parseStoredPolicy(body)) !== contentOf(policy))
      throw new FeewardenError(
        'policy_version_taken',
        `Give the changed policy another version than ${policy.version}.`,
      );
  }
  return rows.length > 0;
}

async function markAffected(client: pg.ClientBase, before: Policy, after: Policy, at: Us): Promise<number> {
  const { rows: places } = await client.query<PolicyPlace & { key: string }>(
    `select distinct region_code as "regionCode", category, modes, ${PLACE_KEY} as key from evaluations`,
  );
  const today = dayOf(at);
  const keys = places.filter((place) => isAffected(place, before, after, today)).map(({ key }) => key);
  if (keys.length === 0) return 0;
  const { rowCount } = await client.query(
    `insert into due_institutions (institution_no, due_at) select institution_no, $2::timestamptz from evaluations where ${PLACE_KEY} = any($1::text[])`,
    [keys, toDbTime(at)],
  );
  return rowCount ?? 0;
}
const PLACE_KEY = `concat_ws('|', coalesce(region_code, ''), coalesce(category, ''), array_to_string(modes, ','))`;

/** Policies read before. A published policy is never edited; another database may have another one under the same version. */
const known = new Map<string, Policy>();
const KNOWN_MAX = 100;

async function readBody(db: Db, { version, publishedAt }: PolicyRecord): Promise<Policy> {
  const key = `${version}|${publishedAt}`;
  let policy = known.get(key);
  if (policy === undefined) {
    const { rows } = await db.query<{ body: string }>('select body from policies where version = $1', [version]);
    policy = parseStoredPolicy(rows[0]!.body);
    if (known.size >= KNOWN_MAX) known.clear();
    known.set(key, policy);
  }
  return policy;
}
