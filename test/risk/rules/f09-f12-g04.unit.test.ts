import { describe, expect, it } from 'vitest';
import { formatDay, startOfDay } from '../../../src/core/time.js';
import type { EventData } from '../../../src/events/event.js';
import { rule as f09 } from '../../../src/risk/rules/f09-late-statement.js';
import { rule as f12 } from '../../../src/risk/rules/f12-gone-silent.js';
import { rule as g04 } from '../../../src/risk/rules/g04-financial-score.js';
import { ask, expectWellFormed, noon, on, school, steps, TODAY, yuan } from '../builders.js';
import { timetabled } from '../timetable.js';

describe('F09 late statement', () => {
  const filed = (dueOn?: string) =>
    school().register(
      'statement.filed',
      { period: '2024', revenueFen: 1, ...(dueOn ? { dueOn } : {}) },
      noon(on('2025-04-01')),
    );
  const at = (date: string) => ({ now: noon(on(date)) });
  it('expects none late after one for the last year that a text can name', () => {
    const last = school().register('statement.filed', { period: '9999', revenueFen: 1 }, noon(on('2025-04-01')));
    expect(ask(f09, last, at('2026-06-01')).level).toBe('none');
  });

  // Due on Thursday 30 April 2026; 1–5 May are off, Saturday 9 May is worked.
  it.each([
    ['2026-04-30', 'none'],
    ['2026-05-09', 'none'],
    ['2026-05-11', 'blue'],
    ['2026-05-29', 'blue'],
    ['2026-06-01', 'yellow'],
  ])('the statement for 2025, on %s: %s', (date, level) => {
    expect(ask(f09, filed(), at(date)).level).toBe(level);
  });

  it('takes the day a year after the last one was due, and no duty where none was ever filed', () => {
    expect(ask(f09, filed('2025-03-31'), at('2026-04-10')).level).toBe('blue');
    expect(ask(f09, filed(), at('2026-04-10')).lookAgainAt).toBe(startOfDay(on('2026-05-01')));
    expect(ask(f09, school()).state).toBe('not_applicable');
    expect(
      ask(f09, filed().register('statement.filed', { period: '2025', revenueFen: 1 }), at('2026-06-10')).level,
    ).toBe('none');
  });

  // Friday 15 May 2026 was the last day.
  const late = (filedOn: string) =>
    school().register(
      'statement.filed',
      { period: '2025', revenueFen: 1, dueOn: '2026-05-15' },
      startOfDay(on(filedOn)),
    );
  it.each([
    ['2026-05-15', 'none'],
    ['2026-05-21', 'none'],
    ['2026-05-22', 'blue'],
    ['2026-06-11', 'blue'],
    ['2026-06-12', 'yellow'],
  ])('a statement due on 15 May and filed on %s: %s', (date, level) => {
    const answer = ask(f09, late(date), at(date));
    expect(answer.level).toBe(level);
    expectWellFormed(f09, answer, at(date).now);
  });

  it('holds a late filing against the institution for thirty days, whatever is filed after it', () => {
    const filedOn = on('2026-06-12');
    const then = ask(f09, late('2026-06-12'), { now: noon(filedOn + 29) });
    expect(then).toMatchObject({ level: 'yellow', value: 20, lookAgainAt: startOfDay(filedOn + 30) });
    expect(then.reason().en).toContain('filed on 2026-06-12, 20 working days late');
    expect(ask(f09, late('2026-06-12'), { now: noon(filedOn + 30) }).level).toBe('none');
    const again = late('2026-06-12').register('statement.filed', { period: '2026', revenueFen: 1 }, noon(filedOn + 2));
    expect(ask(f09, again, { now: noon(filedOn + 3) }).level).toBe('yellow');
  });

  it('goes by the newest year that was filed by now, and by a told day only where it is after the year', () => {
    const next = filed().register('statement.filed', { period: '2023', revenueFen: 1 }, noon(on('2025-05-01')));
    expect(ask(f09, next, at('2026-05-11')).level).toBe('blue');
    const coming = filed().register('statement.filed', { period: '2025', revenueFen: 1 }, noon(on('2026-05-11')));
    expect(ask(f09, coming, { now: noon(on('2026-05-11')) - 1 }).level).toBe('blue');
    expect(ask(f09, coming, at('2026-05-11')).level).toBe('none');
    // A day within the year itself can be no due day of its statement: the usual one holds.
    expect(ask(f09, filed('2024-12-31'), at('2026-04-10')).level).toBe('none');
    expect(ask(f09, filed('2025-01-01'), at('2026-01-09')).level).toBe('blue');
    expect(ask(f09, filed(), at('2026-04-30'))).toMatchObject({ value: 0, lookAgainAt: startOfDay(on('2026-05-01')) });
    // Missing since the 30th of April: five working days on the 11th of May, twenty on the 1st of June.
    expect(ask(f09, filed(), at('2026-05-09')).lookAgainAt).toBe(startOfDay(on('2026-05-11')));
    expect(ask(f09, filed(), at('2026-05-11')).lookAgainAt).toBe(startOfDay(on('2026-06-01')));
    expect(ask(f09, filed(), at('2026-06-01')).lookAgainAt).toBeNull();
  });

  it('tells the worst of several late filings', () => {
    const both = (first: string, second: string) =>
      ask(
        f09,
        late(first).register(
          'statement.filed',
          { period: '2024', revenueFen: 1, dueOn: '2026-05-18' },
          startOfDay(on(second)),
        ),
        at('2026-06-15'),
      );
    expect(both('2026-06-12', '2026-06-12')).toMatchObject({ level: 'yellow', value: 20 });
    expect(both('2026-06-12', '2026-06-15')).toMatchObject({ value: 20 });
    expect(both('2026-05-25', '2026-06-15').reason().en).toContain('The statement for 2024 was due by 2026-05-18');
    expect(both('2026-06-12', '2026-05-26').reason().en).toContain('The statement for 2025 was due by 2026-05-15');
    // Four working days late is not held against it.
    expect(ask(f09, late('2026-05-21'), at('2026-05-21'))).toMatchObject({ level: 'none', value: 0 });
  });

  it('does not ask the calendar about a year that is not published yet', () => {
    const ahead = filed().register('statement.filed', { period: '2025', revenueFen: 1 });
    expect(ask(f09, ahead, at('2026-06-10')).lookAgainAt).toBe(startOfDay(on('2027-05-01')));
  });
});

