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
});
