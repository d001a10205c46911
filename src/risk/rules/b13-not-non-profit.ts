import { type Profile, profileEvidence, TEACHES_OTHERS, teachesCompulsorySubjects } from '../facts/profile.js';
import { defineRule, noData, type Sentence } from '../rule.js';
import { is, judge } from '../steps.js';

/** Compulsory-stage subject institutions must be registered as non-profit; without any registration one is not. */
export const rule = defineRule({
  id: 'B13',
  version: 3,
  group: 'B',
  name: { zh: '未登记为非营利', en: 'Not registered as non-profit' },
  question: {
    zh: '义务教育学科类机构是否登记为非营利？',
    en: 'Is a compulsory-stage subject institution registered as non-profit?',
  },
  basis: {
    zh: '“双减”意见：义务教育学科类机构统一登记为非营利性机构',
    en: '“Double reduction” opinion: compulsory-stage subject institutions are non-profit',
  },
  params: {},
  remedies: [{ zh: '须改登记为非营利性', en: 'it has to be registered as non-profit' }],
  evaluate(sheet) {
    const { profile } = sheet.rows;
    if (profile === null) return noData('机构资料未知', 'The institution’s registration is unknown');
    const teaches = teachesCompulsorySubjects(profile);
    const wrong = teaches && profile.registration !== 'non_profit';
    const { zh, en } = REGISTERED[profile.registration];
    return {
      state: 'answered',
      ...judge([{ level: 'orange', threshold: 0, tests: [is(wrong)] }]),
      value: wrong ? 1 : 0,
      unit: 'state',
      reason: () =>
        teaches
          ? { zh: `${zh}，从事义务教育阶段学科类培训`, en: `${en}, teaching compulsory-stage subjects` }
          : TEACHES_OTHERS,
      evidence: () => profileEvidence(sheet, 'registration'),
      lookAgainAt: null,
    };
  },
});

const REGISTERED: Readonly<Record<Profile['registration'], Sentence>> = {
  non_profit: { zh: '登记为非营利', en: 'Registered as non-profit' },
  for_profit: { zh: '登记为营利', en: 'Registered as for-profit' },
  none: { zh: '未登记', en: 'Not registered' },
};
