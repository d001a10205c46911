import { expect, it } from 'vitest';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { evidenceOf, refsInTurn } from '../../src/risk/facts/evidence.js';
import { FactSheet } from '../../src/risk/facts/fact-sheet.js';
import { DEFAULT_POLICY } from '../../src/risk/policy/default.js';
import { policyFor } from '../../src/risk/policy/of-institution.js';
import { EVIDENCE_MAX, notApplicable, type RuleAnswer } from '../../src/risk/rule.js';
import { NOW, PROFILE, type School, school } from './builders.js';

const sheetOf = (one: School): FactSheet => {
  const rows = one.rows();
  return new FactSheet(rows, NOW, CHINA_CALENDAR, policyFor(rows, NOW, DEFAULT_POLICY).common);
};
const answer = (evidence: RuleAnswer['evidence']): RuleAnswer => ({ ...notApplicable('无', 'None'), evidence });

it('is what the rule names', () => {
  const named = [{ source: '/platform/1', id: 'e-1' }];
  expect(
    evidenceOf(
      answer(() => named),
      sheetOf(school().profile(PROFILE)),
    ),
  ).toEqual(named);
});

it('is the newest registration of the institution, and its accounts, where the rule names no event', () => {
  const sheet = sheetOf(school().profile(PROFILE).profile(PROFILE));
  const [account] = sheet.rows.registers['account.registered']!;
  const refs = [sheet.rows.profileEvents.at(-1)!, account!].map(({ source, id }) => ({ source, id }));
  expect(
    evidenceOf(
      answer(() => []),
      sheet,
    ),
  ).toEqual(refs);
});

it('of several findings begins with the most telling event of each, and names none twice', () => {
  const ref = (id: string) => ({ source: '/platform/1', id });
  const many = Array.from({ length: 30 }, (_, at) => ref(`m-${at}`));
  const mixed = refsInTurn([[ref('a'), ref('b')], [], many, [ref('c'), ref('b')]]);
  expect(mixed.slice(0, 6).map(({ id }) => id)).toEqual(['a', 'm-0', 'c', 'b', 'm-1', 'm-2']);
  expect(mixed).toHaveLength(EVIDENCE_MAX);
  expect(refsInTurn([])).toEqual([]);
});

it('is empty where nothing was registered', () => {
  const sheet = sheetOf(school().with({ registers: {} }));
  expect(
    evidenceOf(
      answer(() => []),
      sheet,
    ),
  ).toEqual([]);
});
