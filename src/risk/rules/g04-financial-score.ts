import { refsOf } from '../facts/evidence.js';
import type { RegisterRow } from '../facts/rows.js';
import { defineRule, notApplicable } from '../rule.js';
import { is, judge } from '../steps.js';
import { decimal } from '../text.js';

/** The composite score of the US Department of Education, from the newest statement that has all five figures. */
export const rule = defineRule({
  id: 'G04',
  version: 2,
  group: 'G',
  name: { zh: '财务子分', en: 'Financial score' },
  question: { zh: '财务报表反映的偿付能力如何？', en: 'How sound is the institution by its statement?' },
  basis: { zh: '参照美国教育部综合评分', en: 'After the composite score of the US Department of Education' },
  params: {
    yellowBelow: { value: 150, unit: 'hundredths', source: 'analog', note: 'Below 1.5.' },
    orangeBelow: { value: 100, unit: 'hundredths', source: 'analog', note: 'Below 1.0.' },
  },
  order: [['orangeBelow', 'yellowBelow']],
  remedies: [{ zh: '须报送更好的财务报表', en: 'a statement with better figures has to be filed' }],
  evaluate(sheet, p) {
    // The newest that is complete: one that leaves figures out does not make those before it better.
    let newest: { readonly row: RegisterRow<'statement.filed'>; readonly score: number } | null = null;
    for (const row of sheet.rows.registers['statement.filed'] ?? []) {
      if (row.at > sheet.now || (newest !== null && row.data.period <= newest.row.data.period)) continue;
      const score = compositeHundredths(row.data);
      if (score !== null) newest = { row, score };
    }
    if (newest === null) return notApplicable('没有完整的财务报表', 'No complete statement was filed');
    const { row, score } = newest;
    return {
      state: 'answered',
      ...judge([
        { level: 'yellow', threshold: p.yellowBelow, tests: [is(score < p.yellowBelow)] },
        { level: 'orange', threshold: p.orangeBelow, tests: [is(score < p.orangeBelow)] },
      ]),
      value: score,
      unit: 'hundredths',
      reason: () => ({
        zh: `${row.data.period} 年度财务综合分 ${decimal(score)}（−1 至 3）`,
        en: `The financial composite of ${row.data.period} is ${decimal(score)} (−1 to 3)`,
      }),
      evidence: () => refsOf([row]),
      lookAgainAt: null,
    };
  },
});

interface Statement {
  readonly revenueFen: number;
  readonly expensesFen?: number;
  readonly pretaxIncomeFen?: number;
  readonly equityFen?: number;
  readonly assetsFen?: number;
}

/** Primary reserve × 20 (30%), equity × 6 (40%), net income 1 + 33.3 × margin (30%), each within −1 … 3; in hundredths. */
function compositeHundredths(data: Statement): number | null {
  const { revenueFen, expensesFen, pretaxIncomeFen, equityFen, assetsFen } = data;
  if (!expensesFen || !assetsFen || !revenueFen || pretaxIncomeFen === undefined || equityFen === undefined)
    return null;
  const reserve = clip(ratio(equityFen, expensesFen, 200n));
  const equity = clip(ratio(equityFen, assetsFen, 60n));
  const income = clip(ONE + ratio(pretaxIncomeFen, revenueFen, 333n));
  return Math.floor((reserve * 30 + equity * 40 + income * 30) / ONE);
}

/** The parts are weighed as they are and the sum is cut, not each of them. */
const ONE = 1_000_000;

/** part / whole × tenths / 10, in millionths. */
function ratio(part: number, whole: number, tenths: bigint): number {
  return Number((BigInt(part) * tenths * BigInt(ONE)) / (BigInt(whole) * 10n));
}

function clip(millionths: number): number {
  return Math.max(-ONE, Math.min(3 * ONE, millionths));
}
