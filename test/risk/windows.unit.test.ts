import { describe, expect, it } from 'vitest';
import { formatDay, startOfDay } from '../../src/core/time.js';
import { earliest, ifLater } from '../../src/risk/facts/moments.js';
import { Pauses } from '../../src/risk/facts/pauses.js';
import { newestFirst, transitEndsAt } from '../../src/risk/facts/payments.js';
import { leavesAt, medianHundredths, weeklyMean, within } from '../../src/risk/facts/windows.js';
import { NOW, nobody, noon, on, school, sheetOf, TODAY, yuan } from './builders.js';
import { timetabled } from './timetable.js';

/** A school with declared breaks, by days from today. */
const withBreaks = (...breaks: (readonly [from: number, to: number])[]) => {
  const one = school();
  for (const [from, to] of breaks)
    one.register('break.declared', { from: formatDay(TODAY + from), to: formatDay(TODAY + to) });
  return one;
};

describe('declared breaks', () => {
  const breaksOf = (...breaks: (readonly [number, number])[]) => sheetOf(withBreaks(...breaks)).breaks;
  const told = (...breaks: (readonly [number, number])[]) =>
    breaksOf(...breaks).intervals.map(({ from, to }) => [from - TODAY, to - TODAY]);

  it('that overlap or touch are one, and one day between them keeps them apart', () => {
    expect(told([5, 9], [1, 3])).toEqual([
      [1, 3],
      [5, 9],
    ]);
    expect(told([1, 3], [4, 9])).toEqual([[1, 9]]);
    expect(told([1, 8], [2, 4])).toEqual([[1, 8]]);
    expect(told([1, 4], [1, 8], [3, 9])).toEqual([[1, 9]]);
  });

  it('are counted by the days of a window that lie in them', () => {
    const breaks = breaksOf([1, 3], [7, 8]);
    const days = (from: number, to: number) => [
      breaks.daysIn(TODAY + from, TODAY + to),
      breaks.openDaysIn(TODAY + from, TODAY + to),
    ];
    expect(days(0, 9)).toEqual([5, 5]);
    expect(days(3, 7)).toEqual([2, 3]);
    expect(days(2, 2)).toEqual([1, 0]);
    expect(days(4, 6)).toEqual([0, 3]);
    expect(days(4, 3)).toEqual([0, 0]);
    expect(days(4, 2)).toEqual([0, 0]);
    expect([0, 1, 3, 4].map((day) => breaks.covers(TODAY + day))).toEqual([false, true, true, false]);
  });

  it('put off the day on which so many open days are over', () => {
    const over = (day: number, n: number) => breaksOf([1, 3], [7, 8]).dayAfterOpenDays(TODAY + day, n) - TODAY;
    expect(over(-5, 3)).toBe(-2);
    expect(over(-5, 5)).toBe(0);
    expect(over(-5, 6)).toBe(4);
    expect(over(-5, 8)).toBe(6);
    expect(over(-5, 9)).toBe(9);
    // From within a break, and from its last day.
    expect([over(2, 1), over(3, 1), over(3, 3), over(3, 4)]).toEqual([4, 4, 6, 9]);
    expect(over(9, 2)).toBe(11);
  });

  it('of enough days begin a term with the day after them', () => {
    const term = (day: number, minDays: number) => {
      const at = breaksOf([1, 3], [7, 11]).nextTermStart(TODAY + day, minDays);
      return at === null ? null : at - TODAY;
    };
    expect([term(0, 3), term(3, 3), term(4, 3)]).toEqual([4, 4, 12]);
    expect([term(0, 4), term(0, 5), term(0, 6), term(12, 1)]).toEqual([12, 12, null, null]);
  });

  it('are remembered by the last day of the newest that is over', () => {
    const last = (day: number) => {
      const at = breaksOf([-9, -7], [-3, 2]).lastEndBefore(TODAY + day);
      return at === null ? null : at - TODAY;
    };
    expect([last(-7), last(-6), last(2), last(3)]).toEqual([null, -7, -7, 2]);
  });
});

