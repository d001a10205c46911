import { describe, expect, it } from 'vitest';
import { formatDay } from '../../../src/core/time.js';
import { rule } from '../../../src/risk/rules/b04-too-early.js';
import { ask, noon, on, school, steps, TODAY, yuan } from '../builders.js';

const early = (paidOn: string, pricing: 'period' | 'hour' = 'period', hoursLeft?: number) =>
  school()
    .contract({ pricing, firstLessonOn: '2026-05-20', ...(hoursLeft === undefined ? {} : { hoursLeft }) })
    .payment({ contractId: 'c1', paidOn: on(paidOn) });

describe('B04 collected too early', () => {
  steps(rule, 'first lesson on 20 May, paid on', (date: string) => early(date), [
    ['2026-04-20', 'none'],
    ['2026-04-19', 'blue'],
  ]);
  steps(
    rule,
    'early payments:',
    (count: number) => {
      const one = school();
      for (let i = 1; i <= count; i += 1)
        one.contract({ firstLessonOn: formatDay(TODAY + 60) }).payment({ contractId: `c${i}` });
      return one;
    },
    [
      [9, 'blue'],
      [10, 'yellow'],
    ],
  );

  it('is about every payment: a small first instalment may come too early as well', () => {
    const instalments = (first: string) =>
      school()
        .contract({ pricing: 'period', firstLessonOn: '2026-05-20' })
        .payment({ contractId: 'c1', paidOn: on(first), amountFen: yuan(300) })
        .payment({ contractId: 'c1', paidOn: on('2026-04-20'), amountFen: yuan(2_000) });
    expect(ask(rule, instalments('2026-04-20')).level).toBe('none');
    expect(ask(rule, instalments('2026-04-19'))).toMatchObject({ level: 'blue', value: 1 });
  });

  it('priced by the hour it is in time within the last twenty hours of the current course', () => {
    expect(ask(rule, early('2026-04-10', 'hour', 2_000)).level).toBe('none');
    expect(ask(rule, early('2026-04-10', 'hour', 2_001)).level).toBe('blue');
    expect(ask(rule, early('2026-04-10', 'hour')).level).toBe('blue');
    expect(ask(rule, early('2026-04-10', 'period', 100)).level).toBe('blue');
  });

  it('looks at the payments of thirty days, and goes by the calendar month before the first lesson', () => {
    const paid = (ago: number, signedOn = TODAY) =>
      school()
        .contract({ firstLessonOn: formatDay(TODAY + 60), signedOn })
        .payment({ contractId: 'c1', paidOn: TODAY - ago });
    expect(ask(rule, paid(29)).level).toBe('blue');
    expect(ask(rule, paid(30)).level).toBe('none');
    // Signed today, and paid for when it was not yet the time of these days.
    expect(ask(rule, paid(30, TODAY - 1)).level).toBe('none');
    const beforeMarch = (paidOn: string) =>
      ask(
        rule,
        school()
          .contract({ firstLessonOn: '2026-03-31', signedOn: on(paidOn) })
          .payment({ contractId: 'c1', paidOn: on(paidOn) }),
        { now: noon(on('2026-03-20')) },
      ).level;
    // The month before 31 March begins on the last of February.
    expect(['2026-02-27', '2026-02-28', '2026-03-02', '2026-03-03'].map(beforeMarch)).toEqual([
      'blue',
      'none',
      'none',
      'none',
    ]);
    expect(ask(rule, school())).toMatchObject({ level: 'none', value: 0, threshold: 1 });
  });
});