describe('F12 gone silent', () => {
  const silent = (ago: number) =>
    school()
      .receipt(TODAY - ago - 5, 1)
      .tally('lessons_delivered', TODAY - ago);
  steps(f12, 'nothing told since days', silent, [
    [7, 'none'],
    [8, 'blue'],
    [14, 'blue'],
    [15, 'yellow'],
    [30, 'yellow'],
    [31, 'orange'],
  ]);

  it('does not forget who fell silent longer ago than anybody looks back', () => {
    expect(ask(f12, school())).toMatchObject({ state: 'answered', level: 'orange' });
    expect(ask(f12, school().receipt(TODAY - 401, 1)).level).toBe('orange');
    expect(ask(f12, school().unearned(0)).state).toBe('not_applicable');
    const stock = (ago: number) => ask(f12, school().entry('stock', '', TODAY - ago, 100, 0));
    expect(stock(400)).toMatchObject({ state: 'not_applicable', lookAgainAt: startOfDay(TODAY + 1) });
    expect(stock(401).level).toBe('orange');
  });

  it('names the last business, also of one of which no registration came', () => {
    const one = silent(20)
      .contract({ signedOn: TODAY - 30 })
      .contract({ signedOn: TODAY - 26 })
      .payment({ paidOn: TODAY - 25 })
      .payment({ paidOn: TODAY - 24 });
    const { payments, contracts } = one.rows();
    const refs = [payments.at(-1)!.told!, contracts.at(-1)!].map(({ source, id }) => ({ source, id }));
    expect(ask(f12, one).evidence()).toEqual(refs);
    expect(ask(f12, one.profile({})).evidence()).toHaveLength(3);
  });

  it('names no lesson that only stands in the timetable as the last sign of life', () => {
    const lessons = [
      timetabled(TODAY - 21, 'before'),
      timetabled(TODAY - 20, 'given'),
      timetabled(TODAY - 3, 'planned'),
    ];
    const named = ask(f12, silent(20).with({ lessons })).evidence();
    expect(named.map(({ id }) => id)).toEqual(['given']);
    // Told last, but not the last one that was given.
    const late = { ...timetabled(TODAY - 26, 'told late'), at: startOfDay(TODAY - 1) };
    const both = silent(20)
      .tally('lessons_delivered', TODAY - 26)
      .with({ lessons: [late, ...lessons] });
    expect(ask(f12, both).evidence()[0]!.id).toBe('given');
  });

  it('takes any business as a sign of life, leaves breaks out, and asks only while fees are unearned', () => {
    expect(ask(f12, silent(40).receipt(TODAY - 2, 1)).level).toBe('none');
    expect(ask(f12, silent(40).tally('confirmations_silent', TODAY - 2)).level).toBe('none');
    expect(
      ask(f12, silent(10).register('break.declared', { from: formatDay(TODAY - 5), to: formatDay(TODAY + 5) })).level,
    ).toBe('none');
    expect(ask(f12, silent(40).unearned(0)).state).toBe('not_applicable');
    expect(ask(f12, silent(3)).lookAgainAt).toBe(startOfDay(TODAY + 5));
    expect(ask(f12, silent(8)).lookAgainAt).toBe(startOfDay(TODAY + 7));
    expect(ask(f12, silent(15)).lookAgainAt).toBe(startOfDay(TODAY + 16));
    expect(ask(f12, silent(31)).lookAgainAt).toBeNull();
    expect(ask(f12, silent(40).tally('confirmations_parent', TODAY - 2)).level).toBe('none');
    expect(ask(f12, school().receipt(TODAY - 9, 1)).level).toBe('blue');
    expect(ask(f12, school().unearned(0)).state).toBe('not_applicable');
    expect(ask(f12, silent(1)).value).toBe(0);
    expect(ask(f12, silent(0)).value).toBe(0);
  });

  it('expects nothing in a long holiday of which the timetable says nothing', () => {
    // 1–5 May 2026 are off.
    const since = (date: string, lessons: readonly string[] = []) =>
      ask(
        f12,
        school()
          .tally('lessons_delivered', on(date))
          .with({ lessons: lessons.map((day, at) => timetabled(on(day), `l${at}`)) }),
        { now: startOfDay(on('2026-05-08')) },
      );
    expect(since('2026-04-29')).toMatchObject({
      level: 'none',
      value: 2,
      lookAgainAt: startOfDay(on('2026-05-09')),
    });
    expect(since('2026-04-29', ['2026-05-03'])).toMatchObject({ level: 'blue', value: 8 });
    expect(since('2026-04-23')).toMatchObject({ level: 'blue', value: 9 });
  });
});

