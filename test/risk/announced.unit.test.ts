import { describe, expect, it } from 'vitest';
import { formatDay, startOfDay } from '../../src/core/time.js';
import type { EventData } from '../../src/events/event.js';
import { nextRequirementAt, requirementsOn } from '../../src/risk/facts/announced.js';
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

  it('is of one kind alone: a deposit that is to be held is no minimum balance, and the other way round', () => {
    const registers = {
      'account.requirement_set': [
        told<'account.requirement_set'>(requirement('deposit', 'D1', 50_000, TODAY - 9)),
        told<'account.requirement_set'>(requirement('min_balance', 'A1', 70_000, TODAY - 9)),
        told<'account.requirement_set'>(requirement('deposit', 'D2', 60_000, TODAY + 3)),
        told<'account.requirement_set'>(requirement('min_balance', 'A2', 80_000, TODAY + 5)),
      ],
    };
    const amounts = (kind: 'deposit' | 'min_balance', day: number) =>
      requirementsOn(registers, kind, day).map(({ data }) => data.amountFen);
    expect(amounts('deposit', TODAY)).toEqual([yuan(50_000)]);
    expect(amounts('min_balance', TODAY)).toEqual([yuan(70_000)]);
    expect(amounts('min_balance', TODAY - 10)).toEqual([]);
    expect(amounts('deposit', TODAY + 3)).toEqual([yuan(50_000), yuan(60_000)]);
    expect(nextRequirementAt(registers, 'deposit', noon(TODAY))).toBe(startOfDay(TODAY + 3));
    expect(nextRequirementAt(registers, 'min_balance', noon(TODAY))).toBe(startOfDay(TODAY + 5));
    expect(nextRequirementAt(registers, 'min_balance', noon(TODAY + 5))).toBeNull();
  });
});
