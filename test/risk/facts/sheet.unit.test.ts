import { describe, expect, it } from 'vitest';
import { CHINA_CALENDAR } from '../../../src/core/calendar.js';
import { formatDay, startOfDay } from '../../../src/core/time.js';
import { isStaged } from '../../../src/risk/facts/accounts.js';
import { CalendarWatch } from '../../../src/risk/facts/calendar-watch.js';
import { compareLinks, LINK_KINDS, linkKeysOf, linkKindOf, linkName } from '../../../src/risk/facts/links.js';
import { nextOverdueAt } from '../../../src/risk/facts/refunds.js';
import { tooFewForRatio } from '../../../src/risk/facts/sample.js';
import { openSignals } from '../../../src/risk/facts/signals.js';
import { owedSinceBefore } from '../../../src/risk/facts/teaching.js';
import { NOW, nobody, noon, on, PROFILE, type School, school, sheetOf, TODAY, yuan } from '../builders.js';
import { timetabled } from '../timetable.js';

describe('the minimum sample of ratios', () => {
  const sheet = (learners: number, days: number) => sheetOf(school().learners(learners).history(days));

  it('is twenty learners and twenty-eight days', () => {
    for (const [learners, days, enough] of [
      [20, 28, true],
      [19, 28, false],
      [20, 27, false],
    ] as const) {
      expect(sheet(learners, days).enoughForRatios).toBe(enough);
      expect(tooFewForRatio(sheet(learners, days)) === null).toBe(enough);
    }
    expect(tooFewForRatio(sheet(20, 59), 60)).not.toBeNull();
    expect(tooFewForRatio(sheet(20, 60), 60)).toBeNull();
  });

  it('comes by time alone where learners are enough, and says when', () => {
    expect(sheet(20, 27).ratiosFrom).toBe(startOfDay(TODAY + 1));
    expect(sheet(20, 28).ratiosFrom).toBeNull();
    expect(sheet(19, 27).ratiosFrom).toBeNull();
    expect(tooFewForRatio(sheet(20, 50), 60)!.lookAgainAt).toBe(startOfDay(TODAY + 10));
    expect(tooFewForRatio(sheet(19, 50), 60)!.lookAgainAt).toBeNull();
    expect(sheetOf(nobody().with({ firstAt: null })).ratiosFrom).toBeNull();
  });
});

describe('years without known holidays', () => {
  const last = CHINA_CALENDAR.lastDay;
  const guessed = (ask: (calendar: CalendarWatch) => unknown): readonly number[] => {
    const calendar = new CalendarWatch(CHINA_CALENDAR);
    ask(calendar);
    return calendar.guessedYears;
  };
  const next = Number(formatDay(last + 1).slice(0, 4));

  it('are told when an answer rests on one of them, be it what was asked or what came of it', () => {
    expect(guessed((calendar) => calendar.isWorkingDay(last + 1))).toEqual([next]);
    expect(guessed((calendar) => calendar.addWorkingDays(last, 1))).toEqual([next]);
    expect(guessed((calendar) => calendar.addWorkingDays(last + 20, -30))).toEqual([next]);
    expect(guessed((calendar) => calendar.workingDaysBetween(last - 9, last + 1))).toEqual([next]);
    expect(guessed((calendar) => calendar.workingDaysBetween(last + 1, last - 9))).toEqual([next]);
    expect(guessed((calendar) => calendar.nextWorkingDayOnOrAfter(last + 400))).toEqual([next + 1]);
    expect(guessed((calendar) => calendar.restRuns(last + 1, last + 2))).toEqual([next]);
    expect(guessed((calendar) => calendar.restRuns(CHINA_CALENDAR.firstDay - 1, last - 20))).toEqual([
      Number(formatDay(CHINA_CALENDAR.firstDay).slice(0, 4)) - 1,
    ]);
  });

  it('are none where all days asked about are known', () => {
    const asks = (calendar: CalendarWatch) => {
      calendar.isWorkingDay(last);
      calendar.isWorkingDay(CHINA_CALENDAR.firstDay);
      calendar.addWorkingDays(last - 9, 1);
      calendar.restRuns(last - 60, last - 30);
    };
    expect(guessed(asks)).toEqual([]);
  });
});

