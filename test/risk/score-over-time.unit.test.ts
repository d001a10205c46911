import { describe, expect, it } from 'vitest';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { dayOf, formatDay, startOfDay, type Us } from '../../src/core/time.js';
import { evaluateInstitution } from '../../src/risk/evaluate.js';
import type { Evaluation } from '../../src/risk/evaluation.js';
import type { OpenLevel } from '../../src/risk/level.js';
import { DEFAULT_POLICY } from '../../src/risk/policy/default.js';
import type { Rule } from '../../src/risk/rule.js';
import { ruleById } from '../../src/risk/rules/list.js';
import { on, school } from './builders.js';

const at = (date: string) => startOfDay(on(date));

/** An evaluation by a rule that says the level and nothing else. */
function evaluate(when: string | Us, level: OpenLevel | 'none', last: Evaluation | null): Evaluation {
  const now = typeof when === 'string' ? at(when) : when;
  const answer = { level, holdLevel: level, value: 1, threshold: 1, unit: 'count', lookAgainAt: null } as const;
  const rule: Rule = {
    ...ruleById('A09')!,
    evaluate: () => ({ state: 'answered', ...answer, reason: () => ({ zh: '零', en: 'x' }), evidence: () => [] }),
  };
  const rows = { ...school().rows(), newestAt: now };
  return evaluateInstitution(rows, last?.state ?? null, now, CHINA_CALENDAR, DEFAULT_POLICY, [rule]);
}

describe('the score from day to day', () => {
  it('goes on to count the alert that cleared before when a milder one of the rule clears, and the milder one when that counts more', () => {
    const walk = (steps: readonly (readonly [string, OpenLevel | 'none'])[]) =>
      steps.reduce<Evaluation | null>((last, [day, level]) => evaluate(day, level, last), null)!;
    const first = [
      ['2026-06-01', 'orange'],
      ['2026-06-02', 'none'],
      ['2026-06-05', 'none'],
    ] as const;
    expect(walk(first).score).toMatchObject({ score: 23, groups: { A: 75 } });
    const soon = [...first, ['2026-06-06', 'yellow'], ['2026-06-08', 'none'], ['2026-06-11', 'none']] as const;
    expect(walk(soon).score.terms).toMatchObject([{ level: 'orange', because: 'cleared', days: 6 }]);
    const later = [...first, ['2026-06-16', 'yellow'], ['2026-06-17', 'none'], ['2026-06-23', 'none']] as const;
    expect(walk(later).score.terms).toMatchObject([{ level: 'yellow', because: 'cleared', days: 0 }]);
  });

  it('is looked at again when its grade becomes another one although nothing happens', () => {
    let red = evaluate('2026-06-29', 'orange', evaluate('2026-06-01', 'none', null));
    const grades: string[] = [];
    for (let due = red.lookAgainAt; due !== null && grades.length < 9; due = red.lookAgainAt) {
      grades.push(`${formatDay(dayOf(due))} from ${red.score.grade}`);
      red = evaluate(due, 'orange', red);
    }
    // After 28 days at 0 every day at 60: 10 in the mean with the 6th of 34 days, 25 with the 20th of 48, 45 with the 68th of the last 90.
    expect(grades).toEqual(['2026-07-04 from A', '2026-07-18 from B', '2026-09-04 from C']);
    expect(red.score).toMatchObject({ score: 60, grade: 'D' });
  });
});
