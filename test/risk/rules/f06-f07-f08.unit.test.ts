import { describe, expect, it } from 'vitest';
import { formatDay, startOfDay, US_PER_DAY } from '../../../src/core/time.js';
import type { EventData } from '../../../src/events/event.js';
import { rule as f06 } from '../../../src/risk/rules/f06-site-change.js';
import { rule as f07 } from '../../../src/risk/rules/f07-inspection.js';
import { rule as f08 } from '../../../src/risk/rules/f08-unreachable.js';
import { ask, noon, on, type School, school, steps, TODAY } from '../builders.js';

const closing = (closedIn: number, notice: number | null) =>
  school().profile({
    sites: [
      { siteId: 'a' },
      {
        siteId: 'b',
        closedOn: formatDay(TODAY + closedIn),
        ...(notice === null ? {} : { noticeOn: formatDay(TODAY + closedIn - notice) }),
      },
    ],
  });

describe('F06 site change', () => {
  steps<number | null>(f06, 'a site closes, days of notice:', (notice) => closing(5, notice), [
    [30, 'blue'],
    [29, 'orange'],
    [0, 'orange'],
    [null, 'red'],
  ]);
  steps(f06, 'closed without notice, days from now:', (days: number) => closing(days, null), [
    [-59, 'red'],
    [-60, 'none'],
  ]);

  it('counts the sites of the worst kind, of which none is allowed', () => {
    const sites = (...notices: (number | null)[]) =>
      ask(
        f06,
        school().profile(
          {
            sites: notices.map((notice, index) => ({
              siteId: `s${index}`,
              closedOn: formatDay(TODAY),
              ...(notice === null ? {} : { noticeOn: formatDay(TODAY - notice) }),
            })),
          },
          noon(TODAY - 1),
        ),
      );
    expect(sites(40, 40)).toMatchObject({ level: 'blue', value: 2, threshold: 0, unit: 'count' });
    expect(sites(40, 10)).toMatchObject({ level: 'orange', value: 1, threshold: 0, unit: 'count' });
    expect(sites(40, 10, 10, null)).toMatchObject({ level: 'red', value: 1, threshold: 0, unit: 'count' });
  });

  it('takes a site that a newer list no longer names as closed without notice', () => {
    const two = () => school().profile({ sites: [{ siteId: 'a' }, { siteId: 'b' }] }, noon(TODAY - 200));
    expect(ask(f06, two().profile({ sites: [{ siteId: 'a' }] }, noon(TODAY - 5))).level).toBe('red');
    expect(ask(f06, two().profile({ name: '新名' }, noon(TODAY - 5))).level).toBe('none');
    expect(
      ask(
        f06,
        two()
          .profile({ sites: [{ siteId: 'a' }] }, noon(TODAY - 9))
          .profile({ sites: [{ siteId: 'a' }, { siteId: 'b' }] }, noon(TODAY - 5)),
      ).level,
    ).toBe('none');
    expect(ask(f06, closing(-5, null).unearned(0)).level).toBe('none');
    expect(ask(f06, closing(-5, null).unearned(1)).level).toBe('red');
  });

  it('tells closings to come apart from those that have happened', () => {
    const reason = (...days: readonly number[]) =>
      ask(
        f06,
        school().profile(
          { sites: days.map((day, at) => ({ siteId: `s${at}`, closedOn: formatDay(TODAY + day) })) },
          noon(TODAY - 1),
        ),
      ).reason();
    expect(reason(1).en).toMatch(/^1 site about to close, 1 without notice/);
    expect(reason(1).zh).toMatch(/^1 个校区将关闭，其中 1 个未公告/);
    expect(reason(0).en).toMatch(/^1 site closed or moved, 1 without/);
    expect(reason(-3, 9, 10).en).toMatch(/^1 site closed or moved and 2 sites about to close, 3 without/);
    expect(reason(-3, 9).zh).toMatch(/^1 个校区关闭或变动、1 个校区将关闭，/);
    expect(ask(f06, school()).reason().en).toMatch(/^0 sites closed or moved/);
  });

  it('goes through the lists in order, and not beyond now', () => {
    const sites = (...ids: string[]) => ({ sites: ids.map((siteId) => ({ siteId })) });
    const lists = school().profile(sites('a', 'b', 'c'), noon(TODAY - 200));
    // Left out long ago, and not once more by every later list.
    const once = lists.profile(sites('a', 'b'), noon(TODAY - 100)).profile(sites('a', 'b'), noon(TODAY - 5));
    expect(ask(f06, once)).toMatchObject({ level: 'none', value: 0 });
    const two = once.profile(sites('a'), noon(TODAY));
    expect(ask(f06, two, { now: noon(TODAY) })).toMatchObject({ level: 'red', value: 1, threshold: 0 });
    expect(ask(f06, two, { now: noon(TODAY) - 1 }).level).toBe('none');
    // One without notice beside one with thirty days of it.
    const both = school().profile({
      sites: [
        { siteId: 'a', closedOn: formatDay(TODAY), noticeOn: formatDay(TODAY - 30) },
        { siteId: 'b', closedOn: formatDay(TODAY), noticeOn: formatDay(TODAY - 29) },
      ],
    });
    expect(ask(f06, both)).toMatchObject({ level: 'orange', value: 1, threshold: 0 });
    expect(ask(f06, closing(5, null)).value).toBe(1);
  });
});