describe('pauses', () => {
  it('leave runs of days between them, the last of none where the end lies in one', () => {
    const runs = (from: number, to: number, ...breaks: (readonly [number, number])[]) =>
      new Pauses(sheetOf(withBreaks(...breaks)), TODAY + from, TODAY + to).runs(TODAY + from, TODAY + to);
    expect(runs(-10, -1)).toEqual([10]);
    expect(runs(-10, -1, [-8, -5])).toEqual([2, 4]);
    expect(runs(-10, -1, [-12, -9], [-3, 4])).toEqual([0, 5, 0]);
    expect(runs(-10, -1, [-20, -11], [0, 5])).toEqual([10]);
    expect(runs(-10, -1, [-8, -7], [-6, -5])).toEqual([2, 4]);
    expect(runs(-10, -1, [-8, -7], [-5, -4])).toEqual([2, 1, 3]);
    expect(runs(-10, -1, [-30, 30])).toEqual([0, 0]);
    expect(runs(5, 4)).toEqual([0]);
  });

  it('are long holidays of which no lesson stands in the timetable, and touch a window that shares a day', () => {
    // 1 to 5 May 2026; 4 to 6 April are three days only.
    const may = (...lessons: Parameters<typeof timetabled>[]) => {
      const sheet = sheetOf(school().with({ lessons: lessons.map((one) => timetabled(...one)) }), {
        now: noon(on('2026-05-20')),
      });
      const pauses = new Pauses(sheet, on('2026-04-01'), on('2026-05-10'));
      return (from: string, to: string) => pauses.touch(on(from), on(to));
    };
    const off = may();
    expect(off('2026-04-20', '2026-04-30')).toBe(false);
    expect(off('2026-04-20', '2026-05-01')).toBe(true);
    expect(off('2026-05-05', '2026-05-09')).toBe(true);
    expect(off('2026-05-06', '2026-05-09')).toBe(false);
    expect(off('2026-04-04', '2026-04-06')).toBe(false);
    expect(may([on('2026-05-01'), 'a'])('2026-05-03', '2026-05-03')).toBe(false);
    expect(may([on('2026-05-05'), 'a'])('2026-05-03', '2026-05-03')).toBe(false);
    expect(may([on('2026-04-30'), 'a'], [on('2026-05-06'), 'b'])('2026-05-03', '2026-05-03')).toBe(true);
    expect(may([on('2026-05-03'), 'a', { cancelled: true }])('2026-05-03', '2026-05-03')).toBe(true);
  });

  it('are holidays of four days and more, among declared breaks in the order of their days', () => {
    const pausesOf = (from: string, to: string, ...breaks: (readonly [string, string])[]) => {
      const one = school();
      for (const [first, last] of breaks) one.register('break.declared', { from: first, to: last });
      return new Pauses(sheetOf(one, { now: noon(on(to)) }), on(from), on(to));
    };
    // 1 to 4 May 2019 were four days, 5 to 7 April three.
    const year2019 = pausesOf('2019-04-01', '2019-05-20');
    expect(year2019.touch(on('2019-05-02'), on('2019-05-02'))).toBe(true);
    expect(year2019.touch(on('2019-04-06'), on('2019-04-06'))).toBe(false);
    const breaks = [
      ['2026-04-11', '2026-04-12'],
      ['2026-05-08', '2026-05-09'],
    ] as const;
    for (const told of [breaks, breaks.toReversed()])
      expect(pausesOf('2026-04-10', '2026-05-10', ...told).runs(on('2026-04-10'), on('2026-05-10'))).toEqual([
        1, 18, 2, 1,
      ]);
  });
});

