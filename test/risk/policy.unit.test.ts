import { describe, expect, it } from 'vitest';
import { FeewardenError } from '../../src/core/errors.js';
import { DEFAULT_POLICY } from '../../src/risk/policy/default.js';
import { type Policy, type PolicyEntry, parsePolicy } from '../../src/risk/policy/policy.js';
import { resolvePolicy, type Selector } from '../../src/risk/policy/resolve.js';
import { POLICY_SUBJECTS } from '../../src/risk/policy/specs.js';
import { on } from './builders.js';

const value = (number: number) => ({ value: number, source: 'ours', note: 'a test' });
const entry = (region: string, params: Record<string, number>, extra: object = {}) => ({
  rule: 'A08',
  region,
  validFrom: '2026-01-01',
  params: Object.fromEntries(Object.entries(params).map(([name, number]) => [name, value(number)])),
  ...extra,
});
const policy = (...entries: object[]) => ({ version: 'test-1', entries });
const county: Selector = { regionCode: '370702', category: 'non_subject', mode: 'per_lesson', day: on('2026-06-01') };
const blueDays = (parsed: Policy, selector: Partial<Selector> = {}) =>
  resolvePolicy(parsed, { ...county, ...selector }).rules.get('A08')?.blueWorkingDays;

describe('resolving a policy', () => {
  const parsed = parsePolicy(
    policy(
      entry('000000', { blueWorkingDays: 3 }),
      entry('370000', { blueWorkingDays: 1 }),
      entry('370700', { yellowWorkingDays: 4 }),
      entry('370702', { blueWorkingDays: 4 }),
    ),
  );

  it('inherits from nation to province to city to county, parameter by parameter', () => {
    expect(blueDays(parsed)).toBe(4);
    expect(blueDays(parsed, { regionCode: '370703' })).toBe(1);
    expect(blueDays(parsed, { regionCode: '330106' })).toBe(3);
    expect(blueDays(parsed, { regionCode: null })).toBe(3);
    expect(resolvePolicy(parsed, county).rules.get('A08')).toEqual({
      blueWorkingDays: 4,
      yellowWorkingDays: 4,
      orangeFen: 5_000_000,
      orangeShareBp: 1_000,
      shareCases: 2,
      shareUnearnedFen: 10_000_000,
    });
  });

  it('keeps the defaults of rules it does not speak of, and its version', () => {
    const resolved = resolvePolicy(parsed, county);
    expect(resolved.version).toBe('test-1');
    expect(resolved.rules.get('B02')).toMatchObject({ yellowHours: 6_000 });
    expect(resolved.common.minLearners).toBe(20);
    expect(resolved.score.weightA).toBe(30);
  });

  it('lets category and mode be more special than the region alone, and never applies them elsewhere', () => {
    const special = parsePolicy(
      policy(
        entry('370700', { blueWorkingDays: 1 }),
        entry('370700', { blueWorkingDays: 2 }, { category: 'subject' }),
        entry('370700', { blueWorkingDays: 3 }, { category: 'subject', mode: 'staged' }),
      ),
    );
    expect(blueDays(special)).toBe(1);
    expect(blueDays(special, { category: 'subject' })).toBe(2);
    expect(blueDays(special, { category: 'subject', mode: 'staged' })).toBe(3);
    expect(blueDays(special, { category: null, mode: 'staged' })).toBe(1);
  });

  it('lets what is more special have the last word, then the younger, in whatever order the entries stand', () => {
    const young = { validFrom: '2026-05-01' };
    const entries = [
      entry('370000', { blueWorkingDays: 1 }, { category: 'subject', mode: 'staged', ...young }),
      entry('370700', { blueWorkingDays: 2 }, { mode: 'staged', ...young }),
      entry('370700', { blueWorkingDays: 3 }, { mode: 'staged' }),
      entry('370700', { blueWorkingDays: 4 }, { category: 'subject' }),
      entry('370700', { blueWorkingDays: 5 }, young),
      entry('370700', { blueWorkingDays: 0 }),
    ];
    for (const parsed of [parsePolicy(policy(...entries)), parsePolicy(policy(...entries.toReversed()))]) {
      expect(blueDays(parsed, { category: 'subject', mode: 'staged' })).toBe(4);
      expect(blueDays(parsed, { mode: 'staged' })).toBe(2);
      expect(blueDays(parsed, { mode: 'staged', day: on('2026-04-30') })).toBe(3);
      expect(blueDays(parsed)).toBe(5);
      expect(blueDays(parsed, { day: on('2026-04-30') })).toBe(0);
      expect(blueDays(parsed, { regionCode: '370800', category: 'subject', mode: 'staged' })).toBe(1);
    }
  });

  it('holds from the first to the last day, the younger entry over the older', () => {
    const dated = parsePolicy(
      policy(
        entry('370700', { blueWorkingDays: 1 }, { validTo: '2026-06-30' }),
        entry('370700', { blueWorkingDays: 4 }, { validFrom: '2026-06-30' }),
      ),
    );
    expect(blueDays(dated, { day: on('2025-12-31') })).toBe(2);
    expect(blueDays(dated, { day: on('2026-01-01') })).toBe(1);
    expect(blueDays(dated, { day: on('2026-06-29') })).toBe(1);
    expect(blueDays(dated, { day: on('2026-06-30') })).toBe(4);
    expect(blueDays(dated, { day: on('2026-07-01') })).toBe(4);
  });

  it('may hold for a single day', () => {
    const parsed = parsePolicy(policy(entry('370700', { blueWorkingDays: 1 }, { validTo: '2026-01-01' })));
    const days = [on('2025-12-31'), on('2026-01-01'), on('2026-01-02')];
    expect(days.map((day) => blueDays(parsed, { day }))).toEqual([2, 1, 2]);
  });

  it('switches a rule off where a place does not want it', () => {
    const off = parsePolicy(policy(entry('370702', {}, { enabled: false })));
    expect(resolvePolicy(off, county).rules.get('A08')).toBeNull();
    expect(resolvePolicy(off, { ...county, regionCode: '370703' }).rules.get('A08')).not.toBeNull();
  });
});

