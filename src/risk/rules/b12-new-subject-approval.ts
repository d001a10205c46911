import { formatDay, parseDay } from '../../core/time.js';
import { profileEvidence, TEACHES_OTHERS, teachesCompulsorySubjects } from '../facts/profile.js';
import { defineRule, noData } from '../rule.js';
import { is, judge } from '../steps.js';

/** No licence for compulsory-stage subject training may be first issued after the double-reduction opinion. */
export const rule = defineRule({
  id: 'B12',
  version: 2,
  group: 'B',
  name: { zh: '违规新增', en: 'New subject approval' },
  question: {
    zh: '义务教育学科类许可是否为禁止新增后发放？',
    en: 'Was a compulsory-stage subject licence issued after the freeze?',
  },
  basis: {
    zh: '“双减”意见：不再审批新的义务教育阶段学科类机构',
    en: '“Double reduction” opinion: no new compulsory-stage subject institutions',
  },
  params: {
    frozenFrom: {
      value: parseDay('2021-07-26')!,
      unit: 'day',
      source: 'rule',
      note: '2021-07-26, the day the city fixed.',
    },
  },
  remedies: [{ zh: '须由审批机关更正或撤销登记', en: 'the authority has to correct or withdraw the approval' }],
  evaluate(sheet, p) {
    const { profile } = sheet.rows;
    if (profile === null) return noData('机构资料未知', 'The institution’s registration is unknown');
    const issuedOn = profile.licence.firstIssuedOn === undefined ? null : parseDay(profile.licence.firstIssuedOn);
    const teaches = teachesCompulsorySubjects(profile);
    const late = teaches && issuedOn !== null && issuedOn >= p.frozenFrom;
    return {
      state: 'answered',
      ...judge([{ level: 'orange', threshold: p.frozenFrom, tests: [is(late)] }]),
      value: teaches ? (issuedOn ?? 0) : 0,
      unit: 'days',
      reason: () =>
        teaches
          ? {
              zh: `义务教育阶段学科类许可首次发放于 ${profile.licence.firstIssuedOn ?? '未知'}，${formatDay(p.frozenFrom)} 起不得新批`,
              en: `The compulsory-stage subject licence was first issued on ${profile.licence.firstIssuedOn ?? 'an unknown day'}; none may be issued from ${formatDay(p.frozenFrom)}`,
            }
          : TEACHES_OTHERS,
      evidence: () => profileEvidence(sheet, 'licence'),
      lookAgainAt: null,
    };
  },
});
