import { describe, expect, it } from 'vitest';
import { formatDay, startOfDay } from '../../../src/core/time.js';
import { rule } from '../../../src/risk/rules/a12-cover-expiring.js';
import { ask, school, steps, TODAY, yuan } from '../builders.js';

const until = (days: number, from = -200, id = 'g1') => ({
  guaranteeId: id,
  kind: 'insurance' as const,
  coverFen: yuan(50_000),
  validFrom: formatDay(TODAY + from),
  validTo: formatDay(TODAY + days),
});
const covered = (days: number) => school().register('guarantee.registered', until(days));
const uncovered = (days: number) => covered(days).otherDebit(TODAY - 50, yuan(50_000));

describe('A12 cover expiring', () => {
  steps(rule, 'days until the last day', (days: number) => covered(days), [
    [31, 'none'],
    [30, 'blue'],
    [0, 'blue'],
    [-1, 'none'],
  ]);
  steps(rule, 'fees uncovered without it, days until the last day', (days: number) => uncovered(days), [
    [0, 'blue'],
    [-1, 'orange'],
    [-90, 'orange'],
    [-91, 'none'],
  ]);

  it('does not speak when another guarantee takes over', () => {
    expect(ask(rule, covered(10).register('guarantee.registered', until(300, 11, 'g2'))).level).toBe('none');
    expect(ask(rule, covered(10).register('guarantee.registered', until(300, 12, 'g2'))).level).toBe('blue');
    expect(ask(rule, uncovered(-5).register('guarantee.registered', until(300, -4, 'g2'))).level).toBe('none');
  });

  it('allows a shortfall of ¥1,000 as A01 does', () => {
    const short = (fen: number) => covered(-5).otherDebit(TODAY - 50, fen);
    expect(ask(rule, short(yuan(1_000))).level).toBe('none');
    expect(ask(rule, short(yuan(1_000) + 1)).level).toBe('orange');
  });

  it('looks again thirty days before the end and the day after it', () => {
    expect(ask(rule, covered(100)).lookAgainAt).toBe(startOfDay(TODAY + 70));
    expect(ask(rule, covered(0)).lookAgainAt).toBe(startOfDay(TODAY + 1));
    expect(ask(rule, school()).state).toBe('not_applicable');
  });
});