describe('F07 inspection', () => {
  type Finding = EventData['inspection.recorded']['findings'][number];
  const inspected = (findings: readonly Finding[], ago = 3, one: School = school()) =>
    one.register('inspection.recorded', { inspectionId: `i${ago}`, role: 'grid', findings }, noon(TODAY - ago));
  steps<Finding>(f07, 'found', (finding) => inspected([finding]), [
    ['ok', 'none'],
    ['safety', 'none'],
    ['shut', 'red'],
    ['emptied', 'red'],
    ['unreachable', 'red'],
  ]);

  it('goes by the newest inspection of half a year', () => {
    expect(ask(f07, inspected(['ok'], 1, inspected(['shut'], 3))).level).toBe('none');
    expect(ask(f07, inspected(['shut'], 1, inspected(['ok'], 3))).level).toBe('red');
    expect(ask(f07, inspected(['shut'], 179)).level).toBe('red');
    expect(ask(f07, inspected(['shut'], 180)).level).toBe('none');
    expect(ask(f07, school())).toMatchObject({ level: 'none', value: 0 });
    expect(ask(f07, inspected(['shut', 'emptied', 'safety'])).value).toBe(2);
    const today = inspected(['shut'], 0);
    expect(ask(f07, today, { now: noon(TODAY) })).toMatchObject({ level: 'red', threshold: 0 });
    expect(ask(f07, today, { now: noon(TODAY) - 1 }).level).toBe('none');
  });
});

describe('F08 unreachable', () => {
  const tried = (...attempts: (readonly [string, boolean])[]) =>
    attempts.reduce(
      (one, [date, answered], index) =>
        one.register('contact.attempted', { contactId: `y${index}`, answered }, noon(on(date)) + index),
      school(),
    );
  steps<readonly string[]>(f08, 'failed on', (dates) => tried(...dates.map((date) => [date, false] as const)), [
    [['2026-04-21'], 'none'],
    [['2026-04-21', '2026-04-21'], 'none'],
    [['2026-04-20', '2026-04-21'], 'orange'],
    [['2026-04-20', '2026-04-21', '2026-04-22'], 'red'],
    // A Saturday, a Sunday and the Monday after are one working day.
    [['2026-04-18', '2026-04-19', '2026-04-20'], 'none'],
  ]);

  it('counts a try on a rest day for the next working day, once that has come', () => {
    const fridayAndSaturday = tried(['2026-04-17', false], ['2026-04-18', false]);
    expect(ask(f08, fridayAndSaturday, { now: noon(on('2026-04-19')) })).toMatchObject({
      level: 'none',
      value: 1,
      lookAgainAt: startOfDay(on('2026-04-20')),
    });
    expect(ask(f08, fridayAndSaturday, { now: startOfDay(on('2026-04-20')) })).toMatchObject({
      level: 'orange',
      value: 2,
    });
  });

  it('looks at the tries of sixty days up to now', () => {
    // Today is the 22nd of April; the 22nd of February was a rest day, and the 24th the first working day after the Spring Festival.
    const tuesday = noon(on('2026-02-24') + 59);
    const two = tried(['2026-02-24', false], ['2026-04-21', false]);
    expect(ask(f08, two, { now: tuesday })).toMatchObject({ level: 'orange', value: 2 });
    expect(ask(f08, two, { now: tuesday + US_PER_DAY })).toMatchObject({ level: 'none', value: 1 });
    const today = tried(['2026-04-21', false], ['2026-04-22', false]);
    expect(ask(f08, today, { now: noon(TODAY) + 1 }).level).toBe('orange');
    expect(ask(f08, today, { now: noon(TODAY) })).toMatchObject({ level: 'none', value: 1 });
    const answered = tried(['2026-04-20', false], ['2026-04-21', false], ['2026-04-22', true]);
    expect(ask(f08, answered, { now: noon(TODAY) }).level).toBe('orange');
    expect(ask(f08, answered).level).toBe('none');
    expect(ask(f08, school())).toMatchObject({ level: 'none', value: 0, lookAgainAt: null });
  });

  it('begins anew after an answer', () => {
    expect(
      ask(f08, tried(['2026-04-16', false], ['2026-04-17', false], ['2026-04-20', true], ['2026-04-21', false])).level,
    ).toBe('none');
  });
});
