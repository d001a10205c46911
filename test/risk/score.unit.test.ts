import { describe, expect, it } from 'vitest';
import { US_PER_DAY } from '../../src/core/time.js';
import { type FindingState, newFinding } from '../../src/risk/finding.js';
import { groupPoints } from '../../src/risk/group-points.js';
import type { OpenLevel } from '../../src/risk/level.js';
import { defaultsOf } from '../../src/risk/params.js';
import {
  computeScore,
  describeTerm,
  isDecaying,
  markScore,
  type ScoredFinding,
  type ScoreInput,
} from '../../src/risk/score.js';
import { SCORE_PARAMS } from '../../src/risk/score-params.js';
import { NOW, TODAY } from './builders.js';

const params = defaultsOf(SCORE_PARAMS);
const open = (ruleId: string, level: OpenLevel): ScoredFinding => {
  const state: FindingState = {
    ...newFinding(ruleId),
    alerts: 1,
    open: { alertId: 'a', caseId: 'c', openedAt: NOW, level, raises: [], insideSince: [null, null, null, null] },
  };
  return { group: ruleId[0] as 'A', state, failed: false };
};
const cleared = (ruleId: string, level: OpenLevel, days: number): ScoredFinding => ({
  group: ruleId[0] as 'A',
  state: { ...newFinding(ruleId), alerts: 1, cleared: { at: NOW - days * US_PER_DAY, level } },
  failed: false,
});
const failed = (finding: ScoredFinding): ScoredFinding => ({ ...finding, failed: true });
const score = (findings: ScoredFinding[], extra: Partial<ScoreInput> = {}) =>
  computeScore({
    findings,
    params,
    now: NOW,
    history: [],
    confidenceBp: 10_000,
    problems: [],
    refundPoints: 0,
    ...extra,
  });

