import { describe, expect, it } from 'vitest';
import { US_PER_DAY } from '../../../src/core/time.js';
import { contextOf, pastContextOf } from '../../../src/risk/context.js';
import { newFinding } from '../../../src/risk/finding.js';
import type { OpenLevel } from '../../../src/risk/level.js';
import { rule } from '../../../src/risk/rules/g02-together.js';
import { RULES } from '../../../src/risk/rules/list.js';
import { ask, ID, NOW, school } from '../builders.js';

/** Rule, level, and how many days ago it was reached. */
type Levels = readonly (readonly [string, OpenLevel, number])[];

const states = (levels: Levels) =>
  new Map(
    levels.map(([ruleId, level, ago]) => [
      ruleId,
      {
        ...newFinding(ruleId),
        alerts: 1,
        open: {
          alertId: `${ID}.${ruleId}.1`,
          caseId: `${ID}.1`,
          openedAt: NOW - 90 * US_PER_DAY,
          level,
          raises: [
            { level: 'blue', at: NOW - 90 * US_PER_DAY } as const,
            { level, at: NOW - ago * US_PER_DAY } as const,
          ],
          insideSince: [null, null, null, null],
        },
      },
    ]),
  );
const together = (...levels: Levels) => ask(rule, school(), { context: contextOf(states(levels), RULES, NOW) });

describe('G02 findings together', () => {
  it.each<[string, Levels, OpenLevel | 'none']>([
    ['nothing', [], 'none'],
    [
      'two orange of two groups within 14 days',
      [
        ['A01', 'orange', 0],
        ['C01', 'orange', 14],
      ],
      'red',
    ],
    [
      'a red and an orange one of two groups within 14 days',
      [
        ['A01', 'red', 0],
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
      'none',
    ],
    [
      'two orange of one group',
      [
        ['A01', 'orange', 0],
        ['A02', 'orange', 1],
      ],
      'none',
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
      'two yellow and one orange of three groups within 30 days',
      [
        ['A01', 'yellow', 0],
        ['C01', 'orange', 10],
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
      'none',
    ],
    [
      'three yellow of two groups',
      [
        ['A01', 'yellow', 0],
        ['C01', 'yellow', 1],
        ['C02', 'yellow', 2],
      ],
      'none',
    ],
    [
      'blue ones',
      [
        ['A01', 'yellow', 0],
        ['C01', 'yellow', 1],
        ['D01', 'blue', 2],
      ],
      'none',
    ],
    [
      'another composite',
      [
        ['A01', 'orange', 0],
        ['G04', 'orange', 0],
      ],
      'none',
    ],
  ])('%s: %s is %s', (_, levels, expected) => {
    expect(together(...levels).level).toBe(expected);
  });

  it('names the findings and their levels in both languages', () => {
    const answer = together(['A01', 'yellow', 0], ['C01', 'yellow', 10], ['D02', 'orange', 20]);
    expect(answer.value).toBe(3);
    expect(answer.reason()).toEqual({
      zh: '3 个组别的预警叠加：A01（黄）、C01（黄）、D02（橙）',
      en: 'Findings of 3 groups together: A01 (yellow), C01 (yellow), D02 (orange)',
    });
  });

  it('asked for a past moment, counts what has been left since, as of any day', () => {
    const known = states([
      ['A01', 'yellow', 0],
      ['C01', 'yellow', 29],
      ['D02', 'yellow', 40],
    ]);
    const { open: _, ...left } = known.get('D02')!;
    const at = (days: number) => NOW - days * US_PER_DAY;
    const leftAt = (days: number) => [at(days), at(days), null, null];
    const asked = (days: number) => {
      known.set('D02', { ...left, open: null, leftAt: leftAt(days) } as never);
      return ask(rule, school(), { context: pastContextOf(known, RULES, at(20)) }).level;
    };
    expect(asked(19)).toBe('orange');
    expect(asked(20)).toBe('none');
  });
});
