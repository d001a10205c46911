import { describe, expect, it } from 'vitest';
import { rule } from '../../../src/risk/rules/a09-account-state.js';
import { ask, depositSchool, nobody, school, steps } from '../builders.js';

type Change = readonly ['active' | 'frozen' | 'closed', boolean];
const changed = ([state, filed]: Change) =>
  school().register('account.state_changed', { accountId: 'A1', state, filed });

describe('A09 account state', () => {
  steps<Change>(rule, 'state and whether it was filed', changed, [
    [['active', true], 'none'],
    [['closed', true], 'none'],
    [['closed', false], 'orange'],
    [['active', false], 'orange'],
    [['frozen', true], 'red'],
    [['frozen', false], 'red'],
  ]);

  it('speaks of one account as of one', () => {
    expect(ask(rule, changed(['frozen', true])).reason().en).toMatch(/^1 supervised account frozen, 0 changed/);
    expect(ask(rule, changed(['closed', false])).reason().en).toMatch(/^0 supervised accounts frozen, 1 changed/);
  });

  it('looks at supervised accounts only, and names the event', () => {
    const settlement = nobody()
      .account({ accountId: 'S1', purpose: 'settlement' })
      .register('account.state_changed', { accountId: 'S1', state: 'frozen', filed: true });
    expect(ask(rule, settlement).level).toBe('none');
    const deposit = depositSchool(0).register('account.state_changed', {
      accountId: 'D1',
      state: 'frozen',
      filed: true,
    });
    expect(ask(rule, deposit).level).toBe('red');
    expect(ask(rule, deposit).evidence()).toHaveLength(2);
  });

  it('names what changed of frozen accounts, then of those whose change was not filed', () => {
    const two = school()
      .account({ accountId: 'A2' })
      .register('account.state_changed', { accountId: 'A1', state: 'closed', filed: false })
      .register('account.state_changed', { accountId: 'A2', state: 'frozen', filed: false });
    expect(ask(rule, two)).toMatchObject({ level: 'red', value: 2 });
    const [closed, frozen] = two.rows().registers['account.state_changed'] ?? [];
    const ids = ask(rule, two)
      .evidence()
      .map(({ id }) => id);
    expect(ids.indexOf(frozen!.id)).toBe(0);
    expect(ids.indexOf(closed!.id)).toBe(1);
    expect(ask(rule, school())).toMatchObject({ level: 'none', value: 0 });
  });
});
