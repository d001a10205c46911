import { describe, expect, it } from 'vitest';
import { rule } from '../../../src/risk/rules/a06-reconciliation-break.js';
import { ask, depositSchool, NOW, nobody, school, steps, TODAY, yuan } from '../builders.js';

/** ¥100,000 booked; statements of the given days ago say less by `delta` yuan. */
const differs = (delta: number, ...ago: number[]) => {
  const one = nobody()
    .account({})
    .credit(TODAY - 100, yuan(100_000))
    .unearned(yuan(100_000));
  for (const days of ago) one.statement(TODAY - days, yuan(100_000 - delta));
  return one;
};

describe('A06 reconciliation break', () => {
  steps(rule, 'yesterday’s statement differs by ¥', (delta: number) => differs(delta, 1), [
    [0, 'none'],
    [100, 'none'],
    [100.01, 'blue'],
    [-101, 'blue'],
    [60_000, 'blue'],
  ]);
  steps(
    rule,
    'ten times the balance needs 0.1% of it: ¥',
    (delta: number) =>
      differs(delta, 1)
        .credit(TODAY - 90, yuan(900_000))
        .with({
          reported: [
            { at: NOW, source: 's', id: 'i', accountId: 'A1', asOf: TODAY - 1, bookedFen: yuan(1_000_000 - delta) },
          ],
        }),
    [
      [999, 'none'],
      [1_000, 'blue'],
    ],
  );
  // Wednesday. The break’s age is counted in working days from the day after its first statement.
  steps(
    rule,
    'a small break since the statement of days ago',
    (ago: number) => differs(500, ...Array.from({ length: ago }, (_, i) => i + 1)),
    [
      [1, 'blue'],
      [2, 'yellow'],
      [3, 'yellow'],
      [6, 'orange'],
      [7, 'orange'],
      [8, 'red'],
    ],
  );
  steps(rule, 'open for three working days, a difference of ¥', (delta: number) => differs(delta, 1, 2, 3, 4, 5, 6), [
    [2_000, 'orange'],
    [4_761, 'orange'],
    [4_762, 'red'],
  ]);

  it('does not judge today’s statement before tomorrow, and looks again then', () => {
    const answer = ask(rule, differs(500, 0));
    expect(answer.level).toBe('none');
    expect(answer.lookAgainAt).not.toBeNull();
    expect(ask(rule, differs(0, 0)).lookAgainAt).toBeNull();
  });

  it('counts the row of disagreeing statements only back to the first that agrees', () => {
    const mended = differs(500, 1, 2)
      .statement(TODAY - 3, yuan(100_000))
      .statement(TODAY - 9, yuan(99_000));
    expect(ask(rule, mended).level).toBe('yellow');
  });

  it('mends a day whose movement is told late', () => {
    const late = nobody()
      .account({})
      .credit(TODAY - 100, yuan(100_000))
      .unearned(yuan(90_000))
      .statement(TODAY - 2, yuan(90_000))
      .statement(TODAY - 1, yuan(90_000));
    expect(ask(rule, late).level).toBe('yellow');
    expect(ask(rule, late.otherDebit(TODAY - 2, yuan(10_000))).level).toBe('none');
  });

  it('is not asked in deposit mode', () => {
    expect(ask(rule, depositSchool(0)).state).toBe('not_applicable');
    expect(ask(rule, school()).level).toBe('none');
  });
});
