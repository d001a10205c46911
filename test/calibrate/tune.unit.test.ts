import { describe, expect, it } from 'vitest';
import type { Point } from '../../src/calibrate/measure.js';
import { draftOf, isBetter, tune } from '../../src/calibrate/tune.js';
import { tuneHtml } from '../../src/calibrate/tune-html.js';
import { parseSubjects, variantOf } from '../../src/calibrate/vary.js';
import { DEFAULT_POLICY } from '../../src/risk/policy/default.js';
import { type Policy, parsePolicy, versionFault } from '../../src/risk/policy/policy.js';
import { POLICY_SUBJECTS } from '../../src/risk/policy/specs.js';
import { entry } from '../risk/policy/support.js';

const point = (more: Partial<Point> = {}): Point => ({
  found: 10,
  eligible: 20,
  medianLeadDays: 20,
  worstWeekShare: 0.005,
  healthyWeeks: 30,
  mustRaised: 50,
  mustAsked: 50,
  warnings: 100,
  ...more,
});

const valueIn = (policy: Policy, rule: string, name: string): number | undefined =>
  policy.entries.findLast((entry) => entry.rule === rule)?.params[name]?.value;

describe('what is varied', () => {
  it('is every step of a rule that no law sets, or one threshold', () => {
    expect(parseSubjects('C01')).toEqual([
      { rule: 'C01', params: ['blueWorkingDays', 'yellowWorkingDays', 'orangeWorkingDays', 'redWorkingDays'] },
    ]);
    expect(parseSubjects('C01, D02.yellowBelowBp')[1]).toEqual({ rule: 'D02', params: ['yellowBelowBp'] });
  });

  it.each([
    ['Z99', 'no rule'],
    ['C01.never', 'no threshold'],
    ['A05.firstStageBp', 'never moved'],
    ['', 'no rule'],
  ])('is refused for "%s"', (text, sentence) => {
    expect(() => parseSubjects(text)).toThrow(sentence);
  });

  it('never holds a threshold that a cited rule sets', () => {
    let held = 0;
    for (const [rule, { params }] of POLICY_SUBJECTS) {
      let subjects: ReturnType<typeof parseSubjects>;
      try {
        subjects = parseSubjects(rule);
      } catch {
        continue;
      }
      for (const name of subjects[0]!.params) expect(params[name]!.source).not.toBe('rule');
      held += 1;
    }
    expect(held).toBeGreaterThan(40);
  });

  it('is multiplied and rounded in a policy that is otherwise the same', () => {
    const variant = variantOf(DEFAULT_POLICY, parseSubjects('C01')[0]!, 0.8)!;
    expect(variant.values).toEqual({ yellowWorkingDays: 3, orangeWorkingDays: 9, redWorkingDays: 17 });
    expect(valueIn(variant.policy, 'C01', 'orangeWorkingDays')).toBe(9);
    expect(valueIn(variant.policy, 'C01', 'smallFen')).toBe(500_000);
    expect(variant.policy.entries).toHaveLength(DEFAULT_POLICY.entries.length);
    expect(valueIn(DEFAULT_POLICY, 'C01', 'orangeWorkingDays')).toBe(11);
  });

  it('gives no variant when nothing changes, or when the steps would pass each other', () => {
    expect(variantOf(DEFAULT_POLICY, parseSubjects('C01.blueWorkingDays')[0]!, 1.1)).toBeNull();
    expect(variantOf(DEFAULT_POLICY, parseSubjects('C01.yellowWorkingDays')[0]!, 10)).toBeNull();
  });

  it('begins with what a policy says', () => {
    const mine = parsePolicy({
      version: 'mine',
      entries: [
        {
          rule: 'C01',
          region: '000000',
          validFrom: '2025-01-01',
          params: { orangeWorkingDays: { value: 20, source: 'ours', note: 'x' } },
        },
      ],
    });
    expect(variantOf(mine, parseSubjects('C01.orangeWorkingDays')[0]!, 0.8)!.values).toEqual({ orangeWorkingDays: 16 });
  });

  it('is multiplied where a city sets it, on every day, but for what a local rule sets', () => {
    const days = (value: number, more: Partial<Policy['entries'][number]> = {}) =>
      entry('D01', '370700', { orangeDays: value }, more);
    const city: Policy = {
      version: 'city-1',
      entries: [
        days(10),
        days(8, { validFrom: '2025-01-01', validTo: '2025-12-31' }),
        entry('D01', '370702', {}, { params: { orangeDays: { value: 9, source: 'rule', note: 'by law' } } }),
      ],
    };
    const subject = parseSubjects('D01.orangeDays')[0]!;
    const { policy, values } = variantOf(city, subject, 0.8)!;
    expect(policy.entries.map(({ region, params }) => [region, params['orangeDays']!.value])).toEqual([
      ['370700', 8],
      ['370700', 6],
      ['370702', 9],
      ['000000', 6],
    ]);
    expect(values).toEqual({ orangeDays: 6 });
    const trial = { subject: 'D01.orangeDays', factor: 0.8, values, point: point() };
    expect(draftOf(city, [trial], 'note').entries.map(({ params }) => params['orangeDays']!.value)).toEqual([
      8, 6, 9, 6,
    ]);
  });
});

