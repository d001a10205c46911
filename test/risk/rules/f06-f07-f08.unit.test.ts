import { describe, expect, it } from 'vitest';
import { formatDay, startOfDay } from '../../../src/core/time.js';
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

  it('begins anew after an answer', () => {
    expect(
      ask(f08, tried(['2026-04-16', false], ['2026-04-17', false], ['2026-04-20', true], ['2026-04-21', false])).level,
    ).toBe('none');
  });
});
