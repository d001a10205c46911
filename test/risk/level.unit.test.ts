import { expect, it } from 'vitest';
import { atLeast, higher, LEVELS, levelOf, lower, lowered, raised, rankOf } from '../../src/risk/level.js';

it('ranks from none over blue, yellow and orange to red, and cuts what lies outside', () => {
  expect(LEVELS.map(rankOf)).toEqual([0, 1, 2, 3, 4]);
  expect([-2, 0, 1, 4, 9].map(levelOf)).toEqual(['none', 'none', 'blue', 'red', 'red']);
});

it('rises and falls one level at a time: none stays none and red stays red', () => {
  expect(LEVELS.map(raised)).toEqual(['none', 'yellow', 'orange', 'red', 'red']);
  expect(LEVELS.map(lowered)).toEqual(['none', 'none', 'blue', 'yellow', 'orange']);
});

it('compares two levels', () => {
  expect([atLeast('red', 'orange'), atLeast('orange', 'orange'), atLeast('yellow', 'orange')]).toEqual([
    true,
    true,
    false,
  ]);
  expect([higher('blue', 'red'), higher('red', 'blue'), higher('none', 'blue')]).toEqual(['red', 'red', 'blue']);
  expect([lower('blue', 'red'), lower('red', 'blue'), lower('none', 'blue')]).toEqual(['blue', 'blue', 'none']);
});
