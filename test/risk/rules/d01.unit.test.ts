import { describe, expect, it } from 'vitest';
import { formatDay, startOfDay } from '../../../src/core/time.js';
import { rule } from '../../../src/risk/rules/d01-lessons-stopped.js';
import { ask, on, school, steps, TODAY } from '../builders.js';
import { timetabled } from '../timetable.js';

/** Lessons every second day until `ago` days ago. */
const stopped = (ago: number) => school().tallies('lessons_delivered', TODAY - ago - 60, TODAY - ago, 2, 2);
const warned = {
  context: {
    hadFinding: (groups: readonly string[], floor: string) =>
      groups.includes('C') && groups.includes('F') && floor === 'yellow',
    levelOf: (rule: string) => (rule === 'C01' ? ('yellow' as const) : ('none' as const)),
  },
};
/** A finding of C or F of which no family complains: a new owner. */
const mild = { context: { hadFinding: warned.context.hadFinding } };
/** Lessons every `every` days until `ago` days ago, eight weeks back. */
const rhythmic = (every: number, ago: number) => {
  const one = school();
  for (let day = ago; day <= ago + 56; day += every) one.tally('lessons_delivered', TODAY - day);
  return one;
};

describe('D01 lessons stopped', () => {
  // The last lesson eight days ago leaves seven whole days without one.
  steps(rule, 'last lesson days ago', stopped, [
    [1, 'none'],
    [7, 'none'],
    [8, 'orange'],
    [14, 'orange'],
    [15, 'red'],
  ]);
  steps(
    rule,
    'with another warning, last lesson days ago',
    stopped,
    [
      [3, 'none'],
      [4, 'orange'],
    ],
    warned,
  );

  it('does not call a school that teaches at weekends stopped on a Wednesday, whatever else is wrong', () => {
    const weekends = school();
    for (let week = 1; week <= 8; week += 1)
      weekends
        .tally('lessons_delivered', TODAY - 3 - 7 * (week - 1))
        .tally('lessons_delivered', TODAY - 4 - 7 * (week - 1));
    expect(ask(rule, weekends, warned).level).toBe('none');
    expect(ask(rule, weekends, { ...warned, now: startOfDay(TODAY + 4) }).level).toBe('none');
    expect(ask(rule, weekends, { ...warned, now: startOfDay(TODAY + 5) }).level).toBe('orange');
  });

  it('takes the short step only beyond the longest usual gap and one day: a single lesson may fall out', () => {
    // Lessons every `every` days until that many days ago.
    const rhythm = (every: number, daysAgo: number) => {
      const one = school();
      for (let day = daysAgo + 1; day < daysAgo + 50; day += every) one.tally('lessons_delivered', TODAY - day);
      return ask(rule, one, warned).level;
    };
    expect(rhythm(2, 2)).toBe('none');
    expect(rhythm(2, 3)).toBe('orange');
    expect(rhythm(3, 3)).toBe('none');
    expect(rhythm(3, 4)).toBe('orange');
  });

  it('asks for two lessons in a row that fell out when no finding says that families wait or complain', () => {
    const level = (ago: number, options = mild) => ask(rule, rhythmic(3, ago), options).level;
    // Two days between lessons: beyond five, where one that is waited for needs four.
    expect([level(5), level(6)]).toEqual(['none', 'none']);
    expect(level(7)).toBe('orange');
    expect([level(4, warned), level(5, warned)]).toEqual(['none', 'orange']);
  });

  it('counts what lies before a break only if it is more than the school has between its lessons anyway', () => {
    const around = (every: number, breakFrom: number) =>
      rhythmic(every, 15).register('break.declared', {
        from: formatDay(TODAY - breakFrom),
        to: formatDay(TODAY - 6),
      });
    // The last lesson fifteen days ago, five days since the break: four days before it are usual with a lesson every fifth day.
    expect(ask(rule, around(5, 10))).toMatchObject({ level: 'none', value: 5 });
    expect(ask(rule, around(4, 10))).toMatchObject({ level: 'orange', value: 9 });
  });

  it('leaves out a long holiday of which the timetable says nothing, where the rhythm is known', () => {
    // 2026-05-01 to 05-05; the last lesson on 04-29, and now it is the morning of 05-08.
    const may = (lessons: readonly string[] = []) => {
      const one = school();
      for (let day = on('2026-04-29'); day > on('2026-03-10'); day -= 3) one.tally('lessons_delivered', day);
      const rows = lessons.map((day, at) => timetabled(on(day), `l${at}`));
      return ask(rule, one.with({ lessons: rows }), { now: startOfDay(on('2026-05-08')) });
    };
    expect(may()).toMatchObject({ level: 'none', value: 2 });
    expect(may(['2026-05-03'])).toMatchObject({ level: 'orange', value: 8 });
    // Three rest days in a row are no long holiday: 2026-04-04 to 04-06.
    const one = school();
    for (let day = on('2026-03-31'); day > on('2026-02-25'); day -= 2) one.tally('lessons_delivered', day);
    expect(ask(rule, one, { now: startOfDay(on('2026-04-08')) })).toMatchObject({ level: 'orange', value: 7 });
  });

  it('leaves out the days of declared breaks, and looks again on the right day', () => {
    const onBreak = stopped(8).register('break.declared', { from: formatDay(TODAY - 5), to: formatDay(TODAY - 4) });
    expect(ask(rule, onBreak)).toMatchObject({ level: 'none', value: 5 });
    expect(ask(rule, stopped(1)).lookAgainAt).toBe(startOfDay(TODAY + 3));
    const ahead = stopped(1).register('break.declared', { from: formatDay(TODAY + 1), to: formatDay(TODAY + 10) });
    expect(ask(rule, ahead).lookAgainAt).toBe(startOfDay(TODAY + 13));
  });

  it('asks only while fees are unearned', () => {
    expect(ask(rule, stopped(30).unearned(0)).level).toBe('none');
    expect(ask(rule, stopped(30).unearned(1)).level).toBe('red');
  });

  it('counts a school that has not begun from its first payment, or from the first lesson its contracts name', () => {
    expect(ask(rule, school().receipt(TODAY - 7, 100)).level).toBe('none');
    expect(ask(rule, school().receipt(TODAY - 8, 100)).level).toBe('orange');
    const begins = (inDays: number) =>
      school()
        .receipt(TODAY - 30, 100)
        .contract({ signedOn: TODAY - 30, periodFrom: formatDay(TODAY + inDays) });
    expect(ask(rule, begins(5)).level).toBe('none');
    expect(ask(rule, begins(-7)).level).toBe('orange');
  });

  it('does not take for taught what was paid longer ago than anybody looks back', () => {
    const old = (ago: number) => ask(rule, school().receipt(TODAY - ago, 100));
    expect([old(400), old(401), old(800)].map(({ level, value }) => [level, value])).toEqual([
      ['red', 399],
      ['red', 400],
      ['red', 400],
    ]);
    expect(ask(rule, school().tally('lessons_delivered', TODAY - 2)).level).toBe('none');
    expect(ask(rule, school().unearned(0)).level).toBe('none');
  });

  it('takes parents’ confirmations where no deliveries are reported', () => {
    expect(ask(rule, school().tally('confirmations_parent', TODAY - 7)).level).toBe('none');
    expect(ask(rule, school().tally('confirmations_parent', TODAY - 8)).level).toBe('orange');
    expect(
      ask(
        rule,
        school()
          .tally('lessons_delivered', TODAY - 20)
          .tally('confirmations_parent', TODAY - 2),
      ).level,
    ).toBe('red');
  });

  it.each([
    ...['C01', 'C02', 'C03', 'C05', 'C07', 'C08', 'F04', 'F10', 'F11'].map((found) => [found, 'orange'] as const),
    ['C06', 'none'],
    ['F01', 'none'],
  ] as const)('takes one lesson that fell out for no chance beside %s: %s', (found, level) => {
    const context = {
      hadFinding: warned.context.hadFinding,
      levelOf: (id: string) => (id === found ? ('yellow' as const) : ('none' as const)),
    };
    expect(ask(rule, rhythmic(3, 5), { context }).level).toBe(level);
  });

  it('knows a rhythm from four lesson days on', () => {
    const taught = (count: number) => {
      const one = school();
      for (let at = 0; at < count; at += 1) one.tally('lessons_delivered', TODAY - 4 - at * 2);
      return ask(rule, one, warned).level;
    };
    expect([taught(3), taught(4)]).toEqual(['none', 'orange']);
  });

  it('expects a school that only has old stock from the day it was declared, and the first of several contracts', () => {
    expect(ask(rule, school().entry('stock', '', TODAY - 7, 100, 0)).level).toBe('none');
    expect(ask(rule, school().entry('stock', '', TODAY - 8, 100, 0)).level).toBe('orange');
    const begins = (...inDays: number[]) => {
      const one = school().receipt(TODAY - 30, 100);
      for (const days of inDays) one.contract({ signedOn: TODAY - 30, periodFrom: formatDay(TODAY + days) });
      return ask(rule, one);
    };
    expect(begins(-6).level).toBe('none');
    expect(begins(-7).level).toBe('orange');
    expect(begins(5, -7).level).toBe('orange');
    expect(begins(-7, 5).level).toBe('orange');
    // Paid for later than the first lesson that is named: nobody could come before.
    const late = school()
      .receipt(TODAY - 5, 100)
      .contract({ signedOn: TODAY - 30, periodFrom: formatDay(TODAY - 20) });
    expect(ask(rule, late).level).toBe('none');
    // The contract is read for sixty days; the first lesson that it names is forgotten with it.
    expect(begins(60).lookAgainAt).toBe(startOfDay(TODAY - 30 + 61));
    expect(ask(rule, school().receipt(TODAY - 1, 100)).lookAgainAt).toBe(startOfDay(TODAY + 3));
    expect(ask(rule, stopped(30).contract({ signedOn: TODAY - 59 })).lookAgainAt).toBe(startOfDay(TODAY + 1));
    expect(ask(rule, stopped(1).contract({ signedOn: TODAY - 59 })).lookAgainAt).toBe(startOfDay(TODAY + 3));
  });

  it('names the lessons that were to be given, then contracts, then payments, the newest of each first', () => {
    const lessons = [
      timetabled(TODAY - 12, 'a'),
      timetabled(TODAY - 11, 'off', { cancelled: true }),
      timetabled(TODAY - 10, 'b'),
      timetabled(TODAY + 1, 'coming'),
    ].map((one, at) => ({ ...one, at: one.at + at }));
    const one = stopped(8)
      .with({ lessons })
      .contract({ signedOn: TODAY - 9 })
      .contract({ signedOn: TODAY - 8 })
      .payment({ paidOn: TODAY - 9 })
      .payment({ paidOn: TODAY - 8 });
    const { contracts, payments } = one.rows();
    expect(
      ask(rule, one)
        .evidence()
        .map(({ id }) => id),
    ).toEqual(['b', 'a', contracts[1]!.id, contracts[0]!.id, payments[1]!.told!.id, payments[0]!.told!.id]);
    expect(ask(rule, school().unearned(0)).value).toBe(0);
  });
});
