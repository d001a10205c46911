import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CHINA_CALENDAR, makeCalendar } from '../../src/core/calendar.js';
import { CALENDAR_YEARS } from '../../src/core/calendar-data.js';
import { addMonths, formatDay, startOfDay, US_PER_DAY, type Us } from '../../src/core/time.js';
import { COMMON_PARAMS } from '../../src/risk/common.js';
import { evaluateInstitution } from '../../src/risk/evaluate.js';
import { FactSheet } from '../../src/risk/facts/fact-sheet.js';
import type { InstitutionRows } from '../../src/risk/facts/rows.js';
import { type Level, rankOf } from '../../src/risk/level.js';
import { defaultsOf } from '../../src/risk/params.js';
import { DEFAULT_POLICY } from '../../src/risk/policy/default.js';
import { type FindingRemedies, findRemedies, type Remedy } from '../../src/risk/remedy.js';
import { CHANGES } from '../../src/risk/remedy-kinds.js';
import { RULES } from '../../src/risk/rules/list.js';
import { depositSchool, NOW, nobody, noon, on, type School, school, TODAY, yuan } from './builders.js';
import { entry, valid } from './policy/support.js';

const COMMON = defaultsOf(COMMON_PARAMS);
const evaluate = (rows: InstitutionRows, now: Us, state: Parameters<typeof evaluateInstitution>[1] = null) =>
  evaluateInstitution(rows, state, now, CHINA_CALENDAR, DEFAULT_POLICY);

function found(from: School, ruleId: string): FindingRemedies {
  const rows = from.rows();
  const question = { rows, expiring: [], state: null, now: NOW, calendar: CHINA_CALENDAR, policy: DEFAULT_POLICY };
  const one = findRemedies(question).find((finding) => finding.ruleId === ruleId);
  if (one === undefined) throw new Error(`${ruleId} finds nothing`);
  return one;
}

/** The level of the rule's finding when so much had happened at NOW and time then passed, midnight by midnight. */
function levelAfter(from: School, ruleId: string, remedy: Remedy, amount: number, until: Us = remedy.leavesAt): Level {
  const rows = from.rows();
  const change = remedy.kind === 'days' || remedy.kind === 'wait' ? null : CHANGES[remedy.kind];
  const rowsAt = (at: Us): InstitutionRows => {
    if (change === null) return rows;
    const then = change.lasting ? at : NOW;
    return { ...change.apply(new FactSheet(rows, then, CHINA_CALENDAR, COMMON), amount), newestAt: then + 1 };
  };
  let last = evaluate(rowsAt(NOW), NOW, evaluate(rows, NOW).state);
  for (let day = TODAY + 1; startOfDay(day) <= until; day += 1)
    last = evaluate(rowsAt(startOfDay(day)), startOfDay(day), last.state);
  return last.findings.find(({ rule }) => rule.id === ruleId)?.level ?? 'none';
}

const late = (one: School, cases: number, fen: number, dueOn = '2026-04-13'): School => {
  for (let i = 0; i < cases; i += 1)
    one.refund({ requestedOn: on('2026-03-01'), approvedOn: on('2026-03-02'), dueOn: on(dueOn), amountFen: fen });
  return one;
};
/** Refunds decided so many days ago: refused, and agreed. */
const decided = (refused: readonly number[], agreed: readonly number[]): School => {
  const one = school();
  for (const ago of refused) one.refund({ requestedOn: TODAY - 40, rejectedOn: TODAY - ago });
  for (const ago of agreed) one.refund({ requestedOn: TODAY - 40, approvedOn: TODAY - ago });
  return one;
};
const signal = (kind: 'defaulter' | 'wage_arrears' | 'public_opinion') =>
  school().register('external.signal', { signalId: 's', kind }, noon(TODAY - 3));

