import { expect, it } from 'vitest';
import { formatDay } from '../../../src/core/time.js';
import { DEFAULT_POLICY } from '../../../src/risk/policy/default.js';
import { diffPolicies } from '../../../src/risk/policy/diff.js';
import { POLICY_MODES, type Policy } from '../../../src/risk/policy/policy.js';
import { on } from '../builders.js';
import { entry, valid } from './support.js';

const short = (before: Policy, after: Policy) =>
  diffPolicies(before, after).map(({ rule, param, region, category, mode, from, to, ...values }) =>
    [rule, param, region, category, mode, from, to, values.before, values.after]
      .filter((part) => part !== null)
      .join(' '),
  );
const none = valid('none');

it('finds nothing between a policy and itself, nor between the defaults said and unsaid', () => {
  expect(short(DEFAULT_POLICY, DEFAULT_POLICY)).toEqual([]);
  expect(short(none, DEFAULT_POLICY)).toEqual([]);
});

it('names a difference at the widest place, and again only where it is another one', () => {
  const before = valid('a', entry('A08', '370702', { blueWorkingDays: 1 }));
  const after = valid(
    'b',
    entry('A08', '000000', { blueWorkingDays: 3 }),
    entry('A08', '370700', { orangeFen: 7 }),
    entry('A08', '370702', { blueWorkingDays: 1 }),
    entry('A08', '370703', { blueWorkingDays: 3 }),
  );
  expect(short(before, after)).toEqual([
    'A08 blueWorkingDays 000000 2026-01-01 2 3',
    'A08 orangeFen 370700 2026-01-01 5000000 7',
    'A08 blueWorkingDays 370702 2026-01-01 1 1',
  ]);
});

it('names a county that now inherits what it had set itself', () => {
  const before = valid('a', entry('A08', '370702', { blueWorkingDays: 1 }));
  expect(short(before, none)).toEqual(['A08 blueWorkingDays 370702 2026-01-01 1 2']);
});

it('names a county again when the city between does not differ', () => {
  const before = valid(
    'a',
    entry('A08', '370700', { blueWorkingDays: 4 }),
    entry('A08', '370702', { blueWorkingDays: 2 }),
  );
  const after = valid(
    'b',
    entry('A08', '000000', { blueWorkingDays: 3 }),
    entry('A08', '370700', { blueWorkingDays: 4 }),
    entry('A08', '370702', { blueWorkingDays: 3 }),
  );
  expect(short(before, after)).toEqual([
    'A08 blueWorkingDays 000000 2026-01-01 2 3',
    'A08 blueWorkingDays 370700 2026-01-01 4 4',
    'A08 blueWorkingDays 370702 2026-01-01 2 3',
  ]);
});

it('names the counties that keep out of the change of their city, on the days on which they do, and none inside them again', () => {
  const kept = [
    entry('A08', '370702', { blueWorkingDays: 1 }, { validTo: '2026-06-30' }),
    entry('A08', '370702', { blueWorkingDays: 1 }, { mode: 'staged', validTo: '2026-06-30' }),
    entry('B02', '370703', {}, { category: 'subject', enabled: true }),
  ];
  const before = valid('a', ...kept);
  const after = valid(
    'b',
    ...kept,
    entry('A08', '370700', { blueWorkingDays: 3 }, { validFrom: '2026-04-01' }),
    entry('B02', '370000', {}, { enabled: false }),
  );
  expect(short(before, after)).toEqual([
    'A08 blueWorkingDays 370700 2026-04-01 2 3',
    'A08 blueWorkingDays 370702 2026-04-01 2026-06-30 1 1',
    'B02 enabled 370000 2026-01-01 1 0',
    'B02 enabled 370703 subject 2026-01-01 1 1',
  ]);
});