describe('the score', () => {
  it('is 0 of nothing', () => {
    expect(score([])).toMatchObject({
      score: 0,
      level: 'none',
      grade: 'A',
      confidence: 'normal',
      groups: { A: 0, B: 0, C: 0, D: 0, E: 0, F: 0 },
      terms: [],
      floor: null,
    });
  });

  it.each([
    ['blue', 8, 'blue'],
    ['yellow', 40, 'yellow'],
    ['orange', 60, 'orange'],
    ['red', 80, 'red'],
  ] as const)('with one %s finding of group A is %i: the weighted sum, or the floor', (level, expected, scoreLevel) => {
    expect(score([open('A01', level)])).toMatchObject({ score: expected, level: scoreLevel });
  });

  it('takes the largest of a group, weighs the groups, and rounds half up', () => {
    // 30 × 25% + 25 × 25% + 15 × 25% = 17.5
    expect(score([open('A01', 'blue'), open('C01', 'blue'), open('D01', 'blue')])).toMatchObject({
      score: 18,
      floor: null,
    });
    expect(score([open('A01', 'red'), open('A02', 'blue')])).toMatchObject({
      score: 80,
      floor: { level: 'red', score: 80 },
      groups: { A: 100 },
    });
    const everything = ['A01', 'B01', 'C01', 'D01', 'E01', 'F01'].map((id) => open(id, 'red'));
    expect(score(everything)).toMatchObject({ score: 100, floor: null });
    expect(score(everything.slice(0, 5))).toMatchObject({ score: 90, floor: null });
  });

  it('goes down to half in fourteen days after a clearing, by whole days, and to nothing', () => {
    const left = (days: number) => score([cleared('A01', 'red', days)]);
    expect(left(0)).toMatchObject({ score: 30, level: 'blue' });
    expect(left(14)).toMatchObject({ score: 15, level: 'none', groups: { A: 50 } });
    expect(left(28)).toMatchObject({ score: 8, groups: { A: 25 } });
    expect(left(14).terms).toEqual([
      { ruleId: 'A01', group: 'A', level: 'red', value: 500_000, because: 'cleared', days: 14 },
    ]);
    expect(left(200)).toMatchObject({ score: 0, terms: [] });
    expect(isDecaying(left(107))).toBe(true);
    expect(isDecaying(left(108))).toBe(false);
  });

  it('is not lowered by a rule that finds something milder again, which counts beside what is left of the first', () => {
    const again: ScoredFinding = {
      ...open('A07', 'blue'),
      state: { ...open('A07', 'blue').state, cleared: cleared('A07', 'red', 7).state.cleared },
    };
    expect(score([cleared('A07', 'red', 7)]).score).toBe(21);
    expect(score([again]).score).toBe(21);
    expect(score([again]).terms).toMatchObject([
      { ruleId: 'A07', because: 'cleared', level: 'red', days: 7 },
      { ruleId: 'A07', because: 'open', level: 'blue' },
    ]);
    expect(isDecaying(score([again]))).toBe(true);
    const worse = { ...again, state: { ...again.state, open: open('A07', 'red').state.open } };
    expect(score([worse]).terms).toMatchObject([{ because: 'open', level: 'red' }]);
  });

  it('has no floor from a finding that was cleared', () => {
    expect(score([cleared('B01', 'red', 0)])).toMatchObject({ score: 10, level: 'none', floor: null });
  });

  it('counts a failed rule as yellow at least, and with its last level if that is worse', () => {
    const nothing: ScoredFinding = { group: 'A', state: newFinding('A01'), failed: true };
    expect(score([nothing])).toMatchObject({
      score: 40,
      level: 'yellow',
      terms: [{ because: 'failed', level: 'yellow' }],
    });
    expect(score([failed(open('A01', 'blue'))])).toMatchObject({ score: 40, level: 'yellow' });
    expect(score([failed(open('A01', 'red'))])).toMatchObject({ score: 80, level: 'red' });
    expect(score([failed(cleared('A01', 'red', 0))])).toMatchObject({ score: 40 });
  });

  it('does not weigh group G, which only lifts the floor', () => {
    expect(score([{ ...open('G04', 'orange'), group: 'G' }])).toMatchObject({ score: 60, groups: { A: 0 } });
  });

  it('lowers confidence, never the score, for missing data and problems', () => {
    expect(score([open('A01', 'red')], { confidenceBp: 8_999 })).toMatchObject({
      score: 80,
      confidence: 'low',
      confidenceBp: 8_999,
    });
    expect(score([], { confidenceBp: 9_000 }).confidence).toBe('normal');
    expect(score([], { problems: ['calendar_missing:2027'] })).toMatchObject({
      confidence: 'low',
      problems: ['calendar_missing:2027'],
    });
  });

  it('is the sum of what each group adds by its weight, rounded, where no floor lifts it', () => {
    for (const findings of [
      [],
      [cleared('A01', 'red', 7), cleared('A02', 'orange', 3), open('C01', 'blue'), cleared('F03', 'yellow', 11)],
      [open('B01', 'blue'), open('B02', 'blue'), cleared('B03', 'red', 1), cleared('E01', 'red', 33)],
    ]) {
      const whole = score(findings);
      const added = groupPoints(whole.terms, params);
      expect(whole.floor).toBeNull();
      const sum = added.reduce((total, { points }) => total + points, 0);
      expect(Math.floor(sum / 1_000_000 + 0.5)).toBe(whole.score);
      expect(added.map(({ group }) => group)).toEqual(['A', 'B', 'C', 'D', 'E', 'F']);
    }
    const { terms } = score([open('C01', 'blue'), open('C04', 'yellow'), { ...open('G04', 'red'), group: 'G' }]);
    expect(groupPoints(terms, params).filter(({ points }) => points > 0)).toEqual([
      { group: 'C', ruleId: 'C04', value: 500_000, weight: 25, points: 12_500_000 },
    ]);
    expect(groupPoints(terms, params)[0]).toEqual({ group: 'A', ruleId: null, value: 0, weight: 30, points: 0 });
  });

  it('explains every term, largest first', () => {
    const { terms } = score([
      cleared('A01', 'red', 14),
      open('C01', 'orange'),
      { ...open('B01', 'blue'), failed: true },
    ]);
    expect(terms.map((term) => term.ruleId)).toEqual(['C01', 'A01', 'B01']);
    expect(terms.map((term) => describeTerm(term).en)).toEqual([
      'C01 is open: 75',
      'A01 was cleared 14 days ago: 50 is left',
      'B01 failed and counts as yellow at least: 50',
    ]);
    const [yesterday] = score([cleared('A01', 'red', 1)]).terms;
    expect(describeTerm(yesterday!).en).toMatch(/^A01 was cleared 1 day ago: /);
  });
});