describe('sums over days', () => {
  const money = () =>
    sheetOf(
      school()
        .receipt(TODAY - 9, 1, 'A1')
        .receipt(TODAY - 5, 20, 'A1')
        .receipt(TODAY - 5, 300)
        .receipt(TODAY - 1, 4_000)
        .entry('receipts', 'A9', TODAY - 20, 0, 7),
    ).money;

  it('take both ends of the window, and the parts that are asked for', () => {
    const of = (from: number, to: number, subs: readonly string[] | null = null) =>
      Number(money().moved('receipts', 'debitFen', subs && new Set(subs), TODAY - from, TODAY - to));
    expect([of(9, 1), of(8, 2), of(5, 5), of(4, 2), of(1, 9)]).toEqual([4_321, 320, 320, 0, 0]);
    expect([of(9, 1, ['A1']), of(9, 1, ['']), of(9, 1, [])]).toEqual([21, 4_300, 0]);
    expect(money().receipts(TODAY - 5, TODAY)).toBe(4_320n);
    expect(money().balance('receipts', null)).toEqual({ debitFen: 4_321n, creditFen: 7n });
    expect(money().balance('receipts', 'A1')).toEqual({ debitFen: 21n, creditFen: 0n });
  });

  it('tell the first and the last day on which a side moved, and every such day once', () => {
    const day = (at: number | null) => (at === null ? null : at - TODAY);
    expect(day(money().firstDay('receipts', 'debitFen'))).toBe(-9);
    expect(day(money().firstDay('receipts', 'debitFen', new Set([''])))).toBe(-5);
    expect(day(money().firstDay('receipts', 'creditFen'))).toBe(-20);
    expect(money().firstDay('stock', 'debitFen')).toBeNull();
    expect([-1, -2, -5, -6, -10].map((to) => day(money().lastDay('receipts', 'debitFen', TODAY + to)))).toEqual([
      -1,
      -5,
      -5,
      -9,
      null,
    ]);
    expect(money().daysOf('receipts', 'debitFen', null, TODAY - 9, TODAY - 1)).toEqual([
      { day: TODAY - 9, fen: 1n },
      { day: TODAY - 5, fen: 320n },
      { day: TODAY - 1, fen: 4_000n },
    ]);
    expect(money().daysOf('receipts', 'debitFen', new Set(['A1']), TODAY - 8, TODAY - 2)).toEqual([
      { day: TODAY - 5, fen: 20n },
    ]);
    expect([...money().subsOf('receipts')].sort()).toEqual(['', 'A1', 'A9']);
  });

  it('count as net of a bank account what came in less releases, refunds and other debits', () => {
    const { money: bank } = sheetOf(
      school()
        .credit(TODAY - 3, 1_000)
        .release(TODAY - 3, 200)
        .refundDebit(TODAY - 2, 30)
        .otherDebit(TODAY - 1, 4)
        .credit(TODAY - 2, 7_000, 'A2'),
    );
    expect([3, 2, 1].map((from) => bank.bankNet('A1', TODAY - from, TODAY))).toEqual([766n, -34n, -4n]);
    expect(bank.bankNet('A1', TODAY - 3, TODAY - 3)).toBe(800n);
    expect(bank.bankNet('A1', TODAY, TODAY - 1)).toBe(0n);
  });

  it('count tallies, and tell their days', () => {
    const { tallies } = sheetOf(
      school()
        .tally('disputes', TODAY - 9, 2)
        .tally('disputes', TODAY - 4, 0)
        .tally('disputes', TODAY - 3, 5)
        .tally('lessons_delivered', TODAY - 1, 9),
    );
    const count = (from: number, to: number) => tallies.count('disputes', TODAY - from, TODAY - to);
    expect([count(9, 3), count(8, 3), count(9, 4), count(8, 4)]).toEqual([7, 5, 2, 0]);
    expect(tallies.count('confirmations_silent', 0, TODAY)).toBe(0);
    const last = (to: number) => tallies.lastDay('disputes', TODAY - to);
    expect([last(0), last(3), last(4), last(9), last(10)]).toEqual([TODAY - 3, TODAY - 3, TODAY - 9, TODAY - 9, null]);
    expect(tallies.daysWith('disputes', TODAY - 9, TODAY - 3)).toEqual([TODAY - 9, TODAY - 3]);
    expect(tallies.daysWith('disputes', TODAY - 8, TODAY - 4)).toEqual([]);
  });
});

