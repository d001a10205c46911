import type { Fen } from '../../core/money.js';
import { type Day, formatDay, parseDay } from '../../core/time.js';
import { requirementsOn } from '../facts/announced.js';
import { refsOf } from '../facts/evidence.js';
import type { FactSheet } from '../facts/fact-sheet.js';
import { WITHDRAWAL_DAYS } from '../facts/rows.js';
import { withdrawalsIn } from '../facts/withdrawals.js';
import { defineRule, notApplicable } from '../rule.js';
import { is, judge, type Step } from '../steps.js';
import { enYuan, zhYuan } from '../text.js';

/**
 * out(d): debits other than releases and refunds. The day step looks at the largest day of the last week, so that a debit told
 * late is seen as well. Shares are of the balance as it would be had the money not gone.
 */
export const rule = defineRule({
  id: 'A04',
  version: 5,
  group: 'A',
  name: { zh: '大额资金异动', en: 'Large movement' },
  question: {
    zh: '托管账户有没有课消和退费以外的大额支出？',
    en: 'Has much money left custody other than by release or refund?',
  },
  basis: {
    zh: '杭州：当日、一周累计支取预警；荣成：月支出不超过最低余额两倍；金额为本系统默认',
    en: 'Hangzhou: warnings on withdrawals of a day and a week; Rongcheng: a month at most twice the minimum; amounts are our default',
  },
  params: {
    dayFen: { value: 5_000_000, unit: 'fen', source: 'ours', note: '¥50,000 in one day.' },
    dayYellowBp: {
      value: 2_000,
      unit: 'basis_points',
      max: 10_000,
      source: 'ours',
      note: '20% of the balance in one day.',
    },
    dayRedBp: {
      value: 4_000,
      unit: 'basis_points',
      max: 10_000,
      source: 'ours',
      note: '40% of the balance in one day.',
    },
    lookBackDays: {
      value: 7,
      unit: 'days',
      min: 1,
      max: WITHDRAWAL_DAYS,
      source: 'ours',
      note: 'How many days are looked at for the day step.',
    },
    weekFen: { value: 15_000_000, unit: 'fen', source: 'ours', note: '¥150,000 in seven days.' },
    weekOrangeBp: {
      value: 4_000,
      unit: 'basis_points',
      max: 10_000,
      source: 'ours',
      note: '40% of the balance in seven days.',
    },
    monthTimesHundredths: {
      value: 200,
      unit: 'hundredths',
      source: 'rule',
      note: 'Twice the minimum balance in a calendar month (Rongcheng 2019); only where a minimum is set.',
    },
  },
  order: [['dayYellowBp', 'dayRedBp']],
  remedies: ['days'],
  evaluate(sheet, p) {
    if (!sheet.inCustodyMode) return notApplicable('不是银行托管模式', 'Not in bank custody mode');
    const ids = sheet.accounts.custodyIds;
    const { today, tests } = sheet;
    const days = sheet.money.daysOf('other_debits', 'debitFen', ids, today - p.lookBackDays + 1, today);
    const weekFen = sheet.money.moved('other_debits', 'debitFen', ids, today - 6, today);
    const monthFen = sheet.money.moved('other_debits', 'debitFen', ids, firstOfMonth(today), today);
    const minimumFen = minimum(sheet);
    // The largest day first: of several that reach a level it is the one that is told.
    days.sort((a, b) => Number(b.fen - a.fen));
    const largest = days[0] ?? { day: today, fen: 0n };
    const byDay = days.map(({ day, fen }) => ({ day, fen, steps: stepsOfDay(sheet, { day, fen }, p) }));
    const weekBefore = sheet.custodyFen + weekFen;
    const judgement = judge([
      { level: 'yellow', threshold: p.dayFen, value: Number(largest.fen), tests: [is(false)] },
      ...byDay.flatMap(({ steps }) => steps),
      {
        level: 'orange',
        threshold: Math.max(p.weekFen, shareOf(weekBefore, p.weekOrangeBp)),
        value: Number(weekFen),
        tests: [tests.over(weekFen, p.weekFen), tests.overShare(weekFen, weekBefore, p.weekOrangeBp)],
      },
      {
        level: 'orange',
        threshold: Number((minimumFen * BigInt(p.monthTimesHundredths)) / 100n),
        value: Number(monthFen),
        tests: [is(minimumFen > 0n), tests.over(monthFen * 100n, minimumFen * BigInt(p.monthTimesHundredths))],
      },
    ]);
    // Where little was left a smaller sum was the larger share.
    const told = byDay.find(({ steps }) => judge(steps).level === judgement.level);
    const share = told === undefined || told.day === largest.day ? null : told;
    return {
      state: 'answered',
      ...judgement,
      value: judgement.value!,
      unit: 'fen',
      reason: () => ({
        zh: `课消划拨和退费以外的支出：单日最大 ${zhYuan(largest.fen)}（${formatDay(largest.day)}）${share === null ? '' : `，${formatDay(share.day)} 支出 ${zhYuan(share.fen)}，占当时余额比例更高`}，近七日 ${zhYuan(weekFen)}，本月 ${zhYuan(monthFen)}；现余额 ${zhYuan(sheet.custodyFen)}`,
        en: `Debits other than releases and refunds: ${enYuan(largest.fen)} on the largest day (${formatDay(largest.day)})${share === null ? '' : `, ${enYuan(share.fen)} on ${formatDay(share.day)}, a larger share of the balance of then`}, ${enYuan(weekFen)} in seven days, ${enYuan(monthFen)} this month; the balance is now ${enYuan(sheet.custodyFen)}`,
      }),
      evidence: () =>
        refsOf(
          withdrawalsIn(sheet, Math.min(today - p.lookBackDays + 1, today - 6, firstOfMonth(today)), today),
          sheet.accounts.custody.flatMap((account) => sheet.statements.newest(account.accountId) ?? []),
          sheet.accounts.custody.map((account) => account.told),
        ),
      // A minimum may begin to hold within the month.
      lookAgainAt: judgement.holdLevel === 'none' && monthFen === 0n ? null : sheet.nextMidnight,
    };
  },
});

