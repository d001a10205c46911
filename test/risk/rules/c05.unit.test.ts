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
});
