import { describe, expect, it } from 'vitest';
import { formatDay } from '../../../src/core/time.js';
import { INSTITUTION_CATEGORIES } from '../../../src/events/institution.js';
import { rangeOf } from '../../../src/risk/params.js';
import { checkPolicy, checkPolicyText, POLICY_MODES } from '../../../src/risk/policy/policy.js';
import { POLICY_SUBJECTS } from '../../../src/risk/policy/specs.js';
import { on } from '../builders.js';
import { entry, policyOf, thresholds } from './support.js';

describe('checking a policy', () => {
  it('names every fault with its place in the JSON', () => {
    const { policy, faults } = checkPolicy({
      version: 'p 1',
      entries: [
        { rule: 'A08', region: '37', validFrom: '2026-02-30', params: {} },
        {
          rule: 'A08',
          region: '370700',
          validFrom: '2026-01-01',
          params: { blueWorkingDays: { value: 1.5 } },
          colour: 1,
        },
      ],
    });
    expect(policy).toBeNull();
    expect(faults.map(({ path }) => path)).toEqual([
      'version',
      'entries.0.region',
      'entries.0.validFrom',
      'entries.1.params.blueWorkingDays.value',
      'entries.1.params.blueWorkingDays.source',
      'entries.1.params.blueWorkingDays.note',
      'entries.1',
    ]);
    // A space is printable, and is what is wrong here.
    expect(faults[0]!.message).toContain('without spaces');
    expect(faults[1]!.message).toBe('must be 6 digits');
    expect(faults[2]!.message).toBe('must be a real day written YYYY-MM-DD');
  });

  it('goes on to names, ranges, validity and doubles once the form is right', () => {
    const { faults } = checkPolicy(
      policyOf(
        entry('A99', '000000', {}),
        entry('A08', '000000', { blueWorkingDay: 2 }),
        entry('A08', '370700', { blueWorkingDays: 1_001 }),
        { ...entry('A08', '370702', {}), validTo: '2025-12-31' },
        entry('A08', '370700', {}),
        entry('A08', '370800', { toString: 2 } as never),
      ),
    );
    expect(faults).toEqual([
      { path: 'entries.0.rule', message: 'there is no rule A99' },
      { path: 'entries.1.params.blueWorkingDay', message: 'rule A08 has no parameter blueWorkingDay' },
      { path: 'entries.2.params.blueWorkingDays.value', message: '1001 is outside 0 … 1000' },
      { path: 'entries.3.validTo', message: 'lies before validFrom' },
      { path: 'entries.5.params.toString', message: 'rule A08 has no parameter toString' },
      { path: 'entries.4', message: 'selects the same as entries.2 from the same day' },
    ]);
  });

  it('names the rules whose steps are out of order, each once', () => {
    const { faults } = checkPolicy(
      policyOf(
        entry('A08', '370700', { blueWorkingDays: 6 }),
        entry('score', '370702', { weightA: 31 }),
        entry('B02', '370702', { yellowHours: 6_000 }),
      ),
    );
    expect(faults).toEqual([
      { path: 'entries.1.params', message: 'the weights do not sum to 100' },
      { path: 'entries.0.params', message: 'A08: blueWorkingDays is above yellowWorkingDays for 370700' },
    ]);
  });

  it('names the entry that has the last word on the steps, not the last one of the rule', () => {
    const { faults } = checkPolicy(
      policyOf(
        entry('A08', '370000', { yellowWorkingDays: 4 }),
        entry('A08', '370700', { blueWorkingDays: 5 }),
        entry('A08', '370800', { orangeFen: 6_000_000 }),
      ),
    );
    expect(faults).toEqual([
      { path: 'entries.1.params', message: 'A08: blueWorkingDays is above yellowWorkingDays for 370700' },
    ]);
  });

  it('names no entry of a narrower place that does not speak of the steps', () => {
    const { faults } = checkPolicy(
      policyOf(entry('A08', '370702', { orangeFen: 6_000_000 }), entry('A08', '370700', { blueWorkingDays: 6 })),
    );
    expect(faults).toEqual([
      { path: 'entries.1.params', message: 'A08: blueWorkingDays is above yellowWorkingDays for 370702' },
    ]);
  });

  it('holds each step of each rule to the next one: as high is in order, higher is not', () => {
    const pairs = [...POLICY_SUBJECTS].flatMap(([rule, { params, order }]) =>
      order.flatMap((steps) =>
        steps
          .slice(1)
          .map((next, index) => ({ rule, step: steps[index]!, next, to: params[next]!.value }))
          .filter(({ step, to }) => to < rangeOf(params[step]!)[1]),
      ),
    );
    expect(pairs.length).toBeGreaterThan(40);
    for (const { rule, step, next, to } of pairs) {
      const checked = (value: number) => checkPolicy(policyOf(entry(rule, '370700', { [step]: value })));
      expect(checked(to).faults).toEqual([]);
      expect(checked(to + 1).faults).toEqual([
        { path: 'entries.0.params', message: `${rule}: ${step} is above ${next} for 370700` },
      ]);
    }
  });

  it('is quick for a policy that names four hundred places, each with a kind and days of its own', () => {
    const kinds = INSTITUTION_CATEGORIES.flatMap((category) => POLICY_MODES.map((mode) => ({ category, mode })));
    const entries = Array.from({ length: 2_000 }, (_, i) => ({
      ...entry('A08', String(110_000 + (i % 400) * 101), { blueWorkingDays: 1 + (i % 3) }, kinds[i % kinds.length]),
      validFrom: formatDay(on('2026-01-01') + i),
    }));
    const last = entry('A08', '000000', { yellowWorkingDays: 2 }, { category: 'mixed', mode: 'postpaid' });
    const startedAt = performance.now();
    expect(checkPolicy(policyOf(...entries)).faults).toEqual([]);
    expect(checkPolicy(policyOf(...entries, last)).faults).toHaveLength(1);
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });

  it('refuses a text in which a key stands twice, of which one threshold would be lost', () => {
    const text = JSON.stringify(policyOf(entry('A08', '370700', { blueWorkingDays: 2 }), entry('A08', '370800', {})));
    expect(checkPolicyText(text)).toEqual(checkPolicy(JSON.parse(text)));
    expect(checkPolicyText(text).policy).not.toBeNull();
    const twice = text.replace('"blueWorkingDays":', '"blueWorkingDays":{"value":1,"source":"ours","note":"n"},$&');
    expect(checkPolicy(JSON.parse(twice)).faults).toEqual([]);
    expect(checkPolicyText(twice)).toEqual({
      policy: null,
      faults: [{ path: 'entries.0.params.blueWorkingDays', message: 'this key stands more than once in its object' }],
    });
  });

  it('answers the policy when nothing is wrong', () => {
    const input = policyOf({ ...entry('A08', '370700', {}), params: thresholds({ blueWorkingDays: 2 }) });
    expect(checkPolicy(input)).toEqual({ policy: input, faults: [] });
  });

  it('never names more than 100 faults', () => {
    const entries = Array.from({ length: 300 }, () => entry('A99', '000000', {}));
    expect(checkPolicy(policyOf(...entries)).faults).toHaveLength(100);
  });
});
