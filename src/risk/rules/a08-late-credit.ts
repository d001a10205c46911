import { startOfDay, type Us } from '../../core/time.js';
import { refsOf } from '../facts/evidence.js';
import { earliest } from '../facts/moments.js';
import { defineRule, notApplicable } from '../rule.js';
import { is, judge } from '../steps.js';
import { enYuan, plural, zhYuan } from '../text.js';

/**
 * Payments that custody should hold and does not: counted in working days after the day of payment. ¥50,000 is more than all that a
 * small school holds: there the share says it.
 */
export const rule = defineRule({
  id: 'A08',
  version: 3,
  group: 'A',
  name: { zh: '入账迟延', en: 'Late credit' },
  question: { zh: '家长付的钱是否按时进入托管账户？', en: 'Do payments reach the custody account in time?' },
  basis: {
    zh: '本系统默认；参照澳大利亚 ESOS（5 个工作日）',
    en: 'Our default, after ESOS of Australia (5 business days)',
  },
  params: {
    blueWorkingDays: { value: 2, unit: 'working_days', source: 'ours', note: 'More than two working days.' },
    yellowWorkingDays: {
      value: 5,
      unit: 'working_days',
      source: 'analog',
      note: 'More than five working days (ESOS).',
    },
    orangeFen: { value: 5_000_000, unit: 'fen', source: 'ours', note: 'and more than ¥50,000 in all …' },
    orangeShareBp: {
      value: 1_000,
      unit: 'basis_points',
      max: 10_000,
      source: 'ours',
      note: '… or more than a tenth of the unearned fees …',
    },
    shareCases: {
      value: 2,
      unit: 'count',
      min: 1,
      source: 'ours',
      note: '… in at least two payments, as one may be a slip …',
    },
    shareUnearnedFen: {
      value: 10_000_000,
      unit: 'fen',
      source: 'ours',
      note: '… where those fees are ¥100,000 at most: ¥50,000 would be half of them.',
    },
  },
  order: [['blueWorkingDays', 'yellowWorkingDays']],
  remedies: ['credit_payments'],
  evaluate(sheet, p) {
    if (!sheet.inCustodyMode) return notApplicable('不是银行托管模式', 'Not in bank custody mode');
    let lateFen = 0n;
    let lateCases = 0;
    let oldest = 0;
    let at: Us | null = null;
    for (const payment of sheet.uncredited) {
      oldest = Math.max(oldest, payment.ageWorkingDays);
      if (payment.ageWorkingDays > p.yellowWorkingDays) {
        lateFen += payment.netFen;
        lateCases += 1;
      }
      const next =
        payment.ageWorkingDays <= p.blueWorkingDays
          ? p.blueWorkingDays
          : payment.ageWorkingDays <= p.yellowWorkingDays
            ? p.yellowWorkingDays
            : null;
      if (next !== null) at = earliest(at, startOfDay(sheet.calendar.addWorkingDays(payment.paidOn, next + 1)));
    }
    const late = is(lateFen > 0n);
    const judgement = judge([
      { level: 'blue', threshold: p.blueWorkingDays, tests: [is(oldest > p.blueWorkingDays)] },
      { level: 'yellow', threshold: p.yellowWorkingDays, tests: [late] },
      { level: 'orange', threshold: p.yellowWorkingDays, tests: [late, sheet.tests.over(lateFen, p.orangeFen)] },
      {
        level: 'orange',
        threshold: p.yellowWorkingDays,
        tests:
          lateCases === 0
            ? [late]
            : [
                sheet.tests.from(lateCases, p.shareCases),
                sheet.tests.overShare(lateFen, sheet.unearnedFen, p.orangeShareBp),
                is(sheet.unearnedFen <= BigInt(p.shareUnearnedFen)),
              ],
      },
    ]);
    const overdue = sheet.uncredited.filter((payment) => payment.ageWorkingDays > p.blueWorkingDays);
    return {
      state: 'answered',
      ...judgement,
      value: oldest,
      unit: 'working_days',
      reason: () => ({
        zh: `${overdue.length} 笔付款超过 ${p.blueWorkingDays} 个工作日未入账，最久 ${oldest} 个工作日；超过 ${p.yellowWorkingDays} 个工作日的合计 ${zhYuan(lateFen)}`,
        en: `${plural(overdue.length, 'payment')} not credited after ${p.blueWorkingDays} working days, the oldest for ${oldest}; ${enYuan(lateFen)} for more than ${p.yellowWorkingDays}`,
      }),
      evidence: () =>
        refsOf(
          [...overdue]
            .sort((a, b) => b.ageWorkingDays - a.ageWorkingDays || (b.netFen > a.netFen ? 1 : -1))
            .map((payment) => payment.told),
        ),
      lookAgainAt: at,
    };
  },
});
