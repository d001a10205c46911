import { describe, expect, it } from 'vitest';
import { rule } from '../../../src/risk/rules/c05-slower-refunds.js';
import { ask, type School, school, steps, TODAY, yuan } from '../builders.js';

const add = (one: School, count: number, paidAgo: number, days: number) => {
  for (let i = 0; i < count; i += 1)
    one.refund({
      requestedOn: TODAY - paidAgo - days,
      approvedOn: TODAY - paidAgo - days,
      paid: [{ on: TODAY - paidAgo, fen: yuan(1_000) }],
    });
  return one;
};
const slower = (recent: number, before: number) => add(add(school(), 5, 10, recent), 5, 60, before);

describe('C05 slower refunds', () => {
  steps(rule, 'five days before, now days', (days: number) => slower(days, 5), [
    [9, 'none'],
    [10, 'yellow'],
    [14, 'yellow'],
    [15, 'orange'],
  ]);
  steps(rule, 'two days before, now days', (days: number) => slower(days, 2), [
    [7, 'none'],
    [8, 'orange'],
  ]);
  steps(rule, 'nothing to compare with, now days', (days: number) => add(school(), 5, 10, days), [
    [30, 'none'],
    [31, 'orange'],
  ]);

  steps(rule, 'four before in five days, now days', (days: number) => add(add(school(), 5, 10, days), 4, 60, 5), [
    [9, 'none'],
    [10, 'yellow'],
    [30, 'yellow'],
    [31, 'orange'],
  ]);

  it('needs five refunds in the window', () => {
    expect(ask(rule, add(add(school(), 4, 10, 20), 5, 60, 5)).state).toBe('not_applicable');
  });

  it('takes refunds by the day on which they were paid in full', () => {
    expect(ask(rule, add(add(school(), 5, 29, 20), 5, 30, 5)).level).toBe('orange');
    const open = school().refund({
      requestedOn: TODAY - 60,
      approvedOn: TODAY - 60,
      paid: [{ on: TODAY - 1, fen: 1 }],
    });
    expect(ask(rule, open).state).toBe('not_applicable');
  });

  it('compares with the ninety days before the last thirty', () => {
    expect(ask(rule, add(add(school(), 5, 10, 15), 5, 119, 5)).level).toBe('orange');
    expect(ask(rule, add(add(school(), 5, 10, 15), 5, 120, 5)).level).toBe('none');
    // The older ones took long: beside them fifteen days would be no more than before.
    const older = add(add(add(school(), 5, 10, 15), 5, 119, 5), 20, 120, 15);
    expect(ask(rule, older).level).toBe('orange');
  });

  it('counts from the request to the last part, and only what was asked for and is paid in full by today', () => {
    const parts = (...ago: number[]) => {
      const one = school();
      for (let i = 0; i < 5; i += 1)
        one.refund({
          requestedOn: TODAY - 41,
          approvedOn: TODAY - 41,
          paid: ago.map((days) => ({ on: TODAY - days, fen: yuan(1_000) / ago.length })),
        });
      return ask(rule, one);
    };
    expect(parts(35, 10)).toMatchObject({ level: 'orange', value: 3_100 });
    expect(parts(10, 35)).toMatchObject({ level: 'orange', value: 3_100 });
    expect(parts(35, 10).evidence()).toHaveLength(5);
    expect(parts(0)).toMatchObject({ state: 'answered', value: 4_100 });
    expect(parts(-1).state).toBe('not_applicable');
    const each = (refund: Parameters<School['refund']>[0]) => {
      const one = school();
      for (let i = 0; i < 5; i += 1) one.refund(refund);
      return ask(rule, one);
    };
    const asked = { requestedOn: TODAY - 60, approvedOn: TODAY - 60 };
    expect(each({ ...asked, paid: [{ on: TODAY - 1, fen: 1 }] }).state).toBe('not_applicable');
    expect(each(asked).state).toBe('not_applicable');
    expect(each({ approvedOn: TODAY - 60, paid: [{ on: TODAY - 1, fen: yuan(1_000) }] }).state).toBe('not_applicable');
    // Paid before it was asked for: it took no day.
    expect(each({ requestedOn: TODAY - 5, paid: [{ on: TODAY - 9, fen: yuan(1_000) }] }).value).toBe(0);
  });
});
