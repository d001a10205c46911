import { describe, expect, it } from 'vitest';
import { rule } from '../../../src/risk/rules/b03-over-five-thousand.js';
import { ask, school, steps, TODAY, yuan } from '../builders.js';

const paid = (fen: number) => school().payment({ amountFen: fen });

describe('B03 more than ¥5,000', () => {
  steps(rule, 'one payment of fen', paid, [
    [yuan(5_000), 'none'],
    [yuan(5_000) + 1, 'yellow'],
    [yuan(10_000), 'yellow'],
    [yuan(10_000) + 1, 'orange'],
  ]);

  it('is for non-subject training, unless a place switches it on for subjects', () => {
    const subject = () =>
      school()
        .contract({ courseKind: 'subject' })
        .payment({ contractId: 'c1', amountFen: yuan(6_000) });
    expect(ask(rule, subject()).level).toBe('none');
    expect(ask(rule, subject(), { params: { subjectToo: 1 } }).level).toBe('yellow');
    expect(ask(rule, paid(yuan(6_000)).profile({ category: 'subject' })).level).toBe('none');
  });

  it('leaves out reversed payments and those of more than thirty days ago', () => {
    expect(ask(rule, school().payment({ amountFen: yuan(6_000), reversedFen: yuan(6_000) })).level).toBe('none');
    expect(ask(rule, school().payment({ amountFen: yuan(6_000), paidOn: TODAY - 29 })).level).toBe('yellow');
    expect(ask(rule, school().payment({ amountFen: yuan(6_000), paidOn: TODAY - 30 })).level).toBe('none');
  });

  it('goes by the institution where the contract is not known, and by the contract where it is', () => {
    const of = (category: 'subject' | 'mixed', contractId: string | null) =>
      ask(
        rule,
        school()
          .profile({ category })
          .contract({ courseKind: 'non_subject' })
          .payment({ contractId, amountFen: yuan(6_000) }),
      );
    expect(of('subject', 'c1')).toMatchObject({ level: 'yellow', value: yuan(6_000) });
    expect(of('subject', 'unknown')).toMatchObject({ level: 'none', value: 0 });
    expect(of('subject', null).level).toBe('none');
    expect(of('mixed', null).level).toBe('yellow');
  });
});
