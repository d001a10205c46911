import { US_PER_DAY } from '../../core/time.js';
import type { Reached } from '../context.js';
import { refsInTurn } from '../facts/evidence.js';
import type { Level } from '../level.js';
import { defineRule } from '../rule.js';
import { is, judge } from '../steps.js';
import { plural } from '../text.js';

const ORANGE_GROUPS = 2;
const YELLOW_GROUPS = 3;

/**
 * Findings of different groups that come together are worse than each alone. When a finding reached the level counts, not when it was
 * opened, and only findings that are still open. The evidence is that of the findings, which the reason names.
 */
export const rule = defineRule({
  id: 'G02',
  version: 3,
  group: 'G',
  name: { zh: '叠加升级', en: 'Findings together' },
  question: {
    zh: '不同组别的预警是否在短期内叠加？',
    en: 'Have findings of different groups come together in a short time?',
  },
  basis: { zh: '本系统默认', en: 'Our default' },
  params: {
    twoOrangeDays: {
      value: 14,
      unit: 'days',
      min: 1,
      max: 365,
      source: 'ours',
      note: 'Red: two findings of different groups reached orange within 14 days.',
    },
    threeYellowDays: {
      value: 30,
      unit: 'days',
      min: 1,
      max: 365,
      source: 'ours',
      note: 'Orange: three of three groups reached yellow within 30 days.',
    },
  },
  reads: ['A', 'B', 'C', 'D', 'E', 'F'],
  remedies: [{ zh: '其中的预警须先解除', en: 'one of the findings that come together has to end' }],
  evaluate(_sheet, p, context) {
    const yellow = together(context.reached('yellow'), p.threeYellowDays);
    const orange = together(context.reached('orange'), p.twoOrangeDays);
    const isRed = groupsOf(orange) >= ORANGE_GROUPS;
    const found = isRed ? orange : yellow;
    return {
      state: 'answered',
      ...judge([
        { level: 'orange', threshold: YELLOW_GROUPS, tests: [is(groupsOf(yellow) >= YELLOW_GROUPS)] },
        { level: 'red', threshold: ORANGE_GROUPS, tests: [is(isRed)] },
      ]),
      value: groupsOf(found),
      unit: 'count',
      reason: () => ({
        zh: `${groupsOf(found)} 个组别的预警叠加：${found.map((one) => `${one.ruleId}（${ZH[one.level]}）`).join('、') || '无'}`,
        en: `Findings of ${plural(groupsOf(found), 'group')} together: ${found.map((one) => `${one.ruleId} (${one.level})`).join(', ') || 'none'}`,
      }),
      evidence: () => refsInTurn(found.map(({ ruleId }) => context.evidenceOf(ruleId))),
      lookAgainAt: null,
    };
  },
});

const ZH: Readonly<Record<Level, string>> = { none: '无', blue: '蓝', yellow: '黄', orange: '橙', red: '红' };

/**
 * Of the findings that lie within so many days, those of the most different groups; the earliest such span. Those of which is not
 * remembered since when count with any others.
 */
function together(reached: readonly Reached[], days: number): readonly Reached[] {
  let most = reached.filter(({ at }) => at === null);
  const starts = reached.flatMap(({ at }) => (at === null ? [] : [at])).sort((a, b) => a - b);
  for (const from of starts) {
    const within = reached.filter(({ at }) => at === null || (at >= from && at - from <= days * US_PER_DAY));
    if (groupsOf(within) > groupsOf(most)) most = within;
  }
  return most;
}

function groupsOf(findings: readonly Reached[]): number {
  return new Set(findings.map(({ group }) => group)).size;
}