describe('windows', () => {
  it('have a mean week of the days before the last seven, as many as the history has', () => {
    const mean = (weeks: number, history: number) =>
      weeklyMean(sheetOf(school().history(history)), weeks, (from, to) => (to - from + 1) * 1_000 + TODAY - to);
    expect(mean(8, 200)).toEqual({ sum: 56_007, days: 56, perWeekHundredths: 700_088 });
    const { days } = mean(8, 20);
    expect(mean(8, 20).sum).toBe(days * 1_000 + 7);
    expect([mean(8, 62).days, mean(8, 61).days, mean(8, 6).days, mean(8, 0).days]).toEqual([56, 55, 1, 1]);
  });

  it('have a middle value: of two the mean', () => {
    expect(medianHundredths([])).toBeNull();
    expect([[7], [9, 1, 5], [10, 9, 1, 2], [2, 1]].map(medianHundredths)).toEqual([700, 500, 550, 150]);
  });

  it('hold rows from their first moment to their last', () => {
    const rows = [1, 2, 3, 4, 5];
    const of = (from: number, to: number) => within(rows, (row) => row, from, to);
    expect([of(2, 4), of(0, 2), of(5, 9), of(6, 9), of(3, 2)]).toEqual([[2, 3, 4], [1, 2], [5], [], []]);
    expect(of(1, 5)).toBe(rows);
  });

  it('are left by what happened on a day at the midnight after so many days', () => {
    expect(leavesAt(noon(TODAY), 7)).toBe(startOfDay(TODAY + 7));
    expect(leavesAt(startOfDay(TODAY), 1)).toBe(startOfDay(TODAY + 1));
  });

  it('end at the earliest moment that is told and still to come', () => {
    expect([earliest(), earliest(null), earliest(5, null, 3, 9)]).toEqual([null, null, 3]);
    expect([ifLater(5, 4), ifLater(5, 5), ifLater(5, 6)]).toEqual([5, null, null]);
  });

  it('are told from the newest, of one moment by who told it', () => {
    const rows = [
      { at: 1, source: 'c', id: '1' },
      { at: 2, source: 'a', id: '2' },
      { at: 2, source: 'b', id: '1' },
    ];
    expect(newestFirst(rows)).toEqual([rows[2], rows[1], rows[0]]);
    expect(newestFirst(rows.toReversed())).toEqual([rows[2], rows[1], rows[0]]);
    expect(rows[0]!.at).toBe(1);
  });
});

describe('money in transit', () => {
  it('is on its way until the working days are over, and says when the next of it no longer is', () => {
    const one = school();
    for (const ago of [9, 7, 2]) one.payment({ paidOn: TODAY - ago, amountFen: yuan(ago), settled: false });
    const sheet = sheetOf(one, { now: NOW });
    expect(sheet.uncredited.map(({ ageWorkingDays }) => ageWorkingDays)).toEqual([7, 5, 2]);
    expect(sheet.inTransitFen(5)).toBe(BigInt(yuan(9)));
    expect(sheet.inTransitFen(7)).toBe(BigInt(yuan(18)));
    expect(transitEndsAt(sheet, 5)).toBe(startOfDay(TODAY + 1));
    expect(transitEndsAt(sheet, 1)).toBeNull();
    expect(transitEndsAt(sheet, 7)).toBe(startOfDay(TODAY + 1));
  });

  it('is what was paid since the day on which the first custody account became valid', () => {
    const paid = (ago: number) =>
      sheetOf(
        nobody()
          .account({ accountId: 'A1', validFrom: formatDay(TODAY - 9) })
          .account({ accountId: 'A2', validFrom: formatDay(TODAY - 3) })
          .payment({ paidOn: TODAY - ago, settled: false }),
      ).uncredited.length;
    expect([paid(10), paid(9), paid(3), paid(0), paid(-1)]).toEqual([0, 1, 1, 1, 0]);
  });
});