/** The day’s sum against the balance as it would be had the money not gone. */
function stepsOfDay(
  sheet: FactSheet,
  { day, fen }: { readonly day: Day; readonly fen: Fen },
  p: Readonly<Record<'dayFen' | 'dayYellowBp' | 'dayRedBp', number>>,
): [Step, Step] {
  const before = balanceAtEnd(sheet, day) + fen;
  const step = (level: 'yellow' | 'red', bp: number): Step => ({
    level,
    threshold: Math.max(p.dayFen, shareOf(before, bp)),
    value: Number(fen),
    tests: [sheet.tests.over(fen, p.dayFen), sheet.tests.overShare(fen, before, bp)],
  });
  return [step('yellow', p.dayYellowBp), step('red', p.dayRedBp)];
}

function shareOf(whole: Fen, basisPoints: number): number {
  return whole <= 0n ? 0 : Number((whole * BigInt(basisPoints)) / 10_000n);
}

function balanceAtEnd(sheet: FactSheet, day: Day): Fen {
  let balance = sheet.custodyFen;
  for (const id of sheet.accounts.custodyIds) balance -= sheet.money.bankNet(id, day + 1, sheet.today);
  return balance;
}

function minimum(sheet: FactSheet): Fen {
  let sum = 0n;
  for (const { data } of requirementsOn(sheet.rows.registers, 'min_balance', sheet.today))
    if (sheet.accounts.custodyIds.has(data.accountId)) sum += BigInt(data.amountFen);
  return sum;
}

function firstOfMonth(day: Day): Day {
  return parseDay(`${formatDay(day).slice(0, 8)}01`)!;
}
