import { describe, expect, it } from 'vitest';
import { startOfDay } from '../../../src/core/time.js';
import { rule } from '../../../src/risk/rules/c01-overdue-refund.js';
import { ask, contractData, noon, on, type School, school, steps, TODAY, yuan } from '../builders.js';

const due = (date: string, fen = yuan(6_000)) =>
  school().refund({ requestedOn: on('2026-02-20'), approvedOn: on('2026-02-21'), dueOn: on(date), amountFen: fen });

describe('C01 overdue refund', () => {
  // 2026-04-22 is a Wednesday; 6 April was a holiday, 18–19 and 11–12 April weekends.
  steps(rule, 'due on', (date: string) => due(date), [
    ['2026-04-22', 'none'],
    ['2026-04-21', 'blue'],
    ['2026-04-17', 'blue'],
    ['2026-04-16', 'yellow'],
    ['2026-04-08', 'yellow'],
    ['2026-04-07', 'orange'],
    ['2026-03-24', 'orange'],
    ['2026-03-23', 'red'],
  ]);

  it('stays orange at most for less than ¥5,000 in fewer than three cases', () => {
    const small = (cases: number, fen: number) => {
      const one = school();
      for (let i = 0; i < cases; i += 1)
        one.refund({
          requestedOn: on('2026-02-20'),
          approvedOn: on('2026-02-21'),
          dueOn: on('2026-03-02'),
          amountFen: fen,
        });
      const { level, holdLevel, threshold } = ask(rule, one);
      expect(holdLevel).toBe(level);
      // The step that it reached, not the one that it was kept from.
      expect(threshold).toBe(level === 'red' ? 21 : 11);
      return level;
    };
    expect(small(1, yuan(5_000) - 1)).toBe('orange');
    expect(small(1, yuan(5_000))).toBe('red');
    expect(small(2, yuan(2_499))).toBe('orange');
    expect(small(3, yuan(10))).toBe('red');
  });

  it('is orange from the fourth working day on when it is the third late refund of sixty days, and half of them were', () => {
    const asked = { requestedOn: on('2026-01-20'), approvedOn: on('2026-01-21'), amountFen: yuan(500) };
    const paid = (dueOn: string, paidOn: string) => ({
      ...asked,
      dueOn: on(dueOn),
      paid: [{ on: on(paidOn), fen: yuan(500) }],
    });
    const with_ = (dueOn: string, others: readonly (readonly [string, string])[]) => {
      const one = due(dueOn, yuan(500));
      for (const [day, paidOn] of others) one.refund(paid(day, paidOn));
      return one;
    };
    const twice = [
      ['2026-03-11', '2026-03-12'],
      ['2026-03-18', '2026-03-30'],
    ] as const;
    expect(ask(rule, with_('2026-04-16', twice)).level).toBe('orange');
    // It waits for three working days only.
    expect(ask(rule, with_('2026-04-17', twice)).level).toBe('blue');
    expect(ask(rule, with_('2026-04-17', twice)).lookAgainAt).toBe(startOfDay(on('2026-04-23')));
    // The second late one, beside one that came in time.
    const third = ['2026-03-25', '2026-03-25'] as const;
    expect(ask(rule, with_('2026-04-16', [twice[1], third])).level).toBe('yellow');
    // Paid on its day, or on the working day after a due day of rest.
    expect(ask(rule, with_('2026-04-16', [twice[0], ['2026-03-18', '2026-03-18']])).level).toBe('yellow');
    expect(ask(rule, with_('2026-04-16', [twice[0], ['2026-03-14', '2026-03-16']])).level).toBe('yellow');
    // Due more than sixty days ago.
    expect(ask(rule, with_('2026-04-16', [twice[1], ['2026-02-24', '2026-02-26']])).level).toBe('orange');
    expect(ask(rule, with_('2026-04-16', [twice[1], third, ['2026-02-24', '2026-02-26']])).level).toBe('orange');
    expect(ask(rule, with_('2026-04-16', [twice[1], third, ['2026-02-13', '2026-02-26']])).level).toBe('yellow');
    // Half of all that were due, not less.
    const inTime = ['2026-03-04', '2026-03-09', '2026-03-25', '2026-04-01'].map((day) => [day, day] as const);
    expect(ask(rule, with_('2026-04-16', [...twice, ...inTime.slice(1)])).level).toBe('orange');
    const many = with_('2026-04-16', [...twice, ...inTime]);
    expect(ask(rule, many).level).toBe('yellow');
    // Those paid in time leave the sixty days as time passes.
    expect(ask(rule, many).lookAgainAt).toBe(startOfDay(on('2026-04-23')));
  });

  it('is orange from the fourth working day on at the second late refund already when none of sixty days came in time', () => {
    const paid = (dueOn: string, paidOn: string) => ({
      requestedOn: on('2026-01-20'),
      approvedOn: on('2026-01-21'),
      amountFen: yuan(500),
      dueOn: on(dueOn),
      paid: [{ on: on(paidOn), fen: yuan(500) }],
    });
    const second = (dueOn: string) => due(dueOn, yuan(500)).refund(paid('2026-03-18', '2026-03-30'));
    expect(ask(rule, second('2026-04-16')).level).toBe('orange');
    expect(ask(rule, second('2026-04-17')).level).toBe('blue');
    expect(ask(rule, second('2026-04-16').refund(paid('2026-03-11', '2026-03-11'))).level).toBe('yellow');
    // One working day late is not counted, two are.
    expect(ask(rule, due('2026-04-16', yuan(500)).refund(paid('2026-03-18', '2026-03-19'))).level).toBe('yellow');
    expect(ask(rule, due('2026-04-16', yuan(500)).refund(paid('2026-03-18', '2026-03-20'))).level).toBe('orange');
    // The one that came in time leaves the sixty days.
    expect(ask(rule, second('2026-04-16').refund(paid('2026-02-13', '2026-02-13'))).level).toBe('orange');
    expect(ask(rule, second('2026-04-16').refund(paid('2026-03-11', '2026-03-11'))).lookAgainAt).toBe(
      startOfDay(on('2026-04-23')),
    );
    expect(ask(rule, due('2026-04-16', yuan(500)).refund(paid('2026-02-13', '2026-02-26'))).level).toBe('yellow');
  });

  it('moves a due day that is no working day to the next one', () => {
    expect(ask(rule, due('2026-04-18'), { now: startOfDay(on('2026-04-21')) - 1 }).level).toBe('none');
    expect(ask(rule, due('2026-04-18'), { now: startOfDay(on('2026-04-21')) }).level).toBe('blue');
  });

  it('takes the contract’s days, and without them five before and fifteen after the first lesson', () => {
    const asked = (contract: ReturnType<typeof contractData>) =>
      school().refund({ requestedOn: on('2026-04-13'), approvedOn: on('2026-04-14'), contract });
    expect(ask(rule, asked(contractData({ refundDays: 8 }))).level).toBe('blue');
    expect(ask(rule, asked(contractData({ refundDays: 8, refundDaysKind: 'working' }))).level).toBe('none');
    expect(ask(rule, asked(contractData({ firstLessonOn: '2026-04-14' }))).level).toBe('blue');
    expect(ask(rule, asked(contractData({ firstLessonOn: '2026-04-13' }))).level).toBe('none');
    expect(
      ask(rule, asked(contractData({ firstLessonOn: '2026-04-13' })), { common: { refundDaysAfter: 8 } }).level,
    ).toBe('blue');
  });

  it('ends with full payment, withdrawal or rejection, and not with a part', () => {
    const paid = (fen: number) =>
      school().refund({
        requestedOn: on('2026-02-20'),
        approvedOn: on('2026-02-21'),
        dueOn: on('2026-03-24'),
        amountFen: yuan(6_000),
        paid: [{ on: TODAY - 1, fen }],
      });
    expect(ask(rule, paid(yuan(6_000))).level).toBe('none');
    expect(ask(rule, paid(yuan(6_000) - 1)).level).toBe('orange');
    const base = { requestedOn: on('2026-02-20'), approvedOn: on('2026-02-21'), dueOn: on('2026-03-02') };
    expect(ask(rule, school().refund({ ...base, withdrawnOn: on('2026-03-01') })).level).toBe('none');
    expect(ask(rule, school().refund({ ...base, rejectedOn: on('2026-03-01') })).level).toBe('none');
  });

  it('looks again at the midnight at which the next step is reached', () => {
    expect(ask(rule, due('2026-04-24')).lookAgainAt).toBe(startOfDay(on('2026-04-27')));
    expect(ask(rule, due('2026-04-21')).lookAgainAt).toBe(startOfDay(on('2026-04-27')));
    expect(ask(rule, due('2026-03-23')).lookAgainAt).toBeNull();
    // Beside another overdue refund it counts from the Saturday on.
    const second = due('2026-04-24').refund({
      requestedOn: on('2026-04-01'),
      approvedOn: on('2026-04-02'),
      dueOn: on('2026-04-21'),
    });
    expect(ask(rule, second).lookAgainAt).toBe(startOfDay(on('2026-04-25')));
    // Nobody answers: deemed agreed after the fifth working day.
    expect(ask(rule, school().refund({ requestedOn: on('2026-04-17') })).lookAgainAt).toBe(
      startOfDay(on('2026-04-25')),
    );
  });

  it('leaves those out of the share that are not due yet, or were due sixty days ago', () => {
    const asked = { requestedOn: on('2026-01-20'), approvedOn: on('2026-01-21'), amountFen: yuan(500) };
    const paid = (dueOn: string, paidOn: string) => ({
      ...asked,
      dueOn: on(dueOn),
      paid: [{ on: on(paidOn), fen: yuan(500) }],
    });
    const three = () =>
      due('2026-04-16', yuan(500)).refund(paid('2026-03-11', '2026-03-12')).refund(paid('2026-03-18', '2026-03-19'));
    expect(ask(rule, three()).level).toBe('orange');
    const coming = (dueOn: number) => {
      const one = three();
      for (let i = 0; i < 4; i += 1) one.refund({ ...asked, dueOn });
      return ask(rule, one).level;
    };
    expect([coming(TODAY), coming(TODAY + 20)]).toEqual(['orange', 'orange']);
    const undecided = three();
    for (let i = 0; i < 4; i += 1) undecided.refund({ requestedOn: TODAY - 1 });
    expect(ask(rule, undecided).level).toBe('orange');
    // 11 March is the 59th day before the worked Saturday of 9 May, and the 60th before the Sunday.
    const late = due('2026-04-29', yuan(500))
      .refund(paid('2026-03-11', '2026-03-12'))
      .refund(paid('2026-03-18', '2026-03-19'));
    expect(ask(rule, late, { now: noon(on('2026-05-09')) }).level).toBe('orange');
    expect(ask(rule, late, { now: noon(on('2026-05-10')) }).level).toBe('yellow');
  });

  it('names the oldest first', () => {
    const three = due('2026-04-16').refund({
      requestedOn: on('2026-02-20'),
      approvedOn: on('2026-02-21'),
      dueOn: on('2026-03-24'),
    });
    three.refund({ requestedOn: on('2026-02-20'), approvedOn: on('2026-02-21'), dueOn: on('2026-04-10') });
    expect(ask(rule, three).value).toBe(20);
    const [first, second, third] = three.rows().refunds.map(({ refund }) => refund);
    const oldestFirst = [second!, third!, first!];
    // Without the request nothing would be asked for: it is named as well.
    expect(
      ask(rule, three)
        .evidence()
        .map(({ id }) => id),
    ).toEqual([...oldestFirst.map((one) => one.approved!.id), ...oldestFirst.map((one) => one.requested!.id)]);
  });

  it('names the request alone where silence agreed, and the approval alone where no request is told', () => {
    const named = (one: School) =>
      ask(rule, one)
        .evidence()
        .map(({ id }) => id);
    const silent = school().refund({ requestedOn: on('2026-02-20') });
    expect(named(silent)).toEqual([silent.rows().refunds[0]!.refund.requested!.id]);
    const unasked = school().refund({ approvedOn: on('2026-02-20'), dueOn: on('2026-03-02') });
    expect(named(unasked)).toEqual([unasked.rows().refunds[0]!.refund.approved!.id]);
  });

  it('waits for no silence where somebody has answered', () => {
    const asked = (answer: object) =>
      ask(rule, school().refund({ requestedOn: on('2026-04-17'), ...answer })).lookAgainAt;
    expect(asked({})).toBe(startOfDay(on('2026-04-25')));
    expect(asked({ rejectedOn: on('2026-04-20') })).toBeNull();
    expect(asked({ withdrawnOn: on('2026-04-20') })).toBeNull();
    expect(asked({ approvedOn: on('2026-04-20'), rejectedOn: on('2026-04-21') })).toBeNull();
    expect(asked({ approvedOn: on('2026-04-20'), amountFen: 1, paid: [{ on: on('2026-04-20'), fen: 1 }] })).toBeNull();
  });
});
