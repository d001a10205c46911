import { describe, expect, it } from 'vitest';
import { rule } from '../../../src/risk/rules/c03-refund-backlog.js';
import { ask, depositSchool, on, type School, school, steps, TODAY, yuan } from '../builders.js';

const late = (one: School, cases: number, fen: number) => {
  for (let i = 0; i < cases; i += 1)
    one.refund({
      requestedOn: on('2026-03-01'),
      approvedOn: on('2026-03-02'),
      dueOn: on('2026-04-13'),
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

  it('is yellow at most with one case', () => {
    expect(ask(rule, late(school(), 1, yuan(30_000))).level).toBe('yellow');
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
});
