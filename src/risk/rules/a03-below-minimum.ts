import { type Fen, maxFen, minFen } from '../../core/money.js';
import { nextRequirementAt, requirementsOn } from '../facts/announced.js';
import { refsOf } from '../facts/evidence.js';
import type { FactSheet } from '../facts/fact-sheet.js';
import { earliest } from '../facts/moments.js';
import { transitEndsAt } from '../facts/payments.js';
import { WITHDRAWAL_DAYS } from '../facts/rows.js';
import { withdrawalsIn } from '../facts/withdrawals.js';
import { defineRule, notApplicable } from '../rule.js';
import { is, judge } from '../steps.js';
import { enYuan, zhYuan } from '../text.js';

/**
 * A minimum that the authority set for the account stands as it is. Without one, a share of three months' receipts stands in for
 * it, but never more than U: custody per lesson empties an account lawfully at the end of a term. Both only while something is
 * unearned; payments on their way to the account count as there. Without a preset, an account that holds all of U is never too low.
 */
export const rule = defineRule({
  id: 'A03',
  version: 4,
  group: 'A',
  name: { zh: '最低余额预警', en: 'Below local minimum' },
  question: { zh: '托管余额是否低于最低余额？', en: 'Is the custody balance below its minimum?' },
  basis: {
    zh: '浙江预警机制（余额低于预设值）；无核定值时为本系统默认',
    en: 'Zhejiang warning mechanism (balance below preset); without a preset our default',
  },
  params: {
    shareOfQuarterBp: {
      value: 1_000,
      unit: 'basis_points',
      max: 10_000,
      source: 'ours',
      note: 'Without a local preset: 10% of the receipts of three months (Zigong asks for 20%).',
    },
    redBelowBp: {
      value: 5_000,
      unit: 'basis_points',
      max: 10_000,
      source: 'ours',
      note: 'Below this share of the minimum it is red.',
    },
    inTransitWorkingDays: {
      value: 5,
      unit: 'working_days',
      source: 'ours',
      note: 'As in A01.',
    },
  },
  remedies: ['custody_credit', 'confirmed_lessons'],
  evaluate(sheet, p) {
    if (!sheet.inCustodyMode) return notApplicable('不是银行托管模式', 'Not in bank custody mode');
    const presetFen = localPreset(sheet);
    const local = presetFen !== null;
    const balanceFen = sheet.custodyFen + sheet.inTransitFen(p.inTransitWorkingDays);
    const minimumFen =
      presetFen ?? minFen((sheet.receiptsOfQuarterFen * BigInt(p.shareOfQuarterBp)) / 10_000n, sheet.unearnedFen);
    const asked = is(sheet.unearnedFen > 0n && (local || sheet.enoughForRatios));
    const shortFen = maxFen(0n, minimumFen - balanceFen);
    const low = is(local || balanceFen < sheet.unearnedFen);
    const judgement = judge([
      {
        level: 'yellow',
        threshold: Number(minimumFen),
        tests: [asked, low, sheet.tests.under(balanceFen, minimumFen)],
      },
      {
        level: 'red',
        threshold: Number((minimumFen * BigInt(p.redBelowBp)) / 10_000n),
        tests: [asked, sheet.tests.overShare(shortFen, minimumFen, 10_000 - p.redBelowBp)],
      },
    ]);
    return {
      state: 'answered',
      ...judgement,
      value: Number(balanceFen),
      unit: 'fen',
      reason: () => ({
        zh: `托管余额（含在途）${zhYuan(balanceFen)}，${local ? '核定最低余额' : '默认最低余额'} ${zhYuan(minimumFen)}，差 ${zhYuan(shortFen)}`,
        en: `The custody balance with what is in transit is ${enYuan(balanceFen)}, the ${local ? 'minimum set for it' : 'default minimum'} ${enYuan(minimumFen)}: short by ${enYuan(shortFen)}`,
      }),
      evidence: () =>
        refsOf(
          requirementsOn(sheet.rows.registers, 'min_balance', sheet.today),
          withdrawalsIn(sheet, sheet.today - WITHDRAWAL_DAYS, sheet.today),
          sheet.accounts.custody.flatMap((account) => sheet.statements.newest(account.accountId) ?? []),
          sheet.accounts.custody.map((account) => account.told),
        ),
      lookAgainAt:
        judgement.holdLevel === 'none'
          ? earliest(
              nextRequirementAt(sheet.rows.registers, 'min_balance', sheet.now),
              transitEndsAt(sheet, p.inTransitWorkingDays),
              sheet.ratiosFrom,
            )
          : sheet.nextMidnight,
    };
  },
});

/** Sum of the minimum balances set for the custody accounts and valid today; null when none is set. */
function localPreset(sheet: FactSheet): Fen | null {
  let sum: Fen | null = null;
  for (const { data } of requirementsOn(sheet.rows.registers, 'min_balance', sheet.today))
    if (sheet.accounts.custodyIds.has(data.accountId)) sum = (sum ?? 0n) + BigInt(data.amountFen);
  return sum;
}
