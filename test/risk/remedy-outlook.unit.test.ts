import { describe, expect, it } from 'vitest';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { dayOf, formatDay, type Us } from '../../src/core/time.js';
import { InstitutionRowsReader } from '../../src/model/institution-rows.js';
import { Model } from '../../src/model/model.js';
import { evaluateInstitution } from '../../src/risk/evaluate.js';
import type { Evaluation, InstitutionRiskState } from '../../src/risk/evaluation.js';
import type { Level } from '../../src/risk/level.js';
import { DEFAULT_POLICY } from '../../src/risk/policy/default.js';
import { type Policy, parsePolicy } from '../../src/risk/policy/policy.js';
import { findRemedies } from '../../src/risk/remedy.js';
import { addDays, enrolled, founded, lineOf, SCHOOL, us } from '../backtest/support.js';
import { decodeLine } from '../support/history.js';

const account = (accountId: string, purpose: string) =>
  lineOf({
    id: accountId,
    type: 'account.registered',
    time: '2026-01-05T08:00:00+08:00',
    data: { accountId, bankCode: 'B001', purpose, mode: 'deposit', validFrom: '2026-01-05' },
  });

/** One school, its events and its evaluations as time goes by. */
class Life {
  private readonly model = new Model(CHINA_CALENDAR);
  private reader: InstitutionRowsReader | null = null;
  private state: InstitutionRiskState | null = null;
  private last: Evaluation | null = null;

  constructor(
    lines: readonly string[],
    private readonly policy: Policy = DEFAULT_POLICY,
  ) {
    this.book(lines);
  }

  book(lines: readonly string[]): void {
    for (const line of lines) {
      const decoded = decodeLine(line);
      if (!decoded.ok) throw new Error(JSON.stringify(decoded));
      if (this.model.book(decoded.event).kind !== 'accepted') throw new Error(line);
    }
  }

  private read(at: Us) {
    this.reader ??= new InstitutionRowsReader(this.model.set.institution(SCHOOL), CHINA_CALENDAR);
    return { rows: this.reader.read(dayOf(at), false), expiring: this.reader.expiring(dayOf(at)) };
  }

  evaluate(at: Us): void {
    this.last = evaluateInstitution(this.read(at).rows, this.state, at, CHINA_CALENDAR, this.policy);
    this.state = this.last.state;
  }

  /** At every midnight after the day `from` up to the day `to`; answers the first day on which the rule is no more at the level. */
  leaves(ruleId: string, level: Level, from: string, to: string): string | null {
    let left: string | null = null;
    for (let day = addDays(from, 1); day <= to; day = addDays(day, 1)) {
      this.evaluate(us(`${day}T00:00:00+08:00`));
      if (left === null && this.level(ruleId) !== level) left = day;
    }
    return left;
  }

  level(ruleId: string): Level {
    return this.last!.findings.find(({ rule }) => rule.id === ruleId)!.level;
  }

  /** What is said of a rule's level: how much of what, and the day. */
  remedies(ruleId: string, leaves: Level, at: string) {
    const now = us(at);
    const question = { ...this.read(now), state: this.state, now, calendar: CHINA_CALENDAR, policy: this.policy };
    const found = findRemedies(question).find((one) => one.ruleId === ruleId)!;
    return found.remedies
      .filter((one) => one.leaves === leaves)
      .map(({ kind, to, amount, leavesAt }) => ({ kind, to, amount, day: formatDay(dayOf(leavesAt)) }));
  }
}

const policyWith = (clearWorkingDays: number, validFrom: string): Policy =>
  parsePolicy({
    version: 'other',
    entries: [
      {
        rule: 'common',
        region: '370700',
        validFrom,
        params: { clearWorkingDays: { value: clearWorkingDays, source: 'ours', note: 'by decision of the city' } },
      },
    ],
  });

