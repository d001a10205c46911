import { describe, expect, it } from 'vitest';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { startOfDay, US_PER_DAY, type Us } from '../../src/core/time.js';
import { evaluateInstitution } from '../../src/risk/evaluate.js';
import type { InstitutionRows } from '../../src/risk/facts/rows.js';
import { DEFAULT_POLICY } from '../../src/risk/policy/default.js';
import { findRemedies } from '../../src/risk/remedy.js';
import { NOW, noon, on, school, TODAY, yuan } from './builders.js';

const evaluate = (rows: InstitutionRows, now: Us, state: Parameters<typeof evaluateInstitution>[1] = null) =>
  evaluateInstitution(rows, state, now, CHINA_CALENDAR, DEFAULT_POLICY);

describe('what would change a finding', () => {
  it('is only waiting when the measure is back inside already', () => {
    const short = school().otherDebit(TODAY - 40, yuan(50_000));
    const { state } = evaluate(short.rows(), NOW);
    const paid = short.credit(TODAY, yuan(50_000));
    const rows = { ...paid.rows(), newestAt: NOW + 1 };
    const question = { rows, expiring: [], state, now: NOW + 2, calendar: CHINA_CALENDAR, policy: DEFAULT_POLICY };
    const { remedies } = findRemedies(question).find(({ ruleId }) => ruleId === 'A01')!;
    expect(new Set(remedies.map(({ kind }) => kind))).toEqual(new Set(['wait']));
    expect(remedies[0]).toMatchObject({
      leaves: 'red',
      amount: 6,
      unit: 'days',
      leavesAt: startOfDay(on('2026-04-28')),
    });
  });

  it('is not only waiting when the measure is back inside and will not stay there by itself', () => {
    const short = school().otherDebit(TODAY - 40, yuan(50_000));
    const { state } = evaluate(short.rows(), NOW - 2 * US_PER_DAY);
    // On its way until tomorrow, and never credited.
    const paid = short.payment({ amountFen: yuan(50_000), paidOn: on('2026-04-16'), settled: false });
    const back = evaluate({ ...paid.rows(), newestAt: NOW }, NOW, state);
    const question = {
      rows: paid.rows(),
      expiring: [],
      state: back.state,
      now: NOW,
      calendar: CHINA_CALENDAR,
      policy: DEFAULT_POLICY,
    };
    const { remedies } = findRemedies(question).find(({ ruleId }) => ruleId === 'A01')!;
    expect(remedies.filter(({ leaves }) => leaves === 'red')).toMatchObject([
      { kind: 'custody_credit', fen: 2_300_000n, leavesAt: startOfDay(on('2026-04-28')) },
      { kind: 'confirmed_lessons' },
      { kind: 'cover' },
    ]);
  });

  it('is not waiting when time alone will bring another finding that keeps it', () => {
    const rows = school()
      .register('account.state_changed', { accountId: 'A1', state: 'active', filed: false }, noon(TODAY - 10))
      .register('external.signal', { signalId: 's', kind: 'wage_arrears', clearedOn: '2026-04-15' }, noon(TODAY - 10))
      .tally('lessons_delivered', on('2026-04-15'))
      .confirmed(on('2026-04-10'), yuan(50_000))
      .rows();
    let { state } = evaluate(rows, noon(TODAY - 9));
    for (let day = TODAY - 8; day <= TODAY; day += 1) state = evaluate(rows, startOfDay(day), state).state;
    const question = { rows, expiring: [], state, now: NOW, calendar: CHINA_CALENDAR, policy: DEFAULT_POLICY };
    // Wages are paid, so it would end tonight; but then there has been no lesson for seven days (D01).
    expect(findRemedies(question).find(({ ruleId }) => ruleId === 'G02')).toMatchObject({ level: 'red', remedies: [] });
  });
});
