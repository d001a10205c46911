import { createHash, randomBytes } from 'node:crypto';
import type pg from 'pg';
import { FeewardenError } from '../core/errors.js';
import type { Us } from '../core/time.js';
import { toDbTime } from '../db/pool.js';
import { keptScope, ROLES, type Role, scopeProblem } from './access.js';

/** An API key as administrators see it: never its secret. */
export interface ApiKey {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly scope: string;
  readonly createdAt: Us;
  readonly revokedAt: Us | null;
}

export interface NewKey {
  /** For people: whose key it is. */
  readonly name: string;
  readonly role: string;
  /** Region prefix or bank code; '' is everything that the role allows. */
  readonly scope: string;
}

const ID_BYTES = 6;
const SECRET_BYTES = 32;
const NAME_CHARACTERS_MAX = 200;

/** `fw_<id>_<secret>`: 12 hexadecimal digits, and 256 random bits. */
export const KEY_PATTERN = /^fw_([0-9a-f]{12})_([A-Za-z0-9_-]{43})$/;

/**
 * Makes a key and returns it with its full text, which is never shown again: only a hash is kept. The secret is random, so
 * a plain SHA-256 is enough. Error: `bad_usage`.
 */
export async function createKey(pool: pg.Pool, wanted: NewKey, now: Us): Promise<{ key: ApiKey; text: string }> {
  const role = ROLES.find((known) => known === wanted.role);
  if (!role) throw new FeewardenError('bad_usage', `The role must be one of ${ROLES.join(', ')}.`);
  const scope = keptScope(role, wanted.scope);
  const problem = scopeProblem(role, scope) ?? nameProblem(wanted.name);
  if (problem !== null) throw new FeewardenError('bad_usage', problem);
  const id = randomBytes(ID_BYTES).toString('hex');
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  const { rows } = await pool.query<ApiKey>(
    `insert into api_keys (id, name, role, scope, secret_hash, created_at) values ($1, $2, $3, $4, $5, $6) returning ${COLUMNS}`,
    [id, wanted.name, role, scope, hashSecret(secret), toDbTime(now)],
  );
  return { key: rows[0]!, text: `fw_${id}_${secret}` };
}

/** All, revoked ones too, in order of creation. */
export async function listKeys(pool: pg.Pool): Promise<ApiKey[]> {
  const { rows } = await pool.query<ApiKey>(`select ${COLUMNS} from api_keys order by created_at, id`);
  return rows;
}

/** Takes effect within seconds in every process (`keyCacheMs`). A key that is revoked already keeps its time. Error: `not_found`. */
export async function revokeKey(pool: pg.Pool, id: string, now: Us): Promise<ApiKey> {
  const { rows } = await pool.query<ApiKey>(
    `update api_keys set revoked_at = coalesce(revoked_at, $2) where id = $1 returning ${COLUMNS}`,
    [id, toDbTime(now)],
  );
  if (!rows[0]) throw new FeewardenError('not_found', `There is no key ${id}.`);
  return rows[0];
}

export interface StoredKey {
  readonly role: Role;
  readonly scope: string;
  readonly secretHash: Buffer;
}

/** A key that is not revoked; null otherwise. A role that this version does not know is no key. */
export async function findKey(pool: pg.Pool, id: string): Promise<StoredKey | null> {
  const { rows } = await pool.query<StoredKey>({
    name: 'find_api_key',
    text: 'select role, scope, secret_hash as "secretHash" from api_keys where id = $1 and revoked_at is null',
    values: [id],
  });
  const key = rows[0];
  return key && ROLES.includes(key.role) ? key : null;
}

export function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

const COLUMNS = 'id, name, role, scope, created_at as "createdAt", revoked_at as "revokedAt"';

function nameProblem(name: string): string | null {
  if (name.length >= 1 && name.length <= NAME_CHARACTERS_MAX && !/[\p{Cc}\p{Surrogate}]/u.test(name)) return null;
  return `The name must be 1 to ${NAME_CHARACTERS_MAX} characters.`;
}