describe('what an institution may share with others', () => {
  it('is its people, brand, custody accounts and teachers, each once and in order', () => {
    const { profile, registers } = nobody()
      .profile({ ...PROFILE, legalRepHash: 'AB', controllerHashes: ['cd', 'AB', 'ab'], brand: ' 星光 ' })
      .account({ accountId: 'A2' })
      .account({ accountId: 'A1' })
      .account({ accountId: 'D1', purpose: 'deposit' })
      .account({ accountId: 'S1', purpose: 'settlement' })
      .rows();
    const lessons = ['t2', null, 't1', 't2'].map((teacherHash, i) => timetabled(TODAY, `l${i}`, { teacherHash }));
    expect(linkKeysOf({ profile, registers, lessons }).map(({ kind, key }) => `${kind} ${key}`)).toEqual([
      'legal_rep ab',
      'controller ab',
      'controller cd',
      'brand 星光',
      'account A1',
      'account A2',
      'teachers t1',
      'teachers t2',
    ]);
    expect(linkKeysOf({ profile: { ...PROFILE, brand: '  ' }, registers: {}, lessons: [] })).toEqual([]);
    expect(linkKeysOf({ profile: null, registers: {}, lessons: [] })).toEqual([]);
  });

  it('has a name that tells its kind, and an order by institution and kind', () => {
    for (const kind of LINK_KINDS) expect(linkKindOf(linkName({ kind, key: '9/1' }))).toBe(kind);
    const link = (institutionId: string, by: (typeof LINK_KINDS)[number]) =>
      ({ institutionId, by, level: 'red', shared: 1 }) as const;
    const inOrder = [link('a', 'controller'), link('a', 'teachers'), link('b', 'legal_rep')];
    expect(inOrder.toReversed().sort(compareLinks)).toEqual(inOrder);
    expect(inOrder.toSorted(compareLinks)).toEqual(inOrder);
  });
});

describe('time alone', () => {
  const next = (from: School) => nextOverdueAt(sheetOf(from));

  it('makes the next refund overdue after its due day, and agreed by silence after the fifth working day', () => {
    expect(next(school())).toBeNull();
    expect(next(school().refund({ requestedOn: TODAY - 2, approvedOn: TODAY - 1, dueOn: TODAY }))).toBe(
      startOfDay(TODAY + 1),
    );
    expect(next(school().refund({ requestedOn: TODAY - 9, approvedOn: TODAY - 8, dueOn: TODAY - 1 }))).toBeNull();
    // Of Wednesday: the fifth working day is the next Wednesday.
    const silent = { requestedOn: TODAY };
    expect(next(school().refund(silent))).toBe(startOfDay(TODAY + 8));
    expect(next(school().refund({ ...silent, rejectedOn: TODAY }))).toBeNull();
    expect(next(school().refund({ ...silent, withdrawnOn: TODAY }))).toBeNull();
    const approved = { requestedOn: TODAY - 3, approvedOn: TODAY - 2, dueOn: TODAY + 5 };
    expect(next(school().refund(approved).refund(silent))).toBe(startOfDay(TODAY + 6));
    const paid = { ...approved, amountFen: yuan(10), paid: [{ on: TODAY, fen: yuan(10) }] };
    expect(next(school().refund(paid).refund(silent))).toBe(startOfDay(TODAY + 8));
  });

  it('leaves nobody owed by a school that has not a fen unearned', () => {
    const since = (fen: number, from: School = nobody()) => owedSinceBefore(sheetOf(from.unearned(fen)));
    expect(since(1)).toBe(TODAY - 401);
    expect(since(0)).toBeNull();
    expect(since(1, nobody().receipt(TODAY - 400, 1))).toBeNull();
    expect(since(1, nobody().receipt(TODAY - 401, 1))).toBe(TODAY - 401);
    expect(since(1, nobody().entry('stock', '', TODAY, 1, 0))).toBeNull();
  });
});

describe('what is told', () => {
  it('of signals stands until it is cleared, the newest first, and not before it is told', () => {
    const signal = (signalId: string, ago: number, more: object = {}) =>
      [{ signalId, kind: 'defaulter' as const, ...more }, noon(TODAY - ago)] as const;
    const from = school();
    for (const [data, at] of [
      signal('a', 9),
      signal('b', 5, { clearedOn: formatDay(TODAY) }),
      signal('c', 4, { clearedOn: formatDay(TODAY + 1) }),
      signal('d', 3, { since: '2026-01-01' }),
      signal('e', -1),
      [{ signalId: 'f', kind: 'enforcement' }, noon(TODAY - 1)] as const,
    ])
      from.register('external.signal', data, at);
    const open = openSignals(sheetOf(from), ['defaulter']);
    expect(open.map(({ row, days }) => [row.data.signalId, days])).toEqual([
      ['d', TODAY - on('2026-01-01')],
      ['c', 4],
      ['a', 9],
    ]);
  });

  it('of balances stands once their day has come', () => {
    const sheet = sheetOf(
      nobody()
        .statement(TODAY - 1, 5)
        .statement(TODAY, 6)
        .statement(TODAY + 1, 7),
      { now: NOW },
    );
    expect(sheet.statements.newest('A1')).toMatchObject({ asOf: TODAY, bookedFen: 6 });
    expect(sheet.statements.of('A1')).toHaveLength(2);
    expect([sheet.statements.newest('A9'), sheet.statements.of('A9')]).toEqual([undefined, []]);
  });

  it('of an account makes it staged if it ever was, is or will be', () => {
    const [row] = nobody().account({ mode: 'staged' }).rows().registers['account.registered']!;
    const [other] = nobody().account({ mode: 'per_lesson' }).rows().registers['account.registered']!;
    expect([isStaged(row!), isStaged(other!)]).toEqual([true, false]);
    expect([isStaged({ ...other!, before: [row!] }), isStaged({ ...row!, before: [other!] })]).toEqual([true, true]);
    expect(isStaged({ ...other!, before: [other!] })).toBe(false);
  });
});
