import { expect, it } from 'vitest';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { evidenceOf } from '../../src/risk/facts/evidence.js';
import { FactSheet } from '../../src/risk/facts/fact-sheet.js';
import { DEFAULT_POLICY } from '../../src/risk/policy/default.js';
import { policyFor } from '../../src/risk/policy/of-institution.js';
import { notApplicable, type RuleAnswer } from '../../src/risk/rule.js';
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

it('is empty where nothing was registered', () => {
  const sheet = sheetOf(school().with({ registers: {} }));
  expect(
    evidenceOf(
      answer(() => []),
      sheet,
    ),
  ).toEqual([]);
});
