import { refsOf } from '../facts/evidence.js';
import type { FactSheet } from '../facts/fact-sheet.js';
import type { LinkKind } from '../facts/links.js';
import { profileEvidence } from '../facts/profile.js';
import { atLeast } from '../level.js';
import { defineRule, type EvidenceRef, notApplicable } from '../rule.js';
import { is, judge } from '../steps.js';
import { plural } from '../text.js';

/** Tied to an institution that is red: by person or brand, or closer, by a shared account or pool of teachers. */
export const rule = defineRule({
  id: 'E05',
  version: 3,
  group: 'E',
  name: { zh: '关联传染', en: 'Linked institutions' },
  question: { zh: '关联机构有没有出现红色风险？', en: 'Is an institution tied to this one red?' },
  basis: {
    zh: '法释〔2025〕4号第 5 条（特许人责任）；分级为本系统默认',
    en: 'Judicial interpretation 2025 No. 4, art. 5 (franchisor); the steps are our default',
  },
  params: {
    teachersShared: {
      value: 3,
      unit: 'count',
      min: 1,
      source: 'ours',
      note: 'Teachers in common that make one pool; fewer are people with two jobs.',
    },
  },
  remedies: [
    {
      zh: '须关联机构先离开红色，或关联关系解除',
      en: 'the linked institution has to leave red, or the link has to end',
    },
  ],
  evaluate(sheet, p) {
    if (sheet.rows.links === null) return notApplicable('没有关联数据', 'Links between institutions are not known');
    const red = sheet.rows.links.filter(
      (link) => atLeast(link.level, 'red') && (link.by !== 'teachers' || link.shared >= p.teachersShared),
    );
    const others = [...new Set(red.map((link) => link.institutionId))];
    const close = red.filter((link) => link.by === 'account' || link.by === 'teachers');
    return {
      state: 'answered',
      ...judge([
        { level: 'yellow', threshold: 1, tests: [is(red.length > 0)] },
        { level: 'orange', threshold: 1, tests: [is(close.length > 0)] },
      ]),
      value: others.length,
      unit: 'count',
      reason: () => ({
        zh: `${others.length} 家关联机构为红色：${others.join('、') || '无'}`,
        en: `${plural(others.length, 'linked institution')} red: ${others.join(', ') || 'none'}`,
      }),
      evidence: () => refsOf(red.flatMap(({ by }) => tieEvidence(sheet, by))),
      lookAgainAt: null,
    };
  },
});

/** What told of the institution that it has what it shares. Which teachers those are is not known here. */
function tieEvidence(sheet: FactSheet, by: LinkKind): readonly EvidenceRef[] {
  if (by === 'account')
    return refsOf((sheet.rows.registers['account.registered'] ?? []).filter(({ data }) => data.purpose === 'custody'));
  return by === 'teachers' ? [] : profileEvidence(sheet, FIELDS[by]);
}

const FIELDS = { legal_rep: 'legalRepHash', controller: 'controllerHashes', brand: 'brand' } as const;
