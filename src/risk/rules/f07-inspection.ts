import { dayOf } from '../../core/time.js';
import { refsOf } from '../facts/evidence.js';
import { defineRule } from '../rule.js';
import { is, judge } from '../steps.js';

const BAD = {
  shut: { zh: '关门', en: 'shut' },
  emptied: { zh: '搬空', en: 'emptied' },
  unreachable: { zh: '联系不上', en: 'unreachable' },
} as const;

/** The newest inspection found the place shut, emptied or nobody to be reached; a later one that did not closes it. */
export const rule = defineRule({
  id: 'F07',
  version: 1,
  group: 'F',
  name: { zh: '巡查异常', en: 'Inspection' },
  question: {
    zh: '巡查有没有发现关门、搬空或联系不上？',
    en: 'Did an inspection find it shut, emptied or unreachable?',
  },
  basis: { zh: '本系统默认', en: 'Our default' },
  params: {
    windowDays: {
      value: 180,
      unit: 'days',
      min: 1,
      max: 400,
      source: 'ours',
      note: 'How long the newest inspection counts.',
    },
  },
  remedies: ['clean_inspection', 'days'],
  evaluate(sheet, p) {
    const newest = (sheet.rows.registers['inspection.recorded'] ?? [])
      .filter((row) => row.at <= sheet.now && dayOf(row.at) > sheet.today - p.windowDays)
      .at(-1);
    const found = (newest?.data.findings ?? []).filter((finding): finding is keyof typeof BAD => finding in BAD);
    return {
      state: 'answered',
      ...judge([{ level: 'red', threshold: 0, tests: [is(found.length > 0)] }]),
      value: found.length,
      unit: 'count',
      reason: () => ({
        zh: found.length === 0 ? '最近巡查正常' : `最近巡查发现${found.map((one) => BAD[one].zh).join('、')}`,
        en:
          found.length === 0
            ? 'The newest inspection found nothing of the kind'
            : `The newest inspection found it ${found.map((one) => BAD[one].en).join(', ')}`,
      }),
      evidence: () => refsOf(newest === undefined ? [] : [newest]),
      lookAgainAt: found.length > 0 ? sheet.nextMidnight : null,
    };
  },
});