describe('checking a policy', () => {
  const fault = (input: unknown): string | undefined => {
    try {
      parsePolicy(input);
    } catch (error) {
      expect(error).toBeInstanceOf(FeewardenError);
      expect((error as FeewardenError).code).toBe('bad_policy');
      return (error as FeewardenError).path;
    }
    return undefined;
  };

  it.each([
    ['no version', { entries: [] }, 'version'],
    ['an unknown field', { ...policy(), extra: 1 }, ''],
    ['an unknown rule', policy(entry('370702', {}, { rule: 'Z99' })), 'entries.0.rule'],
    ['a region that is not six digits', policy(entry('3707', {})), 'entries.0.region'],
    ['a day that does not exist', policy(entry('370702', {}, { validFrom: '2026-02-30' })), 'entries.0.validFrom'],
    ['an end before its beginning', policy(entry('370702', {}, { validTo: '2025-12-31' })), 'entries.0.validTo'],
    ['an unknown parameter', policy(entry('370702', { days: 1 })), 'entries.0.params.days'],
    [
      'a value that is no integer',
      policy(entry('370702', { blueWorkingDays: 1.5 })),
      'entries.0.params.blueWorkingDays.value',
    ],
    [
      'a value outside its range',
      policy(entry('370702', { blueWorkingDays: -1 })),
      'entries.0.params.blueWorkingDays.value',
    ],
    [
      'a value without source',
      policy({ ...entry('370702', {}), params: { blueWorkingDays: { value: 1, note: 'x' } } }),
      'entries.0.params.blueWorkingDays.source',
    ],
    ['an unknown mode', policy(entry('370702', {}, { mode: 'none' })), 'entries.0.mode'],
    [
      'two entries that select the same from the same day',
      policy(entry('370702', {}), entry('370702', {})),
      'entries.1',
    ],
    ['steps out of order', policy(entry('370702', { blueWorkingDays: 6 })), 'entries.0.params'],
    [
      'weights that do not sum to 100',
      policy({ ...entry('000000', {}), rule: 'score', params: { weightA: value(31) } }),
      'entries.0.params',
    ],
  ])('refuses %s and says where', (_, input, path) => {
    expect(fault(input)).toBe(path);
  });

  it('refuses steps that are out of order only where two entries meet', () => {
    const city = entry('370700', { blueWorkingDays: 4 });
    const subject = entry('000000', { yellowWorkingDays: 3 }, { category: 'subject' });
    expect(fault(policy(city))).toBeUndefined();
    expect(fault(policy(subject))).toBeUndefined();
    expect(fault(policy(city, subject))).toBe('entries.0.params');
    expect(fault(policy({ ...city, validTo: '2026-03-31' }, { ...subject, validFrom: '2026-04-01' }))).toBeUndefined();
  });

  it('accepts an equal step, and weights that are moved about', () => {
    expect(fault(policy(entry('370702', { blueWorkingDays: 5 })))).toBeUndefined();
    expect(
      fault(policy({ ...entry('000000', {}), rule: 'score', params: { weightA: value(25), weightF: value(15) } })),
    ).toBeUndefined();
  });
});

describe('the default policy', () => {
  it('is itself a valid policy, also after a round trip through JSON', () => {
    expect(parsePolicy(JSON.parse(JSON.stringify(DEFAULT_POLICY)))).toEqual(DEFAULT_POLICY);
  });

  it('sets every parameter, each with its source and note, and changes nothing', () => {
    for (const [subject, { params }] of POLICY_SUBJECTS) {
      const found = DEFAULT_POLICY.entries.find((one: PolicyEntry) => one.rule === subject)!;
      expect(Object.keys(found.params)).toEqual(Object.keys(params));
    }
    const defaults = resolvePolicy({ version: 'x', entries: [] }, county);
    expect(resolvePolicy(DEFAULT_POLICY, county)).toEqual({ ...defaults, version: DEFAULT_POLICY.version });
  });

  it('takes the caps of the rules and not of ours', () => {
    const { rules } = resolvePolicy(DEFAULT_POLICY, county);
    expect(rules.get('B01')).toMatchObject({ yellowMonths: 3 });
    expect(rules.get('B02')).toMatchObject({ yellowHours: 6_000 });
    expect(rules.get('B03')).toMatchObject({ yellowFen: 500_000, subjectToo: 0 });
  });
});
