import { describe, expect, it } from 'vitest';
import { formatDay, startOfDay } from '../../../src/core/time.js';
import { rule } from '../../../src/risk/rules/e03-unearned-against-revenue.js';
import { ask, on, school, steps, TODAY, yuan } from '../builders.js';

const filed = (period: string, revenue: number) =>
  school().register('statement.filed', { period, revenueFen: yuan(revenue) });

describe('E03 unearned against revenue', () => {
  steps(rule, '¥100,000 unearned, revenue of last year ¥', (revenue: number) => filed('2025', revenue), [
    [500_000, 'none'],
    [499_999, 'yellow'],
    [250_000, 'yellow'],
    [249_999, 'orange'],
  ]);

  it('is orange only above 40% of what is taught now as well: a school that has grown is large against an old figure', () => {
    // ¥100,000 unearned is 40% of ¥250,000 a year; in the 90 days that is ¥61,644 rounded up.
    const growing = (confirmed: number, daysAgo = 30) =>
      filed('2025', 200_000).confirmed(TODAY - daysAgo, yuan(confirmed));
    expect(ask(rule, growing(61_643)).level).toBe('orange');
    expect(ask(rule, growing(61_644)).level).toBe('yellow');
    expect(ask(rule, growing(61_644, 89)).level).toBe('yellow');
    expect(ask(rule, growing(61_644, 90)).level).toBe('orange');
    // In a declared break nothing can be taught.
    const onBreak = growing(41_096).register('break.declared', {
      from: formatDay(TODAY - 60),
      to: formatDay(TODAY - 31),
    });
    expect(ask(rule, onBreak).level).toBe('yellow');
  });

  it('takes the newest statement of an ended year, else the registration', () => {
    expect(
      ask(rule, filed('2025', 200_000).register('statement.filed', { period: '2024', revenueFen: yuan(900_000) }))
        .level,
    ).toBe('orange');
    expect(ask(rule, filed('2024', 200_000)).reason()).toEqual({
      zh: '未消课预收 100,000.00 元，2024 年主营收入 200,000.00 元，占 50%',
      en: '¥100,000.00 unearned against the 2024 revenue of ¥200,000.00: 50%',
    });
    expect(ask(rule, filed('2026', 200_000)).state).toBe('not_applicable');
    expect(ask(rule, filed('2023', 200_000)).state).toBe('not_applicable');
    expect(ask(rule, school().profile({ lastYearRevenueFen: yuan(240_000) })).level).toBe('orange');
    expect(ask(rule, filed('2025', 200_000).learners(19)).state).toBe('not_applicable');
  });

  it('tells the share, a hundredfold at most, and when the year ends', () => {
    expect(ask(rule, filed('2025', 400_000))).toMatchObject({
      value: 2_500,
      threshold: 2_000,
      lookAgainAt: startOfDay(on('2027-01-01')),
    });
    expect(ask(rule, filed('2025', 1)).value).toBe(1_000_000);
    expect(ask(rule, filed('2025', 0)).state).toBe('not_applicable');
    expect(ask(rule, filed('2024', 200_000)).level).toBe('orange');
    expect(ask(rule, filed('2025', 200_000).unearned(0))).toMatchObject({ level: 'none', value: 0 });
    const later = filed('2024', 900_000).register('statement.filed', { period: '2025', revenueFen: yuan(200_000) });
    expect(ask(rule, later).level).toBe('orange');
    // A statement of three years ago gives way to the registration.
    const old = filed('2023', 900_000).profile({ lastYearRevenueFen: yuan(240_000) });
    expect(ask(rule, old).level).toBe('orange');
  });

  it('takes the pace of the days there are', () => {
    // ¥100,000 unearned is 40% of ¥250,000 a year; in 30 days that is ¥20,548 rounded up.
    const young = (confirmed: number, ago: number) =>
      ask(
        rule,
        filed('2025', 200_000)
          .history(30)
          .confirmed(TODAY - ago, yuan(confirmed)),
      ).level;
    expect([young(20_547, 5), young(20_548, 5)]).toEqual(['orange', 'yellow']);
    expect([young(20_548, 29), young(20_548, 0)]).toEqual(['yellow', 'yellow']);
  });
});
