import { describe, expect, it } from 'vitest';
import { addMonths, formatDay, startOfDay } from '../../../src/core/time.js';
import { rule } from '../../../src/risk/rules/a02-deposit-below-floor.js';
import { ask, depositSchool, noon, on, school, steps, TODAY, yuan } from '../builders.js';

/** Received ¥100,000 yesterday: the gap is new. */
const withDeposit = (deposit: number) => depositSchool(yuan(deposit)).receipt(TODAY, yuan(100_000), 'S1');

describe('A02 deposit below floor', () => {
  steps(rule, 'against ¥100,000 of fees a deposit of ¥', withDeposit, [
    [100_000, 'none'],
    [99_999.99, 'yellow'],
    [80_000, 'yellow'],
    [79_999.99, 'orange'],
    [50_000, 'orange'],
    [49_999.99, 'red'],
  ]);

  it('tells what share of the floor is there: all of it where there is none, nothing of it of an account below zero', () => {
    expect(ask(rule, withDeposit(75_000)).value).toBe(7_500);
    expect(ask(rule, depositSchool(0)).value).toBe(10_000);
    expect(ask(rule, withDeposit(-1_000)).value).toBe(0);
  });

  it('is one level worse once the gap has been open for five working days', () => {
    // Opened on a Tuesday, the five days are Wednesday to the next Tuesday, and TODAY is the Wednesday after.
    const since = (days: number) => ask(rule, depositSchool(yuan(90_000)).receipt(TODAY - days, yuan(100_000), 'S1'));
    expect(since(7).level).toBe('yellow');
    expect(since(8).level).toBe('orange');
    expect(since(8)).toMatchObject({ holdLevel: 'orange', value: 9_000 });
    expect(since(8).reason().en).toContain('not topped up for 5 working days');
    expect(since(7)).toMatchObject({ holdLevel: 'yellow' });
    expect(since(7).reason().en).not.toContain('not topped up');
  });

  it('has no open gap where just the floor is there, however long it was missing', () => {
    const filled = depositSchool(yuan(90_000))
      .receipt(TODAY - 20, yuan(100_000), 'S1')
      .credit(TODAY, yuan(10_000), 'D1');
    expect(ask(rule, filled)).toMatchObject({ level: 'none', holdLevel: 'none' });
  });

  it.each([
    // Monday to Sunday: the fifth working day after a Monday is the next Monday, and it is over on Tuesday.
    ['2026-04-13', '2026-04-18', 'yellow'],
    ['2026-04-13', '2026-04-19', 'yellow'],
    ['2026-04-13', '2026-04-20', 'yellow'],
    ['2026-04-13', '2026-04-21', 'orange'],
    // Opened on a day of rest, the five days are Monday to Friday.
    ['2026-04-11', '2026-04-17', 'yellow'],
    ['2026-04-11', '2026-04-18', 'orange'],
    ['2026-04-12', '2026-04-18', 'orange'],
    // The Labour days, to 5 May, and the Saturday that is worked for them.
    ['2026-04-29', '2026-05-09', 'yellow'],
    ['2026-04-29', '2026-05-10', 'orange'],
  ])('leaves the whole of five working days to a gap that opened on %s: on %s it is %s', (opened, asked, level) => {
    const gap = depositSchool(yuan(90_000)).receipt(on(opened), yuan(100_000), 'S1');
    expect(ask(rule, gap, { now: noon(on(asked)) }).level).toBe(level);
  });

  it('starts the five days anew when the deposit was sufficient in between', () => {
    const topped = depositSchool(yuan(90_000))
      .receipt(TODAY - 20, yuan(100_000), 'S1')
      .credit(TODAY - 8, yuan(20_000), 'D1')
      .otherDebit(TODAY - 2, yuan(20_000), 'D1');
    expect(ask(rule, topped).level).toBe('yellow');
    // For one day, and with not a fen more than is needed.
    const oneDay = (fen: number, day: number) =>
      depositSchool(yuan(90_000))
        .receipt(TODAY - 20, yuan(100_000), 'S1')
        .credit(day, fen, 'D1')
        .otherDebit(day + 1, fen, 'D1');
    expect(ask(rule, oneDay(yuan(10_000), TODAY - 5)).level).toBe('yellow');
    expect(ask(rule, oneDay(yuan(10_000), TODAY - 6)).level).toBe('yellow');
    expect(ask(rule, oneDay(yuan(10_000) - 1, TODAY - 5)).level).toBe('orange');
    // ¥96,000 until ¥4,000 of it went: never enough.
    const shrunk = depositSchool(yuan(96_000))
      .receipt(TODAY - 20, yuan(100_000), 'S1')
      .otherDebit(TODAY - 3, yuan(4_000), 'D1');
    expect(ask(rule, shrunk).level).toBe('orange');
  });

  it('takes the filed requirement when it is higher, from its first day', () => {
    const required = (from: number) =>
      withDeposit(100_000).register('account.requirement_set', {
        accountId: 'D1',
        kind: 'deposit',
        amountFen: yuan(150_000),
        validFrom: formatDay(TODAY + from),
      });
    expect(ask(rule, required(0)).level).toBe('orange');
    expect(ask(rule, required(1))).toMatchObject({ level: 'none', lookAgainAt: startOfDay(TODAY + 1) });
  });

  it('lets fees of more than three months ago go', () => {
    expect(ask(rule, depositSchool(0).receipt(addMonths(TODAY, -3), yuan(100_000), 'S1')).level).toBe('none');
    expect(ask(rule, depositSchool(0).receipt(addMonths(TODAY, -3) + 1, yuan(100_000), 'S1')).level).toBe('red');
  });

  it('is not asked in custody mode', () => {
    expect(ask(rule, school()).state).toBe('not_applicable');
  });
});