it('names a county that keeps out of a change of one mode alone, though what holds for all modes there differs nowhere', () => {
  const own = entry('A08', '370702', { blueWorkingDays: 1 });
  const after = valid('b', own, entry('A08', '370000', { blueWorkingDays: 3 }, { mode: 'staged' }));
  expect(short(valid('a', own), after)).toEqual([
    'A08 blueWorkingDays 370000 staged 2026-01-01 2 3',
    'A08 blueWorkingDays 370702 staged 2026-01-01 1 1',
  ]);
});

it('tells category, mode and the days, and joins spans that follow each other', () => {
  const after = valid(
    'b',
    entry('A08', '370700', { blueWorkingDays: 1 }, { category: 'subject', mode: 'staged', validTo: '2026-03-31' }),
    entry(
      'A08',
      '370700',
      { blueWorkingDays: 1 },
      { category: 'subject', mode: 'staged', validFrom: '2026-04-01', validTo: '2026-06-30' },
    ),
    entry('B02', '330000', {}, { validFrom: '2026-02-01', enabled: false }),
  );
  expect(short(none, after)).toEqual([
    'A08 blueWorkingDays 370700 subject staged 2026-01-01 2026-06-30 2 1',
    'B02 enabled 330000 2026-02-01 1 0',
  ]);
});

it('tells spans apart between which nothing differs, the earlier first', () => {
  const from = (validFrom: string, validTo: string) =>
    entry('A08', '370700', { blueWorkingDays: 1 }, { validFrom, validTo });
  expect(short(none, valid('b', from('2026-05-01', '2026-05-31'), from('2026-02-01', '2026-03-31')))).toEqual([
    'A08 blueWorkingDays 370700 2026-02-01 2026-03-31 2 1',
    'A08 blueWorkingDays 370700 2026-05-01 2026-05-31 2 1',
  ]);
});

it('does not name a category or mode again that inherits from its own kind in a wider place', () => {
  const subject = { category: 'subject' } as const;
  const staged = { mode: 'staged' } as const;
  const county = [
    entry('A08', '370702', { yellowWorkingDays: 6 }, subject),
    entry('A08', '370702', { yellowWorkingDays: 6 }, staged),
  ];
  const after = valid(
    'b',
    entry('A08', '370000', { blueWorkingDays: 1 }, subject),
    entry('A08', '370000', { blueWorkingDays: 3 }, staged),
    ...county,
  );
  expect(short(valid('a', ...county), after)).toEqual([
    'A08 blueWorkingDays 370000 staged 2026-01-01 2 3',
    'A08 blueWorkingDays 370000 subject 2026-01-01 2 1',
  ]);
});

it('names places of one size by their codes, in whatever order the entries stand', () => {
  const places = ['370703', '370702', '370704'].map((region) => entry('A08', region, { blueWorkingDays: 1 }));
  const regions = (policy: Policy) => diffPolicies(none, policy).map(({ region }) => region);
  expect(regions(valid('b', ...places))).toEqual(['370702', '370703', '370704']);
  expect(regions(valid('c', ...places.toReversed()))).toEqual(['370702', '370703', '370704']);
});

it('turns around when the policies do', () => {
  const after = valid('b', entry('A08', '000000', { blueWorkingDays: 3 }));
  const turned = diffPolicies(after, none).map((one) => ({ ...one, before: one.after, after: one.before }));
  expect(turned).toEqual(diffPolicies(none, after));
});

it('comes to an end for policies that name a hundred places, each with a kind and days of its own', () => {
  const of = (count: number): Policy => ({
    version: `of-${count}`,
    entries: Array.from({ length: count }, (_, i) => ({
      ...entry('A08', String(110_000 + (i % 100) * 101), { blueWorkingDays: 1 }, { mode: POLICY_MODES[i % 6]! }),
      validFrom: formatDay(on('2026-01-01') + i),
    })),
  });
  // Every entry held against every other would take longer than a test may.
  expect(diffPolicies(of(120), of(160)).length).toBeGreaterThan(20);
});
