import { describe, expect, it } from 'vitest';
import { formatDay, startOfDay } from '../../src/core/time.js';
import type { EventData } from '../../src/events/event.js';
import type { AnnouncedType, RegisterRow } from '../../src/risk/facts/rows.js';
import { rule as custodyShortfall } from '../../src/risk/rules/a01-custody-shortfall.js';
import { rule as depositBelowFloor } from '../../src/risk/rules/a02-deposit-below-floor.js';
import { rule as belowMinimum } from '../../src/risk/rules/a03-below-minimum.js';
import { rule as lateCredit } from '../../src/risk/rules/a08-late-credit.js';
import { ask, depositSchool, noon, type School, school, TODAY, yuan } from './builders.js';

/** Each is told later than the one before. */
function told<T extends AnnouncedType>(...tellings: EventData[T][]): RegisterRow<T> {
  const rows = tellings.map((data, i) => ({ at: noon(TODAY - 100 + i), source: 's', id: `told${i}`, data }));
  const newest = rows.pop()!;
  return rows.length === 0 ? newest : { ...newest, before: rows };
}

const account = (mode: EventData['account.registered']['mode'], validFrom: number) => ({
  accountId: 'A1',
  bankCode: 'B1',
  purpose: 'custody' as const,
  mode,
  validFrom: formatDay(validFrom),
});
const requirement = (kind: 'deposit' | 'min_balance', accountId: string, amount: number, validFrom: number) => ({
  accountId,
  kind,
  amountFen: yuan(amount),
  validFrom: formatDay(validFrom),
});

describe('what is announced ahead', () => {
  it('does not end custody mode before the day of the change', () => {
    const short = (...registered: EventData['account.registered'][]) =>
      school()
        .unearned(yuan(200_000))
        .with({ registers: { 'account.registered': [told<'account.registered'>(...registered)] } });
    const before = account('per_lesson', TODAY - 200);
    expect(ask(custodyShortfall, short(before, account('deposit', TODAY + 1))).level).toBe('red');
    expect(ask(custodyShortfall, short(before, account('deposit', TODAY))).state).toBe('not_applicable');
    expect(ask(custodyShortfall, short(account('per_lesson', TODAY + 1))).state).toBe('no_data');
  });

  it('does not make payments of before the change another mode’s affair', () => {
    const registered = told<'account.registered'>(account('ecny', TODAY - 200), account('per_lesson', TODAY - 2));
    const unpaid = school()
      .payment({ paidOn: TODAY - 20, amountFen: yuan(1_000), settled: false })
      .with({ registers: { 'account.registered': [registered] } });
    expect(ask(lateCredit, unpaid).level).toBe('yellow');
  });

  it('leaves the requirement of before in force until its day', () => {
    const requiring = (of: School, ...tellings: EventData['account.requirement_set'][]) =>
      of.with({
        registers: {
          ...of.rows().registers,
          'account.requirement_set': [told<'account.requirement_set'>(...tellings)],
        },
      });
    const filed = (from: number) =>
      requiring(
        depositSchool(yuan(10_000)),
        requirement('deposit', 'D1', 50_000, TODAY - 90),
        requirement('deposit', 'D1', 10_000, from),
      );
    expect(ask(depositBelowFloor, filed(TODAY)).level).toBe('none');
    const ahead = ask(depositBelowFloor, filed(TODAY + 1));
    expect(ahead.level).toBe('red');
    expect(ahead.evidence?.()[0]).toMatchObject({ id: 'told0' });

    const low = requiring(
      school(),
      requirement('min_balance', 'A1', 300_000, TODAY - 90),
      requirement('min_balance', 'A1', 50_000, TODAY + 1),
    );
    expect(ask(belowMinimum, low)).toMatchObject({ level: 'red', lookAgainAt: startOfDay(TODAY + 1) });
  });
});
