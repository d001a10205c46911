import { describe, expect, it } from 'vitest';
import { rule } from '../../../src/risk/rules/e02-new-money-pays-old.js';
import { ask, type School, school, steps, TODAY, yuan } from '../builders.js';

const rising = (one: School, days: readonly number[] = [24, 17, 10, 3]) => {
  for (const ago of days) one.refund({ requestedOn: TODAY - ago });
  return one;
};
const selling = (receipts: number) =>
  school()
    .receipt(TODAY - 10, yuan(receipts))
    .confirmed(TODAY - 10, yuan(20_000));

describe('E02 new money pays old', () => {
  steps(rule, 'backlog rising, confirmed ¥20,000, received ¥', (receipts: number) => rising(selling(receipts)), [
    [29_999, 'none'],
    [30_000, 'orange'],
  ]);

  it('needs the backlog to rise in each of three weeks while nothing is long overdue', () => {
    expect(ask(rule, rising(selling(30_000), [20, 10, 9])).level).toBe('none');
    expect(ask(rule, rising(selling(30_000), [17, 10, 3])).level).toBe('orange');
    const paid = rising(selling(30_000), [20, 17, 10]).refund({
      requestedOn: TODAY - 3,
      paid: [{ on: TODAY - 1, fen: yuan(1_000) }],
    });
    expect(ask(rule, paid).level).toBe('none');
  });

  it('takes a backlog that has grown over five weeks and never fell once a refund is overdue by four working days', () => {
    // TODAY is a Wednesday: due fifteen days after the request. Five weeks ago is the end of the day 35 days ago.
    const late = (days: readonly number[], receipts = 30_000) => ask(rule, rising(selling(receipts), days)).level;
    expect(late([35, 21])).toBe('orange');
    expect(late([35, 21], 29_999)).toBe('none');
    expect(late([35, 0])).toBe('orange');
    // Longer ago than five weeks nothing has grown any more.
    expect(late([36, 35])).toBe('none');
    const fell = rising(selling(30_000), [36, 21]).refund({
      requestedOn: TODAY - 30,
      paid: [{ on: TODAY - 10, fen: yuan(1_000) }],
    });
    expect(ask(rule, fell).level).toBe('none');
    // The only one overdue, and by three working days or by four; what has been asked for before was refused since.
    const overdue = (ago: number) =>
      rising(selling(30_000), [ago]).refund({ requestedOn: TODAY - 60, approvedOn: TODAY - 50, dueOn: TODAY + 30 });
    expect(ask(rule, overdue(20)).level).toBe('none');
    expect(ask(rule, overdue(21)).level).toBe('orange');
  });

  it('takes no weeks without a backlog for weeks in which it rose', () => {
    const late = (days: readonly number[]) => ask(rule, rising(selling(30_000), days)).level;
    expect(late([34, 21])).toBe('none');
    expect(late([21])).toBe('none');
    // Two rising weeks after a flat one; and three.
    expect(late([24, 8, 3])).toBe('none');
    expect(late([24, 17, 10, 3])).toBe('orange');
    // Nothing at first, then a rise in each of three weeks.
    expect(late([20, 10, 3])).toBe('orange');
    // Two rising weeks from nothing, the first request long overdue.
    expect(late([21, 13, 6])).toBe('none');
  });

  it('needs one refund that is overdue: what is not yet due is no debt', () => {
    // Due fifteen days after the request: the oldest one on the day before yesterday, or only tomorrow.
    expect(ask(rule, rising(selling(30_000), [22, 15, 9, 3])).level).toBe('orange');
    expect(ask(rule, rising(selling(30_000), [14, 12, 8, 3])).level).toBe('none');
  });

  it('is red with a custody shortfall, and needs sixty days of history', () => {
    const short = { context: { levelOf: (id: string) => (id === 'A01' ? ('yellow' as const) : ('none' as const)) } };
    expect(ask(rule, rising(selling(30_000)), short).level).toBe('red');
    expect(ask(rule, rising(selling(30_000)).history(59)).state).toBe('not_applicable');
    expect(ask(rule, rising(selling(30_000)).learners(19)).state).toBe('not_applicable');
  });
});
