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

  it('names the largest refund that is waited for first', () => {
    const two = rising(selling(30_000)).refund({
      requestedOn: TODAY - 2,
      amountFen: yuan(9_000),
      approvedOn: TODAY - 1,
    });
    const named = ask(rule, two)
      .evidence()
      .map(({ id }) => id);
    const refunds = two.rows().refunds.map(({ refund }) => refund);
    expect(named[0]).toBe(refunds.at(-1)!.approved!.id);
    // What makes the backlog are the requests: all of them, those that nobody has answered as well.
    expect([...named].sort()).toEqual(
      refunds.flatMap(({ requested, approved }) => [requested, approved].flatMap((step) => step?.id ?? [])).sort(),
    );
  });

  it('tells the most where fees are taken and nothing is taught', () => {
    const idle = rising(school().receipt(TODAY - 10, yuan(30_000)));
    const { level, value, threshold } = ask(rule, idle);
    expect(level).toBe('orange');
    expect(value).toBeGreaterThan(threshold!);
  });

  it('needs the backlog to rise in each of three weeks while nothing is long overdue', () => {
    expect(ask(rule, rising(selling(30_000), [20, 10, 9])).level).toBe('none');
    expect(ask(rule, rising(selling(30_000), [17, 10, 3])).level).toBe('orange');
    const paid = rising(selling(30_000), [20, 17, 10]).refund({
      requestedOn: TODAY - 3,
      paid: [{ on: TODAY - 1, fen: yuan(1_000) }],
    });
    expect(ask(rule, paid).level).toBe('none');
  });

  it('takes no flat week for one in which it rose, however late a refund is', () => {
    const late = (days: readonly number[]) => ask(rule, rising(selling(30_000), days)).level;
    // The ends of the weeks are those of today and of 7, 14 and 21 days ago.
    expect(late([60, 20, 13, 6])).toBe('orange');
    expect(late([60, 21, 13, 6])).toBe('none');
    expect(late([60, 14, 7, 0])).toBe('orange');
    expect(late([60, 20, 14, 6])).toBe('none');
    expect(late([60, 20, 13, 7])).toBe('none');
    expect(late([36, 35, 21])).toBe('none');
    // Paid of it as much as was asked for in the same week.
    const flat = rising(selling(30_000), [60, 20, 6]).refund({
      requestedOn: TODAY - 50,
      paid: [{ on: TODAY - 10, fen: yuan(1_000) }],
    });
    expect(ask(rule, flat.refund({ requestedOn: TODAY - 12 })).level).toBe('none');
    expect(ask(rule, flat.refund({ requestedOn: TODAY - 11, amountFen: 1 })).level).toBe('orange');
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

  it('compares the money of thirty days, and tells how many times as much was received', () => {
    const received = (ago: number, taught = 10) =>
      ask(
        rule,
        rising(
          school()
            .receipt(TODAY - ago, yuan(30_000))
            .confirmed(TODAY - taught, yuan(20_000)),
        ),
      );
    expect(received(29)).toMatchObject({ level: 'orange', value: 150 });
    expect(received(30)).toMatchObject({ level: 'none', value: 0 });
    expect(received(0, 29).level).toBe('orange');
    expect(received(0, 30)).toMatchObject({ level: 'orange', value: 1_000_000 });
    expect(ask(rule, school()).value).toBe(0);
    const most = rising(school().receipt(TODAY, yuan(1_000_000)).confirmed(TODAY, 1));
    expect(ask(rule, most).value).toBe(1_000_000);
    // With a shortfall as well, but without the money, it is nothing.
    const short = { context: { levelOf: (id: string) => (id === 'A01' ? ('yellow' as const) : ('none' as const)) } };
    expect(ask(rule, rising(selling(29_999)), short).level).toBe('none');
    const blue = { context: { levelOf: (id: string) => (id === 'A01' ? ('blue' as const) : ('none' as const)) } };
    expect(ask(rule, rising(selling(30_000)), blue).level).toBe('orange');
  });

  it('takes out of the backlog what was refused or withdrawn, from that day on, and counts what was approved', () => {
    const fourth = (refund: Parameters<School['refund']>[0]) =>
      ask(rule, rising(selling(30_000), [24, 17, 10]).refund({ requestedOn: TODAY - 3, ...refund })).level;
    expect(fourth({})).toBe('orange');
    expect(fourth({ rejectedOn: TODAY - 1 })).toBe('none');
    expect(fourth({ withdrawnOn: TODAY - 1 })).toBe('none');
    expect(
      fourth({ requestedOn: TODAY - 3, requestedFen: yuan(500), amountFen: yuan(100), approvedOn: TODAY - 1 }),
    ).toBe('orange');
    expect(fourth({ requestedFen: yuan(500), amountFen: 0, approvedOn: TODAY - 1 })).toBe('none');
    // Refused this week: it was waited for at the ends of the weeks before, so that those did not fall.
    const refused = rising(selling(30_000), [24, 3]).refund({
      requestedOn: TODAY - 17,
      amountFen: 100,
      rejectedOn: TODAY - 2,
    });
    expect(ask(rule, refused.refund({ requestedOn: TODAY - 10 })).level).toBe('orange');
    // Approved this week for less than was asked for: until then all of it was waited for.
    const cut = rising(selling(30_000), [24, 17, 10]).refund({
      requestedOn: TODAY - 16,
      requestedFen: yuan(900),
      amountFen: yuan(100),
      approvedOn: TODAY - 2,
    });
    expect(ask(rule, cut.refund({ requestedOn: TODAY - 1, amountFen: yuan(800) })).level).toBe('none');
    expect(ask(rule, cut.refund({ requestedOn: TODAY - 1, amountFen: 1 })).level).toBe('orange');
    // Nobody asked for it.
    expect(ask(rule, rising(selling(30_000), [24, 17, 10]).refund({ approvedOn: TODAY - 3 })).level).toBe('none');
    // More was paid than was asked for.
    const over = rising(selling(30_000), [24, 17, 10]).refund({
      requestedOn: TODAY - 5,
      amountFen: 100,
      paid: [{ on: TODAY - 4, fen: yuan(5_000) }],
    });
    expect(ask(rule, over.refund({ requestedOn: TODAY - 3, amountFen: 1 })).level).toBe('orange');
  });

  it('counts what was refused first and approved later as what parents wait for', () => {
    const undone = (days: readonly number[]) => {
      const one = selling(30_000);
      for (const ago of days)
        one.refund({ requestedOn: TODAY - ago, rejectedOn: TODAY - ago, approvedOn: TODAY - ago + 1 });
      return ask(rule, one).level;
    };
    expect(undone([24, 17, 10, 3])).toBe('orange');
    // Approved again only after the week's end: at its end nobody waited for it.
    expect(undone([24, 17, 10, 0])).toBe('none');
    // Approved first and refused later.
    const refused = rising(selling(30_000), [24, 17, 10]);
    refused.refund({ requestedOn: TODAY - 5, approvedOn: TODAY - 4, rejectedOn: TODAY - 2 });
    expect(ask(rule, refused).level).toBe('none');
  });
});