describe('G04 financial score', () => {
  const full: EventData['statement.filed'] = {
    period: '2025',
    revenueFen: yuan(1_000),
    expensesFen: yuan(1_000),
    pretaxIncomeFen: 0,
    equityFen: yuan(100),
    assetsFen: yuan(1_000),
  };
  const filed = (values: Partial<EventData['statement.filed']>) =>
    school().register('statement.filed', { ...full, ...values });
  // Reserve 2.0 × 30% + equity 0.6 × 40% + income 1.0 × 30% = 1.14.
  it('weighs reserve, equity and income', () => {
    expect(ask(g04, filed({}))).toMatchObject({ value: 114, level: 'yellow' });
  });
  // Reserve is cut at 3 and equity is 0.5: 1.4 and a hundredth per yuan of income.
  steps(
    g04,
    'equity of ¥1,000, pretax income of ¥',
    (income: number) => filed({ equityFen: yuan(1_000), assetsFen: yuan(12_000), pretaxIncomeFen: yuan(income) }),
    [
      [11, 'none'],
      [10, 'yellow'],
      [-40, 'yellow'],
      [-41, 'orange'],
    ],
  );

  it('goes by the newest complete statement: one that leaves figures out changes nothing', () => {
    const bad = filed({ period: '2024', equityFen: yuan(-100) });
    expect(ask(g04, bad.register('statement.filed', { period: '2025', revenueFen: yuan(1_000) }))).toMatchObject({
      level: 'orange',
      value: ask(g04, filed({ equityFen: yuan(-100) })).value,
    });
    expect(ask(g04, filed({ period: '2024', equityFen: yuan(-100) }).register('statement.filed', full)).value).toBe(
      114,
    );
  });

  it('cuts the sum, not each of its parts: 0.0598, 0.01794 and 2.665 come to 0.8246', () => {
    const parts = {
      equityFen: 299,
      expensesFen: 100_000,
      assetsFen: 100_000,
      pretaxIncomeFen: 5_000,
      revenueFen: 100_000,
    };
    expect(ask(g04, filed(parts)).value).toBe(82);
  });

  it('is orange below one, and not asked without all five figures', () => {
    expect(ask(g04, filed({ equityFen: yuan(-100) })).level).toBe('orange');
    expect(ask(g04, school().register('statement.filed', { period: '2025', revenueFen: 1 })).state).toBe(
      'not_applicable',
    );
    expect(ask(g04, school()).state).toBe('not_applicable');
    for (const missing of ['expensesFen', 'assetsFen', 'pretaxIncomeFen', 'equityFen'] as const)
      expect(ask(g04, filed({ [missing]: undefined })).state, missing).toBe('not_applicable');
    for (const none of ['expensesFen', 'assetsFen', 'revenueFen'] as const)
      expect(ask(g04, filed({ [none]: 0 })).state, none).toBe('not_applicable');
    expect(ask(g04, filed({ equityFen: 0 })).state).toBe('answered');
  });

  it('cuts each part at minus one and three', () => {
    const [much, little] = [yuan(1_000_000), yuan(-1_000_000)];
    expect(ask(g04, filed({ equityFen: much, pretaxIncomeFen: much })).value).toBe(300);
    expect(ask(g04, filed({ equityFen: little, pretaxIncomeFen: little })).value).toBe(-100);
    // 0.3 × 2.5 + 0.4 × 0.75 + 0.3 × 1.333.
    expect(ask(g04, filed({ equityFen: yuan(125), pretaxIncomeFen: yuan(10) })).value).toBe(144);
  });

  it('goes by the newest year that was filed by now', () => {
    const two = (first: string, second: string) =>
      ask(
        g04,
        school()
          .register('statement.filed', { ...full, period: first }, noon(TODAY - 9))
          .register('statement.filed', { ...full, period: second, equityFen: yuan(-100) }, noon(TODAY)),
        { now: noon(TODAY) },
      ).level;
    expect([two('2024', '2025'), two('2025', '2024')]).toEqual(['orange', 'yellow']);
    const coming = school().register('statement.filed', full, noon(TODAY));
    expect(ask(g04, coming, { now: noon(TODAY) - 1 }).state).toBe('not_applicable');
  });
});
