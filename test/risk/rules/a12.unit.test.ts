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

  it('counts everything that covers the fees, as A01 does, and allows 1% of them', () => {
    const ended = () => uncovered(-5);
    const short = (add: (one: ReturnType<typeof school>) => unknown) => {
      const one = ended();
      add(one);
      return ask(rule, one).level;
    };
    expect(short(() => 0)).toBe('orange');
    expect(short((one) => one.account({ accountId: 'D1', purpose: 'deposit', openingFen: yuan(50_000) }))).toBe('none');
    expect(
      short((one) => one.register('guarantee.registered', { ...until(300, -50, 'g3'), coverFen: yuan(49_999) })),
    ).toBe('none');
    const paid = (ago: number) => (one: ReturnType<typeof school>) =>
      one.payment({ amountFen: yuan(50_000), paidOn: TODAY - ago, settled: false });
    // Seven days back is the fifth working day, eight days back the sixth.
    expect([short(paid(7)), short(paid(8))]).toEqual(['none', 'orange']);
    // ¥1,000,000 unearned: ¥10,000 is 1% of it.
    const large = (fen: number) =>
      ask(
        rule,
        covered(-5)
          .unearned(yuan(1_000_000))
          .credit(TODAY - 50, yuan(900_000) - fen),
      ).level;
    expect([large(yuan(10_000)), large(yuan(10_000) + 1)]).toEqual(['none', 'orange']);
    expect(ask(rule, ended().unearned(0)).level).toBe('none');
  });

  it('tells the days to the end of the first, those that have ended and are not replaced before those that will', () => {
    const two = () =>
      covered(20).register('guarantee.registered', { ...until(10, -200, 'g2'), coverFen: yuan(60_000) });
    expect(ask(rule, two())).toMatchObject({ level: 'blue', value: 10, threshold: 30 });
    expect(ask(rule, covered(100)).value).toBe(31);
    const ended = uncovered(-7).register('guarantee.registered', until(10, -200, 'g2'));
    // The second covers what the first did, and is itself about to end.
    expect(ask(rule, ended)).toMatchObject({ level: 'blue', value: 10 });
    const less = uncovered(-7).register('guarantee.registered', { ...until(10, -200, 'g2'), coverFen: yuan(1_000) });
    expect(ask(rule, less)).toMatchObject({ level: 'orange', value: -7, threshold: 0 });
    expect(ask(rule, less).reason().en).toContain('1 guarantee ends within 30 days, 1 has ended (2026-04-15)');
    // One that begins tomorrow does not end yet.
    expect(ask(rule, school().register('guarantee.registered', until(10, 1))).level).toBe('none');
    expect(ask(rule, school().register('guarantee.registered', until(10, 0))).level).toBe('blue');
  });
});
