import { dayOf } from '../../core/time.js';
import { refsOf } from '../facts/evidence.js';
import { openSignals } from '../facts/signals.js';
import { defineRule } from '../rule.js';
import { is, judge } from '../steps.js';
import { plural } from '../text.js';

/** Public-opinion signals of the last month. Talk is a hint: it stays yellow at most. */
export const rule = defineRule({
  id: 'F11',
  version: 1,
  group: 'F',
  name: { zh: '舆情', en: 'Public opinion' },
  question: { zh: '近期有没有负面舆情？', en: 'Is there negative public opinion?' },
  basis: { zh: '本系统默认', en: 'Our default' },
  params: {
    windowDays: { value: 30, unit: 'days', min: 1, max: 400, source: 'ours', note: 'Signals of these days.' },
    yellowCount: { value: 3, unit: 'count', min: 1, source: 'ours', note: 'Three of them.' },
  },
  remedies: ['signals_cleared', 'days'],
  evaluate(sheet, p) {
    const signals = openSignals(sheet, ['public_opinion']).filter(
      (one) => dayOf(one.row.at) > sheet.today - p.windowDays,
    );
    return {
      state: 'answered',
      ...judge([
        { level: 'blue', threshold: 1, tests: [is(signals.length > 0)] },
        { level: 'yellow', threshold: p.yellowCount, tests: [sheet.tests.from(signals.length, p.yellowCount)] },
      ]),
      value: signals.length,
      unit: 'count',
      reason: () => ({
        zh: `近 ${p.windowDays} 天舆情信号 ${signals.length} 条`,
        en: `${plural(signals.length, 'public-opinion signal')} in ${p.windowDays} days`,
      }),
      evidence: () => refsOf(signals.map((one) => one.row)),
      lookAgainAt: signals.length === 0 ? null : sheet.nextMidnight,
    };
  },
});
