import { describe, expect, it } from 'vitest';
import { startOfDay } from '../../../src/core/time.js';
import { rule } from '../../../src/risk/rules/a08-late-credit.js';
import { ask, depositSchool, on, school, steps, yuan } from '../builders.js';

const paid = (date: string, fen = yuan(50_000)) =>
  school().payment({ paidOn: on(date), amountFen: fen, settled: false });

describe('A08 late credit', () => {
  // 2026-04-22 is a Wednesday; 18 and 19 April are a weekend.
  steps(rule, 'paid and not credited since', (date: string) => paid(date), [
    ['2026-04-22', 'none'],
    ['2026-04-20', 'none'],
    ['2026-04-19', 'blue'],
    ['2026-04-15', 'blue'],
    ['2026-04-14', 'yellow'],
  ]);
  steps(rule, 'late for more than five working days, fen', (fen: number) => paid('2026-04-14', fen), [
    [yuan(50_000), 'yellow'],
    [yuan(50_000) + 1, 'orange'],
  ]);

  it('is orange from the second late payment on when they are more than a tenth of the unearned fees', () => {
    const late = (fen: number, cases: number, unearnedFen = yuan(30_000)) => {
      const one = school().unearned(unearnedFen);
      for (let i = 0; i < cases; i += 1) one.payment({ paidOn: on('2026-04-14'), amountFen: fen, settled: false });
      return ask(rule, one).level;
    };
    expect(late(yuan(1_500), 2)).toBe('yellow');
    expect(late(yuan(1_500) + 1, 2)).toBe('orange');
    expect(late(yuan(5_000), 1)).toBe('yellow');
    expect(late(yuan(9_000), 2, yuan(100_000))).toBe('orange');
    expect(late(yuan(9_000), 2, yuan(100_000) + 1)).toBe('yellow');
    // One that is not so late does not count.
    const two = school().unearned(yuan(30_000));
    for (const date of ['2026-04-14', '2026-04-15'])
      two.payment({ paidOn: on(date), amountFen: yuan(5_000), settled: false });
    expect(ask(rule, two).level).toBe('yellow');
  });

  it('looks again when a payment becomes late', () => {
    expect(ask(rule, paid('2026-04-20')).lookAgainAt).toBe(startOfDay(on('2026-04-23')));
    expect(ask(rule, paid('2026-04-17')).lookAgainAt).toBe(startOfDay(on('2026-04-27')));
    expect(ask(rule, paid('2026-04-14')).lookAgainAt).toBeNull();
  });

  it('leaves out what is settled, reversed, paid elsewhere, or from before custody', () => {
    const quiet = school()
      .payment({ paidOn: on('2026-04-01'), settled: true })
      .payment({ paidOn: on('2026-04-01'), settled: false, reversedFen: yuan(1_000) })
      .payment({ paidOn: on('2026-04-01'), settled: false, payee: 'X9' })
      .payment({ paidOn: on('2025-01-01'), settled: false });
    expect(ask(rule, quiet).level).toBe('none');
    expect(ask(rule, school().payment({ paidOn: on('2026-04-01'), settled: false, payee: 'A1' })).level).toBe('yellow');
    expect(ask(rule, depositSchool(0)).state).toBe('not_applicable');
  });

  it('names what is late, the oldest first and the larger of one day first', () => {
    const late = school()
      .payment({ paidOn: on('2026-04-20'), settled: false })
      .payment({ paidOn: on('2026-04-15'), amountFen: 100, settled: false })
      .payment({ paidOn: on('2026-04-15'), amountFen: 200, settled: false })
      .payment({ paidOn: on('2026-04-14'), amountFen: 50, settled: false });
    expect(ask(rule, late)).toMatchObject({ level: 'yellow', value: 6 });
    const idOf = (fen: number) => late.rows().payments.find(({ told }) => told?.amountFen === fen)?.told?.id;
    expect(
      ask(rule, late)
        .evidence()
        .map(({ id }) => id),
    ).toEqual([idOf(50), idOf(200), idOf(100)]);
    expect(ask(rule, late).reason().en).toContain('3 payments not credited after 2 working days, the oldest for 6');
  });
});
