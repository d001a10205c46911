import { describe, expect, it } from 'vitest';
import { rule } from '../../../src/risk/rules/e03-unearned-against-revenue.js';
import { ask, school, steps, yuan } from '../builders.js';

const filed = (period: string, revenue: number) =>
  school().register('statement.filed', { period, revenueFen: yuan(revenue) });

describe('E03 unearned against revenue', () => {
  steps(rule, '¥100,000 unearned, revenue of last year ¥', (revenue: number) => filed('2025', revenue), [
    [500_000, 'none'],
    [499_999, 'yellow'],
    [250_000, 'yellow'],
    [249_999, 'orange'],
  ]);

  it('takes the newest statement of an ended year, else the registration', () => {
    expect(
      ask(rule, filed('2025', 200_000).register('statement.filed', { period: '2024', revenueFen: yuan(900_000) }))
        .level,
    ).toBe('orange');
    expect(ask(rule, filed('2026', 200_000)).state).toBe('not_applicable');
    expect(ask(rule, filed('2023', 200_000)).state).toBe('not_applicable');
    expect(ask(rule, school().profile({ lastYearRevenueFen: yuan(240_000) })).level).toBe('orange');
    expect(ask(rule, filed('2025', 200_000).learners(19)).state).toBe('not_applicable');
  });
});
