import { describe, expect, it } from 'vitest';
import { startOfDay } from '../../../src/core/time.js';
import { rule } from '../../../src/risk/rules/c03-refund-backlog.js';
import { ask, depositSchool, on, type School, school, steps, TODAY, yuan } from '../builders.js';

const late = (one: School, cases: number, fen: number, dueOn = on('2026-04-17')) => {
  for (let i = 0; i < cases; i += 1)
    one.refund({
      requestedOn: on('2026-03-01'),
      approvedOn: on('2026-03-02'),
      dueOn,
      amountFen: fen / cases,
    });
  return one;
};

describe('C03 refund backlog', () => {
  steps(rule, 'three overdue against ¥100,000, fen', (fen: number) => late(school(), 3, fen), [
    [199_998, 'none'],
    [200_001, 'yellow'],
    [499_998, 'yellow'],
    [500_001, 'orange'],
    [1_500_000, 'orange'],
    [1_500_003, 'red'],
  ]);

  it('is yellow with one case, orange when it is late by four working days, never red', () => {
    // Due on Friday the 17th: Thursday the 23rd is the fourth working day late.
    expect(ask(rule, late(school(), 1, yuan(30_000))).level).toBe('yellow');
    expect(ask(rule, late(school(), 1, yuan(30_000))).lookAgainAt).toBe(startOfDay(on('2026-04-23')));
    expect(ask(rule, late(school(), 1, yuan(30_000), on('2026-04-16'))).level).toBe('orange');
    expect(ask(rule, late(school(), 1, 500_001, on('2026-04-16'))).level).toBe('orange');
    expect(ask(rule, late(school(), 1, 500_000, on('2026-04-16'))).level).toBe('yellow');
    expect(ask(rule, late(school().learners(19), 1, yuan(30_000), on('2026-04-16'))).level).toBe('none');
    expect(ask(rule, late(school(), 2, yuan(30_000))).level).toBe('red');
  });

  it('takes the balance where it is smaller than U, and U alone in deposit mode', () => {
    expect(ask(rule, late(school().otherDebit(TODAY - 50, yuan(90_000)), 3, yuan(1_800))).level).toBe('red');
    expect(ask(rule, late(school().otherDebit(TODAY - 50, yuan(100_000)), 3, yuan(3))).level).toBe('red');
    expect(ask(rule, late(depositSchool(0), 3, yuan(3_000))).level).toBe('yellow');
  });

  it('needs the minimum sample', () => {
    expect(ask(rule, late(school().learners(19), 3, yuan(30_000))).level).toBe('none');
    expect(ask(rule, late(school().history(27), 3, yuan(30_000))).level).toBe('none');
  });

  it('is orange from 2% once two have waited four working days too long, also at a small school', () => {
    // Due on Thursday the 16th: Wednesday the 22nd is the fourth working day late.
    const [four, three] = [on('2026-04-16'), on('2026-04-17')];
    expect(ask(rule, late(school(), 2, 200_002, four)).level).toBe('orange');
    expect(ask(rule, late(school(), 2, 200_000, four)).level).toBe('none');
    expect(ask(rule, late(school(), 2, 200_002, three)).level).toBe('yellow');
    expect(ask(rule, late(school(), 1, 200_002, four)).level).toBe('yellow');
    expect(ask(rule, late(school().learners(5), 2, 200_002, four)).level).toBe('orange');
    expect(ask(rule, late(school(), 2, 200_002, three)).lookAgainAt).toBe(startOfDay(on('2026-04-23')));
  });

  it('counts among them what was paid so late in the last sixty days', () => {
    const waiting = (paidOn: number, dueOn: number) =>
      late(school(), 1, 200_001, on('2026-04-16')).refund({
        requestedOn: dueOn - 15,
        approvedOn: dueOn - 14,
        dueOn,
        amountFen: yuan(500),
        paid: [{ on: paidOn, fen: yuan(500) }],
      });
    // Due on Monday 2 March: the 6th is the fourth working day after it.
    expect(ask(rule, waiting(on('2026-03-06'), on('2026-03-02'))).level).toBe('orange');
    expect(ask(rule, waiting(on('2026-03-05'), on('2026-03-02'))).level).toBe('yellow');
    expect(ask(rule, waiting(TODAY - 59, on('2026-02-09'))).level).toBe('orange');
    expect(ask(rule, waiting(TODAY - 60, on('2026-02-09'))).level).toBe('yellow');
  });

  it('tells the share, a hundredfold at most, and names what is overdue, the most first', () => {
    expect(ask(rule, late(school(), 3, yuan(3_000))).value).toBe(300);
    expect(ask(rule, late(school(), 1, yuan(3_000))).reason().en).toContain('1 overdue refund of ¥3,000.00');
    expect(ask(rule, school())).toMatchObject({ level: 'none', value: 0 });
    const empty = school().otherDebit(TODAY - 50, yuan(100_000));
    expect(ask(rule, late(empty, 3, yuan(3))).value).toBe(1_000_000);
    expect(ask(rule, late(empty, 3, yuan(3))).reason()).toEqual({
      zh: expect.stringMatching(/，占比 100 倍以上$/),
      en: expect.stringMatching(/ in custody: 100 times or more$/),
    });
    // Just above 2% is not 2%.
    expect(ask(rule, late(school(), 3, 200_001))).toMatchObject({ level: 'yellow', value: 201, threshold: 200 });
    expect(ask(rule, late(school().unearned(100), 3, yuan(300))).value).toBe(1_000_000);
    const mixed = late(late(school(), 1, yuan(100)), 1, yuan(900)).refund({ requestedOn: TODAY - 1 });
    const [small, large] = mixed.rows().refunds.map(({ refund }) => refund);
    expect(
      ask(rule, mixed)
        .evidence()
        .map(({ id }) => id),
    ).toEqual([large, small].flatMap((one) => one!.approved!.id).concat([large!.requested!.id, small!.requested!.id]));
  });

  it('looks again when the one that waits is late enough to be orange alone', () => {
    const params = { aloneWorkingDays: 3 };
    expect(ask(rule, late(school(), 1, yuan(30_000)), { params }).level).toBe('orange');
    expect(ask(rule, late(school(), 1, yuan(30_000), on('2026-04-20')), { params })).toMatchObject({
      level: 'yellow',
      lookAgainAt: startOfDay(on('2026-04-23')),
    });
  });
});
