import { FeewardenError } from '../core/errors.js';
import { regionPrefix } from '../core/region.js';

/**
 * Who may do what. A role says which calls, a scope says whose data. Nothing is allowed that is not written here, and a route
 * without a permission cannot be registered (see `auth.ts`).
 */
export const ROLES = ['admin', 'ingest', 'regulator', 'analyst', 'auditor', 'bank', 'platform'] as const;
export type Role = (typeof ROLES)[number];

export type Permission =
  | 'events:write'
  | 'institutions:read'
  | 'alerts:read'
  | 'rejected:read'
  | 'breaks:read'
  | 'breaks:write'
  | 'reconciliations:run'
  | 'feeds:read'
  | 'jobs:read'
  | 'policies:read'
  | 'policies:write'
  | 'subscriptions:read'
  | 'subscriptions:write';

/** One who asks, after the key was checked. */
export interface Caller {
  readonly keyId: string;
  readonly role: Role;
  /** Region prefix (admin, auditor, regulator, analyst, platform), bank code (bank), or '' for everything that the role allows. */
  readonly scope: string;
}

const READS: readonly Permission[] = ['institutions:read', 'alerts:read', 'policies:read', 'breaks:read', 'feeds:read'];

export const GRANTS: { readonly [R in Role]: readonly Permission[] } = {
  admin: [
    ...READS,
    'events:write',
    'rejected:read',
    'breaks:write',
    'reconciliations:run',
    'jobs:read',
    'policies:write',
    'subscriptions:read',
    'subscriptions:write',
  ],
  ingest: ['events:write'],
  regulator: [...READS, 'breaks:write', 'subscriptions:read', 'subscriptions:write'],
  analyst: READS,
  auditor: [...READS, 'rejected:read', 'jobs:read', 'subscriptions:read'],
  bank: ['events:write', 'rejected:read', 'breaks:read', 'breaks:write', 'feeds:read'],
  platform: ['events:write', 'rejected:read', 'feeds:read'],
};

/** Rejected events name no region that could be trusted: an auditor or administrator of one region does not see them. */
export function isAllowed(caller: Caller, permission: Permission): boolean {
  if (permission === 'rejected:read' && REGIONAL.has(caller.role) && caller.scope !== '') return false;
  // A policy may set thresholds anywhere.
  if (permission === 'policies:write' && caller.scope !== '') return false;
  return GRANTS[caller.role].includes(permission);
}

/** The scope a key of this role may have, in words; null when the scope fits. */
export function scopeProblem(role: Role, scope: string): string | null {
  switch (role) {
    case 'ingest':
      return scope === '' ? null : 'A key of role ingest has no scope: it speaks for every source.';
    case 'admin':
    case 'auditor':
    case 'regulator':
    case 'analyst':
      return /^\d{0,6}$/.test(scope) ? null : 'The scope must be the first 0 to 6 digits of a region code.';
    case 'platform':
      return /^\d{1,6}$/.test(scope) ? null : 'The scope must be the first 1 to 6 digits of a region code.';
    case 'bank':
      return /^[A-Za-z0-9_-]{1,64}$/.test(scope)
        ? null
        : 'The scope must be a bank code of 1 to 64 letters, digits, "_" or "-".';
  }
}

/** A scope as people write it → as it is kept: `*` and `all` are everything, a city's code is the prefix of its counties. */
export function keptScope(role: Role, scope: string): string {
  if (scope === '*' || scope === 'all') return '';
  return role === 'bank' || role === 'ingest' ? scope : regionPrefix(scope);
}

/** Region prefix to which the caller's reads are bound; '' is the whole country. */
export function regionScope(caller: Caller): string {
  return REGIONAL.has(caller.role) ? caller.scope : '';
}
const REGIONAL: ReadonlySet<Role> = new Set(['admin', 'auditor', 'regulator', 'analyst']);

/** The bank whose accounts alone the caller may see; null for callers that are bound by region. */
export function bankScope(caller: Caller): string | null {
  return caller.role === 'bank' ? caller.scope : null;
}

/**
 * The narrower of the caller's region and the one asked for. Null when they exclude each other: then there is nothing to
 * show, and nothing to complain about either.
 */
export function narrowRegion(caller: Caller, wanted: string | undefined): string | null {
  const own = regionScope(caller);
  if (wanted === undefined) return own;
  const prefix = regionPrefix(wanted);
  if (own.startsWith(prefix)) return own;
  return prefix.startsWith(own) ? prefix : null;
}

/** Where the sources that a key may speak for begin; null when it may speak for all. */
export interface SourceAuthority {
  readonly exactly: string;
  /** A source also belongs to the key when it begins with this. */
  readonly prefix: string;
}

/**
 * A bank speaks for `/bank/<its code>` and what lies below, a platform for every `/platform/<region>` of its region. Null for
 * roles that may speak for anyone.
 */
export function sourceAuthority(caller: Caller): SourceAuthority | null {
  if (caller.role === 'bank') return { exactly: `/bank/${caller.scope}`, prefix: `/bank/${caller.scope}/` };
  if (caller.role === 'platform') return { exactly: `/platform/${caller.scope}`, prefix: `/platform/${caller.scope}` };
  return null;
}

export function maySpeakFor(authority: SourceAuthority | null, source: string): boolean {
  return authority === null || source === authority.exactly || source.startsWith(authority.prefix);
}

/** Refuses a subscription outside the caller's region. */
export function requireRegion(caller: Caller, regionPrefix: string): void {
  if (regionPrefix.startsWith(regionScope(caller))) return;
  throw new FeewardenError('forbidden', `Its region is ${regionScope(caller)}.`);
}
