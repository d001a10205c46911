import { expect, test } from 'vitest';
import {
  bankScope,
  type Caller,
  isAllowed,
  keptScope,
  maySpeakFor,
  narrowRegion,
  ROLES,
  type Role,
  regionScope,
  requireRegion,
  scopeProblem,
  sourceAuthority,
} from '../../src/api/access.js';

const caller = (role: Role, scope = ''): Caller => ({ keyId: 'k', role, scope });

test.each([
  ['bank', 'B403', '/bank/B403', true],
  ['bank', 'B403', '/bank/B403/branch7', true],
  ['bank', 'B403', '/bank/B4031', false],
  ['bank', 'B403', '/bank/B40', false],
  ['bank', 'B403', '/platform/370700', false],
  ['bank', 'B403', 'x/bank/B403', false],
  ['platform', '370700', '/platform/370700', true],
  ['platform', '370700', '/platform/370700/schools', true],
  ['platform', '3707', '/platform/370702', true],
  ['platform', '370700', '/platform/370800', false],
  ['platform', '370700', '/bank/B403', false],
  ['ingest', '', '/anything', true],
  ['admin', '', '/bank/B403', true],
] as const)('a %s key of %s speaking for %s: %s', (role, scope, source, expected) => {
  expect(maySpeakFor(sourceAuthority(caller(role, scope)), source)).toBe(expected);
});

test.each([
  ['', undefined, ''],
  ['', '3707', '3707'],
  ['3707', undefined, '3707'],
  ['3707', '370702', '370702'],
  ['3707', '37', '3707'],
  ['3707', '3708', null],
])('a regulator of "%s" who asks for %s sees %s', (scope, wanted, expected) => {
  expect(narrowRegion(caller('regulator', scope), wanted)).toBe(expected);
});

test('banks, platforms and the ingest role read nothing that has a region; all others are bound to theirs', () => {
  const bound = ROLES.filter((role) => regionScope(caller(role, '3707')) === '3707');
  expect(bound).toEqual(['admin', 'regulator', 'analyst', 'auditor']);
});

test.each(['auditor', 'admin'] as const)(
  'an %s of one region does not see rejected events, which name no region that can be trusted',
  (role) => {
    expect(isAllowed({ keyId: 'k', role, scope: '37' }, 'rejected:read')).toBe(false);
    expect(isAllowed({ keyId: 'k', role, scope: '' }, 'rejected:read')).toBe(true);
  },
);

test.each([
  ['admin', '*', ''],
  ['regulator', 'all', ''],
  ['regulator', '370700', '3707'],
  ['regulator', '370000', '37'],
  ['regulator', '000000', ''],
  ['analyst', '370702', '370702'],
  ['platform', '370700', '3707'],
  ['bank', '100000', '100000'],
] as const)('a %s key for "%s" is kept with the scope "%s"', (role, written, kept) => {
  expect(keptScope(role, written)).toBe(kept);
});

test.each([
  ['admin', '3707', true],
  ['admin', '', true],
  ['auditor', '37', true],
  ['auditor', 'x', false],
  ['ingest', 'B403', false],
  ['regulator', '', true],
  ['regulator', '370702', true],
  ['regulator', '3707021', false],
  ['analyst', 'x', false],
  ['platform', '', false],
  ['platform', '370700', true],
  ['bank', '', false],
  ['bank', 'B403', true],
  ['bank', 'B/403', false],
  ['bank', 'B'.repeat(65), false],
] as const)('a %s key with the scope "%s" may exist: %s', (role, scope, expected) => {
  expect(scopeProblem(role, scope) === null).toBe(expected);
});

test('an auditor reads everything and changes nothing', () => {
  const auditor = caller('auditor');
  expect(isAllowed(auditor, 'rejected:read') && isAllowed(auditor, 'subscriptions:read')).toBe(true);
  expect(isAllowed(auditor, 'subscriptions:write') || isAllowed(auditor, 'events:write')).toBe(false);
});

test('a subscription may not reach beyond the region of its maker', () => {
  expect(() => requireRegion(caller('regulator', '3707'), '370702')).not.toThrow();
  expect(() => requireRegion(caller('regulator', '3707'), '37')).toThrow(
    'This key may not do that. Its region is 3707.',
  );
});

const READS = ['institutions:read', 'alerts:read', 'policies:read', 'breaks:read', 'feeds:read'] as const;
const ALL = [
  ...READS,
  ...(['events:write', 'rejected:read', 'breaks:write', 'reconciliations:run', 'jobs:read'] as const),
  ...(['policies:write', 'subscriptions:read', 'subscriptions:write'] as const),
];

test.each<[Role, readonly (typeof ALL)[number][]]>([
  ['admin', ALL],
  ['ingest', ['events:write']],
  ['regulator', [...READS, 'breaks:write', 'subscriptions:read', 'subscriptions:write']],
  ['analyst', READS],
  ['auditor', [...READS, 'rejected:read', 'jobs:read', 'subscriptions:read']],
  ['bank', ['events:write', 'rejected:read', 'breaks:read', 'breaks:write', 'feeds:read']],
  ['platform', ['events:write', 'rejected:read', 'feeds:read']],
])('a key of role %s that is bound to nothing may do what its role is for, and nothing else', (role, allowed) => {
  expect(ALL.filter((permission) => isAllowed(caller(role), permission))).toEqual(
    ALL.filter((permission) => allowed.includes(permission)),
  );
});

test('a key of one region or bank may do the same, but for what reaches beyond it', () => {
  const lost = (role: Role, scope: string) =>
    ALL.filter((one) => isAllowed(caller(role), one) && !isAllowed(caller(role, scope), one));
  expect(lost('admin', '37')).toEqual(['rejected:read', 'policies:write']);
  expect(lost('auditor', '37')).toEqual(['rejected:read']);
  expect([lost('regulator', '37'), lost('analyst', '37'), lost('bank', 'B403'), lost('platform', '37')]).toEqual([
    [],
    [],
    [],
    [],
  ]);
});

test('only a bank is bound to the accounts of a bank, and an ingest key has no scope', () => {
  expect(ROLES.filter((role) => bankScope(caller(role, 'B403')) === 'B403')).toEqual(['bank']);
  expect(ROLES.filter((role) => bankScope(caller(role, 'B403')) === null)).toHaveLength(6);
  expect([scopeProblem('ingest', ''), keptScope('ingest', '370700')]).toEqual([null, '370700']);
  expect([...ROLES].sort()).toEqual(['admin', 'analyst', 'auditor', 'bank', 'ingest', 'platform', 'regulator']);
});
