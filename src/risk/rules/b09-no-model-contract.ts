import { refsOf } from '../facts/evidence.js';
import { defineRule } from '../rule.js';
import { is, judge } from '../steps.js';
import { percent, plural } from '../text.js';

/** Payments without a contract, or under one that is not the model form. A contract signed before the window is taken as model. */
export const rule = defineRule({
  id: 'B09',
  version: 2,
  group: 'B',
  name: { zh: '未签示范合同', en: 'No model contract' },
  question: { zh: '付款是否都有示范合同？', en: 'Is every payment under a model contract?' },
  basis: { zh: '教监管函〔2021〕2号：全面使用示范合同', en: 'Notice 2021 No. 2: the model contract is compulsory' },
  params: {
    windowDays: { value: 30, unit: 'days', min: 1, max: 60, source: 'ours', note: 'Payments of these days.' },
    yellowShareBp: {
      value: 1_000,
      unit: 'basis_points',
      max: 10_000,
      source: 'ours',
      note: '10% of the payments; a ratio, so with the minimum sample.',
    },
  },
  remedies: ['days'],
  evaluate(sheet, p) {
    const from = sheet.today - p.windowDays + 1;
    const recent = sheet.payments.filter((payment) => payment.paidOn >= from && payment.netFen > 0n);
    const otherForm = new Set(
      sheet.rows.contracts.filter((contract) => !contract.data.modelForm).map((contract) => contract.contractId),
    );
    const bare = recent.filter((payment) => payment.told.contractId === null || otherForm.has(payment.told.contractId));
    const judgement = judge([
      { level: 'blue', threshold: 1, tests: [is(bare.length > 0)] },
      {
        level: 'yellow',
        // The share of these payments, as a count: the figure it is told beside is one.
        threshold: Math.ceil((recent.length * p.yellowShareBp) / 10_000),
        tests: [
          is(sheet.enoughForRatios),
          sheet.tests.fromShare(BigInt(bare.length), BigInt(recent.length), p.yellowShareBp),
        ],
      },
    ]);
    const shareBp = recent.length === 0 ? 0 : Math.floor((bare.length * 10_000) / recent.length);
    return {
      state: 'answered',
      ...judgement,
      value: bare.length,
      unit: 'count',
      reason: () => ({
        zh: `近 ${p.windowDays} 天 ${recent.length} 笔付款中有 ${bare.length} 笔没有示范合同（${percent(shareBp)}）`,
        en: `Of ${plural(recent.length, 'payment')} in ${p.windowDays} days, ${bare.length} without a model contract (${percent(shareBp)})`,
      }),
      evidence: () => refsOf(bare.map((payment) => payment.told)),
      lookAgainAt: bare.length === 0 ? null : sheet.nextMidnight,
    };
  },
});
