import { type Day, dayOf } from '../../core/time.js';
import { refsOf } from '../facts/evidence.js';
import type { FactSheet } from '../facts/fact-sheet.js';
import { newestFirst } from '../facts/payments.js';
import type { RegisterRow } from '../facts/rows.js';
import { tooFewForRatio } from '../facts/sample.js';
import { defineRule } from '../rule.js';
import { judge } from '../steps.js';
import { percent, plural } from '../text.js';

/** Disputed among all confirmations of 30 days; a confirmation after a dispute counts as well. */
export const rule = defineRule({
  id: 'D05',
  version: 3,
  group: 'D',
  name: { zh: '消课争议', en: 'Disputes' },
  question: { zh: '家长对消课的争议是否过多？', en: 'Do parents dispute many confirmations?' },
  basis: { zh: '本系统默认', en: 'Our default' },
  params: {
    windowDays: {
      value: 30,
      unit: 'days',
      min: 7,
      max: 200,
      source: 'ours',
      note: 'Disputes and confirmations of these days.',
    },
    yellowBp: { value: 300, unit: 'basis_points', max: 10_000, source: 'ours', note: '3%.' },
    orangeBp: { value: 800, unit: 'basis_points', max: 10_000, source: 'ours', note: '8%.' },
    minDisputes: { value: 3, unit: 'count', min: 1, source: 'ours', note: 'At least three disputes.' },
  },
  order: [['yellowBp', 'orangeBp']],
  remedies: ['days'],
  evaluate(sheet, p) {
    const few = tooFewForRatio(sheet);
    if (few !== null) return few;
    const from = sheet.today - p.windowDays + 1;
    const count = (name: 'confirmations_parent' | 'confirmations_silent' | 'confirmations_regulator' | 'disputes') =>
      sheet.tallies.count(name, from, sheet.today);
    const disputes = count('disputes');
    const all = Math.max(
      disputes,
      count('confirmations_parent') + count('confirmations_silent') + count('confirmations_regulator'),
    );
    const enough = sheet.tests.from(disputes, p.minDisputes);
    const share = (bp: number) => [enough, sheet.tests.fromShare(BigInt(disputes), BigInt(all), bp)];
    const shareBp = all === 0 ? 0 : Math.floor((disputes * 10_000) / all);
    const judgement = judge([
      { level: 'yellow', threshold: p.yellowBp, tests: share(p.yellowBp) },
      { level: 'orange', threshold: p.orangeBp, tests: share(p.orangeBp) },
    ]);
    return {
      state: 'answered',
      ...judgement,
      value: shareBp,
      unit: 'basis_points',
      reason: () => ({
        zh: `近 ${p.windowDays} 天消课 ${all} 次，争议 ${disputes} 次（${percent(shareBp)}）`,
        en: `${plural(disputes, 'dispute')} against ${plural(all, 'confirmation')} in ${p.windowDays} days (${percent(shareBp)})`,
      }),
      evidence: () => refsOf(newestFirst(disputesSince(sheet, from))),
      lookAgainAt: disputes >= p.minDisputes ? sheet.nextMidnight : null,
    };
  },
});

function disputesSince({ rows, now }: FactSheet, from: Day): RegisterRow<'lesson.disputed'>[] {
  return (rows.registers['lesson.disputed'] ?? []).filter(({ at }) => dayOf(at) >= from && at <= now);
}
