import { describe, expect, it } from 'vitest';
import { formatDay, startOfDay } from '../../../src/core/time.js';
import type { EventData } from '../../../src/events/event.js';
import { rule as f03 } from '../../../src/risk/rules/f03-bad-lists.js';
import { rule as f05 } from '../../../src/risk/rules/f05-arrears.js';
import { rule as f10 } from '../../../src/risk/rules/f10-enforcement.js';
import { rule as f11 } from '../../../src/risk/rules/f11-public-opinion.js';
import { ask, noon, type School, school, steps, TODAY, yuan } from '../builders.js';

type Kind = EventData['external.signal']['kind'];
let signals = 0;
const signal = (kind: Kind, data: Partial<EventData['external.signal']> = {}, ago = 5, one: School = school()) => {
  signals += 1;
  return one.register('external.signal', { signalId: `z${signals}`, kind, ...data }, noon(TODAY - ago));
};

describe('F03 bad lists', () => {
  steps<Kind>(f03, 'signal', (kind) => signal(kind), [
    ['defaulter', 'red'],
    ['abnormal_list', 'red'],
    ['deregistering', 'red'],
    ['wage_arrears', 'none'],
  ]);

  it('ends on the day on which it is cleared', () => {
    expect(ask(f03, signal('defaulter', { clearedOn: formatDay(TODAY) })).level).toBe('none');
    expect(ask(f03, signal('defaulter', { clearedOn: formatDay(TODAY + 1) }))).toMatchObject({
      level: 'red',
      lookAgainAt: startOfDay(TODAY + 1),
    });
  });
});

describe('F05 arrears', () => {
  steps<Kind>(f05, 'signal', (kind) => signal(kind), [
    ['wage_arrears', 'orange'],
    ['rent_arrears', 'orange'],
    ['utility_arrears', 'orange'],
    ['social_insurance_arrears', 'orange'],
    ['public_opinion', 'none'],
  ]);
  steps(
    f05,
    'wages in arrears for days',
    (days: number) => signal('wage_arrears', { since: formatDay(TODAY - days) }),
    [
      [60, 'orange'],
      [61, 'red'],
    ],
  );

  it('tells what made it red: the kinds, or the days', () => {
    const two = signal('rent_arrears', {}, 5, signal('wage_arrears'));
    expect(ask(f05, two)).toMatchObject({ level: 'red', value: 2, threshold: 2, unit: 'count' });
    const long = signal('rent_arrears', { since: formatDay(TODAY - 61) }, 5, signal('wage_arrears'));
    expect(ask(f05, long)).toMatchObject({ level: 'red', value: 61, threshold: 60, unit: 'days' });
  });

  it('is red with two kinds, not with two signals of one kind, and looks again after sixty days', () => {
    const two = ask(f05, signal('rent_arrears', {}, 5, signal('wage_arrears')));
    // Kinds beside kinds, not beside days.
    expect(two).toMatchObject({ level: 'red', value: 2, threshold: 2, unit: 'count' });
    expect(ask(f05, signal('wage_arrears', {}, 5, signal('wage_arrears'))).level).toBe('orange');
    expect(ask(f05, signal('wage_arrears', { since: formatDay(TODAY - 10) })).lookAgainAt).toBe(startOfDay(TODAY + 51));
  });
});

describe('F05 arrears in time', () => {
  it('tells the oldest, and looks again when one is cleared or becomes old', () => {
    const two = signal(
      'wage_arrears',
      { since: formatDay(TODAY - 40) },
      5,
      signal('wage_arrears', { since: formatDay(TODAY - 50) }),
    );
    expect(ask(f05, two)).toMatchObject({ level: 'orange', value: 50, threshold: 0 });
    expect(ask(f05, two).lookAgainAt).toBe(startOfDay(TODAY + 11));
    expect(ask(f05, school())).toMatchObject({ level: 'none', value: 0, lookAgainAt: null });
    const since = (ago: number, clearedIn?: number) =>
      ask(
        f05,
        signal('wage_arrears', {
          since: formatDay(TODAY - ago),
          ...(clearedIn === undefined ? {} : { clearedOn: formatDay(TODAY + clearedIn) }),
        }),
      ).lookAgainAt;
    expect(since(60)).toBe(startOfDay(TODAY + 1));
    expect(since(61)).toBeNull();
    expect(since(61, 3)).toBe(startOfDay(TODAY + 3));
    expect(since(10, 3)).toBe(startOfDay(TODAY + 3));
  });

  it('does not take a signal of a later moment, and counts the days from its own where none is told', () => {
    const today = signal('wage_arrears', {}, 0);
    expect(ask(f05, today, { now: noon(TODAY) }).level).toBe('orange');
    expect(ask(f05, today, { now: noon(TODAY) - 1 }).level).toBe('none');
    expect(ask(f05, signal('wage_arrears', {}, 7)).value).toBe(7);
  });
});

describe('F10 enforcement', () => {
  steps(
    f10,
    'against ¥100,000 unearned, enforced ¥',
    (fen: number) => signal('enforcement', { amountFen: yuan(fen) }),
    [
      [10_000, 'none'],
      [10_001, 'yellow'],
      [50_000, 'yellow'],
      [50_001, 'orange'],
    ],
  );

  it('adds up what was told in ninety days', () => {
    const two = (ago: number) =>
      signal('enforcement', { amountFen: yuan(30_000) }, ago, signal('enforcement', { amountFen: yuan(30_000) }));
    expect(ask(f10, two(89)).level).toBe('orange');
    expect(ask(f10, two(90)).level).toBe('yellow');
  });
});

describe('F10 enforcement against what is unearned', () => {
  it('tells the share, a hundredfold at most, and nothing where no sum is told', () => {
    const enforced = (amountFen?: number) => signal('enforcement', amountFen === undefined ? {} : { amountFen });
    expect(ask(f10, enforced(yuan(12_345)))).toMatchObject({ level: 'yellow', value: 1_235 });
    expect(ask(f10, enforced())).toMatchObject({ level: 'none', value: 0 });
    expect(ask(f10, enforced().unearned(0)).level).toBe('none');
    expect(ask(f10, enforced(1).unearned(0))).toMatchObject({ level: 'orange', value: 1_000_000 });
    expect(ask(f10, enforced(yuan(1_000)).unearned(100)).value).toBe(1_000_000);
    const two = signal('enforcement', {}, 5, enforced(yuan(12_000)));
    expect(ask(f10, two).value).toBe(1_200);
  });
});

describe('F11 public opinion', () => {
  steps(
    f11,
    'signals in thirty days:',
    (count: number) =>
      Array.from({ length: count }).reduce<School>((one) => signal('public_opinion', {}, 29, one), school()),
    [
      [0, 'none'],
      [1, 'blue'],
      [2, 'blue'],
      [3, 'yellow'],
    ],
  );

  it('forgets after thirty days', () => {
    expect(ask(f11, signal('public_opinion', {}, 30))).toMatchObject({ level: 'none', threshold: 1 });
  });
});