/** Per rule a school with a finding of it, and the kinds that must be able to end it. */
const CASES: readonly (readonly [rule: string, from: () => School, kinds: readonly Remedy['kind'][]])[] = [
  ['A01', () => school().otherDebit(TODAY - 40, yuan(50_000)), ['custody_credit', 'confirmed_lessons', 'cover']],
  ['A02', () => depositSchool(yuan(20_000)).receipt(TODAY - 10, yuan(100_000)), ['deposit_top_up', 'days']],
  [
    // A fee leaves the three months tomorrow: what is wanted then is enough, for today has begun already.
    'A02',
    () =>
      depositSchool(yuan(20_000))
        .receipt(addMonths(TODAY, -3) + 1, yuan(20_000))
        .receipt(TODAY - 10, yuan(100_000)),
    ['deposit_top_up', 'days'],
  ],
  [
    'A03',
    () =>
      school()
        .otherDebit(TODAY - 40, yuan(98_000))
        .receipt(TODAY - 30, yuan(200_000)),
    ['custody_credit', 'confirmed_lessons'],
  ],
  ['A04', () => school().otherDebit(TODAY - 1, yuan(60_000)), ['days']],
  [
    'A05',
    () => school().releasedLine({ paidFen: 1_000_000n, confirmedFen: 300_000n, releasedFen: 500_000n }),
    ['released_lessons'],
  ],
  ['A06', () => school().statement(TODAY - 1, yuan(80_000)), ['balance_report']],
  ['A07', () => school().account({ accountId: 'A2', validFrom: formatDay(TODAY - 30) }), ['balance_report']],
  [
    'A08',
    () =>
      school()
        .payment({ amountFen: yuan(40_000), paidOn: TODAY - 30, settled: false })
        .payment({ amountFen: yuan(30_000), paidOn: TODAY - 20, settled: false }),
    ['credit_payments'],
  ],
  [
    'A09',
    () => school().register('account.state_changed', { accountId: 'A1', state: 'frozen', filed: true }),
    ['account_filed'],
  ],
  [
    'A12',
    () =>
      school().register('guarantee.registered', {
        guaranteeId: 'g',
        kind: 'insurance',
        coverFen: yuan(10_000),
        validFrom: formatDay(TODAY - 300),
        validTo: formatDay(TODAY + 10),
      }),
    ['cover'],
  ],
  [
    'A13',
    () =>
      nobody()
        .account({})
        .unearned(yuan(80_000))
        .register('stock.declared', { amountFen: yuan(50_000), dueOn: formatDay(TODAY - 35), contractId: 'c1' }),
    ['custody_credit', 'confirmed_lessons'],
  ],
  ['C01', () => late(school(), 3, yuan(3_000), '2026-03-20'), ['pay_refunds']],
  ['C02', () => school().refund({ requestedOn: TODAY - 30, amountFen: yuan(2_000) }), ['pay_refunds']],
  ['C03', () => late(school(), 4, yuan(5_000)), ['pay_refunds']],
  // On Friday a quarter is refused, on Sunday again a third, from Tuesday on a quarter.
  ['C07', () => decided([28, 28, 24, 10, 10], [26, 26, 26, 10, 10, 10, 10, 10, 10]), ['days']],
  [
    'C08',
    () =>
      school()
        .payment({ contractId: 'c1', paidOn: TODAY - 12 })
        .refund({ requestedOn: TODAY - 10, side: 'seven_day' }),
    ['pay_refunds'],
  ],
  [
    'D01',
    () =>
      school()
        .receipt(TODAY - 60, 1)
        .tallies('lessons_delivered', TODAY - 60, TODAY - 10),
    ['lessons_given'],
  ],
  [
    'D02',
    () =>
      school()
        .tallies('lessons_delivered', TODAY - 100, TODAY - 15, 4)
        .tallies('lessons_delivered', TODAY - 14, TODAY - 1, 1),
    ['lessons_given'],
  ],
  [
    'D06',
    () =>
      school()
        .unearned(yuan(300_000))
        .confirmed(TODAY - 3, yuan(28_000)),
    ['confirmed_lessons'],
  ],
  ['D07', () => school().with({ expiredUnearnedFen: BigInt(yuan(30_000)) }), ['expired_lessons']],
  [
    'E03',
    () =>
      school()
        .profile({ lastYearRevenueFen: yuan(200_000) })
        .unearned(yuan(100_000)),
    ['confirmed_lessons'],
  ],
  ['F02', () => school().profile({ licence: { state: 'none' } }), ['licence_complete']],
  ['F03', () => signal('defaulter'), ['signals_cleared']],
  ['F05', () => signal('wage_arrears'), ['signals_cleared']],
  ['F11', () => signal('public_opinion'), ['signals_cleared', 'days']],
  [
    'F07',
    () =>
      school().register(
        'inspection.recorded',
        { inspectionId: 'i', role: 'grid', findings: ['shut'] },
        noon(TODAY - 2),
      ),
    ['clean_inspection', 'days'],
  ],
  [
    'F08',
    () =>
      [5, 3, 1].reduce(
        (one, days) =>
          one.register('contact.attempted', { contactId: `c${days}`, answered: false }, noon(TODAY - days)),
        school(),
      ),
    ['contact_answered', 'days'],
  ],
  [
    'F09',
    () =>
      school().register('statement.filed', { period: '2023', dueOn: '2024-04-30', revenueFen: 1 }, noon(TODAY - 150)),
    ['statement_filed'],
  ],
  ['F12', () => school().receipt(TODAY - 40, yuan(1_000)), ['lessons_given']],
];

