import { describe, expect, it } from 'vitest';
import { type KeyTurns, keysOfRed, keyTurns, OwnTies, type TieLog, tieLogOn } from '../../src/backtest/ties.js';
import { LINKED_INSTITUTIONS_MAX } from '../../src/risk/facts/links.js';

const BRAND = '2/brand';
const TEACHER = '4/teacher';
const NEVER = Number.POSITIVE_INFINITY;

function log(institutionId: string, red: number[], ...keys: [number, string, boolean][]): TieLog {
  return { institutionId, red, keys: keys.map(([at, key, has]) => ({ at, key, has })) };
}

describe('what is told by a key', () => {
  it('begins when one of its holders becomes red and ends when it ceases to be', () => {
    const turns = keyTurns([log('A', [5, 9], [1, BRAND, true]), log('B', [], [2, BRAND, true])]);
    expect([...turns]).toEqual([
      [
        BRAND,
        [
          { at: 5, reds: ['A'], isTold: true },
          { at: 9, reds: [], isTold: true },
        ],
      ],
    ]);
  });

  it('follows a red one that takes the key or lays it down', () => {
    const turns = keyTurns([log('A', [5], [7, BRAND, true], [8, BRAND, false]), log('B', [], [2, BRAND, true])]);
    expect(turns.get(BRAND)).toEqual([
      { at: 7, reds: ['A'], isTold: true },
      { at: 8, reds: [], isTold: true },
    ]);
  });

  it('is news once more when a red one lays the key down at the moment at which it ceases to be red', () => {
    const turns = keyTurns([log('A', [5, 6], [1, BRAND, true], [6, BRAND, false])]);
    expect(turns.get(BRAND)!.map(({ at }) => at)).toEqual([5, 6]);
  });

  it('says nothing where nobody is red', () => {
    expect(keyTurns([log('A', [], [1, BRAND, true]), log('B', [], [2, BRAND, true])]).size).toBe(0);
  });

  it('ties nobody once more share it than the limit, and does so again when one leaves: both are news', () => {
    const others = Array.from({ length: LINKED_INSTITUTIONS_MAX - 1 }, (_, at) => log(`B${at}`, [], [1, BRAND, true]));
    const late = log('Z', [], [6, BRAND, true], [8, BRAND, false]);
    const turns = keyTurns([log('A', [5], [1, BRAND, true]), ...others, late]);
    expect(turns.get(BRAND)).toEqual([
      { at: 5, reds: ['A'], isTold: true },
      { at: 6, reds: [], isTold: true },
      { at: 8, reds: ['A'], isTold: true },
    ]);
  });

  it('is no news while more share it than the limit, whoever comes to be red or leaves', () => {
    const others = Array.from({ length: LINKED_INSTITUTIONS_MAX + 1 }, (_, at) => log(`B${at}`, [], [1, BRAND, true]));
    const leaving = log('Z', [], [1, BRAND, true], [8, BRAND, false]);
    expect(keyTurns([log('A', [5], [1, BRAND, true]), ...others, leaving]).size).toBe(0);
  });

  it('needs of all logs only the keys that a red one ever had', () => {
    const red = log('A', [5], [1, BRAND, true]);
    const other = log('B', [], [1, BRAND, true], [1, TEACHER, true]);
    const keys = keysOfRed([red, other]);
    expect([...keys]).toEqual([BRAND]);
    expect(tieLogOn(other, keys)).toEqual(log('B', [], [1, BRAND, true]));
    expect(tieLogOn(log('C', [], [1, TEACHER, true]), keys)).toBeNull();
  });
});

describe('the ties of one institution', () => {
  const turns: KeyTurns = new Map([
    [BRAND, [{ at: 5, reds: ['A', 'B'], isTold: true }]],
    [
      TEACHER,
      [
        { at: 5, reds: ['A'], isTold: true },
        { at: 8, reds: [], isTold: false },
      ],
    ],
  ]);

  it('are evaluated after all else of the moment at which something is told', () => {
    const ties = new OwnTies('X', turns);
    const names = [BRAND];
    ties.note(3, names, false);
    expect(ties.nextAt).toBe(5);
    ties.see(5, false);
    expect(ties.linksOf(names)).toEqual([]);
    expect(ties.nextAt).toBe(5);
    ties.see(5, true);
    expect(ties.linksOf(names).map(({ institutionId }) => institutionId)).toEqual(['A', 'B']);
    expect(ties.nextAt).toBe(NEVER);
  });

  it('are not called for a key that it does not have', () => {
    const ties = new OwnTies('X', turns);
    ties.note(3, ['2/other'], false);
    expect(ties.nextAt).toBe(NEVER);
  });

  it('count the shared keys of a kind, and leave itself out', () => {
    const ties = new OwnTies('B', new Map([...turns, ['4/second', turns.get(TEACHER)!]]));
    ties.see(6, false);
    expect(ties.linksOf([BRAND, TEACHER, '4/second'])).toEqual([
      { institutionId: 'A', by: 'brand', level: 'red', shared: 1 },
      { institutionId: 'A', by: 'teachers', level: 'red', shared: 2 },
    ]);
  });

  it('are the same list as long as they say the same', () => {
    const ties = new OwnTies('X', turns);
    ties.see(6, false);
    const before = ties.linksOf([TEACHER]);
    expect(ties.linksOf([TEACHER])).toBe(before);
    ties.see(9, false);
    expect(ties.linksOf([TEACHER])).toEqual([]);
  });

  it('leave behind when its keys and its colour changed', () => {
    const ties = new OwnTies('X', null);
    const first = [BRAND];
    ties.note(1, first, false);
    ties.note(2, first, true);
    ties.note(3, [TEACHER], true);
    ties.note(4, [TEACHER], false);
    expect(ties.log).toEqual(log('X', [2, 4], [1, BRAND, true], [3, BRAND, false], [3, TEACHER, true]));
  });
});
