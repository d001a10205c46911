import { describe, expect, it } from 'vitest';
import { DEFAULT_POLICY } from '../../../src/risk/policy/default.js';
import type { Selector } from '../../../src/risk/policy/resolve.js';
import { POLICY_SUBJECTS } from '../../../src/risk/policy/specs.js';
import { thresholdsOf, tierOf } from '../../../src/risk/policy/thresholds.js';
import { on } from '../builders.js';
import { entry, valid } from './support.js';

const county: Selector = { regionCode: '370702', category: 'subject', mode: 'staged', day: on('2026-06-01') };
const policy = valid(
  'p',
  entry('A08', '000000', { blueWorkingDays: 1 }),
  entry('A08', '370000', { yellowWorkingDays: 4 }),
  entry('A08', '370700', { orangeFen: 9 }, { category: 'subject', validTo: '2026-06-30' }),
  entry('A08', '370702', { blueWorkingDays: 2 }, { mode: 'staged', validFrom: '2026-03-01' }),
  entry('B02', '370700', {}, { enabled: false }),
);
const a08 = (selector: Partial<Selector> = {}) => {
  const [rule] = thresholdsOf(policy, { ...county, ...selector }, 'A08');
  return Object.fromEntries(rule!.params.map(({ name, value, from }) => [name, [value, from?.tier, from?.region]]));
};

describe('the thresholds that hold', () => {
  it('name whose word each is: the nation, the province, the city or the county', () => {
    expect(a08()).toEqual({
      blueWorkingDays: [2, 'county', '370702'],
      yellowWorkingDays: [4, 'province', '370000'],
      orangeFen: [9, 'city', '370700'],
      orangeShareBp: [1_000, undefined, undefined],
      shareCases: [2, undefined, undefined],
      shareUnearnedFen: [10_000_000, undefined, undefined],
    });
    expect(a08({ regionCode: '370703' })).toMatchObject({ blueWorkingDays: [1, 'nation', '000000'] });
    expect(a08({ regionCode: '330106' })).toMatchObject({ yellowWorkingDays: [5, undefined, undefined] });
  });

  it('end with the last day of their validity, and begin with the first', () => {
    expect(a08({ day: on('2026-06-30') })).toMatchObject({ orangeFen: [9, 'city', '370700'] });
    expect(a08({ day: on('2026-07-01') })).toMatchObject({ orangeFen: [5_000_000, undefined, undefined] });
    expect(a08({ day: on('2026-02-28') })).toMatchObject({ blueWorkingDays: [1, 'nation', '000000'] });
    expect(a08({ day: on('2026-03-01') })).toMatchObject({ blueWorkingDays: [2, 'county', '370702'] });
  });

  it('carry unit, source, note and validity', () => {
    expect(thresholdsOf(policy, county, 'A08')[0]!.params[0]).toEqual({
      name: 'blueWorkingDays',
      value: 2,
      unit: 'working_days',
      source: 'ours',
      note: 'blueWorkingDays of a test',
      from: {
        region: '370702',
        tier: 'county',
        category: null,
        mode: 'staged',
        validFrom: '2026-03-01',
        validTo: null,
      },
    });
  });

  it('say when a rule is switched off, and come for every rule', () => {
    const all = thresholdsOf(policy, county);
    expect(all.map(({ rule }) => rule)).toEqual([...POLICY_SUBJECTS.keys()]);
    expect(all.filter(({ enabled }) => !enabled).map(({ rule }) => rule)).toEqual(['B02']);
    expect(thresholdsOf(DEFAULT_POLICY, county).every(({ params }) => params.every(({ from }) => from !== null))).toBe(
      true,
    );
  });
});

it.each([
  ['000000', 'nation'],
  ['370000', 'province'],
  ['370700', 'city'],
  ['370702', 'county'],
])('%s is a %s', (region, tier) => {
  expect(tierOf(region)).toBe(tier);
});
