import { describe, expect, it } from 'vitest';
import { startOfDay } from '../../../src/core/time.js';
import { rule } from '../../../src/risk/rules/c08-seven-day-right.js';
import { ask, contractData, school, steps, TODAY, yuan } from '../builders.js';

const asked = (ago: number, boughtBefore = 7, extra: object = {}) =>
  school()
    .payment({ contractId: 'c1', paidOn: TODAY - ago - boughtBefore })
    .refund({ requestedOn: TODAY - ago, side: 'seven_day', ...extra });

describe('C08 seven-day right', () => {
  steps(rule, 'asked and not paid since days', (ago: number) => asked(ago), [
    [5, 'none'],
    [6, 'yellow'],
  ]);
  steps(rule, 'not judged any more after days', (ago: number) => asked(ago), [
    [60, 'yellow'],
    [61, 'none'],
  ]);
  steps(rule, 'asked days after the payment:', (days: number) => asked(10, days), [
    [7, 'yellow'],
    [8, 'none'],
  ]);

  it('names the oldest request first', () => {
    const requests = asked(10).payment({ contractId: 'c2', paidOn: TODAY - 30 });
    requests.refund({ requestedOn: TODAY - 25, side: 'seven_day', contractId: 'c2' });
    const answer = ask(rule, requests);
    expect(answer.value).toBe(25);
    expect(answer.evidence()[0]).toMatchObject({ id: requests.rows().refunds[1]!.refund.requested!.id });
  });

  it('counts from the next working day when the fifth day is one of rest', () => {
    // Asked on Monday the 13th: the fifth day is Saturday the 18th, so that Monday the 20th is the last one.
    const ask13 = (day: number) => ask(rule, asked(9), { now: startOfDay(day) });
    expect(ask13(TODAY - 2)).toMatchObject({ level: 'none', lookAgainAt: startOfDay(TODAY - 1) });
    expect(ask13(TODAY - 1).level).toBe('yellow');
  });

  it('is not silenced by a rejection', () => {
    expect(ask(rule, asked(5, 1, { rejectedOn: TODAY - 4 })).level).toBe('none');
    expect(ask(rule, asked(6, 1, { rejectedOn: TODAY - 4 })).level).toBe('yellow');
  });

  it('knows the exception: the learner had a contract for the same course before', () => {
    const bought = (signedBefore: boolean) => asked(10, 1, { contract: contractData(), signedBefore });
    expect(ask(rule, bought(false))).toMatchObject({ level: 'yellow', lookAgainAt: startOfDay(TODAY + 51) });
    expect(ask(rule, bought(true)).level).toBe('none');
  });

  it('runs from the payment: an instalment has its own seven days, however long ago the contract was signed', () => {
    const instalment = (days: number) =>
      school()
        .payment({ contractId: 'c1', paidOn: TODAY - 90 })
        .payment({ contractId: 'c1', paidOn: TODAY - 10 - days })
        .contract({ contractId: 'c1', signedOn: TODAY - 90 })
        .refund({ requestedOn: TODAY - 10, side: 'seven_day', contract: contractData() });
    expect(ask(rule, instalment(7)).level).toBe('yellow');
    expect(ask(rule, instalment(8)).level).toBe('none');
    // What is paid after the request gives no right to have asked.
    expect(ask(rule, instalment(-1)).level).toBe('none');
    expect(ask(rule, asked(10, 20).payment({ contractId: 'c1', paidOn: TODAY - 9 })).level).toBe('none');
  });

  it('needs a payment that was not taken back since', () => {
    const reversed = (fen: number) =>
      school()
        .payment({ contractId: 'c1', paidOn: TODAY - 11, reversedFen: fen })
        .refund({ requestedOn: TODAY - 10, side: 'seven_day' });
    expect(ask(rule, reversed(yuan(999))).level).toBe('yellow');
    expect(ask(rule, reversed(yuan(1_000))).level).toBe('none');
  });

  it('ends with payment or withdrawal', () => {
    expect(ask(rule, asked(10, 1, { paid: [{ on: TODAY - 1, fen: yuan(1_000) }] })).level).toBe('none');
    expect(ask(rule, asked(10, 1, { withdrawnOn: TODAY - 1 })).level).toBe('none');
    expect(ask(rule, asked(10, 1, { side: 'consumer' })).level).toBe('none');
    expect(ask(rule, asked(3)).lookAgainAt).toBe(startOfDay(TODAY + 3));
    expect(ask(rule, asked(10)).lookAgainAt).toBe(startOfDay(TODAY + 51));
  });

  it('ends when what was approved, or all that was asked for, is paid', () => {
    const approved = (amountFen: number, paidFen: number) =>
      ask(
        rule,
        asked(10, 1, {
          approvedOn: TODAY - 9,
          amountFen,
          requestedFen: yuan(1_000),
          paid: [{ on: TODAY - 1, fen: paidFen }],
        }),
      ).level;
    expect(approved(yuan(900), yuan(900))).toBe('none');
    expect(approved(yuan(900), yuan(899))).toBe('yellow');
    const refused = (fen: number) => asked(10, 1, { rejectedOn: TODAY - 9, paid: [{ on: TODAY - 1, fen }] });
    expect(ask(rule, refused(yuan(1_000))).level).toBe('none');
    expect(ask(rule, refused(yuan(999))).level).toBe('yellow');
  });

  it('tells how long the oldest waits, and leaves out what nobody asked for or paid for', () => {
    const two = asked(10).payment({ contractId: 'c1', paidOn: TODAY - 31 });
    two.refund({ requestedOn: TODAY - 30, side: 'seven_day' }).refund({ approvedOn: TODAY - 30 });
    expect(ask(rule, two)).toMatchObject({ level: 'yellow', value: 30 });
    expect(ask(rule, two).evidence()).toHaveLength(2);
    expect(ask(rule, school())).toMatchObject({ level: 'none', value: 0 });
    const bare = school()
      .payment({ contractId: null, paidOn: TODAY - 11 })
      .payment({ contractId: 'c2', paidOn: TODAY - 11 })
      .refund({ requestedOn: TODAY - 10, side: 'seven_day' });
    expect(ask(rule, bare).level).toBe('none');
    // Bought and asked for on one day.
    expect(ask(rule, asked(10, 0)).level).toBe('yellow');
  });
});
