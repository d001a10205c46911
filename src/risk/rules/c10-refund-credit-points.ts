import { refsOf } from '../facts/evidence.js';
import { nextOverdueAt, refundEvidence } from '../facts/refunds.js';
import { defineRule } from '../rule.js';
import { plural } from '../text.js';

/** Points off for every contract not refunded in time. Informs the grade and never raises an alert. */
export const rule = defineRule({
  id: 'C10',
  version: 1,
  group: 'C',
  name: { zh: '退费信用扣分', en: 'Refund credit points' },
  question: { zh: '因未按期退费应扣多少信用分？', en: 'How many credit points are lost by refunds not paid?' },
  basis: { zh: '参照天津 2022 信用办法', en: 'After the credit measures of Tianjin 2022' },
  params: {
    pointsEach: {
      value: 10,
      unit: 'count',
      source: 'analog',
      note: 'Ten points per person not refunded (Tianjin 2022).',
    },
    pointsMax: { value: 100, unit: 'count', source: 'analog', note: 'A hundred points at most.' },
  },
  evaluate(sheet, p) {
    const late = sheet.refunds.filter((refund) => refund.state.overdue);
    const contracts = new Set(late.map((refund) => refund.row.contract?.contractId ?? refund.row.refund.refundId));
    const points = Math.min(p.pointsMax, contracts.size * p.pointsEach);
    return {
      state: 'answered',
      level: 'none',
      holdLevel: 'none',
      value: points,
      threshold: p.pointsMax,
      unit: 'count',
      reason: () => ({
        zh: `${contracts.size} 份合同未按期退费，扣 ${points} 分`,
        en: `${plural(contracts.size, 'contract')} not refunded in time: ${plural(points, 'point')} off`,
      }),
      evidence: () => refsOf(late.map(refundEvidence)),
      lookAgainAt: nextOverdueAt(sheet),
    };
  },
});
