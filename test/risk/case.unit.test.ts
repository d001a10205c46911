import { describe, expect, it } from 'vitest';
import { US_PER_DAY } from '../../src/core/time.js';
import { riskCase } from '../../src/risk/case.js';
import { newFinding } from '../../src/risk/finding.js';
import { defaultsOf } from '../../src/risk/params.js';
import type { RuleGroup } from '../../src/risk/rule.js';
import { SCORE_PARAMS } from '../../src/risk/score-params.js';
import { ID, NOW } from './builders.js';

/** Rule, level, and how many days ago it was reached. */
type Levels = readonly (readonly [string, 'yellow' | 'orange', number])[];

describe('the case', () => {
  const with_ = (...levels: Levels) => {
    const findings = levels.map(([ruleId, level, ago]) => ({
      ...newFinding(ruleId),
      alerts: 1,
      open: {
        alertId: `${ID}.${ruleId}.1`,
        caseId: `${ID}.1`,
        openedAt: NOW - ago * US_PER_DAY,
        level,
        raises: [{ level, at: NOW - ago * US_PER_DAY }],
        insideSince: [null, null, null, null],
      },
    }));
    const grouped = findings.map((state) => ({ group: state.ruleId[0] as RuleGroup, state }));
    return riskCase(ID, 1, grouped, defaultsOf(SCORE_PARAMS));
  };

  it('does not exist while nothing is open', () => {
    expect(with_()).toBeNull();
  });

  it('is as bad as its worst finding', () => {
    expect(with_(['A01', 'yellow', 1], ['A02', 'orange', 1])).toEqual({
      caseId: `${ID}.1`,
      level: 'orange',
      escalated: false,
    });
  });

  it.each([
    [
      'two orange of two groups within 14 days',
      [
        ['A01', 'orange', 0],
        ['C01', 'orange', 14],
      ],
      'red',
    ],
    [
      'two orange of two groups 15 days apart',
      [
        ['A01', 'orange', 0],
        ['C01', 'orange', 15],
      ],
      'orange',
    ],
    [
      'two orange of one group',
      [
        ['A01', 'orange', 0],
        ['A02', 'orange', 1],
      ],
      'orange',
    ],
    [
      'three yellow of three groups within 30 days',
      [
        ['A01', 'yellow', 0],
        ['C01', 'yellow', 10],
        ['D01', 'yellow', 30],
      ],
      'orange',
    ],
    [
      'three yellow of three groups over 31 days',
      [
        ['A01', 'yellow', 0],
        ['C01', 'yellow', 10],
        ['D01', 'yellow', 31],
      ],
      'yellow',
    ],
    [
      'three yellow of two groups',
      [
        ['A01', 'yellow', 0],
        ['C01', 'yellow', 1],
        ['C02', 'yellow', 2],
      ],
      'yellow',
    ],
  ] as const)('%s make it %s', (_, levels, expected) => {
    expect(with_(...levels)?.level).toBe(expected);
  });
});
