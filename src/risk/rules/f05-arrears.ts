import { startOfDay, type Us } from '../../core/time.js';
import { refsOf } from '../facts/evidence.js';
import { earliest } from '../facts/moments.js';
import { clearsOn, openSignals, type SignalKind } from '../facts/signals.js';
import { defineRule, type Sentence } from '../rule.js';
import { is, judge } from '../steps.js';
import { plural } from '../text.js';

const NAMES: Partial<Record<SignalKind, Sentence>> = {
  wage_arrears: { zh: '欠薪', en: 'wages' },
  rent_arrears: { zh: '欠租', en: 'rent' },
  utility_arrears: { zh: '欠水电费', en: 'utilities' },
  social_insurance_arrears: { zh: '欠社保', en: 'social insurance' },
};

/** Wages, rent, utilities or social insurance in arrears and not told as settled. */
export const rule = defineRule({
  id: 'F05',
  version: 2,
  group: 'F',
  name: { zh: '欠薪欠租欠保', en: 'Arrears' },
  question: {
    zh: '有没有拖欠工资、房租、水电或社保？',
    en: 'Are wages, rent, utilities or social insurance in arrears?',
  },
  basis: {
    zh: '本系统默认（多起案例倒闭前一至四个月欠薪欠租）',
    en: 'Our default (arrears one to four months before many collapses)',
  },
  params: {
    redKinds: { value: 2, unit: 'count', min: 1, source: 'ours', note: 'Two kinds at once.' },
    redDays: { value: 60, unit: 'days', source: 'ours', note: 'Or for more than 60 days.' },
  },
  remedies: ['signals_cleared'],
  evaluate(sheet, p) {
    const signals = openSignals(sheet, ['wage_arrears', 'rent_arrears', 'utility_arrears', 'social_insurance_arrears']);
    const kinds = [...new Set(signals.map((one) => one.kind))];
    const oldest = signals.reduce((days, one) => Math.max(days, one.days), 0);
    const isLong = signals.length > 0 && oldest > p.redDays;
    const areSeveral = kinds.length >= p.redKinds;
    let at: Us | null = null;
    for (const one of signals) {
      const end = clearsOn(one);
      at = earliest(
        at,
        end === null ? null : startOfDay(end),
        one.days <= p.redDays ? startOfDay(one.since + p.redDays + 1) : null,
      );
    }
    return {
      state: 'answered',
      ...judge([
        { level: 'orange', threshold: 0, tests: [is(signals.length > 0)] },
        { level: 'red', threshold: p.redDays, tests: [is(isLong)] },
        { level: 'red', threshold: p.redKinds, tests: [is(areSeveral)] },
      ]),
      // The kinds where only they make it red.
      value: areSeveral && !isLong ? kinds.length : oldest,
      unit: areSeveral && !isLong ? 'count' : 'days',
      reason: () => ({
        zh: signals.length === 0 ? '没有拖欠' : `${kinds.map((kind) => NAMES[kind]!.zh).join('、')}，最久 ${oldest} 天`,
        en:
          signals.length === 0
            ? 'No arrears'
            : `Arrears of ${kinds.map((kind) => NAMES[kind]!.en).join(', ')}, the oldest for ${plural(oldest, 'day')}`,
      }),
      evidence: () => refsOf(signals.map((one) => one.row)),
      lookAgainAt: at,
    };
  },
});
