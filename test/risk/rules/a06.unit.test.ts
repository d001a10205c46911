import { describe, expect, it } from 'vitest';
import { startOfDay } from '../../../src/core/time.js';
import { rule } from '../../../src/risk/rules/a06-reconciliation-break.js';
import { ask, depositSchool, NOW, nobody, noon, school, steps, TODAY, yuan } from '../builders.js';

/** ¥100,000 booked; statements of the given days ago say less by `delta` yuan. */
const differs = (delta: number, ...ago: number[]) => {
  const one = nobody()
    .account({})
    .credit(TODAY - 100, yuan(100_000))
    .unearned(yuan(100_000));
  for (const days of ago) one.statement(TODAY - days, yuan(100_000 - delta));
  return one;
};

/** ¥100,000 booked and reported, at the end of every day. */
const agreeing = () => differs(0, ...Array.from({ length: 21 }, (_, at) => at));

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
  it('tells the account whose break makes the level, and not a smaller one that is as old', () => {
    const two = differs(200, 1, 2, 3, 4, 5, 6)
      .account({ accountId: 'A2' })
      .credit(TODAY - 100, yuan(100_000), 'A2');
    for (const ago of [1, 2, 3, 4, 5, 6]) two.statement(TODAY - ago, yuan(80_000), 'A2');
    const answer = ask(rule, two);
    expect(answer).toMatchObject({ level: 'red', value: yuan(20_000), threshold: yuan(4_000) });
    expect(answer.reason().en).toContain('on account A2, the bank ¥80,000.00: a difference of ¥20,000.00');
  });

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

  it('sees a credit that is not the payment it names, from the day on at whose end the rest can no longer be on its way', () => {
    // Paid ¥1,000 and credited `fen`; statements agree with the bank's own bookings. Six working days ago is the Tuesday of last week.
    const credited = (fen: number, on = TODAY - 8, reversedFen = 0) =>
      agreeing().payment({ amountFen: yuan(1_000), paidOn: on, reversedFen, namedBy: [['A1\x1ft', on, fen, 1]] });
    expect(ask(rule, credited(yuan(1_000))).level).toBe('none');
    expect(ask(rule, credited(yuan(900))).level).toBe('none');
    expect(ask(rule, credited(yuan(899.99)))).toMatchObject({ level: 'blue', value: 10_001 });
    expect(ask(rule, credited(yuan(1_100.01))).level).toBe('blue');
    // Until the end of the fifth working day after the credit the rest may still come.
    expect(ask(rule, credited(0, TODAY - 7))).toMatchObject({ level: 'none', lookAgainAt: startOfDay(TODAY + 1) });
    expect(ask(rule, credited(0, TODAY - 7), { now: startOfDay(TODAY + 1) }).level).toBe('blue');
    // Of Monday: the fifth working day after it is the next Monday.
    expect(ask(rule, credited(0, TODAY - 2))).toMatchObject({ level: 'none', lookAgainAt: startOfDay(TODAY + 6) });
    expect(ask(rule, credited(yuan(899.99))).reason().en).toContain('the books have ¥100,100.01');
    expect(ask(rule, credited(yuan(1_100.01))).reason().en).toContain('the books have ¥99,899.99');
    // What was reversed may have come back before the credit, or after it.
    expect(ask(rule, credited(yuan(600), TODAY - 8, yuan(400))).level).toBe('none');
    expect(ask(rule, credited(yuan(499), TODAY - 8, yuan(400))).level).toBe('blue');
    // From there on it is as old as any other break.
    expect(ask(rule, credited(0, TODAY - 9)).level).toBe('yellow');
    expect(ask(rule, credited(0, TODAY - 13)).level).toBe('orange');
    expect(ask(rule, credited(0, TODAY - 14)).level).toBe('orange');
    expect(ask(rule, credited(0, TODAY - 15)).level).toBe('red');
    const { zh, en } = ask(rule, credited(0)).reason();
    expect(zh).toContain('1 笔资金平台与银行金额不符');
    expect(en).toContain('of 1 movement the platform and the bank tell different amounts');
  });

  it('takes credits and payments that name each other together, and waits for those that are not told', () => {
    const [day, half] = [TODAY - 8, yuan(500)];
    const batch = (fen: number, named = 2) => {
      const credit = ['A1\x1ft', day, fen, named] as const;
      return agreeing()
        .payment({ amountFen: half, paidOn: day, namedBy: [credit] })
        .payment({ amountFen: half, paidOn: day, namedBy: [credit] });
    };
    expect(ask(rule, batch(yuan(1_000))).level).toBe('none');
    expect(ask(rule, batch(yuan(800)))).toMatchObject({ level: 'blue', value: yuan(200) });
    expect(ask(rule, batch(yuan(1_500), 3)).level).toBe('none');
    const inParts = (second: number, on = day, named = 1) =>
      agreeing().payment({
        amountFen: yuan(1_000),
        paidOn: day,
        namedBy: [
          ['A1\x1fa', day, half, 1],
          ['A1\x1fb', on, second, named],
        ],
      });
    expect(ask(rule, inParts(half)).level).toBe('none');
    expect(ask(rule, inParts(yuan(300))).level).toBe('blue');
    expect(ask(rule, inParts(yuan(300), TODAY - 3)).level).toBe('none');
    const shared = inParts(half, day, 2);
    expect(ask(rule, shared).level).toBe('none');
    shared.payment({ amountFen: yuan(200), paidOn: day, namedBy: [['A1\x1fb', day, half, 2]] });
    expect(ask(rule, shared)).toMatchObject({ level: 'blue', value: yuan(200) });
  });

  it('takes a chain of payments and credits together, in whatever order they come', () => {
    const day = TODAY - 8;
    const a = (named: number) => ['A1\x1fa', day, yuan(500), named] as const;
    const b = ['A1\x1fb', day, yuan(700), 2] as const;
    const c = (fen: number) => ['A1\x1fc', day, fen, 1] as const;
    const chain = (last: number, named = 1) => [
      { amountFen: yuan(1_000), namedBy: [a(named), b] },
      { amountFen: yuan(500), namedBy: [b, c(last)] },
    ];
    const said = (payments: ReturnType<typeof chain>) => {
      const from = agreeing();
      for (const payment of payments) from.payment({ paidOn: day, ...payment });
      const { level, value } = ask(rule, from);
      return [level, value];
    };
    for (const inOrder of [true, false]) {
      const told = (...of: Parameters<typeof chain>) => said(inOrder ? chain(...of) : chain(...of).reverse());
      expect(told(yuan(300))[0]).toBe('none');
      expect(told(yuan(100))).toEqual(['blue', yuan(200)]);
      expect(told(yuan(100), 2)[0]).toBe('none');
    }
  });

  it('sees a release of which the bank has booked another amount', () => {
    const released = (...debits: (readonly [on: number, fen: number])[]) =>
      agreeing().with({
        differingReleases: [
          {
            at: noon(TODAY - 9),
            source: 's',
            id: 'i',
            instructionId: 'i1',
            toldFen: BigInt(yuan(5_000)),
            debits: debits.map(([on, fen], at) => [`A1\x1f${at}`, on, fen] as const),
          },
        ],
      });
    expect(ask(rule, released([TODAY - 8, yuan(6_000)]))).toMatchObject({ level: 'blue', value: yuan(1_000) });
    expect(ask(rule, released([TODAY - 8, yuan(6_000)])).evidence()).toContainEqual({ source: 's', id: 'i' });
    expect(ask(rule, released([TODAY - 8, yuan(4_950)])).level).toBe('none');
    // The second half came two days ago, and there may be a third.
    expect(ask(rule, released([TODAY - 8, yuan(2_000)], [TODAY - 2, yuan(2_000)])).level).toBe('none');
  });

  it('sees a refund of which the bank has booked another amount, but not what the institution paid itself', () => {
    const refunded = (debits: readonly number[], via: 'custody' | 'institution' = 'custody') =>
      agreeing().refund({
        requestedOn: TODAY - 20,
        paid: [{ on: TODAY - 8, fen: yuan(1_000), via }],
        debits: debits.map((fen, at) => [`A1\x1f${at}`, TODAY - 8, fen] as const),
      });
    expect(ask(rule, refunded([yuan(1_000)])).level).toBe('none');
    expect(ask(rule, refunded([])).level).toBe('none');
    expect(ask(rule, refunded([yuan(700)]))).toMatchObject({ level: 'blue', value: yuan(300) });
    expect(ask(rule, refunded([yuan(700), yuan(300)])).level).toBe('none');
    expect(ask(rule, refunded([yuan(700)], 'institution')).level).toBe('none');
  });

  it('counts movements of other accounts not, and of this one in all', () => {
    const two = (key: string) =>
      agreeing()
        .payment({ amountFen: yuan(1_000), paidOn: TODAY - 8, namedBy: [['A1\x1fa', TODAY - 8, yuan(930), 1]] })
        .payment({ amountFen: yuan(1_000), paidOn: TODAY - 9, namedBy: [[key, TODAY - 9, yuan(930), 1]] });
    expect(ask(rule, two('A1\x1fb'))).toMatchObject({ level: 'blue', value: yuan(140) });
    expect(ask(rule, two('A2\x1fb')).level).toBe('none');
  });

  it('compares a statement with what was booked by its day', () => {
    const since = () =>
      differs(0, 3, 1)
        .credit(TODAY - 2, yuan(5_000))
        .credit(TODAY, yuan(9_000));
    expect(ask(rule, since())).toMatchObject({ level: 'blue', value: yuan(5_000) });
    const told = differs(0, 3)
      .credit(TODAY - 2, yuan(5_000))
      .statement(TODAY - 1, yuan(105_000))
      .credit(TODAY, yuan(9_000));
    expect(ask(rule, told)).toMatchObject({ level: 'none', value: 0 });
    // The bank had it wrong on both days, by ¥5,000 and by ¥6,000: open since the first.
    const both = differs(5_000, 3)
      .credit(TODAY - 2, yuan(20_000))
      .statement(TODAY - 1, yuan(114_000));
    expect(ask(rule, both)).toMatchObject({ value: yuan(6_000) });
    expect(ask(rule, both).reason().en).toContain('open since 2026-04-19, 2 working days');
  });

  it('compares shares of the larger of balance and difference, and only after three working days', () => {
    const share = (ago: number, delta: number, params = {}) => {
      const one = differs(0).credit(TODAY - 90, yuan(400_000));
      for (let day = 1; day <= ago; day += 1) one.statement(TODAY - day, yuan(500_000 - delta));
      return ask(rule, one, { params });
    };
    // Since Thursday, and since Sunday: three working days, and two.
    expect(share(6, 23_000).level).toBe('orange');
    expect(share(6, 30_000)).toMatchObject({ level: 'red', threshold: yuan(23_500) });
    expect(share(3, 30_000).level).toBe('yellow');
    // Where small breaks may be open longer, 2% of the ¥490,000 that the bank reports is orange.
    const params = { orangeWorkingDays: 5 };
    expect(share(6, 9_803, params).level).toBe('yellow');
    expect(share(6, 9_804, params)).toMatchObject({ level: 'orange', threshold: yuan(9_803.92) });
    // The bank reports more: of ¥130,000, and nothing at all: of the difference itself.
    const days = [1, 2, 3, 4, 5, 6];
    expect(ask(rule, differs(-30_000, ...days))).toMatchObject({ value: yuan(30_000), threshold: yuan(6_500) });
    expect(ask(rule, differs(100_000, ...days))).toMatchObject({ level: 'red', threshold: yuan(5_000) });
  });

  it('tells the oldest of the breaks of several accounts', () => {
    const two = differs(500, 1, 2).account({ accountId: 'A2' }).account({ accountId: 'A3' });
    for (const ago of [1, 2, 3, 4, 5, 6]) two.statement(TODAY - ago, yuan(300), 'A2');
    two.statement(TODAY - 1, yuan(900), 'A3');
    expect(ask(rule, two)).toMatchObject({ level: 'red', value: yuan(300) });
  });
});
