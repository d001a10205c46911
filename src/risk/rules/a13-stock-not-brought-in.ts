import { type Fen, maxFen, minFen } from '../../core/money.js';
import { parseDay, startOfDay, type Us } from '../../core/time.js';
import { refsOf } from '../facts/evidence.js';
import type { FactSheet } from '../facts/fact-sheet.js';
import { earliest } from '../facts/moments.js';
import { LOOK_BACK_DAYS } from '../facts/rows.js';
import { defineRule, notApplicable } from '../rule.js';
import { is, judge } from '../steps.js';
import { enYuan, plural, zhYuan } from '../text.js';

/**
 * Declared untaught fees from before custody that are due and not in custody. What came in for them is what was credited beyond
 * the payments; what has since been taught or refunded need not come in any more.
 */
export const rule = defineRule({
  id: 'A13',
  version: 4,
  group: 'A',
  name: { zh: '存量未归集', en: 'Old stock not brought in' },
  question: {
    zh: '托管前的存量预收是否按期归集？',
    en: 'Were untaught fees from before custody brought in by their day?',
  },
  basis: {
    zh: '教监管函〔2021〕2号：适用于通知前已收未消课费用；天数为本系统默认',
    en: 'Notice 2021 No. 2 covers fees collected before it; the days are our default',
  },
  params: {
    orangeDays: { value: 30, unit: 'days', min: 1, source: 'ours', note: 'Thirty days after the due day.' },
    toleranceFen: { value: 10_000, unit: 'fen', source: 'ours', note: 'Up to ¥100 is rounding.' },
  },
  remedies: ['custody_credit', 'confirmed_lessons'],
  evaluate(sheet, p) {
    if (!sheet.inCustodyMode) return notApplicable('不是银行托管模式', 'Not in bank custody mode');
    const declared = sheet.rows.registers['stock.declared'] ?? [];
    if (declared.length === 0) return notApplicable('没有申报存量', 'No stock was declared');
    const due = declared.filter((row) => parseDay(row.data.dueOn)! < sheet.today);
    const dueFen = due.reduce((sum, row) => sum + BigInt(row.data.amountFen), 0n);
    const missingFen = maxFen(0n, minFen(dueFen, sheet.unearnedFen) - broughtInFen(sheet));
    const since = due.reduce((day, row) => Math.min(day, parseDay(row.data.dueOn)!), sheet.today);
    const missing = is(missingFen > BigInt(p.toleranceFen));
    return {
      state: 'answered',
      ...judge([
        { level: 'yellow', threshold: p.toleranceFen, tests: [missing] },
        { level: 'orange', threshold: p.toleranceFen, tests: [missing, is(sheet.today - since >= p.orangeDays)] },
      ]),
      value: Number(missingFen),
      unit: 'fen',
      reason: () => ({
        zh: `申报存量到期 ${zhYuan(dueFen)}，尚未归集 ${zhYuan(missingFen)}，已过期 ${sheet.today - since} 天`,
        en: `${enYuan(dueFen)} of declared stock is due and ${enYuan(missingFen)} not brought in, ${plural(sheet.today - since, 'day')} after the due day`,
      }),
      evidence: () => refsOf(due),
      lookAgainAt: declared.reduce<Us | null>((at, row) => {
        const dueOn = parseDay(row.data.dueOn)!;
        const next =
          dueOn >= sheet.today ? dueOn + 1 : dueOn + p.orangeDays > sheet.today ? dueOn + p.orangeDays : null;
        return earliest(at, next === null ? null : startOfDay(next));
      }, null),
    };
  },
});

/**
 * Credits of the custody accounts less the payments that they brought: a release that reaches the settlement account, or a top-up of
 * the deposit, brings no stock into custody. Payments from before custody came in elsewhere, as did those without their credit, be they
 * late or paid into another account.
 */
function broughtInFen(sheet: FactSheet): Fen {
  const { money, today } = sheet;
  const { custodyIds, custodyFrom } = sheet.accounts;
  let credited = 0n;
  for (const id of custodyIds) credited += money.balance('credit_clearing', id).creditFen;
  if (custodyFrom === null || custodyFrom <= today - LOOK_BACK_DAYS) return minFen(credited, broughtAnywhereFen(sheet));
  let paid =
    money.receipts(custodyFrom, today) - money.moved('receipts_reversed', 'creditFen', null, custodyFrom, today);
  for (const { settled, netFen, paidOn, told } of sheet.payments) {
    const isHere = settled && (told.payee === null || custodyIds.has(told.payee));
    if (paidOn >= custodyFrom) paid -= isHere ? 0n : netFen;
    // Paid into the account before the day from which it was valid.
    else if (isHere && told.payee !== null) paid += netFen;
  }
  return maxFen(0n, credited - maxFen(0n, paid));
}

/** Of so long ago there are only totals: the credits of all accounts stand beside the payments into all of them. */
function broughtAnywhereFen(sheet: FactSheet): Fen {
  const { money } = sheet;
  const credited = money.balance('credit_clearing', null).creditFen;
  let paid = money.balance('receipts', null).debitFen - money.balance('receipts_reversed', null).creditFen;
  for (const { settled, netFen } of sheet.payments) paid -= settled ? 0n : netFen;
  return maxFen(0n, credited - maxFen(0n, paid));
}