describe('what would change a finding', () => {
  it.each(CASES)('of %s is what its rule names, and leaves its worst level', (ruleId, from, kinds) => {
    const { level, remedies } = found(from(), ruleId);
    expect([...new Set(remedies.map(({ kind }) => kind))].sort()).toEqual([...kinds].sort());
    for (const kind of kinds) expect(remedies.find((one) => one.kind === kind)?.leaves).toBe(level);
  });

  it.each(CASES)('of %s leaves the level with the amount, and does not with one less', (ruleId, from) => {
    const { remedies } = found(from(), ruleId);
    expect(remedies.length).toBeGreaterThan(0);
    for (const remedy of remedies) {
      expect(rankOf(levelAfter(from(), ruleId, remedy, remedy.amount))).toBeLessThanOrEqual(rankOf(remedy.to));
      expect(rankOf(remedy.to)).toBeLessThan(rankOf(remedy.leaves));
      if (remedy.unit === 'days') {
        const dayBefore = levelAfter(from(), ruleId, remedy, remedy.amount, remedy.leavesAt - US_PER_DAY);
        expect(rankOf(dayBefore)).toBeGreaterThanOrEqual(rankOf(remedy.leaves));
      }
      const less = remedy.unit === 'once' || remedy.unit === 'days' ? null : remedy.amount - 1;
      if (less !== null && less > 0)
        expect(rankOf(levelAfter(from(), ruleId, remedy, less))).toBeGreaterThanOrEqual(rankOf(remedy.leaves));
    }
  });

  it.each(CASES)('of %s needs more for every lower level', (ruleId, from) => {
    const { remedies } = found(from(), ruleId);
    for (const kind of new Set(remedies.map((one) => one.kind))) {
      const own = remedies.filter((one) => one.kind === kind);
      for (let i = 1; i < own.length; i += 1) {
        expect(rankOf(own[i]!.leaves)).toBeLessThan(rankOf(own[i - 1]!.leaves));
        expect(own[i]!.amount).toBeGreaterThanOrEqual(own[i - 1]!.amount);
      }
    }
  });

  it('holds for any shortfall in custody, to the fen', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: yuan(100_000) }), (missing) => {
        const from = () => school().otherDebit(TODAY - 40, missing);
        if (evaluate(from().rows(), NOW).findings.find(({ rule }) => rule.id === 'A01')?.level === 'none') return;
        const credits = found(from(), 'A01').remedies.filter(({ kind }) => kind === 'custody_credit');
        expect(credits.length).toBeGreaterThan(0);
        for (const remedy of credits) {
          expect(rankOf(levelAfter(from(), 'A01', remedy, remedy.amount))).toBeLessThan(rankOf(remedy.leaves));
          if (remedy.amount > 1)
            expect(rankOf(levelAfter(from(), 'A01', remedy, remedy.amount - 1))).toBe(rankOf(remedy.leaves));
        }
      }),
      { numRuns: 40 },
    );
  }, 60_000);

  it('is worked out by hand for a shortfall: red is left at 73% of cover, a tenth inside its limit', () => {
    const { remedies } = found(school().otherDebit(TODAY - 40, yuan(50_000)), 'A01');
    const credits = remedies.filter(({ kind }) => kind === 'custody_credit');
    // Short by 30%, less a tenth of it: 27% of ¥100,000 may be missing, so ¥23,000 of the ¥50,000 have to come.
    expect(credits[0]).toMatchObject({ leaves: 'red', amount: yuan(23_000), fen: BigInt(yuan(23_000)), unit: 'fen' });
    expect(credits[0]!.sentence).toEqual({
      zh: '存入托管账户 23,000.00 元，最早 2026-04-28 离开红色',
      en: '¥23,000.00 into the custody account: leaves red, on 2026-04-28 at the earliest',
    });
  });

  it('asks for no lessons that nobody can have: old stock is a line of its own', () => {
    const stock = nobody()
      .account({})
      .unearned(yuan(80_000))
      .register('stock.declared', { amountFen: yuan(50_000), dueOn: formatDay(TODAY - 35) });
    expect(found(stock, 'A13').remedies.map(({ kind }) => kind)).toEqual(['custody_credit']);
  });

  it('asks the bank for no balance below zero, where books that began late are below it', () => {
    const below = school()
      .otherDebit(TODAY - 40, yuan(150_000))
      .statement(TODAY - 1, 0);
    expect(found(below, 'A06').remedies).toEqual([]);
  });

  it('asks for no lessons of a contract that is used up, however much was released on it', () => {
    const used = school().releasedLine({ paidFen: 500_000n, confirmedFen: 500_000n, releasedFen: 520_000n });
    expect(found(used, 'A05')).toMatchObject({
      remedies: [],
      words: [{ en: expect.stringMatching(/no single amount/) }],
    });
    const last = school().releasedLine({ paidFen: 520_000n, confirmedFen: 519_000n, releasedFen: 520_000n });
    expect(found(last, 'A05').remedies).toMatchObject([{ kind: 'released_lessons', amount: 1, to: 'none' }]);
  });

  it('is said of the contracts whose lessons help', () => {
    const { remedies } = found(school().with({ expiredUnearnedFen: BigInt(yuan(30_000)) }), 'D07');
    expect(remedies[0]!.sentence).toEqual({
      zh: '确认到期合同的课 117 次（每次约 83.33 元），最早 2026-04-28 离开橙色',
      en: '117 confirmed lessons of about ¥83.33 on contracts whose period is over: leaves orange, on 2026-04-28 at the earliest',
    });
  });

  it('counts the days for which a statement that is filed late is held against the institution', () => {
    const filed = (period: string, dueOn?: string) =>
      school().register('statement.filed', { period, revenueFen: 1, ...(dueOn ? { dueOn } : {}) }, noon(TODAY - 390));
    const sentences = (from: School) => found(from, 'F09').remedies.map(({ sentence }) => sentence.en);
    expect(sentences(filed('2023'))).toEqual([
      'the financial statements for 2024, 2025 filed: ends the finding, on 2026-04-28 at the earliest',
    ]);
    expect(sentences(filed('2024', '2025-02-28'))).toEqual([
      'the financial statement for 2025 filed: ends the finding, on 2026-05-27 at the earliest',
    ]);
    // A year that is a slip asks for the last ten, not for all since.
    expect(sentences(filed('0000'))[0]).toContain(
      'statements for 2016, 2017, 2018, 2019, 2020, 2021, 2022, 2023, 2024, 2025',
    );
  });

  it('says so when the day lies in a year without a calendar', () => {
    const until = (last: number) => CALENDAR_YEARS.filter(({ year }) => year <= last);
    const en = (years: typeof CALENDAR_YEARS) => {
      const rows = school()
        .otherDebit(TODAY - 40, yuan(50_000))
        .rows();
      const calendar = makeCalendar('test', years);
      const found = findRemedies({ rows, expiring: [], state: null, now: NOW, calendar, policy: DEFAULT_POLICY });
      return found.find(({ ruleId }) => ruleId === 'A01')!.remedies[0]!.sentence.en;
    };
    expect(en(until(2026))).toBe('¥23,000.00 into the custody account: leaves red, on 2026-04-28 at the earliest');
    expect(en(until(2025))).toBe(
      '¥23,000.00 into the custody account: leaves red, on 2026-04-28 at the earliest (the holidays of 2026 are not known: Monday to Friday taken as working days)',
    );
  });

  it('is only waiting when the policy has switched the rule off', () => {
    const rows = school()
      .otherDebit(TODAY - 40, yuan(50_000))
      .rows();
    const { state } = evaluate(rows, NOW);
    const off = valid('off', entry('A01', '000000', {}, { enabled: false }));
    const later = evaluateInstitution(rows, state, NOW + 1, CHINA_CALENDAR, off);
    const question = { rows, expiring: [], state: later.state, now: NOW + 2, calendar: CHINA_CALENDAR, policy: off };
    const { remedies } = findRemedies(question).find(({ ruleId }) => ruleId === 'A01')!;
    expect(remedies.map(({ kind, to, leavesAt }) => [kind, to, leavesAt])).toEqual([
      ['wait', 'none', startOfDay(on('2026-04-28'))],
    ]);
  });

  it('knows the thresholds of the days until the level is left', () => {
    const rows = school()
      .otherDebit(TODAY - 40, yuan(28_000))
      .rows();
    const from = '2026-04-24';
    const policy = valid('later', entry('A01', '000000', { orangeBelowBp: 9_000 }, { validFrom: from }));
    const question = { rows, expiring: [], state: null, now: NOW, calendar: CHINA_CALENDAR, policy };
    const { level, remedies } = findRemedies(question).find(({ ruleId }) => ruleId === 'A01')!;
    expect(level).toBe('orange');
    // 86.5% of cover leave orange today, but from Friday on 91% have to be there.
    expect(remedies[0]).toMatchObject({ kind: 'custody_credit', leaves: 'orange' });
    const credited = CHANGES.custody_credit.apply(
      new FactSheet(rows, NOW, CHINA_CALENDAR, COMMON),
      remedies[0]!.amount,
    );
    let last = evaluateInstitution(rows, null, NOW, CHINA_CALENDAR, policy);
    for (let day = TODAY + 1; startOfDay(day) <= remedies[0]!.leavesAt; day += 1)
      last = evaluateInstitution(credited, last.state, startOfDay(day), CHINA_CALENDAR, policy);
    expect(last.findings.find(({ rule }) => rule.id === 'A01')!.level).toBe('yellow');
  });

  it('is found also where hundreds of families wait for their money', () => {
    const from = late(school(), 620, yuan(1_000), '2026-03-20');
    const remedies = found(from, 'C01').remedies;
    const remedy = remedies.at(-1);
    expect(remedy).toMatchObject({ kind: 'pay_refunds', to: 'none', amount: 620, fen: 62_000_000n });
    expect(levelAfter(from, 'C01', remedy!, 620)).toBe('none');
    expect(levelAfter(from, 'C01', remedy!, 619)).not.toBe('none');
  });

  it('is said in words where no amount helps', () => {
    const licence = { state: 'complete' as const, firstIssuedOn: '2022-01-01' };
    const { remedies, words } = found(
      school().profile({ category: 'subject', stages: ['compulsory'], licence }),
      'B12',
    );
    expect(remedies).toEqual([]);
    expect(words).toEqual([
      { zh: '须由审批机关更正或撤销登记', en: 'the authority has to correct or withdraw the approval' },
    ]);
  });

  it('is named by every rule that can find something', () => {
    expect(RULES.filter(({ id, remedies }) => !remedies && id !== 'E04' && id !== 'C10').map(({ id }) => id)).toEqual(
      [],
    );
  });
});