describe('what would change a finding, while other things change', () => {
  it.each([
    [5, '2026-04-30'],
    [0, '2026-04-23'],
    [3, '2026-04-28'],
  ])('takes the %i working days that hold when the level is left', (clearWorkingDays, day) => {
    const life = new Life(
      [
        ...founded(SCHOOL, '2026-03-02'),
        ...enrolled(SCHOOL, 'C-1', '2026-03-03', 400_000),
        ...enrolled(SCHOOL, 'C-2', '2026-03-04', 600_000).slice(0, 2),
      ],
      policyWith(clearWorkingDays, '2026-04-23'),
    );
    life.evaluate(us('2026-04-20T12:00:00+08:00'));
    const [credit] = life.remedies('A01', 'red', '2026-04-22T15:00:00+08:00');
    expect(credit).toEqual({ kind: 'custody_credit', to: 'orange', amount: 330_000, day });
    life.book([
      lineOf({
        id: 'late',
        source: '/bank/B001',
        type: 'custody.credited',
        time: '2026-04-22T15:00:00+08:00',
        data: { accountId: `A-${SCHOOL}`, bankTxnId: 'late', amountFen: 330_000, bookedOn: '2026-04-22' },
      }),
    ]);
    life.evaluate(us('2026-04-22T15:00:00+08:00'));
    expect(life.leaves('A01', 'red', '2026-04-22', '2026-05-06')).toBe(day);
  });

  it('asks for no more refunds than take the institution off the watch list, where that is enough', () => {
    const numbers = Array.from({ length: 41 }, (_, at) => at);
    const contract = (n: number) => `C-${String(n).padStart(2, '0')}`;
    const day = (month: string, n: number) => `2026-${month}-${String(n).padStart(2, '0')}`;
    const life = new Life([
      founded(SCHOOL, '2026-01-05')[0]!,
      account('D-1', 'deposit'),
      account('S-1', 'settlement'),
      ...numbers.flatMap((n) =>
        enrolled(SCHOOL, contract(n), day('02', 2 + (n % 20)), 490_000)
          .slice(0, 2)
          .map((line) => line.replaceAll(`A-${SCHOOL}`, 'S-1')),
      ),
      ...[0, 1, 2, 3].map((n) =>
        lineOf({
          id: `asked-${n}`,
          type: 'refund.requested',
          time: `${day('03', 2 + n)}T10:00:00+08:00`,
          data: { refundId: `R-${n}`, contractId: contract(n), side: 'consumer', amountFen: 490_000 },
        }),
      ),
    ]);
    life.evaluate(us('2026-03-25T09:00:00+08:00'));
    expect(life.level('C02')).toBe('red');
    // ¥200,900 are unearned: with one refund less it is no institution to be watched, where orange is the most that C02 says.
    expect(life.remedies('C02', 'red', '2026-03-25T09:00:00+08:00')).toEqual([
      { kind: 'pay_refunds', to: 'orange', amount: 1, day: '2026-03-31' },
    ]);
    life.book([
      lineOf({
        id: 'paid',
        type: 'refund.paid',
        time: '2026-03-25T15:00:00+08:00',
        data: { refundId: 'R-0', contractId: contract(0), amountFen: 490_000, via: 'institution' },
      }),
    ]);
    life.evaluate(us('2026-03-25T15:00:00+08:00'));
    expect(life.leaves('C02', 'red', '2026-03-25', '2026-04-02')).toBe('2026-03-31');
  });

  it('asks for no more money on a Friday than is missing on Monday', () => {
    const paid = (contract: string, on: string, fen: number) =>
      enrolled(SCHOOL, contract, on, fen)
        .slice(0, 2)
        .map((line) => line.replaceAll(`A-${SCHOOL}`, 'S-1'));
    const lines = [
      founded(SCHOOL, '2026-01-05')[0]!,
      account('D-1', 'deposit'),
      account('S-1', 'settlement'),
      // Fees of the last three months until Saturday, 2026-04-25.
      ...paid('C-1', '2026-01-25', 300_000),
      ...paid('C-2', '2026-04-20', 400_000),
    ];
    const levelAfter = (amountFen: number): Level => {
      const life = new Life(lines);
      life.evaluate(us('2026-04-24T15:00:00+08:00'));
      life.book([
        lineOf({
          id: 'top-up',
          source: '/bank/B001',
          type: 'custody.credited',
          time: '2026-04-24T15:30:00+08:00',
          data: { accountId: 'D-1', bankTxnId: 'top-up', amountFen, bookedOn: '2026-04-24' },
        }),
      ]);
      life.evaluate(us('2026-04-24T15:30:00+08:00'));
      life.leaves('A02', 'red', '2026-04-24', '2026-04-30');
      return life.level('A02');
    };
    const life = new Life(lines);
    life.evaluate(us('2026-04-24T15:00:00+08:00'));
    expect(life.remedies('A02', 'red', '2026-04-24T15:00:00+08:00')[0]).toEqual({
      kind: 'deposit_top_up',
      to: 'orange',
      amount: 328_000,
      day: '2026-04-30',
    });
    expect([levelAfter(328_000), levelAfter(327_999)]).toEqual(['orange', 'red']);
  });

  it('knows that what another rule found will have been too long ago', () => {
    const profile = (legalRep: string, time: string) =>
      founded(SCHOOL, time.slice(0, 10))[0]!.replace('"status"', `"legalRepHash":"${legalRep.repeat(16)}","status"`);
    const state = (accountState: string, time: string) =>
      lineOf({
        id: accountState,
        source: '/bank/B001',
        type: 'account.state_changed',
        time,
        data: { accountId: `A-${SCHOOL}`, state: accountState, filed: true },
      });
    const life = new Life([
      profile('a', '2025-11-03'),
      founded(SCHOOL, '2025-11-03')[1]!,
      ...enrolled(SCHOOL, 'C-1', '2025-12-01', 100_000),
      state('frozen', '2026-01-05T10:00:00+08:00'),
    ]);
    life.evaluate(us('2026-01-05T10:00:00+08:00'));
    life.book([state('active', '2026-01-07T10:00:00+08:00')]);
    life.evaluate(us('2026-01-07T10:00:00+08:00'));
    expect(life.leaves('A09', 'red', '2026-01-07', '2026-03-24')).toBe('2026-01-13');
    life.book([profile('b', '2026-03-25').replace(`${SCHOOL}-profile`, 'other-head')]);
    life.evaluate(us('2026-03-25T09:00:00+08:00'));
    expect(life.level('F01')).toBe('red');
    // Ninety days after A09 was left it counts no more; the change itself does for ninety days of its own.
    expect(life.remedies('F01', 'red', '2026-03-25T09:00:00+08:00')).toEqual([
      { kind: 'days', to: 'yellow', amount: 19, day: '2026-04-16' },
    ]);
    expect(life.remedies('F01', 'yellow', '2026-03-25T09:00:00+08:00')).toMatchObject([{ kind: 'days', amount: 90 }]);
    expect(life.leaves('F01', 'red', '2026-03-25', '2026-04-20')).toBe('2026-04-16');
  });
});
