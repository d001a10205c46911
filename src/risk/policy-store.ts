import type pg from 'pg';
import { DEFAULT_POLICY } from './policy/default.js';
import { type Policy, parsePolicy } from './policy/policy.js';

/** The policy in force: the newest published one, else the default that ships with the program. */
export async function readPolicy(pool: pg.Pool): Promise<Policy> {
  const { rows } = await pool.query<{ version: string }>(
    'select version from policies order by published_at desc, version desc limit 1',
  );
  const version = rows[0]?.version;
  if (version === undefined) return DEFAULT_POLICY;
  if (inForce?.version === version) return inForce;
  const { rows: bodies } = await pool.query<{ body: string }>('select body from policies where version = $1', [
    version,
  ]);
  // A published policy is never edited, so a version that was read once need not be read again.
  inForce = parsePolicy(JSON.parse(bodies[0]!.body));
  return inForce;
}

let inForce: Policy | undefined;