describe('better', () => {
  it.each<[string, Partial<Point>, boolean]>([
    ['finds more within the limit', { found: 11, worstWeekShare: 0.01 }, true],
    ['finds more beyond the limit', { found: 19, worstWeekShare: 0.0101 }, false],
    ['finds more and raises fewer that must be raised', { found: 19, mustRaised: 49 }, false],
    ['finds the same and troubles fewer', { healthyWeeks: 29 }, true],
    ['finds the same, troubles the same and is earlier', { medianLeadDays: 21 }, true],
    ['is the same', {}, false],
    ['finds fewer and troubles nobody', { found: 9, healthyWeeks: 0, worstWeekShare: 0 }, false],
  ])('%s', (_, more, expected) => {
    expect(isBetter(point(more), point(), 0.01)).toBe(expected);
  });

  it('is what comes within the limit and finds no less', () => {
    const over = point({ worstWeekShare: 0.05 });
    expect(isBetter(point(), over, 0.01)).toBe(true);
    expect(isBetter(point({ found: 9 }), over, 0.01)).toBe(false);
  });
});

describe('tuning', () => {
  /** Orange of C01 finds more the earlier it is; D02 only troubles the healthy. */
  const measured = async (policy: Policy): Promise<Point> => {
    const orange = valueIn(policy, 'C01', 'orangeWorkingDays')!;
    const falling = valueIn(policy, 'D02', 'yellowBelowBp')!;
    return point({
      found: 30 - orange,
      healthyWeeks: Math.round(falling / 200),
      worstWeekShare: orange < 9 ? 0.02 : 0.005,
    });
  };
  const subjects = parseSubjects('C01.orangeWorkingDays,D02.yellowBelowBp');
  const options = { base: DEFAULT_POLICY, subjects, limit: 0.01, measure: measured, onTrial: () => {} };

  it('takes the best setting of each subject and measures them together', async () => {
    const made = await tune({ ...options, factors: [0.6, 0.8, 0.9] });
    expect(made.base).toMatchObject({ found: 19 });
    expect(made.trials).toHaveLength(6);
    expect(made.better.map(({ subject, factor }) => [subject, factor])).toEqual([
      ['C01.orangeWorkingDays', 0.8],
      ['D02.yellowBelowBp', 0.6],
    ]);
    expect(made.proposal!.point).toMatchObject({ found: 21 });
    expect(made.proposal!.trials).toHaveLength(2);
  });

  it('makes a draft that holds only what changed and is a valid policy', async () => {
    const made = await tune({ ...options, factors: [0.8] });
    const draft = parsePolicy(draftOf(DEFAULT_POLICY, made.proposal!.trials, 'note'));
    expect(draft.entries.map(({ rule, params }) => [rule, Object.keys(params)])).toEqual([
      ['C01', ['orangeWorkingDays']],
      ['D02', ['yellowBelowBp']],
    ]);
    expect(valueIn(draft, 'C01', 'orangeWorkingDays')).toBe(9);
    expect(versionFault(draft.version)).toBeNull();
  });

  it('keeps in the draft what the policy that it began with says: that was measured', async () => {
    const city: Policy = {
      version: 'city-1',
      entries: [
        entry('C01', '000000', { yellowWorkingDays: 3 }),
        entry('C01', '370700', { redWorkingDays: 30 }),
        entry('A08', '370702', { blueWorkingDays: 1 }),
      ],
    };
    const trial = { subject: 'C01.orangeWorkingDays', factor: 0.8, values: { orangeWorkingDays: 9 }, point: point() };
    const draft = parsePolicy(draftOf(city, [trial], 'note'));
    expect(draft.version).toBe('tuned-city-1');
    expect(draft.entries.slice(1)).toEqual(city.entries.slice(1));
    const values = Object.entries(draft.entries[0]!.params).map(([name, { value }]) => [name, value]);
    expect(values).toEqual([
      ['yellowWorkingDays', 3],
      ['orangeWorkingDays', 9],
    ]);
  });

  it('falls back to the best one alone when they are worse together', async () => {
    const apart = async (policy: Policy): Promise<Point> => {
      const both =
        valueIn(policy, 'C01', 'orangeWorkingDays') !== 11 && valueIn(policy, 'D02', 'yellowBelowBp') !== 6_000;
      return both ? point({ found: 1 }) : measured(policy);
    };
    const made = await tune({ ...options, factors: [0.8], measure: apart });
    expect(made.better).toHaveLength(2);
    expect(made.proposal!.trials.map(({ subject }) => subject)).toEqual(['C01.orangeWorkingDays']);
  });

  it('proposes nothing where nothing is better', async () => {
    const made = await tune({ ...options, factors: [1.1, 1.25] });
    expect([made.better, made.proposal]).toEqual([[], null]);
    expect(tuneHtml(made, 0.01)).toContain('No trial is better');
  });

  it('shows its trade-off on a page that needs nothing from outside', async () => {
    const html = tuneHtml(await tune({ ...options, factors: [0.8, 1.25] }), 0.01);
    expect(html).not.toMatch(/<script|src=|href=|url\(|https?:/);
    expect(html.match(/<circle/g)).toHaveLength(6);
  });
});
