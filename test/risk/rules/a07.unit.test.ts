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

  it('tells the account that is silent longest, and does not expect one before it is valid', () => {
    const two = newest('2026-04-20').account({ accountId: 'A2' }).statement(on('2026-04-15'), 0, 'A2');
    expect(ask(rule, two)).toMatchObject({ level: 'yellow', value: 4 });
    expect(ask(rule, two).reason().en).toContain('account A2 is of 2026-04-15; 4 working days');
    const other = newest('2026-04-15').account({ accountId: 'A2' }).statement(on('2026-04-20'), 0, 'A2');
    expect(ask(rule, other).value).toBe(4);
    const register = (validFrom: number) =>
      nobody().account({ accountId: 'A2', validFrom: formatDay(TODAY + validFrom) });
    expect(ask(rule, register(1)).state).toBe('not_applicable');
    expect(ask(rule, register(0))).toMatchObject({ state: 'answered', level: 'none', value: 0 });
  });

  it('tells the account that makes the level, and not one that never reported and is silent longer', () => {
    const two = newest('2026-04-14').account({ accountId: 'A2' });
    const answer = ask(rule, two);
    expect(answer).toMatchObject({ level: 'orange', value: 5, threshold: 5 });
    expect(answer.reason().zh).toContain('账户 A1 最近一次日终余额是 2026-04-14');
    expect(answer.evidence()[0]).toMatchObject({ id: two.rows().reported[0]!.id });
  });

  it('expects a deposit account no more once it is closed, and looks again when the next step is reached', () => {
    const closed = depositSchool(0)
      .statement(on('2026-04-14'), 0, 'D1')
      .register('account.state_changed', { accountId: 'D1', state: 'closed', filed: true });
    expect(ask(rule, closed).state).toBe('not_applicable');
    // Of Monday the 20th: Tuesday’s is missing since noon; two are missing on Thursday, five on the Tuesday after.
    expect(ask(rule, newest('2026-04-20')).lookAgainAt).toBe(at('2026-04-23', 12));
    expect(ask(rule, newest('2026-04-17')).lookAgainAt).toBe(at('2026-04-27', 12));
    expect(ask(rule, newest('2026-04-14')).lookAgainAt).toBeNull();
  });

  it('gives no working day for the morning of a day of rest', () => {
    // On Saturday the 25th nothing is due: Thursday’s was due on Friday.
    expect(ask(rule, newest('2026-04-22'), { now: at('2026-04-25', 9) }).level).toBe('blue');
  });

  it('counts an account that is told late from the day on which it is told', () => {
    const told = nobody().register(
      'account.registered',
      { accountId: 'A1', bankCode: 'B', purpose: 'custody', mode: 'per_lesson', validFrom: formatDay(TODAY - 100) },
      startOfDay(TODAY - 1),
    );
    expect(ask(rule, told)).toMatchObject({ level: 'blue', value: 1 });
  });
});
