import { type Fen, maxFen, shareBasisPoints } from '../../core/money.js';
import type { Day } from '../../core/time.js';
import { nextRequirementAt, requirementsOn } from '../facts/announced.js';
import { refsOf } from '../facts/evidence.js';
import type { FactSheet } from '../facts/fact-sheet.js';
import { raised } from '../level.js';
import { defineRule, notApplicable } from '../rule.js';
import { judge } from '../steps.js';
import { enYuan, percent, zhYuan } from '../text.js';

/**
 * D / max(R3, filed requirement). One charging period is read as the rolling last three months of gross receipts. Steps are
 * compared as what is missing, so that a deposit that is just sufficient is inside by any margin. The days to top it up are whole
 * ones: the day on which the gap opened is not counted (Civil Code art. 201), and on the last of them there is still time.
 */
export const rule = defineRule({
  id: 'A02',
  version: 3,
  group: 'A',
  name: { zh: '风险保证金不足', en: 'Deposit below floor' },
  question: { zh: '风险保证金是否达到最低额？', en: 'Does the risk deposit reach its floor?' },
  basis: {
    zh: '教监管函〔2021〕2号：保证金不低于一个收费周期的收费总额；分级为本系统默认',
    en: 'Notice 2021 No. 2: the deposit is at least the fees of one charging period; the steps are our default',
  },
  params: {
    yellowBelowBp: { value: 10_000, unit: 'basis_points', max: 10_000, source: 'rule', note: 'The floor itself.' },
    orangeBelowBp: { value: 8_000, unit: 'basis_points', max: 10_000, source: 'ours', note: 'Below 80% of the floor.' },
    redBelowBp: { value: 5_000, unit: 'basis_points', max: 10_000, source: 'ours', note: 'Below half of the floor.' },
    topUpWorkingDays: {
      value: 5,
      unit: 'working_days',
      source: 'ours',
      note: 'One level more once so many working days after the day on which the gap opened are over.',
    },
  },
  order: [['redBelowBp', 'orangeBelowBp', 'yellowBelowBp']],
  remedies: ['deposit_top_up', 'days'],
  evaluate(sheet, p) {
    if (sheet.accounts.mode !== 'deposit') return notApplicable('不是风险保证金模式', 'Not in deposit mode');
    const receiptsFen = sheet.receiptsOfQuarterFen;
    const requiredFen = requirementOn(sheet, sheet.today);
    const floorFen = maxFen(receiptsFen, requiredFen);
    const depositFen = sheet.depositFen;
    const shortFen = maxFen(0n, floorFen - depositFen);
    const below = (bp: number) => [sheet.tests.overShare(shortFen, floorFen, 10_000 - bp)];
    const judgement = judge([
      { level: 'yellow', threshold: p.yellowBelowBp, tests: below(p.yellowBelowBp) },
      { level: 'orange', threshold: p.orangeBelowBp, tests: below(p.orangeBelowBp) },
      { level: 'red', threshold: p.redBelowBp, tests: below(p.redBelowBp) },
    ]);
    // The gap was there before the first of the last so many working days that are over, whether or not today is one.
    const opened = sheet.calendar.addWorkingDays(sheet.today, -p.topUpWorkingDays) - 1;
    const unpaid = shortFen > 0n && shortSince(sheet, opened);
    const shareBp = floorFen === 0n ? 10_000 : shareBasisPoints(maxFen(0n, depositFen), floorFen);
    return {
      state: 'answered',
      level: unpaid ? raised(judgement.level) : judgement.level,
      holdLevel: unpaid ? raised(judgement.holdLevel) : judgement.holdLevel,
      value: shareBp,
      threshold: judgement.threshold,
      unit: 'basis_points',
      reason: () => ({
        zh: `保证金 ${zhYuan(depositFen)}，最低额 ${zhYuan(floorFen)}（近三个月收费 ${zhYuan(receiptsFen)}，核定 ${zhYuan(requiredFen)}），达到 ${percent(shareBp)}${unpaid ? `，差额已超过 ${p.topUpWorkingDays} 个工作日未补` : ''}`,
        en: `The deposit is ${enYuan(depositFen)}, the floor ${enYuan(floorFen)} (fees of the last three months ${enYuan(receiptsFen)}, filed requirement ${enYuan(requiredFen)}): ${percent(shareBp)}${unpaid ? `, and not topped up for ${p.topUpWorkingDays} working days` : ''}`,
      }),
      evidence: () =>
        refsOf(
          requirementsOn(sheet.rows.registers, 'deposit', sheet.today),
          sheet.accounts.deposit.flatMap((account) => sheet.statements.newest(account.accountId) ?? []),
          [...sheet.payments].reverse().map((payment) => payment.told),
        ),
      lookAgainAt:
        judgement.holdLevel === 'none'
          ? nextRequirementAt(sheet.rows.registers, 'deposit', sheet.now)
          : sheet.nextMidnight,
    };
  },
});

function requirementOn(sheet: FactSheet, day: Day): Fen {
  const inForce = requirementsOn(sheet.rows.registers, 'deposit', day);
  return inForce.reduce((sum, { data }) => sum + BigInt(data.amountFen), 0n);
}

/** True when the deposit was below its floor at the end of every day from `from` to yesterday. */
function shortSince(sheet: FactSheet, from: Day): boolean {
  let depositFen = sheet.depositFen;
  for (let day = sheet.today - 1; day >= from; day -= 1) {
    for (const account of sheet.accounts.deposit)
      depositFen -= sheet.money.bankNet(account.accountId, day + 1, day + 1);
    if (depositFen >= maxFen(sheet.receiptsOfQuarter(day), requirementOn(sheet, day))) return false;
  }
  return true;
}
