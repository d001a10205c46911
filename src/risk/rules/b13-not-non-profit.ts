import { profileEvidence, teachesCompulsorySubjects } from '../facts/profile.js';
import { defineRule, noData } from '../rule.js';
import { is, judge } from '../steps.js';

/** Compulsory-stage subject institutions must be registered as non-profit; without any registration one is not. */
export const rule = defineRule({
  id: 'B13',
  version: 2,
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
    const wrong = teachesCompulsorySubjects(profile) && profile.registration !== 'non_profit';
    return {
      state: 'answered',
      ...judge([{ level: 'orange', threshold: 0, tests: [is(wrong)] }]),
      value: wrong ? 1 : 0,
      unit: 'state',
      reason: () => ({
        zh: `登记类型为 ${profile.registration}，学段含义务教育，类别 ${profile.category}`,
        en: `Registered as ${profile.registration}, teaching compulsory-stage subjects (${profile.category})`,
      }),
      evidence: () => profileEvidence(sheet, 'registration'),
      lookAgainAt: null,
    };
  },
});
