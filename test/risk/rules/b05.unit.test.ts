import { describe, expect, it } from 'vitest';
import { rule } from '../../../src/risk/rules/b05-training-loan.js';
import { ask, noon, school, steps, TODAY, yuan } from '../builders.js';

const loan = (fen: number) =>
  school()
    .receipt(TODAY - 5, yuan(100_000))
    .payment({ amountFen: fen, loan: true });

describe('B05 training loan', () => {
  steps(rule, 'of ¥100,000 received by loan, fen', loan, [
    [1, 'orange'],
    [yuan(5_000) - 1, 'orange'],
    [yuan(5_000), 'red'],
  ]);

  it('is orange at most where a share means nothing', () => {
    expect(ask(rule, loan(yuan(50_000)).learners(19)).level).toBe('orange');
  });

  it('counts a complaint only once it is upheld, and nothing reversed or older than ninety days', () => {
    const complaint = () => school().register('complaint.received', { ticketId: 't', kind: 'loan' }, noon(TODAY - 9));
    expect(ask(rule, complaint()).level).toBe('none');
    expect(ask(rule, complaint().register('complaint.closed', { ticketId: 't', upheld: true })).level).toBe('orange');
    expect(ask(rule, school().payment({ loan: true, reversedFen: yuan(1_000) })).level).toBe('none');
    expect(
      ask(
        rule,
        school()
          .receipt(TODAY - 89, yuan(100_000))
          .payment({ loan: true, paidOn: TODAY - 89 }),
      ).level,
    ).toBe('orange');
    expect(ask(rule, school().payment({ loan: true, paidOn: TODAY - 90 })).level).toBe('none');
  });
});
