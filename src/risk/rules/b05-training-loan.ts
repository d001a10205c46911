import { dayOf } from '../../core/time.js';
import { refsOf } from '../facts/evidence.js';
import { defineRule } from '../rule.js';
import { is, judge } from '../steps.js';
import { enYuan, percent, plural, zhYuan } from '../text.js';

/** A payment that the channel marks as a loan, or a complaint about one that was not found to be untrue (our default). */
export const rule = defineRule({
  id: 'B05',
  version: 2,
  group: 'B',
  name: { zh: '培训贷', en: 'Training loan' },
  question: { zh: '有没有用贷款支付学费？', en: 'Were fees paid by loan?' },
  basis: { zh: '教监管函〔2021〕2号：严禁培训贷', en: 'Notice 2021 No. 2: training loans are forbidden' },
  params: {
    windowDays: {
      value: 90,
      unit: 'days',
      min: 1,
      max: 100,
      source: 'ours',
      note: 'Payments and complaints of these days.',
    },
    redShareBp: {
      value: 500,
      unit: 'basis_points',
      max: 10_000,
      source: 'ours',
      note: '5% of the receipts (52% at Wall Street English); a ratio, so with the minimum sample.',
    },
  },
  remedies: ['days'],
  evaluate(sheet, p) {
    const from = sheet.today - p.windowDays + 1;
    const loans = sheet.payments.filter(
      (payment) => payment.told.loan && payment.netFen > 0n && payment.paidOn >= from,
    );
    const untrue = new Set(
      (sheet.rows.registers['complaint.closed'] ?? [])
        .filter((row) => row.data.upheld === false)
        .map((row) => row.data.ticketId),
    );
    const complaints = (sheet.rows.registers['complaint.received'] ?? []).filter(
      (row) =>
        row.data.kind === 'loan' && !untrue.has(row.data.ticketId) && dayOf(row.at) >= from && row.at <= sheet.now,
    );
    const loanFen = loans.reduce((sum, payment) => sum + payment.netFen, 0n);
    const receiptsFen = loans.length === 0 ? 0n : sheet.money.receipts(from, sheet.today);
    const judgement = judge([
      { level: 'orange', threshold: 0, tests: [is(loans.length + complaints.length > 0)] },
      {
        level: 'red',
        threshold: p.redShareBp,
        tests: [is(sheet.enoughForRatios), sheet.tests.fromShare(loanFen, receiptsFen, p.redShareBp)],
      },
    ]);
    const shareBp = receiptsFen <= 0n ? 0 : Number((loanFen * 10_000n) / receiptsFen);
    return {
      state: 'answered',
      ...judgement,
      value: shareBp,
      unit: 'basis_points',
      reason: () => ({
        zh: `近 ${p.windowDays} 天有 ${loans.length} 笔贷款付款共 ${zhYuan(loanFen)}，占收费的 ${percent(shareBp)}；投诉 ${complaints.length} 件`,
        en: `In ${p.windowDays} days ${plural(loans.length, 'payment')} by loan, ${enYuan(loanFen)} or ${percent(shareBp)} of receipts; ${plural(complaints.length, 'complaint')}`,
      }),
      evidence: () =>
        refsOf(
          [...loans].sort((a, b) => b.amountFen - a.amountFen).map((payment) => payment.told),
          complaints,
        ),
      lookAgainAt: judgement.holdLevel === 'none' ? null : sheet.nextMidnight,
    };
  },
});
