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
    // TODAY is a Wednesday: due fifteen days after the request, a Friday or a Thursday, so three or four working days late.
    const late = (days: readonly number[], receipts = 30_000) => ask(rule, rising(selling(receipts), days)).level;
    expect(late([20])).toBe('none');
    expect(late([21])).toBe('orange');
    expect(late([21], 29_999)).toBe('none');
    // Longer ago than five weeks nothing has grown any more.
    expect(late([34])).toBe('orange');
    expect(late([35])).toBe('none');
    const fell = rising(selling(30_000), [21]).refund({
      requestedOn: TODAY - 30,
      paid: [{ on: TODAY - 10, fen: yuan(1_000) }],
    });
    expect(ask(rule, fell).level).toBe('none');
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
