import { describe, expect, it } from 'vitest';
import { formatDay, startOfDay, US_PER_HOUR } from '../../../src/core/time.js';
import { rule } from '../../../src/risk/rules/a07-bank-feed-silent.js';
import { ask, depositSchool, nobody, on, steps, TODAY } from '../builders.js';

const newest = (date: string) => nobody().account({}).statement(on(date), 0);
const at = (date: string, hour: number) => startOfDay(on(date)) + hour * US_PER_HOUR;

describe('A07 bank feed silent', () => {
  // 2026-04-22 is a Wednesday, 15:00.
  steps(rule, 'newest statement of', newest, [
    ['2026-04-22', 'none'],
    ['2026-04-21', 'none'],
    ['2026-04-20', 'blue'],
    ['2026-04-17', 'yellow'],
    ['2026-04-15', 'yellow'],
    ['2026-04-14', 'orange'],
  ]);

  it('waits for noon of the next working day', () => {
    const before = ask(rule, newest('2026-04-20'), { now: at('2026-04-22', 12) - 1 });
    expect(before).toMatchObject({ level: 'none', lookAgainAt: at('2026-04-22', 12) });
    expect(ask(rule, newest('2026-04-20'), { now: at('2026-04-22', 12) }).level).toBe('blue');
  });

  it('expects nothing on rest days: a statement of Thursday before the May holidays is missed on the sixth', () => {
    // 1–5 May 2026 are off; Thursday 30 April is the last working day, Wednesday the 6th the next.
    const thursday = newest('2026-04-29');
    expect(ask(rule, thursday, { now: at('2026-05-06', 11) }).level).toBe('none');
    expect(ask(rule, thursday, { now: at('2026-05-06', 12) }).level).toBe('blue');
    expect(ask(rule, newest('2026-04-30'), { now: at('2026-05-06', 23) }).level).toBe('none');
  });

  it('stays yellow at most where no statement ever came, and gives a new account its first day', () => {
    expect(ask(rule, nobody().account({})).level).toBe('yellow');
    const fresh = nobody().register(
      'account.registered',
      { accountId: 'A1', bankCode: 'B', purpose: 'custody', mode: 'per_lesson', validFrom: formatDay(TODAY - 1) },
      startOfDay(TODAY - 1),
    );
    expect(ask(rule, fresh, { now: startOfDay(TODAY) + 11 * US_PER_HOUR }).level).toBe('none');
    expect(ask(rule, fresh).level).toBe('blue');
    expect(ask(rule, fresh, { now: startOfDay(TODAY + 1) + 13 * US_PER_HOUR }).level).toBe('yellow');
  });

  it('does not expect statements of closed accounts, nor of deposit accounts that never had any', () => {
    const closed = newest('2026-03-01').register('account.state_changed', {
      accountId: 'A1',
      state: 'closed',
      filed: true,
    });
    expect(ask(rule, closed).state).toBe('not_applicable');
    expect(ask(rule, depositSchool(0)).state).toBe('not_applicable');
    expect(ask(rule, depositSchool(0).statement(on('2026-04-14'), 0, 'D1')).level).toBe('orange');
  });
});
