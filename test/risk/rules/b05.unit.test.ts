import { describe, expect, it } from 'vitest';
import { rule } from '../../../src/risk/rules/b05-training-loan.js';
import { ask, NOW, noon, school, steps, TODAY, yuan } from '../builders.js';

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

  it('counts a complaint until it is closed as untrue', () => {
    const complaint = (ago = 9) =>
      school().register('complaint.received', { ticketId: 't', kind: 'loan' }, noon(TODAY - ago));
    const closed = (how: object) => complaint().register('complaint.closed', { ticketId: 't', ...how });
    expect(ask(rule, complaint()).level).toBe('orange');
    expect(ask(rule, closed({ upheld: true })).level).toBe('orange');
    expect(ask(rule, closed({})).level).toBe('orange');
    expect(ask(rule, closed({ upheld: false })).level).toBe('none');
    expect(ask(rule, complaint(89)).level).toBe('orange');
    expect(ask(rule, complaint(90)).level).toBe('none');
    expect(
      ask(rule, school().register('complaint.received', { ticketId: 't', kind: 'fee' }, noon(TODAY - 9))).level,
    ).toBe('none');
  });

  it('counts nothing reversed or older than ninety days', () => {
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

  it('tells the share of what was received by loan, and counts loans and complaints that stand today', () => {
    expect(ask(rule, loan(yuan(12_345)))).toMatchObject({ value: 1_234, threshold: 500 });
    const mixed = loan(yuan(4_000)).payment({ amountFen: yuan(50_000) });
    expect(ask(rule, mixed)).toMatchObject({ level: 'orange', value: 400, threshold: 0 });
    expect(ask(rule, school())).toMatchObject({ level: 'none', value: 0 });
    const tomorrow = school().register('complaint.received', { ticketId: 't', kind: 'loan' }, NOW + 1);
    expect(ask(rule, tomorrow).level).toBe('none');
    expect(ask(rule, school().register('complaint.received', { ticketId: 't', kind: 'loan' }, NOW)).level).toBe(
      'orange',
    );
  });
});
