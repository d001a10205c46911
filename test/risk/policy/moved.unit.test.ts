import { describe, expect, it } from 'vitest';
import { withMovedThresholds } from '../../../src/risk/policy/moved.js';
import { checkPolicy, parseStoredPolicy } from '../../../src/risk/policy/policy.js';
import { entry, policyOf, thresholds } from './support.js';

describe('thresholds that another rule has now', () => {
  it('go on to hold where they held', () => {
    const before = policyOf(
      entry('score', '370700', { twoOrangeDays: 10, threeYellowDays: 20, floorRed: 85 }, { mode: 'staged' }),
      entry('score', '370702', { threeYellowDays: 25 }),
    );
    expect(checkPolicy(before).policy?.entries).toEqual([
      entry('score', '370700', { floorRed: 85 }, { mode: 'staged' }),
      entry('score', '370702', {}),
      entry('G02', '370700', { twoOrangeDays: 10, threeYellowDays: 20 }, { mode: 'staged' }),
      entry('G02', '370702', { threeYellowDays: 25 }),
    ]);
  });

  it('may not say something else than the rule’s own entry', () => {
    const both = policyOf(
      entry('G02', '370700', { twoOrangeDays: 7 }),
      entry('score', '370700', { twoOrangeDays: 10 }),
    );
    expect(checkPolicy(both).faults).toEqual([
      { path: 'entries.2', message: 'selects the same as entries.0 from the same day' },
    ]);
  });

  it('leave alone what has none of them, and what is no policy at all', () => {
    const policy = policyOf(entry('score', '370700', { floorRed: 85 }), entry('A08', '370700', { blueWorkingDays: 3 }));
    expect(withMovedThresholds(policy)).toBe(policy);
    for (const other of [null, 7, [], {}, { entries: 1 }, { entries: [null, 1, { rule: 'score', params: null }] }])
      expect(withMovedThresholds(other)).toBe(other);
  });

  it('are no thresholds of other rules', () => {
    const { faults } = checkPolicy(
      policyOf({ ...entry('A08', '370700', {}), params: thresholds({ twoOrangeDays: 10 }) }),
    );
    expect(faults).toEqual([
      { path: 'entries.0.params.twoOrangeDays', message: 'rule A08 has no parameter twoOrangeDays' },
    ]);
  });
});

describe('thresholds that no rule has any more', () => {
  const before = policyOf({
    ...entry('E02', '370700', {}),
    params: thresholds({ grownWeeks: 6, risingWeeks: 4 }),
  });

  it('are left out of a policy that was stored', () => {
    expect(parseStoredPolicy(JSON.stringify(before)).entries).toEqual([entry('E02', '370700', { risingWeeks: 4 })]);
  });

  it('are refused in a new one', () => {
    expect(checkPolicy(before).faults).toEqual([
      { path: 'entries.0.params.grownWeeks', message: 'rule E02 has no parameter grownWeeks' },
    ]);
  });
});
