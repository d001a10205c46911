import { refsOf } from '../facts/evidence.js';
import type { FactSheet } from '../facts/fact-sheet.js';
import type { PaymentFacts } from '../facts/payments.js';
import { defineRule } from '../rule.js';
import { is, judge } from '../steps.js';
import { enYuan, plural, zhYuan } from '../text.js';

/** One payment above the cap. The cap is for non-subject training; a place may switch it on for subjects. */
export const rule = defineRule({
  id: 'B03',
  version: 1,
  group: 'B',
  name: { zh: '超五千元', en: 'More than ¥5,000' },
  question: { zh: '有没有单次收费超过 5000 元？', en: 'Did one collection exceed ¥5,000?' },
  basis: {
    zh: '教监管〔2022〕4号：非学科类一次性收费不超过 5000 元',
    en: 'Opinion 2022 No. 4: at most ¥5,000 per collection for non-subject training',
  },
  params: {
    yellowFen: { value: 500_000, unit: 'fen', source: 'rule', note: 'More than ¥5,000.' },
    orangeFen: { value: 1_000_000, unit: 'fen', source: 'ours', note: 'More than ¥10,000.' },
    subjectToo: {
      value: 0,
      unit: 'flag',
      source: 'ours',
      note: 'Whether the cap also holds for subject training: a local switch.',
    },
    windowDays: { value: 30, unit: 'days', min: 1, max: 100, source: 'ours', note: 'Payments of these days.' },
  },
  order: [['yellowFen', 'orangeFen']],
  remedies: ['days'],
  evaluate(sheet, p) {
    const from = sheet.today - p.windowDays + 1;
    const large = sheet.payments.filter(
      (payment) => payment.amountFen > p.yellowFen && payment.netFen > 0n && payment.paidOn >= from,
    );
    const over = p.subjectToo || large.length === 0 ? large : notForSubjects(sheet, large);
    const most = over.reduce((fen, payment) => Math.max(fen, payment.amountFen), 0);
    const judgement = judge([
      { level: 'yellow', threshold: p.yellowFen, tests: [is(over.length > 0)] },
      { level: 'orange', threshold: p.orangeFen, tests: [is(most > p.orangeFen)] },
    ]);
    return {
      state: 'answered',
      ...judgement,
      value: most,
      unit: 'fen',
      reason: () => ({
        zh: `近 ${p.windowDays} 天有 ${over.length} 笔单次收费超过 ${zhYuan(p.yellowFen)}，最高 ${zhYuan(most)}`,
        en: `In ${p.windowDays} days ${plural(over.length, 'payment')} exceeded ${enYuan(p.yellowFen)}, the highest ${enYuan(most)}`,
      }),
      evidence: () => refsOf([...over].sort((a, b) => b.amountFen - a.amountFen).map((payment) => payment.told)),
      lookAgainAt: over.length === 0 ? null : sheet.nextMidnight,
    };
  },
});

/** By the contract where it is known, else by the institution. */
function notForSubjects(sheet: FactSheet, payments: readonly PaymentFacts[]): readonly PaymentFacts[] {
  const kinds = new Map(sheet.rows.contracts.map(({ contractId, data }) => [contractId, data.courseKind]));
  return payments.filter(({ told: { contractId } }) => {
    const kind = contractId === null ? undefined : kinds.get(contractId);
    return kind === undefined ? sheet.rows.profile?.category !== 'subject' : kind !== 'subject';
  });
}
