import { expect, it } from 'vitest';
import { type RankedInstitution, topOfCounty } from '../../src/risk/ranks.js';

/** So many institutions of a county, the first with the smallest amount. */
const county = (regionCode: string, count: number): RankedInstitution[] =>
  Array.from({ length: count }, (_, i) => ({
    institutionId: `${regionCode}-${String(i + 1).padStart(3, '0')}`,
    regionCode,
    unearnedFen: BigInt(i + 1),
  }));
const top = (...institutions: readonly RankedInstitution[][]) => [...topOfCounty(institutions.flat())].sort();

it('is one in twenty of the institutions of a county, the largest, and nobody where there are fewer than twenty', () => {
  expect(top(county('370702', 19))).toEqual([]);
  expect(top(county('370702', 20))).toEqual(['370702-020']);
  expect(top(county('370702', 39))).toEqual(['370702-039']);
  expect(top(county('370702', 40).reverse())).toEqual(['370702-039', '370702-040']);
});

it('is told county by county', () => {
  expect(top(county('370702', 20), county('370703', 19))).toEqual(['370702-020']);
  expect(top(county('370702', 10), county('370703', 10))).toEqual([]);
  expect(top(county('370702', 20), county('370703', 20))).toEqual(['370702-020', '370703-020']);
});

it('counts only those to whom something is still to be taught, and of equal ones takes the smaller id', () => {
  const none = { institutionId: 'none', regionCode: '370702', unearnedFen: 0n };
  expect(top(county('370702', 19), [none])).toEqual([]);
  const equal = county('370702', 20).map((one) => ({ ...one, unearnedFen: 9_007_199_254_740_993n }));
  expect(top(equal)).toEqual(['370702-001']);
  expect(top(equal.toReversed())).toEqual(['370702-001']);
  const larger = { ...equal[7]!, unearnedFen: 9_007_199_254_740_994n };
  expect(top(equal.toSpliced(7, 1, larger))).toEqual(['370702-008']);
});
