import { startOfDay, type Us } from '../../core/time.js';
import { refsOf } from '../facts/evidence.js';
import { earliest } from '../facts/moments.js';
import { clearsOn, openSignals } from '../facts/signals.js';
import { defineRule } from '../rule.js';
import { is, judge } from '../steps.js';

const NAMES = {
  defaulter: { zh: '失信被执行人', en: 'judgment defaulter' },
  abnormal_list: { zh: '经营异常名录', en: 'list of abnormal operation' },
  deregistering: { zh: '注销中', en: 'deregistering' },
} as const;

/** On a list that forbids to sell prepaid service, or being wound up. */
export const rule = defineRule({
  id: 'F03',
  version: 1,
  group: 'F',
  name: { zh: '失信异常名录', en: 'Bad lists' },
  question: {
    zh: '是否被列入失信、异常名录或正在注销？',
    en: 'Is it a defaulter, on the abnormal list, or deregistering?',
  },
  basis: {
    zh: '北京单用途卡条例第 11 条；消费者权益保护法实施条例',
    en: 'Beijing card ordinance, art. 11; implementing regulation of the consumer law',
  },
  params: {},
  remedies: ['signals_cleared'],
  evaluate(sheet) {
    const signals = openSignals(sheet, ['defaulter', 'abnormal_list', 'deregistering']);
    return {
      state: 'answered',
      ...judge([{ level: 'red', threshold: 0, tests: [is(signals.length > 0)] }]),
      value: signals.length,
      unit: 'count',
      reason: () => ({
        zh:
          signals.length === 0
            ? '未列入名录'
            : `${signals.map((one) => NAMES[one.kind as keyof typeof NAMES].zh).join('、')}，建议停止新的收费`,
        en:
          signals.length === 0
            ? 'On no list'
            : `${signals.map((one) => NAMES[one.kind as keyof typeof NAMES].en).join(', ')}: new sales should stop`,
      }),
      evidence: () => refsOf(signals.map((one) => one.row)),
      lookAgainAt: signals.reduce<Us | null>(
        (at, one) => earliest(at, clearsOn(one) === null ? null : startOfDay(clearsOn(one)!)),
        null,
      ),
    };
  },
});