describe('the grade', () => {
  const grade = (today: number, history: (readonly [number, number])[] = []) =>
    computeScore({
      findings: [],
      params: { ...params, floorYellow: 0, blueFrom: 0 },
      now: NOW,
      history: [...history, [TODAY - 1, today]],
      confidenceBp: 10_000,
      problems: [],
      refundPoints: 0,
    }).grade;
  it.each([
    [[TODAY - 89, 9], 'A'],
    [[TODAY - 89, 11], 'B'],
    [[TODAY - 89, 26], 'C'],
    [[TODAY - 89, 47], 'D'],
    [[TODAY - 89, 67], 'E'],
  ] as const)('is that of the mean of ninety days, 88 of them at %o: %s', (mark, expected) => {
    expect(grade(0, [mark])).toBe(expected);
  });

  it('takes the mean over the days that are known, today included', () => {
    const young = (value: number) =>
      computeScore({
        findings: [open('A01', 'red')],
        params,
        now: NOW,
        history: [[TODAY - 1, value]],
        confidenceBp: 10_000,
        problems: [],
        refundPoints: 0,
      }).grade;
    // (10 + 80) / 2 = 45 is no longer C; (9 + 80) / 2 = 44.5 is.
    expect(young(10)).toBe('D');
    expect(young(9)).toBe('C');
  });

  it('keeps one mark per change, the last of each day, and none that the window has passed but the one that still holds', () => {
    expect(markScore([[TODAY - 3, 10]], TODAY, 10, 90)).toEqual([[TODAY - 3, 10]]);
    expect(
      markScore(
        [
          [TODAY - 3, 10],
          [TODAY, 20],
        ],
        TODAY,
        30,
        90,
      ),
    ).toEqual([
      [TODAY - 3, 10],
      [TODAY, 30],
    ]);
    expect(
      markScore(
        [
          [TODAY - 3, 10],
          [TODAY, 20],
        ],
        TODAY,
        10,
        90,
      ),
    ).toEqual([[TODAY - 3, 10]]);
    expect(
      markScore(
        [
          [TODAY - 200, 1],
          [TODAY - 100, 2],
          [TODAY - 50, 3],
        ],
        TODAY,
        4,
        90,
      ),
    ).toEqual([
      [TODAY - 100, 2],
      [TODAY - 50, 3],
      [TODAY, 4],
    ]);
    expect(
      markScore(
        [
          [TODAY - 200, 1],
          [TODAY - 89, 2],
        ],
        TODAY,
        2,
        90,
      ),
    ).toEqual([[TODAY - 89, 2]]);
  });
});

describe('the grade by credit bands', () => {
  const credit = (findings: ScoredFinding[], refundPoints = 0) =>
    score(findings, { refundPoints, params: { ...params, gradeScheme: 1 } });

  it.each([
    [0, 'A', 1_000],
    [20, 'A', 980],
    [21, 'B', 979],
    [50, 'B', 950],
    [51, 'C', 949],
    [100, 'C', 900],
  ] as const)('with %i points lost by refunds is %s', (points, grade, left) => {
    expect(credit([], points)).toMatchObject({ grade, credit: { points: left } });
  });

  it('takes off what open findings of charging, contracts and the licence cost, and nothing for others', () => {
    const prepaid = ['B01', 'B02', 'B03', 'B08'].map((rule) => open(rule, 'blue'));
    expect(credit(prepaid).credit).toEqual({ points: 970, off: [{ item: 'prepaid', points: 30 }] });
    expect(credit([open('B07', 'yellow'), open('B09', 'blue'), open('F02', 'red')]).credit?.points).toBe(880);
    expect(credit([cleared('B07', 'yellow', 1), open('A01', 'red')]).grade).toBe('A');
    const all = [...prepaid, open('B07', 'yellow'), open('B09', 'blue'), open('F02', 'red')];
    expect(credit(all, 51)).toMatchObject({ grade: 'E', credit: { points: 799 } });
    expect(credit(all, 50)).toMatchObject({ grade: 'D', credit: { points: 800 } });
  });

  it('is left aside where the place does not adopt it', () => {
    expect(score([open('B07', 'yellow')], { refundPoints: 100 }).credit).toBeNull();
  });
});
