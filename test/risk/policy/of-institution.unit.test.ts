import { describe, expect, it } from 'vitest';
import { formatDay, startOfDay } from '../../../src/core/time.js';
import { policyFor, regimeEndsAt } from '../../../src/risk/policy/of-institution.js';
import { rule as a02 } from '../../../src/risk/rules/a02-deposit-below-floor.js';
import { rule as a03 } from '../../../src/risk/rules/a03-below-minimum.js';
import { ask, NOW, nobody, type School, TODAY, yuan } from '../builders.js';
import { entry, valid } from './support.js';

/** A threshold per mode, so that its value tells which mode selected it. */
const policy = valid(
  'by-mode',
  entry('A08', '000000', { blueWorkingDays: 1 }, { mode: 'per_lesson' }),
  entry('A08', '000000', { blueWorkingDays: 3 }, { mode: 'deposit' }),
  entry('A08', '000000', { blueWorkingDays: 4 }, { mode: 'ecny' }),
);
const selected = (from: School) => policyFor(from.rows(), NOW, policy).rules.get('A08')!['blueWorkingDays'];
const closed = (from: School, accountId: string) =>
  from.register('account.state_changed', { accountId, state: 'closed', filed: true });
const day = (ago: number) => formatDay(TODAY - ago);

describe('the mode for which a policy has an entry', () => {
  it('is that of the custody account that became valid last, whichever was told last', () => {
    const both = nobody()
      .account({ accountId: 'A2', mode: 'ecny', validFrom: day(30) })
      .account({ accountId: 'A1', mode: 'per_lesson', validFrom: day(300) });
    expect(selected(both)).toBe(4);
    expect(selected(closed(both, 'A2'))).toBe(1);
  });

  it('is that of a custody account before a deposit before any other, whichever became valid last', () => {
    const accounts = [
      { accountId: 'A1', mode: 'per_lesson', validFrom: day(300) },
      { accountId: 'D1', purpose: 'deposit', mode: 'deposit', validFrom: day(200) },
      { accountId: 'S1', purpose: 'settlement', mode: 'ecny', validFrom: day(100) },
    ] as const;
    for (const told of [accounts, accounts.toReversed()]) {
      const all = nobody();
      for (const account of told) all.account(account);
      expect(selected(all)).toBe(1);
      expect(selected(closed(all, 'A1'))).toBe(3);
      expect(selected(closed(all, 'D1'))).toBe(4);
      // Of closed accounts alone the first kind decides again.
      expect(selected(closed(all, 'S1'))).toBe(1);
    }
  });

  it('is that of an account from its first day on', () => {
    const from = (ago: number) =>
      nobody()
        .account({ accountId: 'A1', mode: 'per_lesson', validFrom: day(300) })
        .account({ accountId: 'A2', mode: 'ecny', validFrom: day(ago) });
    expect([selected(from(0)), selected(from(-1))]).toEqual([4, 1]);
  });

  it('is a deposit once the custody account is closed, for the policy and for the rules', () => {
    const changed = () =>
      closed(
        nobody()
          .account({ accountId: 'A1', mode: 'per_lesson', validFrom: day(300) })
          .account({ accountId: 'D1', purpose: 'deposit', mode: 'deposit', validFrom: day(30) })
          .receipt(TODAY - 10, yuan(100_000))
          .unearned(yuan(90_000)),
        'A1',
      );
    expect(selected(changed())).toBe(3);
    expect(ask(a02, changed()).level).toBe('red');
    expect(ask(a03, changed()).state).toBe('not_applicable');
  });

  it('stays custody while that account is the only one', () => {
    expect(selected(closed(nobody().account({ accountId: 'A1', mode: 'per_lesson' }), 'A1'))).toBe(1);
  });
});

describe('the thresholds of an institution hold until', () => {
  const until = (from: School, ...entries: Parameters<typeof entry>[]) => {
    const parsed = valid('until', ...entries.map((one) => entry(...one)));
    return regimeEndsAt(from.rows(), NOW, policyFor(from.rows(), NOW, parsed));
  };
  const from = (days: number) => formatDay(TODAY + days);

  it('the next day on which an entry of the policy begins, or has had its last day', () => {
    expect(until(nobody())).toBeNull();
    expect(until(nobody(), ['A08', '000000', { blueWorkingDays: 1 }])).toBeNull();
    expect(until(nobody(), ['A08', '000000', {}, { validFrom: from(1) }])).toBe(startOfDay(TODAY + 1));
    expect(until(nobody(), ['A08', '000000', {}, { validTo: from(0) }])).toBe(startOfDay(TODAY + 1));
    expect(until(nobody(), ['A08', '000000', {}, { validTo: from(-1) }])).toBeNull();
  });

  it('an account becomes valid that was announced, if that is earlier', () => {
    const announced = nobody()
      .account({ accountId: 'A1', validFrom: from(-10) })
      .account({ accountId: 'A1', validFrom: from(5) })
      .account({ accountId: 'A2', validFrom: from(9) })
      .account({ accountId: 'A3', validFrom: from(0) });
    expect(until(announced)).toBe(startOfDay(TODAY + 5));
    expect(until(announced, ['A08', '000000', {}, { validFrom: from(4) }])).toBe(startOfDay(TODAY + 4));
    expect(until(announced, ['A08', '000000', {}, { validFrom: from(6) }])).toBe(startOfDay(TODAY + 5));
  });
});
